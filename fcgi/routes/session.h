#ifndef OW_ROUTES_SESSION_H
#define OW_ROUTES_SESSION_H

/* session - how a finished sign-in is answered: token, cookie and the account. */

#include "fcgi/request.h"
#include "user/mfa.h"

/* What follows the first factor of a sign-in: a session, the wait for approval, a second factor. */
enum session_next { SESSION_NOW, SESSION_PENDING, SESSION_CHALLENGE, SESSION_FAILED /* answered */ };
enum session_next session_next(struct req *r, const struct account *who, const struct mfa_way *way,
			       struct mfa_challenge *challenge);

/* The first factor was right ("password", "ldap", "oauth" …: auth_method of the token): answer with what
 * follows; a session goes with its cookie. */
int session_send(struct req *r, const struct account *who, const char *method);

/* The same without a cookie: for programs. */
int session_send_plain(struct req *r, const struct account *who, const char *method);

/* Both factors were right: the session, its cookie, and new recovery codes where there are any. */
int session_send_verified(struct req *r, const struct mfa_step *step);

int session_send_challenge(struct req *r, const struct mfa_challenge *c);
int session_fail(struct req *r, const struct mfa_fault *f);

/* With second factors the tries of an account's password are counted before it is looked at.  False:
 * answered. */
bool session_try(struct req *r, const char *email);

/* Note an event about an account that the request itself has signed in: it is the actor.  The event's data
 * is an empty object, for the caller to fill. */
struct event *session_event(struct req *r, const struct account *who, const char *name, const char *source);

/* The account of an address, made with the default role when there is none yet (told as done by
 * `method`).  False: answered. */
bool session_account(struct req *r, const char *email, const char *name, const char *password,
		     const char *method, struct account *who);

/* Tell that an account was made. */
void session_tell_created(struct req *r, const struct account *who, const char *source);

/* A new token for the account; auth_method, mfa_verified and auth_time (0: now) are given, t->exp is 0 for an
 * endless one.  Webhooks hear of the sign-in. */
char *session_token(struct req *r, const struct account *who, struct token *t);

/* Set a cookie that lives until `expires` (0: as long as the browser); `hidden`: from scripts. */
void session_add_cookie(struct req *r, const char *name, const char *value, int64_t expires, bool hidden);

/* Set or delete the cookie `token`; `expires` in seconds since the epoch, 0 for an endless one.
 * `both`: with Expires beside Max-Age. */
void session_set_cookie(struct req *r, const char *token, int64_t expires, bool both);
void session_delete_cookie(struct req *r, const char *name);

/* A cookie hidden from scripts for one path, for so many seconds. */
void session_add_cookie_at(struct req *r, const char *name, const char *value, const char *path, int seconds);
void session_delete_cookie_at(struct req *r, const char *name, const char *path);

/* Seconds that a new token lives (auth.jwt_expiry); 0: for ever. */
int64_t session_lifetime(struct req *r);

/* May the member `name` of the body, `password`, be a new password?  False: answered with 400. */
bool password_fits(struct req *r, const char *password, const char *name);

/* A text of the body whose NUL bytes would cut it short where C reads it? */
bool body_has_nul(struct req *r, const char *name);

#endif
