#ifndef OW_GUARD_H
#define OW_GUARD_H

/*
 * guard - who is asking, and may they call this operation?
 *
 * Source: contract/notes-identity.md, "Where a token is read".
 */

#include "fcgi/request.h"

/*
 * Check the route's guard.  False: the client has been answered.
 *
 * For a one-query GET route the route's own statement is sent along with the guard's (one round
 * trip) when its parameters `params` are known already; *early is then its result.
 */
bool guard_too_often(struct req *r);	/* true: answered with 429 */
bool guard_check(struct req *r, const char *const *params, struct rows **early);

/* Check the route's feature and permission, of an account that passed the guard and sent a request without
 * fault.  False: the client has been answered. */
bool guard_allow(struct req *r);

/* The credential of the request: Authorization header (any scheme), cookie `token`, or the API key
 * header; NULL when there is none. */
const char *guard_credential(struct req *r);

/* The account id in a credential that is a well-signed token, else NULL: known before the database
 * has been asked, so it may name rows but grant nothing. */
const char *guard_claimed_id(struct req *r, const char *credential, struct token *t);

#endif
