#ifndef OW_OAUTH_IDTOKEN_H
#define OW_OAUTH_IDTOKEN_H

/*
 * idtoken - what a signed token must say before it is believed.
 * Source: OpenID Connect Core 1.0, section 3.1.3.7; Back-Channel Logout 1.0, section 2.6.
 */

#include "oauth/jose.h"

enum { TOKEN_LEEWAY = 120 };	/* seconds that clocks may differ */

struct id_expect {
	const char *issuer;		/* of the discovery document; NULL: not checked */
	const char *client_id;
	const char *nonce;		/* that was sent; NULL: none was */
	const char *access_token;	/* that came with it, for at_hash */
	int64_t now;			/* seconds */
};

/* NULL when the claims hold, else the name of the first that does not. */
const char *id_token_fault(struct arena *a, const struct jws *t, const struct id_expect *want);

/* The same for a logout token; `sub`, `sid` or both are then in the claims. */
const char *logout_token_fault(const struct jws *t, const struct id_expect *want);

#endif
