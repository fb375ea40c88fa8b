#ifndef OW_OPERATIONS_H
#define OW_OPERATIONS_H

/*
 * operations - every operation of the contract, built or not.
 *
 * Those without a row in the route tables answer 501 behind their guard, so that a client is told
 * the truth instead of being given the web UI; docs/coverage.md is made from the same table.
 */

#include "fcgi/router.h"

struct operation {
	const char *method;		/* NULL ends the table */
	const char *path;
	enum guard guard;		/* ANON, or USER for all others */
	const char *tag;
};

extern const struct operation operations[];

/* Is there a row for it?  Names of {parameters} do not count. */
bool operation_built(const struct operation *op);

/* Give the unbuilt ones to the router: after router_setup(). */
void operations_setup(void);

/* docs/coverage.md on the stream. */
void operations_report(FILE *f);

#endif
