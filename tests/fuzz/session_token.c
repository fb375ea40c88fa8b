/*
 * session_token - libFuzzer target: our own session tokens, as somebody without the key can write them.
 *
 * The input is a token, and also the claims of one: signed with the key they must come back as they were, and
 * with any other signature never.
 */

#include "auth/token.h"
#include "base/str.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char key[] = "0123456789abcdef0123456789abcdef";

static void try_signed(struct arena *a, const char *id)
{
	struct token claims = { .id = id, .session_stamp = id, .auth_method = "password", .auth_time = 1 }, back;
	char *text = token_issue(a, &claims, 60);

	if (token_verify(a, text, &back) <= 0 || !text_eq(back.id, id) || !text_eq(back.session_stamp, id))
		abort();
	text[strlen(text) - 2] ^= 1;
	if (token_verify(a, text, &back) > 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool set;
	struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, size);
	struct token t;

	if (!set)
		token_setup(key);
	set = true;
	if (token_verify(a, text, &t) > 0)	/* nobody has the key */
		abort();
	if (*text && utf8_valid(text, strlen(text)) && strlen(text) < 1000)
		try_signed(a, text);
	arena_free(a);
	return 0;
}
