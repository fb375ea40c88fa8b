#include "oauth/idtoken.h"

#include <openssl/evp.h>

#include "base/base64.h"

enum { LOGOUT_MAX_AGE = 600 };	/* seconds after which a logout token without `exp` is old */

static const char logout_event[] = "http://schemas.openid.net/event/backchannel-logout";

static bool number(struct json_object *claims, const char *name, int64_t *out)
{
	struct json_object *v = json_get(claims, name);
	double d;

	if (!json_is(v, json_type_int) && !json_is(v, json_type_double))
		return false;
	d = json_object_get_double(v);
	if (!(d > -1e15 && d < 1e15))
		return false;
	*out = (int64_t)d;
	return true;
}

static bool addressed_to(struct json_object *aud, const char *client_id)
{
	if (json_str(aud))
		return text_eq(json_str(aud), client_id);
	for (size_t i = 0; i < json_len(aud); i++)
		if (text_eq(json_str(json_item(aud, i)), client_id))
			return true;
	return false;
}

/* Issuer, audience, and the times that are there. */
static const char *common_fault(const struct jws *t, const struct id_expect *want)
{
	struct json_object *c = t->claims, *aud = json_get(c, "aud");
	const char *azp = json_text(c, "azp", NULL);
	int64_t at;

	if (!json_text(c, "iss", NULL) ||
	    (want->issuer && !text_eq(json_text(c, "iss", NULL), want->issuer)))
		return "iss";
	if (!addressed_to(aud, want->client_id))
		return "aud";
	if ((json_get(c, "azp") || json_len(aud) > 1) && !text_eq(azp, want->client_id))
		return "azp";
	if (!number(c, "iat", &at) || at > want->now + TOKEN_LEEWAY)
		return "iat";
	if (json_get(c, "nbf") && (!number(c, "nbf", &at) || at > want->now + TOKEN_LEEWAY))
		return "nbf";
	if (json_get(c, "exp") && (!number(c, "exp", &at) || at < want->now - TOKEN_LEEWAY))
		return "exp";
	return NULL;
}

/* at_hash: the left half of the access token's digest, by the hash in the algorithm's name.  EdDSA names
 * none, so there is nothing to compare. */
static bool hash_fits(struct arena *a, const struct jws *t, const char *at_hash, const char *token)
{
	const EVP_MD *md = str_ends(str_of(t->alg), "256") ? EVP_sha256() :
			   str_ends(str_of(t->alg), "384") ? EVP_sha384() :
			   str_ends(str_of(t->alg), "512") ? EVP_sha512() : NULL;
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	if (!md)
		return true;
	EVP_Digest(token, strlen(token), sum, &n, md, NULL);
	base64url_encode(b, sum, n / 2);
	return secret_eq(buf_text(b), at_hash);
}

const char *id_token_fault(struct arena *a, const struct jws *t, const struct id_expect *want)
{
	const char *fault = common_fault(t, want);
	const char *at_hash = json_text(t->claims, "at_hash", NULL);
	const char *nonce = json_text(t->claims, "nonce", "");

	if (fault)
		return fault;
	if (!json_get(t->claims, "exp"))
		return "exp";
	if (!json_get(t->claims, "sub"))
		return "sub";
	if (want->nonce && !secret_eq(nonce, want->nonce))
		return "nonce";
	if (at_hash && want->access_token && !hash_fits(a, t, at_hash, want->access_token))
		return "at_hash";
	return NULL;
}

const char *logout_token_fault(const struct jws *t, const struct id_expect *want)
{
	struct json_object *c = t->claims;
	const char *fault = common_fault(t, want);
	int64_t at = 0;

	if (fault)
		return fault;
	if (!json_get(c, "exp") && number(c, "iat", &at) && at < want->now - LOGOUT_MAX_AGE)
		return "iat";
	if (!json_has(json_get(c, "events"), logout_event))
		return "events";
	if (json_has(c, "nonce"))
		return "nonce";
	if (!json_get(c, "sub") && !json_get(c, "sid"))
		return "sub";
	return NULL;
}
