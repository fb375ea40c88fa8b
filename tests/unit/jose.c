#include "unit.h"
#include "auth/fernet.h"
#include "base/base64.h"
#include "oauth/idtoken.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

/* A provider in small: one key of each kind, its public half as JWK, and tokens signed with it. */
struct signer {
	const char *alg, *kind, *curve, *digest;
	EVP_PKEY *key;
};

static struct signer signers[] = {
	{ "RS256", "RSA", NULL, "SHA256", NULL },	 { "RS512", "RSA", NULL, "SHA512", NULL },
	{ "PS256", "RSA", NULL, "SHA256", NULL },	 { "PS384", "RSA", NULL, "SHA384", NULL },
	{ "ES256", "EC", "P-256", "SHA256", NULL },	 { "ES384", "EC", "P-384", "SHA384", NULL },
	{ "ES512", "EC", "P-521", "SHA512", NULL },	 { "EdDSA", "ED25519", "Ed25519", NULL, NULL },
	{ "EdDSA", "ED448", "Ed448", NULL, NULL },
};

static EVP_PKEY *key_of(struct signer *s)
{
	if (!s->key)
		s->key = strcmp(s->kind, "RSA") == 0 ? EVP_RSA_gen(2048) :
			 strcmp(s->kind, "EC") == 0  ? EVP_EC_gen(s->curve) :
						       EVP_PKEY_Q_keygen(NULL, NULL, s->kind);
	ck_assert_ptr_nonnull(s->key);
	return s->key;
}

static void add_bytes(struct json_object *jwk, const char *name, const unsigned char *p, size_t n)
{
	struct buf b = BUF_INIT;

	base64url_encode(&b, p, n);
	json_set_text(jwk, name, b.data);
	buf_free(&b);
}

static void add_number(struct json_object *jwk, EVP_PKEY *key, const char *name, const char *param,
		       int bytes)
{
	unsigned char raw[1024];
	BIGNUM *n = NULL;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(key, param, &n), 1);
	bytes = bytes ? bytes : BN_num_bytes(n);
	BN_bn2binpad(n, raw, bytes);
	add_bytes(jwk, name, raw, (size_t)bytes);
	BN_free(n);
}

static int coordinate(const struct signer *s)
{
	return strcmp(s->curve, "P-256") == 0 ? 32 : strcmp(s->curve, "P-384") == 0 ? 48 : 66;
}

static struct json_object *jwk_of(struct arena *a, struct signer *s, const char *kid)
{
	struct json_object *jwk = json_new_object(a);
	unsigned char raw[64];
	size_t n = sizeof(raw);

	json_set_text(jwk, "kid", kid);
	if (strcmp(s->kind, "RSA") == 0) {
		json_set_text(jwk, "kty", "RSA");
		add_number(jwk, key_of(s), "n", OSSL_PKEY_PARAM_RSA_N, 0);
		add_number(jwk, key_of(s), "e", OSSL_PKEY_PARAM_RSA_E, 0);
		return jwk;
	}
	json_set_text(jwk, "crv", s->curve);
	json_set_text(jwk, "kty", strcmp(s->kind, "EC") == 0 ? "EC" : "OKP");
	if (strcmp(s->kind, "EC") == 0) {
		add_number(jwk, key_of(s), "x", OSSL_PKEY_PARAM_EC_PUB_X, coordinate(s));
		add_number(jwk, key_of(s), "y", OSSL_PKEY_PARAM_EC_PUB_Y, coordinate(s));
	} else {
		ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key_of(s), raw, &n), 1);
		add_bytes(jwk, "x", raw, n);
	}
	return jwk;
}

static struct json_object *set_of(struct arena *a, struct json_object *jwk)
{
	struct json_object *set = json_new_object(a), *keys = json_object_new_array();

	json_set(set, "keys", keys);
	json_object_array_add(keys, json_ref(jwk));
	return set;
}

static size_t sign(struct signer *s, const char *text, unsigned char *out, size_t room)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	size_t n = room;

	EVP_DigestSignInit_ex(md, &ctx, s->digest, NULL, NULL, key_of(s), NULL);
	if (s->alg[0] == 'P') {
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
	}
	ck_assert_int_eq(EVP_DigestSign(md, out, &n, (const unsigned char *)text, strlen(text)), 1);
	EVP_MD_CTX_free(md);
	if (strcmp(s->kind, "EC") == 0) {
		const unsigned char *der = out;
		ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
		int bytes = coordinate(s);

		BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, bytes);
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + bytes, bytes);
		ECDSA_SIG_free(sig);
		n = (size_t)bytes * 2;
	}
	return n;
}

static char *token_of(struct arena *a, struct signer *s, const char *header, const char *claims)
{
	unsigned char sig[1024];
	struct buf *b = buf_in(a, 0);

	base64url_encode(b, header, strlen(header));
	buf_addc(b, '.');
	base64url_encode(b, claims, strlen(claims));
	if (s) {
		size_t n = sign(s, b->data, sig, sizeof(sig));

		buf_addc(b, '.');
		base64url_encode(b, sig, n);
	}
	return b->data;
}

static char *header_of(struct arena *a, const char *alg, const char *kid)
{
	return arena_printf(a, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
}

START_TEST(each_algorithm_verifies_and_only_its_own)
{
	struct arena *a = arena_new();
	struct jws t;

	for (size_t i = 0; i < ARRAY_SIZE(signers); i++) {
		struct signer *s = &signers[i];
		struct json_object *set = set_of(a, jwk_of(a, s, "k1"));
		char *good = token_of(a, s, header_of(a, s->alg, "k1"), "{\"sub\":\"x\"}");
		char *bad = token_of(a, s, header_of(a, s->alg, "k1"), "{\"sub\":\"y\"}");
		char *dot = strrchr(bad, '.'), *mixed;

		ck_assert(jws_read(a, good, &t));
		ck_assert_int_eq(jws_check(a, &t, set), JWS_GOOD);
		/* The signature of one token under the other's text. */
		*dot = '\0';
		mixed = arena_printf(a, "%s%s", bad, strrchr(good, '.'));
		ck_assert(jws_read(a, mixed, &t));
		ck_assert_int_eq(jws_check(a, &t, set), JWS_BAD);
		ck_assert(jws_read(a, token_of(a, s, header_of(a, s->alg, "k2"), "{}"), &t));
		ck_assert_int_eq(jws_check(a, &t, set), JWS_NO_KEY);
		ck_assert(jws_read(a, token_of(a, s, header_of(a, "HS256", "k1"), "{}"), &t));
		ck_assert_int_eq(jws_check(a, &t, set), JWS_NO_KEY);
		ck_assert(jws_read(a, token_of(a, s, header_of(a, "none", "k1"), "{}"), &t));
		ck_assert_int_eq(jws_check(a, &t, set), JWS_NO_KEY);
	}
	arena_free(a);
}
END_TEST

START_TEST(what_is_no_token_is_refused)
{
	static const char *const texts[] = { "", ".", "..", "a.b.c", "e30.e30.", "e30.e30", "e30..AA",
					     "bm90.e30.AA", "e30.e30.AA.AA", "e30.W10.AA", "e30.e30.A" };
	struct arena *a = arena_new();
	struct jws t;
	char *crit = token_of(a, &signers[0], "{\"alg\":\"RS256\",\"crit\":[\"b64\"]}", "{}"), *huge;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ck_assert(!jws_read(a, texts[i], &t));
	ck_assert(!jws_read(a, crit, &t));
	huge = arena_alloc(a, JWS_MAX_BYTES + 2);
	memset(huge, 'A', JWS_MAX_BYTES + 1);
	ck_assert(!jws_read(a, huge, &t));
	arena_free(a);
}
END_TEST

START_TEST(weak_and_foreign_keys_do_not_count)
{
	struct arena *a = arena_new();
	struct signer *rsa = &signers[0], weak = { "RS256", "RSA", NULL, "SHA256", EVP_RSA_gen(1024) };
	struct jws t;
	struct json_object *jwk;

	ck_assert(jws_read(a, token_of(a, &weak, header_of(a, "RS256", "k"), "{}"), &t));
	ck_assert_int_eq(jws_check(a, &t, set_of(a, jwk_of(a, &weak, "k"))), JWS_NO_KEY);
	EVP_PKEY_free(weak.key);
	ck_assert(jws_read(a, token_of(a, rsa, header_of(a, "RS256", "k"), "{}"), &t));
	jwk = jwk_of(a, rsa, "k");
	json_set_text(jwk, "use", "enc");
	ck_assert_int_eq(jws_check(a, &t, set_of(a, jwk)), JWS_NO_KEY);
	json_set_text(jwk, "use", "sig");
	json_set_text(jwk, "alg", "PS256");
	ck_assert_int_eq(jws_check(a, &t, set_of(a, jwk)), JWS_NO_KEY);
	json_set_text(jwk, "alg", "RS256");
	ck_assert_int_eq(jws_check(a, &t, set_of(a, jwk)), JWS_GOOD);
	ck_assert_int_eq(jws_check(a, &t, NULL), JWS_NO_KEY);
	/* Without a key id each key that suits is tried. */
	ck_assert(jws_read(a, token_of(a, rsa, "{\"alg\":\"RS256\"}", "{}"), &t));
	ck_assert_int_eq(jws_check(a, &t, set_of(a, jwk)), JWS_GOOD);
	arena_free(a);
}
END_TEST

static const char *fault_of(struct arena *a, const char *claims)
{
	static const struct id_expect want = { .issuer = "https://op", .client_id = "c", .nonce = "n",
					       .access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
					       .now = 1000 };
	struct jws t;

	ck_assert(jws_read(a, token_of(a, &signers[0], "{\"alg\":\"RS256\"}", claims), &t));
	return id_token_fault(a, &t, &want);
}

#define BASE "\"iss\":\"https://op\",\"sub\":\"s\",\"iat\":1000,\"exp\":1100,\"nonce\":\"n\""

START_TEST(id_tokens_must_say_all_of_it)
{
	struct arena *a = arena_new();
	static const struct {
		const char *claims, *fault;
	} cases[] = {
		{ "{" BASE ",\"aud\":\"c\"}", NULL },
		{ "{" BASE ",\"aud\":[\"c\"]}", NULL },
		{ "{" BASE ",\"aud\":[\"c\",\"d\"],\"azp\":\"c\"}", NULL },
		/* The example of OpenID Connect Core, appendix A.3. */
		{ "{" BASE ",\"aud\":\"c\",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}", NULL },
		{ "{" BASE ",\"aud\":\"c\",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RA\"}", "at_hash" },
		{ "{" BASE ",\"aud\":[\"c\",\"d\"]}", "azp" },
		{ "{" BASE ",\"aud\":\"c\",\"azp\":\"d\"}", "azp" },
		{ "{" BASE ",\"aud\":\"d\"}", "aud" },
		{ "{" BASE "}", "aud" },
		{ "{\"aud\":\"c\"," BASE ",\"iss\":\"https://other\"}", "iss" },
		{ "{\"aud\":\"c\"," BASE ",\"nonce\":\"m\"}", "nonce" },
		{ "{\"aud\":\"c\"," BASE ",\"nonce\":1}", "nonce" },
		{ "{\"aud\":\"c\"," BASE ",\"exp\":879}", "exp" },
		{ "{\"aud\":\"c\"," BASE ",\"exp\":880}", NULL },
		{ "{\"aud\":\"c\"," BASE ",\"exp\":\"1100\"}", "exp" },
		{ "{\"aud\":\"c\"," BASE ",\"exp\":null}", "exp" },
		{ "{\"aud\":\"c\"," BASE ",\"iat\":1121}", "iat" },
		{ "{\"aud\":\"c\"," BASE ",\"nbf\":2000}", "nbf" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *fault = fault_of(a, cases[i].claims);

		ck_assert_msg((!fault && !cases[i].fault) || (fault && cases[i].fault &&
			      strcmp(fault, cases[i].fault) == 0), "%s: %s", cases[i].claims,
			      fault ? fault : "no fault");
	}
	arena_free(a);
}
END_TEST

#define EVENT "\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"

START_TEST(logout_tokens_are_no_id_tokens)
{
	static const struct id_expect want = { .issuer = "o", .client_id = "c", .now = 1000 };
	static const struct {
		const char *claims, *fault;
	} cases[] = {
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":1000,\"sub\":\"s\"," EVENT "}", NULL },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":1000,\"sid\":\"s\"," EVENT "}", NULL },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":1000," EVENT "}", "sub" },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":1000,\"sub\":\"s\"}", "events" },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":1000,\"sub\":\"s\",\"nonce\":\"n\"," EVENT "}", "nonce" },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":399,\"sub\":\"s\"," EVENT "}", "iat" },
		{ "{\"iss\":\"o\",\"aud\":\"c\",\"iat\":399,\"exp\":1000,\"sub\":\"s\"," EVENT "}", NULL },
	};
	struct arena *a = arena_new();
	struct jws t;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *fault;

		ck_assert(jws_read(a, token_of(a, &signers[0], "{\"alg\":\"RS256\"}", cases[i].claims), &t));
		fault = logout_token_fault(&t, &want);
		ck_assert_msg((!fault && !cases[i].fault) || (fault && cases[i].fault &&
			      strcmp(fault, cases[i].fault) == 0), "%s: %s", cases[i].claims,
			      fault ? fault : "no fault");
	}
	arena_free(a);
}
END_TEST

START_TEST(fernet_reads_what_others_sealed)
{
	/* The vector of the specification, whose key is base64 of 32 bytes. */
	static const char key[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
	static const char token[] = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOP"
				    "mrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
	struct arena *a = arena_new();
	struct fernet f, other;
	char *sealed, *text;
	size_t n;

	ck_assert(fernet_key(&f, key));
	ck_assert(!fernet_key(&other, "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4*"));
	text = fernet_open(a, &f, token, &n);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, "hello");
	ck_assert(fernet_key(&other, "a secret of any length"));
	ck_assert_ptr_null(fernet_open(a, &other, token, &n));
	for (size_t len = 0; len < 40; len++) {
		char plain[] = "0123456789012345678901234567890123456789";

		sealed = fernet_seal(a, &other, plain, len);
		text = fernet_open(a, &other, sealed, &n);
		ck_assert_uint_eq(n, len);
		ck_assert_int_eq(memcmp(text, plain, len), 0);
		sealed[12] = sealed[12] == 'A' ? 'B' : 'A';
		ck_assert_ptr_null(fernet_open(a, &other, sealed, &n));
	}
	ck_assert_ptr_null(fernet_open(a, &f, "", &n));
	ck_assert_ptr_null(fernet_open(a, &f, "gAAAAAAdwJ6w", &n));
	arena_free(a);
}
END_TEST

UNIT_MAIN("jose", each_algorithm_verifies_and_only_its_own, what_is_no_token_is_refused,
	  weak_and_foreign_keys_do_not_count, id_tokens_must_say_all_of_it,
	  logout_tokens_are_no_id_tokens, fernet_reads_what_others_sealed)
