#ifndef OW_WSD_IDENTITY_H
#define OW_WSD_IDENTITY_H

/*
 * identity - the account of a socket, and whether its session is still good.
 *
 * An identity is made from a token and does not change; a socket that authenticates again gets
 * another one.  References are taken and given on the service thread only.
 */

#include "auth/session.h"
#include "db/db.h"

struct event;

struct identity {
	unsigned refs;
	bool is_admin;
	const char *user_id, *name, *role;
	struct token token;
	char text[];		/* what the pointers point to */
};

enum { IDENTITY_FRESH_MS = 1000, IDENTITY_SWEEP_MS = 30 * 1000 };

struct identity *identity_new(const struct user *u);
struct identity *identity_ref(struct identity *id);	/* NULL is fine, here and below */
void identity_unref(struct identity *id);

/* Check a token with a statement that begins with the columns of auth_user; *rows (may be NULL)
 * is its row.  1 good, 0 not, -1 PostgreSQL is away.  For work(). */
int identity_check_jwt(struct event *ev, const char *jwt, enum query q, struct user *u,
		       struct rows **rows);
int identity_check_token(struct event *ev, const struct token *t, enum query q, struct user *u,
			 struct rows **rows);

/* Is the socket's own session still good?  Not asked again within IDENTITY_FRESH_MS.
 * 1 good, 0 lost, -1 PostgreSQL is away. */
int identity_check(struct event *ev);

/* The same with the account's entry for the session pool. */
int identity_check_entry(struct event *ev, const char **entry);

/* Check all authenticated sockets and disconnect those whose session ended. */
void identity_sweep(void);

#endif
