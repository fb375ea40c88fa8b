#include "unit.h"

static int order[4], calls;

static void note(void *p)
{
	order[calls++] = *(int *)p;
}

START_TEST(defer_runs_backwards_once)
{
	static int one = 1, two = 2;
	struct arena *a = arena_new();

	calls = 0;
	arena_defer(a, note, &one);
	arena_defer(a, note, &two);
	arena_reset(a);
	ck_assert_int_eq(calls, 2);
	ck_assert_int_eq(order[0], 2);
	ck_assert_int_eq(order[1], 1);
	arena_free(a);
	ck_assert_int_eq(calls, 2);
}
END_TEST

START_TEST(memory_is_zeroed_aligned_and_apart)
{
	struct arena *a = arena_new();
	unsigned char *last = NULL;

	for (size_t n = 1; n < 100000; n *= 3) {
		unsigned char *p = arena_alloc(a, n);

		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xff, n);
		ck_assert_ptr_ne(p, last);
		last = p;
	}
	arena_reset(a);
	ck_assert_uint_eq(*(unsigned char *)arena_alloc(a, 1), 0);
	arena_free(a);
}
END_TEST

START_TEST(texts_are_copied)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(arena_printf(a, "%s-%d", "x", 7), "x-7");
	ck_assert_str_eq(arena_strndup(a, "abcdef", 3), "abc");
	ck_assert_ptr_null(arena_strdup(a, NULL));
	arena_free(a);
	arena_free(NULL);
}
END_TEST

START_TEST(texts_are_changed_on_the_way)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(arena_lower(a, "A-Zaz[@\xc3\x84"), "a-zaz[@\xc3\x84");
	ck_assert_ptr_null(arena_lower(a, NULL));
	ck_assert_str_eq(arena_trim(a, " \t a b\n"), "a b");
	ck_assert_str_eq(arena_trim(a, " \n"), "");
	ck_assert_str_eq(arena_trim(a, NULL), "");
	ck_assert_str_eq(arena_i64(a, INT64_MIN), "-9223372036854775808");
	arena_free(a);
}
END_TEST

UNIT_MAIN("arena", defer_runs_backwards_once, memory_is_zeroed_aligned_and_apart, texts_are_copied,
	  texts_are_changed_on_the_way)
