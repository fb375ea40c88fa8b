#include "unit.h"
#include "json/scan.h"

START_TEST(values_are_found_in_place)
{
	struct str doc = STR(" {\"a\" : {\"b\":[10,{\"c\":\"x\\\"y\"}]} , \"d\":null, \"a2\":true}");
	struct arena *a = arena_new();
	struct str v;

	ck_assert(json_find_at(doc, "a.b.1.c", &v));
	ck_assert_str_eq(json_raw_text(a, v), "x\"y");
	ck_assert(json_find_at(doc, "a.b.0", &v) && str_eq(v, "10"));
	ck_assert(json_find(doc, "d", &v) && json_raw_is_null(v));
	ck_assert(json_find(doc, "a2", &v) && str_eq(v, "true"));
	ck_assert(!json_find(doc, "b", &v));
	ck_assert(!json_find_at(doc, "a.b.2", &v));
	ck_assert(!json_find_at(STR("5"), "a", &v));
	arena_free(a);
}
END_TEST

START_TEST(members_and_items_are_iterated)
{
	const char *at = NULL;
	struct str k, v;
	int n = 0;

	while (json_each(STR("{\"x\":1,\"y\":[2],\"z\":{}}"), &at, &k, &v))
		n++;
	ck_assert_int_eq(n, 3);
	ck_assert(json_raw_eq(k, "z") && str_eq(v, "{}"));
	at = NULL;
	n = 0;
	while (json_each_item(STR("[ 1, \"a,b\" ,[3] ]"), &at, &v))
		n++;
	ck_assert_int_eq(n, 3);
	ck_assert(str_eq(v, "[3]"));
	at = NULL;
	ck_assert(!json_each_item(STR("[]"), &at, &v));
}
END_TEST

START_TEST(strings_are_unescaped)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(json_raw_text(a, STR("\"\\u00e9\\ud83d\\ude80\\n\\/\"")), "\xc3\xa9\xf0\x9f\x9a\x80\n/");
	ck_assert_str_eq(json_raw_text(a, STR("\"a\\u0000b\"")), "ab");
	ck_assert_str_eq(json_raw_text(a, STR("\"\\ud800\"")), "\xef\xbf\xbd");
	ck_assert_ptr_null(json_raw_text(a, STR("\"\\x\"")));
	ck_assert_ptr_null(json_raw_text(a, STR("\"\\u12\"")));
	ck_assert_ptr_null(json_raw_text(a, STR("12")));
	arena_free(a);
}
END_TEST

/* Every cut and every changed byte of a text ends with a value, an end or an error. */
START_TEST(hostile_texts_end)
{
	static const char doc[] = "{\"a\":[1,{\"b\":\"c\\\\\"},[[]]],\"d\":-1.5e3,\"e\":{\"f\":{}}}";
	char copy[sizeof(doc)];
	struct str raw;

	for (size_t cut = 0; cut < sizeof(doc); cut++) {
		for (int c = 1; c < 256; c++) {
			struct json_scan s;
			enum json_tok t;
			int steps = 0;

			memcpy(copy, doc, sizeof(doc));
			copy[cut] = (char)c;
			json_scan_init(&s, (struct str){ copy, c == 1 ? cut : sizeof(doc) - 1 });
			do {
				t = json_scan_next(&s, &raw);
				ck_assert_int_lt(steps++, 1000);
			} while (t != JT_END && t != JT_ERROR);
			json_find_at((struct str){ copy, sizeof(doc) - 1 }, "e.f.g", &raw);
		}
	}
}
END_TEST

START_TEST(depth_is_bounded)
{
	char deep[2000];
	struct json_scan s;
	enum json_tok t;

	memset(deep, '[', sizeof(deep));
	json_scan_init(&s, (struct str){ deep, sizeof(deep) });
	while ((t = json_scan_next(&s, NULL)) == JT_ARRAY)
		;
	ck_assert_int_eq(t, JT_ERROR);
	ck_assert_int_lt(s.depth, 300);
}
END_TEST

UNIT_MAIN("scan", values_are_found_in_place, members_and_items_are_iterated, strings_are_unescaped,
	  hostile_texts_end, depth_is_bounded)
