#include "unit.h"
#include "json/json.h"

static struct json_object *parse(struct arena *a, const char *s, size_t *at)
{
	const char *why = NULL;
	struct json_object *o = json_parse_at(a, s, strlen(s), &why, at);

	*at = why ? *at : SIZE_MAX;
	return o;
}

START_TEST(good_and_bad_texts)
{
	static const char *const bad[] = { "", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "nul", "{'a':1}",
					   "1 2", "{}x", "\"\xff\"", "'a'", "[01]", "{a:1}" };
	struct arena *a = arena_new();
	size_t at;

	ck_assert_ptr_nonnull(parse(a, " {\"a\":[1,2.5,null,true,\"x\"]} ", &at));
	ck_assert_ptr_nonnull(parse(a, "5", &at));
	ck_assert_ptr_null(parse(a, "null", &at));
	ck_assert_uint_eq(at, SIZE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!parse(a, bad[i], &at) && at != SIZE_MAX, "taken: %s", bad[i]);
	arena_free(a);
}
END_TEST

START_TEST(depth_is_bounded)
{
	struct arena *a = arena_new();
	char deep[1024];

	memset(deep, '[', 500);
	memset(deep + 500, ']', 500);
	ck_assert_ptr_null(json_parse(a, deep, 1000, NULL));
	arena_free(a);
}
END_TEST

START_TEST(getters_take_anything)
{
	struct arena *a = arena_new();
	struct json_object *o = json_parse_text(a, "{\"t\":\"x\",\"n\":3,\"b\":true,\"z\":null,\"l\":[{\"k\":1}]}");

	ck_assert_str_eq(json_text(o, "t", "-"), "x");
	ck_assert_str_eq(json_text(o, "n", "-"), "-");
	ck_assert_int_eq(json_i64(o, "n", 0), 3);
	ck_assert(json_flag(o, "b", false));
	ck_assert(json_has(o, "z") && !json_get(o, "z") && !json_has(o, "q"));
	ck_assert_int_eq(json_i64(json_at(o, "l.0"), "k", 0), 1);
	ck_assert_ptr_null(json_at(o, "l.9.k"));
	ck_assert_str_eq(json_text(NULL, "t", "-"), "-");
	ck_assert_uint_eq(json_len(NULL), 0);
	arena_free(a);
}
END_TEST

START_TEST(nothing_is_done_with_another_type)
{
	struct arena *a = arena_new();
	struct json_object *number = json_parse_text(a, "7"), *list = json_parse_text(a, "[1]");
	size_t n = 0;

	json_object_object_foreach(number, key, v) n += key != NULL;
	json_object_object_foreach(NULL, name, value) n += name != NULL;
	ck_assert_uint_eq(n, 0);
	json_push(number, json_object_new_string("x"));
	json_push(NULL, json_object_new_string("x"));
	json_set_text(list, "key", "x");
	json_set_text(NULL, "key", "x");
	json_del(list, "key");
	ck_assert_int_eq(json_members(list) + json_members(NULL), 0);
	json_push(list, NULL);
	ck_assert_str_eq(json_print(list), "[1,null]");
	arena_free(a);
}
END_TEST

START_TEST(members_may_go_while_they_are_seen)
{
	struct arena *a = arena_new();
	struct json_object *o = json_parse_text(a, "{\"a\":1,\"b\":2,\"c\":3}");

	json_object_object_foreach(o, key, v)
		if (!text_eq(key, "b"))
			json_del(o, key);
	ck_assert_str_eq(json_print(o), "{\"b\":2}");
	arena_free(a);
}
END_TEST

START_TEST(nul_and_lone_surrogates_are_stripped)
{
	struct arena *a = arena_new();
	const char *in = "{\"a\":\"x\\u0000y\\\\u0000\\ud83d\\ude80\\ud800z\"}";
	const char *same = "{\"a\":\"\\\\u0000\\n\"}";

	ck_assert(json_has_nul(in, strlen(in)));
	ck_assert_str_eq(json_strip_nul(a, in, strlen(in)), "{\"a\":\"xy\\\\u0000\\ud83d\\ude80z\"}");
	ck_assert_ptr_eq(json_strip_nul(a, same, strlen(same)), same);
	ck_assert_str_eq(json_strip_nul(a, "\"a\\u0000\"", 9), "\"a\"");
	ck_assert(!json_has_nul("\\u00", 4));
	arena_free(a);
}
END_TEST

/* The places that Python 3.11 names. */
START_TEST(faults_are_placed_as_python_does)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "", 0 }, { " ", 1 }, { "{", 1 }, { "[1,]", 3 }, { "{\"a\":}", 5 },
		{ "{\"a\" 1}", 5 }, { "nul", 0 }, { "1 2", 2 }, { "{}x", 2 }, { "'a'", 0 },
		{ "[01]", 2 }, { "{a:1}", 1 }, { "\"abc", 0 }, { "\"a\\x\"", 2 },
		{ "\"a\tb\"", 2 }, { "{\"a\":1,}", 7 }, { "[1 2]", 3 }, { "{\"\xc3\xa9\":x}", 5 },
		{ "{\"a\":\"\\u12\"}", 7 }, { "not json", 0 },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t at;

		parse(a, cases[i].text, &at);
		ck_assert_msg(at == cases[i].at, "%s: %zu", cases[i].text, at);
	}
	arena_free(a);
}
END_TEST

START_TEST(half_characters)
{
	static const char *const half[] = { "\"\\ud800\"", "\"\\uDC00\"", "\"\\ud800\\u0041\"", "\"\\u0000\\udfff\"" };
	static const char *const whole[] = { "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"\\\\ud800\"", "" };

	for (size_t i = 0; i < ARRAY_SIZE(half); i++)
		ck_assert_msg(json_has_half(half[i], strlen(half[i])), "%s", half[i]);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		ck_assert_msg(!json_has_half(whole[i], strlen(whole[i])), "%s", whole[i]);
}
END_TEST

UNIT_MAIN("json", faults_are_placed_as_python_does, good_and_bad_texts, depth_is_bounded, getters_take_anything, nothing_is_done_with_another_type,
	  members_may_go_while_they_are_seen,
	  nul_and_lone_surrogates_are_stripped, half_characters)
