#include "unit.h"
#include "base/buf.h"
#include "base/diff.h"

static const char *diff_text(struct arena *a, const char *old, const char *new)
{
	struct str *lines;
	size_t n = diff_unified(a, str_of(old), str_of(new), "old", "new", &lines);
	struct buf *out = buf_in(a, 0);

	for (size_t i = 0; i < n; i++) {
		buf_addstr(out, lines[i]);
		buf_addc(out, '\n');
	}
	return buf_text(out);
}

START_TEST(lines_end_where_python_ends_them)
{
	struct arena *a = arena_new();
	struct str *l;

	ck_assert_uint_eq(diff_lines(a, STR(""), &l), 0);
	ck_assert_uint_eq(diff_lines(a, STR("a\r\nb\rc\n\nd\x0b" "e\xc2\x85" "f\xe2\x80\xa8g"), &l), 8);
	ck_assert(str_eq(l[0], "a") && str_eq(l[2], "c") && str_eq(l[3], "") && str_eq(l[7], "g"));
	arena_free(a);
}
END_TEST

START_TEST(equal_texts_have_no_diff)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(diff_text(a, "", ""), "");
	ck_assert_str_eq(diff_text(a, "a\nb", "a\r\nb\n"), "");
	arena_free(a);
}
END_TEST

START_TEST(changes_become_hunks)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(diff_text(a, "one", "two"), "--- old\n+++ new\n@@ -1 +1 @@\n-one\n+two\n");
	ck_assert_str_eq(diff_text(a, "", "x\ny"), "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+x\n+y\n");
	ck_assert_str_eq(diff_text(a, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10"),
			 "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
	ck_assert_str_eq(diff_text(a, "a\n1\n2\n3\n4\n5\n6\n7\nb", "A\n1\n2\n3\n4\n5\n6\n7\nB"),
			 "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
	arena_free(a);
}
END_TEST

/* 20,000 equal lines on both sides are 400 million pairs: the search gives up and stays correct. */
START_TEST(work_is_bounded)
{
	struct arena *a = arena_new();
	struct buf *x = buf_in(a, 0), *y = buf_in(a, 0);
	struct str *l;

	for (int i = 0; i < 20000; i++) {
		buf_printf(x, "%d\n", i % 150);
		buf_printf(y, "%d\n", (i * 7) % 150);
	}
	ck_assert_uint_gt(diff_unified(a, str_of(buf_text(x)), str_of(buf_text(y)), "x", "y", &l), 0);
	arena_free(a);
}
END_TEST

UNIT_MAIN("diff", lines_end_where_python_ends_them, equal_texts_have_no_diff, changes_become_hunks,
	  work_is_bounded)
