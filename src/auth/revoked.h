#ifndef OW_AUTH_REVOKED_H
#define OW_AUTH_REVOKED_H

/*
 * revoked - tokens that were signed out before their time.
 *
 * The truth is in Redis, under the reference's keys: "<prefix>:auth:token:<jti>:revoked" and
 * "<prefix>:auth:user:<id>:revoked_at" (epoch seconds).  A process that calls revoked_follow()
 * keeps a copy: it reads all keys once and listens on "<prefix>:auth:revoked" for new ones, so that a
 * request need not ask.  While the copy is not current, Redis is asked.
 */

#include "auth/token.h"

/* Start the thread that keeps the copy.  Without it each check asks Redis. */
void revoked_follow(void);
void revoked_shutdown(void);

/* Is the token revoked?  When Redis cannot be reached: no. */
bool revoked_check(struct arena *a, const struct token *t);

/* Revoke one token for the rest of its life / all tokens of an account issued until now. */
void revoked_add_token(struct arena *a, const struct token *t);
void revoked_add_user(struct arena *a, const char *user_id, int64_t lifetime);

#endif
