#ifndef OW_OAUTH_TOKEN_H
#define OW_OAUTH_TOKEN_H

/*
 * token - the token endpoint of a provider: a code or a refresh token for tokens.
 * Source: RFC 6749 sections 4.1.3, 5 and 6; expiry rules and stored members are the reference's.
 */

#include "base/buf.h"
#include "json/json.h"

enum { TOKEN_ANSWER_MAX_BYTES = 256 * 1024 };

struct oauth_client {
	const char *id, *secret;	/* secret "" or NULL for a public client */
	const char *auth;		/* client_secret_basic, client_secret_post, none */
	const char *token_url;
	int64_t timeout_ms;
};

/*
 * Post `form` (grant_type …) with the client's credentials.  The answer's object, expires_at
 * and issued_at filled in, or NULL: then *why says for the log and the user what was wrong, and *refused
 * whether the provider itself refused (else it could not be reached or answered nonsense).
 */
struct json_object *oauth_token_request(struct arena *a, const struct oauth_client *c, struct buf *form,
					const char **why, bool *refused);

/* expires_at (seconds) from expires_in; an hour with a refresh token, else the end of time. */
void oauth_token_expiry(struct json_object *token, double now);

/* "Basic …" of a client's credentials. */
const char *oauth_basic(struct arena *a, const struct oauth_client *c);

#endif
