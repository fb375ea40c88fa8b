/*
 * oauth_token - libFuzzer target: what an identity provider, or somebody in its place, can send.
 *
 * The first byte chooses: a token, a newline and a key set; a sealed text; the form of a logout request.
 */

#include "auth/fernet.h"
#include "http/form.h"
#include "oauth/idtoken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_token(struct arena *a, const char *text)
{
	static const struct id_expect want = { .issuer = "https://op", .client_id = "c", .nonce = "n",
					       .access_token = "t", .now = 1000 };
	struct str rest = str_of(text), token = str_split(&rest, '\n');
	struct json_object *keys = json_parse(a, rest.p ? rest.p : "", rest.n, NULL);
	struct jws t;

	if (!jws_read(a, arena_strndup(a, token.p, token.n), &t))
		return;
	jws_check(a, &t, keys);
	id_token_fault(a, &t, &want);
	logout_token_fault(&t, &want);
}

static void try_seal(struct arena *a, const char *text, size_t n)
{
	struct fernet f;
	char *sealed, *back;
	size_t len;

	if (!fernet_key(&f, "a key"))
		abort();
	fernet_open(a, &f, text, &len);
	sealed = fernet_seal(a, &f, text, n);
	back = fernet_open(a, &f, sealed, &len);
	if (!back || len != n || memcmp(back, text, n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *copy;

	if (size) {
		copy = arena_strndup(a, (const char *)data + 1, size - 1);
		if (data[0] % 3 == 0)
			try_token(a, copy);
		else if (data[0] % 3 == 1)
			try_seal(a, copy, size - 1);
		else
			form_value(a, (struct str){ copy, size - 1 }, "logout_token");
	}
	arena_free(a);
	return 0;
}
