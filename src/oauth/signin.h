#ifndef OW_OAUTH_SIGNIN_H
#define OW_OAUTH_SIGNIN_H

/*
 * signin - the two halves of a sign-in at an identity provider: the way there, and what it says of
 * the account that came back.
 * Source: OpenID Connect Core 1.0 section 3.1, RFC 7636 (PKCE), RFC 9700.
 */

#include "oauth/provider.h"
#include "oauth/token.h"

/* The address of the provider's sign-in page; NULL: *why.  `callback` is used where the settings name no
 * address of their own; `browser` is the browser's session cookie (oauth/state.h). */
const char *oauth_begin(struct arena *a, const struct config *c, const struct oauth_provider *p,
			const char *callback, const char *browser, const char **why);

struct oauth_answer {
	struct json_object *token;	/* as it is stored: access_token, id_token, expires_at, userinfo … */
	struct json_object *claims;	/* of ID token and user info */
	const char *userinfo_url;	/* NULL: none */
};

/* What came with the callback. */
struct oauth_return {
	const char *code, *state;	/* NULL when absent */
	const char *error, *error_description;
	const char *browser;
};

/* Check the state, change the code for tokens, check the ID token, ask for the user's info.  False: *why. */
bool oauth_finish(struct arena *a, const struct config *c, const struct oauth_provider *p,
		  const struct oauth_return *back, struct oauth_answer *out, const char **why);

/* The user's info for an access token; NULL: *why. */
struct json_object *oauth_userinfo(struct arena *a, const struct oauth_provider *p, const char *url,
				   const char *access_token, const char **why);

/* Discovery document (an empty object when the endpoints are fixed); NULL when it cannot be had. */
struct json_object *oauth_endpoints(struct arena *a, const struct oauth_provider *p);

/* The challenge of a verifier, by S256 (RFC 7636). */
const char *oauth_challenge(struct arena *a, const char *verifier);

/* The provider's token endpoint with its credentials; token_url NULL when it names none. */
struct oauth_client oauth_client_of(const struct oauth_provider *p, struct json_object *endpoints);

#endif
