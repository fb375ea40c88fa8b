#include "app/app.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>

#include "auth/fernet.h"
#include "base/base64.h"
#include "base/env.h"
#include "http/client.h"
#include "http/url.h"

enum { URL_MAX = 2048, SEAL_BYTES = 32 };

/* Where a service is; false: no address that one could have. */
static bool read_url(struct arena *a, const char *text, struct url *u)
{
	return strlen(text) <= URL_MAX && !strpbrk(text, "\\\r\n\t ") && url_parse(a, text, u) && u->port && !u->named &&
	       !u->fragment && (text_eq(u->scheme, "https") || text_eq(u->scheme, "http"));
}

static bool same_origin(const struct url *a, const struct url *b)
{
	return text_eq(a->scheme, b->scheme) && text_eq(a->host, b->host) && text_eq(a->port, b->port);
}

const char *app_url_fault(struct arena *a, const char *text, bool *private)
{
	struct str rest = str_of(env_str("APP_ALLOWED_PRIVATE_ORIGINS", ""));
	struct url u, allowed;

	*private = false;
	if (!read_url(a, text, &u))
		return "Invalid app URL. Use an HTTP(S) URL without credentials or a fragment.";
	while (rest.p) {
		struct str one = str_trim(str_split(&rest, ','));

		if (one.n && read_url(a, arena_strndup(a, one.p, one.n), &allowed) && same_origin(&allowed, &u))
			*private = true;
	}
	if (u.query)
		return "Invalid app URL. It must not contain a query.";
	if (!text_eq(u.scheme, "https") && !*private)
		return "App endpoints require HTTPS. For local HTTP, configure APP_ALLOWED_PRIVATE_ORIGINS.";
	return NULL;
}

const char *app_public_key(struct arena *a, const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
	const char *text = NULL;
	char *data;
	long n;

	if (key && out && EVP_PKEY_id(key) == EVP_PKEY_ED25519 && PEM_write_bio_PUBKEY(out, key)) {
		n = BIO_get_mem_data(out, &data);
		text = arena_strndup(a, data, (size_t)n);
	}
	EVP_PKEY_free(key);
	BIO_free(in);
	BIO_free(out);
	return text;
}

bool app_image_fits(const char *text)
{
	static const char *const kinds[] = { "data:image/png;base64,", "data:image/jpeg;base64,",
					     "data:image/gif;base64,", "data:image/webp;base64," };
	struct arena *a = arena_new();
	bool fits = false;
	struct url u;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (text_starts(text, kinds[i]) &&
		    base64_decode(a, text + strlen(kinds[i]), strlen(text) - strlen(kinds[i]), &n))
			fits = n > 0;
	if (!text_starts(text, "data:"))
		fits = strlen(text) <= URL_MAX && url_parse(a, text, &u) && !u.named &&
		       (text_eq(u.scheme, "https") || text_eq(u.scheme, "http"));
	arena_free(a);
	return fits;
}

/* HKDF-SHA256 of the server's secret. */
static bool seal_key(struct fernet *f)
{
	static const unsigned char info[] = "open-webui-app-keys-v1";
	const char *secret = env_str("WEBUI_SECRET_KEY", "");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	unsigned char key[SEAL_BYTES] = { 0 };
	size_t n = sizeof(key);
	bool ok = *secret && ctx && EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) > 0 &&
		  EVP_PKEY_CTX_set1_hkdf_key(ctx, (const unsigned char *)secret, (int)strlen(secret)) > 0 &&
		  EVP_PKEY_CTX_add1_hkdf_info(ctx, info, sizeof(info) - 1) > 0 && EVP_PKEY_derive(ctx, key, &n) > 0;

	EVP_PKEY_CTX_free(ctx);
	memcpy(f->sign, key, sizeof(f->sign));
	memcpy(f->crypt, key + sizeof(f->sign), sizeof(f->crypt));
	return ok;
}

const char *app_seal(struct arena *a, const char *key)
{
	struct fernet f;

	return seal_key(&f) ? fernet_seal(a, &f, key, strlen(key)) : NULL;
}

const char *app_open(struct arena *a, const char *sealed)
{
	struct fernet f;
	size_t n;

	return seal_key(&f) ? fernet_open(a, &f, sealed, &n) : NULL;
}

struct json_object *app_manifest(struct arena *a, const char *url, const char *key, int *status, const char **detail)
{
	const char *headers[] = { arena_printf(a, "Authorization: Bearer %s", key), NULL };
	struct http_request req = { .method = "GET", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = APP_TIMEOUT_MS, .max_body = APP_ANSWER_MAX };
	struct http_answer answer;
	struct json_object *o;
	bool private;

	*status = 502;
	*detail = app_url_fault(a, url, &private);
	req.public_only = !private;
	if (*detail || strpbrk(key, "\r\n")) {
		*detail = *detail ? *detail : "The API key cannot be sent.";
		return NULL;
	}
	if (!http_run(a, &req, &answer)) {
		*status = answer.timed_out ? 504 : 502;
		*detail = answer.end == HTTP_TOO_LARGE ? "App response exceeds the allowed size."
			: "Could not reach the app server. Check its address, port and network access.";
		return NULL;
	}
	if (answer.status == 401 || answer.status == 403) {
		*status = 400;
		*detail = "App rejected the API key. Check the API key configured on the app server.";
		return NULL;
	}
	if (answer.status != 200) {
		*detail = arena_printf(a, "App manifest endpoint returned HTTP %d. Check the URL or enter details manually.",
				       answer.status);
		return NULL;
	}
	o = json_parse(a, buf_text(answer.body), answer.body->len, NULL);
	if (!json_is(o, json_type_object)) {
		*status = 400;
		*detail = "App returned an invalid manifest. Check its app details or enter them manually.";
		return NULL;
	}
	return o;
}
