#include "unit.h"
#include "base/str.h"
#include "base/utf8.h"

START_TEST(numbers_are_checked)
{
	int64_t v = 7;

	ck_assert(text_to_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v));
	ck_assert_int_eq(v, INT64_MIN);
	ck_assert(text_to_i64("9223372036854775807", INT64_MIN, INT64_MAX, &v));
	v = 7;
	ck_assert(!text_to_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v));
	ck_assert(!text_to_i64("", 0, 9, &v));
	ck_assert(!text_to_i64("-", 0, 9, &v));
	ck_assert(!text_to_i64("5x", 0, 9, &v));
	ck_assert(!text_to_i64("10", 0, 9, &v));
	ck_assert(!text_to_i64(NULL, 0, 9, &v));
	ck_assert_int_eq(v, 7);
}
END_TEST

START_TEST(texts_are_split_and_trimmed)
{
	struct str rest = str_of("a,,b");

	ck_assert(str_eq(str_split(&rest, ','), "a"));
	ck_assert(str_eq(str_split(&rest, ','), ""));
	ck_assert(str_eq(str_split(&rest, ','), "b"));
	ck_assert_ptr_null(rest.p);
	ck_assert(str_eq(str_trim(STR(" \t x \n")), "x"));
	ck_assert(str_starts(STR("abc"), "ab") && !str_starts(STR("a"), "ab"));
	ck_assert(str_ends(STR("abc"), "bc") && !str_ends(STR("c"), "bc"));
	ck_assert(secret_eq("same", "same") && !secret_eq("same", "samx") && !secret_eq("a", "ab"));
}
END_TEST

START_TEST(utf8_follows_rfc_3629)
{
	ck_assert(utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80", 10));
	ck_assert(!utf8_valid("\xc0\x80", 2));		/* overlong */
	ck_assert(!utf8_valid("\xed\xa0\x80", 3));	/* surrogate */
	ck_assert(!utf8_valid("\xf4\x90\x80\x80", 4));	/* above U+10FFFF */
	ck_assert(!utf8_valid("\xe2\x82", 2));		/* cut off */
	ck_assert_uint_eq(utf8_cut("a\xe2\x82\xac", 4, 3), 1);
}
END_TEST

UNIT_MAIN("str", numbers_are_checked, texts_are_split_and_trimmed, utf8_follows_rfc_3629)
