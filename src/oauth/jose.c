#include "oauth/jose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/base64.h"

enum key_type { KEY_RSA, KEY_EC, KEY_OKP };

/* What an algorithm asks for. */
static const struct alg {
	const char *name;
	enum key_type type;
	const char *digest;		/* NULL: EdDSA has its own */
	bool pss;
	const char *curve;		/* of EC keys */
	const char *group;		/* the same for OpenSSL */
	size_t bytes;			/* of a coordinate */
} algs[] = {
	{ "RS256", KEY_RSA, "SHA256", false, NULL, NULL, 0 },
	{ "RS384", KEY_RSA, "SHA384", false, NULL, NULL, 0 },
	{ "RS512", KEY_RSA, "SHA512", false, NULL, NULL, 0 },
	{ "PS256", KEY_RSA, "SHA256", true, NULL, NULL, 0 },
	{ "PS384", KEY_RSA, "SHA384", true, NULL, NULL, 0 },
	{ "PS512", KEY_RSA, "SHA512", true, NULL, NULL, 0 },
	{ "ES256", KEY_EC, "SHA256", false, "P-256", "prime256v1", 32 },
	{ "ES384", KEY_EC, "SHA384", false, "P-384", "secp384r1", 48 },
	{ "ES512", KEY_EC, "SHA512", false, "P-521", "secp521r1", 66 },
	{ "EdDSA", KEY_OKP, NULL, false, NULL, NULL, 0 },
};

static const struct alg *alg_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++)
		if (text_eq(algs[i].name, name))
			return &algs[i];
	return NULL;
}

static struct json_object *part_json(struct arena *a, struct str part)
{
	size_t n;
	char *text = base64url_decode(a, part.p, part.n, &n);
	struct json_object *o = text ? json_parse(a, text, n, NULL) : NULL;

	return json_is(o, json_type_object) ? o : NULL;
}

bool jws_read(struct arena *a, const char *text, struct jws *out)
{
	struct str rest = str_of(text), head, body;
	struct jws t = { 0 };

	if (text_empty(text) || rest.n > JWS_MAX_BYTES)
		return false;
	head = str_split(&rest, '.');
	body = str_split(&rest, '.');
	if (!head.n || !body.n || !rest.n)
		return false;
	t.signed_part = (struct str){ head.p, head.n + 1 + body.n };
	t.header = part_json(a, head);
	t.claims = part_json(a, body);
	t.signature = (unsigned char *)base64url_decode(a, rest.p, rest.n, &t.signature_len);
	if (!t.header || !t.claims || !t.signature || json_has(t.header, "crit"))
		return false;
	t.alg = json_text(t.header, "alg", "");
	t.kid = json_text(t.header, "kid", NULL);
	*out = t;
	return true;
}

/* The bytes of a member of a key, at most `max` of them; NULL when there are none. */
static const unsigned char *key_bytes(struct arena *a, struct json_object *key, const char *name,
				      size_t max, size_t *n)
{
	const char *s = json_text(key, name, NULL);
	char *p = s && strlen(s) <= 2 * max + 4 ? base64url_decode(a, s, strlen(s), n) : NULL;

	return p && *n && *n <= max ? (unsigned char *)p : NULL;
}

static void free_key(void *p)
{
	EVP_PKEY_free(p);
}

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = build ? OSSL_PARAM_BLD_to_param(build) : NULL;
	EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, kind, NULL) : NULL;
	EVP_PKEY *key = NULL;

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(struct arena *a, struct json_object *jwk)
{
	size_t n_len, e_len;
	const unsigned char *n = key_bytes(a, jwk, "n", RSA_MAX_BITS / 8, &n_len);
	const unsigned char *e = key_bytes(a, jwk, "e", 8, &e_len);
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;
	BIGNUM *bn, *be;

	if (!n || !e)
		return NULL;
	bn = BN_bin2bn(n, (int)n_len, NULL);
	be = BN_bin2bn(e, (int)e_len, NULL);
	build = OSSL_PARAM_BLD_new();
	if (BN_num_bits(bn) >= RSA_MIN_BITS && BN_is_odd(be) && !BN_is_one(be) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be))
		key = make_key("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn);
	BN_free(be);
	return key;
}

static EVP_PKEY *ec_key(struct arena *a, struct json_object *jwk, const struct alg *alg)
{
	size_t x_len, y_len;
	const unsigned char *x = key_bytes(a, jwk, "x", alg->bytes, &x_len);
	const unsigned char *y = key_bytes(a, jwk, "y", alg->bytes, &y_len);
	unsigned char point[1 + 2 * 66] = { 4 };
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;

	if (!x || !y || !text_eq(json_text(jwk, "crv", ""), alg->curve))
		return NULL;
	memcpy(point + 1 + alg->bytes - x_len, x, x_len);
	memcpy(point + 1 + 2 * alg->bytes - y_len, y, y_len);
	build = OSSL_PARAM_BLD_new();
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, alg->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
					     1 + 2 * alg->bytes))
		key = make_key("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *okp_key(struct arena *a, struct json_object *jwk)
{
	const char *curve = json_text(jwk, "crv", "");
	size_t n;
	const unsigned char *x = key_bytes(a, jwk, "x", 57, &n);

	if (x && text_eq(curve, "Ed25519") && n == 32)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, n);
	if (x && text_eq(curve, "Ed448") && n == 57)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, NULL, x, n);
	return NULL;
}

static bool lists(struct json_object *list, const char *word)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), word))
			return true;
	return false;
}

/* Does the key say that it is for signatures of this algorithm, or nothing? */
static bool key_suits(struct json_object *jwk, const struct alg *alg)
{
	static const char *const kinds[] = { "RSA", "EC", "OKP" };

	return text_eq(json_text(jwk, "kty", ""), kinds[alg->type]) &&
	       text_eq(json_text(jwk, "use", "sig"), "sig") &&
	       text_eq(json_text(jwk, "alg", alg->name), alg->name) &&
	       (!json_get(jwk, "key_ops") || lists(json_get(jwk, "key_ops"), "verify"));
}

static EVP_PKEY *key_of(struct arena *a, struct json_object *jwk, const struct alg *alg)
{
	EVP_PKEY *key = alg->type == KEY_RSA ? rsa_key(a, jwk) :
			alg->type == KEY_EC  ? ec_key(a, jwk, alg) : okp_key(a, jwk);

	if (key)
		arena_defer(a, free_key, key);
	return key;
}

/* JWS holds r and s side by side, OpenSSL wants them as DER. */
static unsigned char *der_signature(const struct jws *t, const struct alg *alg, size_t *n)
{
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	unsigned char *der = NULL;
	int len;

	if (t->signature_len != 2 * alg->bytes)
		return NULL;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(t->signature, (int)alg->bytes, NULL);
	s = BN_bin2bn(t->signature + alg->bytes, (int)alg->bytes, NULL);
	ECDSA_SIG_set0(sig, r, s);
	len = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	*n = len > 0 ? (size_t)len : 0;
	return der;
}

static bool signature_fits(const struct jws *t, const struct alg *alg, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;
	const unsigned char *sig = t->signature;
	unsigned char *der = NULL;
	size_t n = t->signature_len;
	bool good = false;

	if (alg->type == KEY_EC)
		sig = der = der_signature(t, alg, &n);
	if (sig && EVP_DigestVerifyInit_ex(md, &ctx, alg->digest, NULL, NULL, key, NULL) == 1 &&
	    (!alg->pss || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
			   EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1)))
		good = EVP_DigestVerify(md, sig, n, (const unsigned char *)t->signed_part.p,
					t->signed_part.n) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return good;
}

enum jws_result jws_check(struct arena *a, const struct jws *t, struct json_object *jwks)
{
	const struct alg *alg = alg_find(t->alg);
	struct json_object *keys = json_get(jwks, "keys");
	enum jws_result result = JWS_NO_KEY;

	for (size_t i = 0; alg && i < json_len(keys) && i < JWKS_MAX_KEYS; i++) {
		struct json_object *jwk = json_item(keys, i);
		EVP_PKEY *key;

		if ((t->kid && !text_eq(json_text(jwk, "kid", NULL), t->kid)) || !key_suits(jwk, alg))
			continue;
		key = key_of(a, jwk, alg);
		if (key && signature_fits(t, alg, key))
			return JWS_GOOD;
		result = key ? JWS_BAD : result;
	}
	ERR_clear_error();
	return result;
}
