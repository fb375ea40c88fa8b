#include "unit.h"
#include "auth/token.h"
#include "base/str.h"

static const char secret[] = "0123456789abcdef0123456789abcdef";

START_TEST(what_is_issued_verifies)
{
	struct arena *a = arena_new();
	struct token t = { .id = "u1", .session_stamp = "s", .auth_method = "password",
			   .auth_time = 5 }, back;
	char *text;

	token_setup(secret);
	text = token_issue(a, &t, 60);
	ck_assert_int_eq(token_verify(a, text, &back), 1);
	ck_assert_str_eq(back.id, "u1");
	ck_assert_str_eq(back.session_stamp, "s");
	ck_assert_str_eq(back.jti, t.jti);
	ck_assert_int_eq(back.exp, t.iat + 60);
	ck_assert_int_eq(back.auth_time, 5);
	text = token_issue(a, &t, 0);
	ck_assert_int_eq(token_verify(a, text, &back), 1);
	ck_assert_int_eq(back.exp, 0);
	arena_free(a);
}
END_TEST

START_TEST(forged_tokens_do_not)
{
	/* {"alg":"none","typ":"JWT"}.{"id":"u1"}. */
	static const char none[] = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpZCI6InUxIn0.";
	struct arena *a = arena_new();
	struct token t = { .id = "u1" }, back;
	char *text;

	token_setup(secret);
	text = token_issue(a, &t, 60);
	ck_assert_int_eq(token_verify(a, none, &back), 0);
	ck_assert_int_eq(token_verify(a, "", &back), 0);
	ck_assert_int_eq(token_verify(a, "a.b.c", &back), 0);
	for (size_t i = 0; text[i]; i++) {
		char before = text[i];

		text[i] = before == 'A' ? 'E' : 'A';
		if (strchr(text + i, '.') || text[i + 1])	/* the last character may hold spare bits */
			ck_assert_msg(!token_verify(a, text, &back), "byte %zu", i);
		text[i] = before;
	}
	token_setup("another secret of at least 32 characters");
	ck_assert_int_eq(token_verify(a, text, &back), 0);
	arena_free(a);
}
END_TEST

START_TEST(durations)
{
	ck_assert_int_eq(duration_parse("4w"), 4 * 7 * 86400);
	ck_assert_int_eq(duration_parse("1h30m"), 5400);
	ck_assert_int_eq(duration_parse("500ms"), 1);
	ck_assert_int_eq(duration_parse("-1"), 0);
	ck_assert_int_eq(duration_parse("0"), 0);
	ck_assert_int_eq(duration_parse("1500ms"), 1);
	ck_assert_int_eq(duration_parse("soon"), -1);
	ck_assert_int_eq(duration_parse(""), -1);
}
END_TEST

START_TEST(durations_that_may_be_set)
{
	static const char *const good[] = { "-1", "0", "4w", "1.5h", "90m", "500ms", "30s", "2d" };
	static const char *const bad[] = { "", "3600", "1h30m", "4 w", "w", "1.h", ".5h", "-5m", "1y", "4w " };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(duration_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!duration_valid(bad[i]), "%s", bad[i]);
}
END_TEST

UNIT_MAIN("token", what_is_issued_verifies, forged_tokens_do_not, durations, durations_that_may_be_set)
