#include "unit.h"
#include "base/buf.h"

START_TEST(a_full_buffer_takes_nothing_more)
{
	struct buf b = { .max = 8 };

	buf_adds(&b, "12345678");
	ck_assert(!b.full);
	buf_addc(&b, '9');
	ck_assert(b.full);
	ck_assert_str_eq(buf_text(&b), "12345678");
	buf_reset(&b);
	buf_adds(&b, "ok");
	ck_assert_str_eq(buf_text(&b), "ok");
	buf_free(&b);
}
END_TEST

static void check_json(const char *in, size_t n, const char *want)
{
	struct buf b = BUF_INIT;

	buf_json_n(&b, in, n);
	ck_assert_str_eq(buf_text(&b), want);
	buf_free(&b);
}

START_TEST(json_strings_are_escaped)
{
	check_json("a\"b\\c\n\t\x01", 8, "\"a\\\"b\\\\c\\n\\t\\u0001\"");
	check_json("\xc3\xa9\xf0\x9f\x9a\x80", 6, "\"\xc3\xa9\xf0\x9f\x9a\x80\"");
	check_json("\xff\xc3", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	check_json("\0", 1, "\"\\u0000\"");
	check_json("", 0, "\"\"");
}
END_TEST

START_TEST(bytes_are_taken_off_the_front)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "hello world");
	buf_consume(&b, 6);
	ck_assert_str_eq(buf_text(&b), "world");
	buf_consume(&b, 100);
	ck_assert_uint_eq(b.len, 0);
	buf_uri(&b, "a b/\xc3\xa9");
	ck_assert_str_eq(buf_text(&b), "a%20b%2F%C3%A9");
	buf_free(&b);
}
END_TEST

UNIT_MAIN("buf", a_full_buffer_takes_nothing_more, json_strings_are_escaped,
	  bytes_are_taken_off_the_front)
