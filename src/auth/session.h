#ifndef OW_AUTH_SESSION_H
#define OW_AUTH_SESSION_H

/*
 * session - who is behind a token or an API key, checked against the database
 * and the revocation list in Redis at every use.
 */

#include "auth/token.h"

struct config;
struct db;
struct rows;

struct user {
	const char *id;
	const char *name;
	const char *email;
	const char *role;		/* "admin", "user", "pending" or free text */
	const char *profile_image_url;
	const char *timezone;		/* NULL when unset */
	int64_t last_active_at;		/* seconds */
	bool is_admin;
	bool by_api_key;
	struct token token;		/* zero when by_api_key */
};

enum session_result {
	SESSION_OK,
	SESSION_NONE,		/* no token was given */
	SESSION_BAD,		/* forged, expired, revoked, account gone or stamp changed */
	SESSION_DOWN,		/* PostgreSQL cannot be reached */
};

/* Check a session JWT completely.  On SESSION_OK *out is filled, texts in the arena. */
enum session_result session_check(struct arena *a, struct db *db, const char *jwt, struct user *out);

/* The steps of session_check(), for callers that pipeline the query (Q_AUTH_USER): */
/* Was the token signed out?  See auth/revoked.h. */
bool session_revoked(struct arena *a, const struct token *t);
bool session_user(const struct rows *rows, const struct config *cfg, const struct token *t, struct user *out);

enum { SESSION_COLUMNS = 9 };	/* of Q_AUTH_USER; those of the statements that stand in for it follow */

/* Do the settings ask for a second factor after a sign-in of this kind ("password", "oauth" …)? */
bool session_needs_factor(const struct config *cfg, const char *method);

/* Is the token one of a complete sign-in?  `ready`: the account has a second factor in use. */
bool session_complete(const struct config *cfg, const struct token *t, bool ready);

/* The account of an API key, from the same columns (Q_AUTH_API_KEY). */
void session_key_user(const struct rows *rows, struct user *out);

/* Remember in Redis that the token is revoked, for the rest of its life. */
void session_revoke(struct arena *a, const struct token *t);

/* "user" or "admin"? */
bool user_is_verified(const struct user *u);

#endif
