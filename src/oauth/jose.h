#ifndef OW_OAUTH_JOSE_H
#define OW_OAUTH_JOSE_H

/*
 * jose - signed tokens of other parties: JWS in compact form (RFC 7515), checked with keys of a JWK
 * set (RFC 7517, 7518, 8037) by OpenSSL.
 *
 * RS256 to RS512, PS256 to PS512, ES256 to ES512 and EdDSA (Ed25519, Ed448).  The token's `alg` must fit
 * the key's type and curve: symmetric algorithms and "none" do not exist here.  Tokens with critical
 * extensions are refused.  Nothing of a token may be trusted before jws_check() said JWS_GOOD.
 */

#include "json/json.h"

enum {
	JWS_MAX_BYTES = 64 * 1024,
	JWKS_MAX_KEYS = 64,		/* further keys are not looked at */
	RSA_MIN_BITS = 2048, RSA_MAX_BITS = 16384,
};

struct jws {
	struct json_object *header, *claims;
	const char *alg;
	const char *kid;		/* NULL when absent */
	struct str signed_part;		/* header.payload as sent */
	const unsigned char *signature;
	size_t signature_len;
};

/* Take a token apart; false when it is none.  Everything lives in the arena; `text` must, too. */
bool jws_read(struct arena *a, const char *text, struct jws *out);

enum jws_result {
	JWS_GOOD,
	JWS_NO_KEY,	/* no key of the set has its `kid` or suits its algorithm */
	JWS_BAD,	/* the signature is not that of the key */
};

/* Check the signature with a set { "keys": [...] }.  A token without `kid` is tried with each key that
 * suits it. */
enum jws_result jws_check(struct arena *a, const struct jws *t, struct json_object *jwks);

#endif
