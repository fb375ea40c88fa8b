#ifndef OW_ROUTES_SESSION_H
#define OW_ROUTES_SESSION_H

/* session - how a finished sign-in is answered: token, cookie and the account. */

#include "fcgi/request.h"
#include "user/account.h"

/* Sign a token for the account ("password", "ldap", "oauth" …: auth_method of the token), set the
 * cookie and answer with both and the permissions. */
int session_send(struct req *r, const struct account *who, const char *method);

/* The same without a cookie: for programs. */
int session_send_plain(struct req *r, const struct account *who, const char *method);

/* Note an event about an account that the request itself has signed in: it is the actor.  The event's data
 * is an empty object, for the caller to fill. */
struct event *session_event(struct req *r, const struct account *who, const char *name, const char *source);

/* The account of an address, made with the default role when there is none yet (told as done by
 * `method`).  False: answered. */
bool session_account(struct req *r, const char *email, const char *name, const char *password,
		     const char *method, struct account *who);

/* Tell that an account was made. */
void session_tell_created(struct req *r, const struct account *who, const char *source);

/* A new token for the account; *expires in seconds since the epoch, 0 for an endless one. */
char *session_token(struct req *r, const struct account *who, const char *method, int64_t *expires);

/* Set a cookie that lives until `expires` (0: as long as the browser); `hidden`: from scripts. */
void session_add_cookie(struct req *r, const char *name, const char *value, int64_t expires, bool hidden);

/* Set or delete the cookie `token`; `expires` in seconds since the epoch, 0 for an endless one.
 * `both`: with Expires beside Max-Age. */
void session_set_cookie(struct req *r, const char *token, int64_t expires, bool both);
void session_delete_cookie(struct req *r, const char *name);

/* Seconds that a new token lives (auth.jwt_expiry); 0: for ever. */
int64_t session_lifetime(struct req *r);

/* May the member `name` of the body, `password`, be a new password?  False: answered with 400. */
bool password_fits(struct req *r, const char *password, const char *name);

/* A text of the body whose NUL bytes would cut it short where C reads it? */
bool body_has_nul(struct req *r, const char *name);

#endif
