#ifndef OW_EXECUTOR_STOCK_H
#define OW_EXECUTOR_STOCK_H

/*
 * stock - jails with their control groups: some made ahead, so that a run need not wait for one.
 *
 * A jail serves one run.  One that has waited for STOCK_AGE_MS is replaced, as what it shows of the host (the
 * loader's cache, mounts below /usr) grows old.
 */

#include "executor/jail.h"

enum { STOCK_SIZE = 2, STOCK_AGE_MS = 600000 };

struct stocked {
	struct jail jail;
	uint32_t group;			/* 0: none */
	int64_t made_ms;
};

/* `c` stays in use; places from 0 to c->slots + STOCK_SIZE - 1. */
void stock_setup(const struct jail_conf *c);

/* One for the run `o`, whose descriptors it is given: from the stock, or a new one.  0, or an errno. */
int stock_take(const struct wire_order *o, const int fds[WFD_COUNT], struct stocked *out);

/* Make one that is missing, end one that is too old; the milliseconds until there is something to do, -1: nothing. */
int stock_tend(void);

/* A child has ended: was it one that waited? */
bool stock_lost(pid_t pid);

/* Its process has ended and was waited for: what it used is free again. */
void stock_free(struct stocked *s);

/* Kill those that wait. */
void stock_clear(void);

#endif
