#ifndef OW_AUTH_TOKEN_H
#define OW_AUTH_TOKEN_H

/*
 * token - session tokens: JWT (RFC 7519), HS256 with WEBUI_SECRET_KEY and nothing else.
 *
 * Claims as the reference issues them: id, typ ("session" when absent), jti, iat, exp (absent
 * for endless ones), session_stamp; from a sign-in also auth_method, auth_time, mfa_verified.
 * Source: contract/notes-identity.md, "Tokens and sessions".
 */

#include "base/arena.h"

struct token {
	const char *id;			/* of the account */
	const char *jti;
	const char *typ;
	const char *session_stamp;	/* NULL when the claim is absent */
	const char *auth_method;	/* NULL when absent */
	int64_t iat, exp, auth_time;	/* seconds; 0 when absent */
	bool mfa_verified;
};

/* Set the key; ends the process when it is absent or shorter than 32 bytes. Call once. */
void token_setup(const char *secret_key);

/* Check signature, algorithm and expiry: 1 good, 0 not good.  Texts live in the arena. */
int token_verify(struct arena *a, const char *jwt, struct token *out);

/* Sign a new token for `claims` (id, session_stamp, auth_method...; jti and iat are made);
 * expires `lifetime` seconds from now, never for 0.  Fills jti, iat and exp of *claims. */
char *token_issue(struct arena *a, struct token *claims, int64_t lifetime);

/* A short-lived statement of who somebody is, for a service that shares `secret` with us: HS256, with
 * sub, email, name, role, iss "open-webui", iat, exp. */
char *token_identity(struct arena *a, const char *secret, const char *id, const char *email,
		     const char *name, const char *role, int64_t lifetime);

/* "4w", "1h30m", "3600", "-1", "0" → seconds; 0 for endless, -1 when it is not a duration.
 * Source: auth.jwt_expiry of the reference. */
int64_t duration_parse(const char *text);

/* May an administrator set it?  One number with one unit (ms s m h d w), "-1" or "0". */
bool duration_valid(const char *text);

#endif
