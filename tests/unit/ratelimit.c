#include "unit.h"
#include "auth/ratelimit.h"

/* Without Redis the counting is done here. */
START_TEST(the_sixteenth_attempt_is_one_too_many)
{
	static const struct rate_limit limit = { .attempts = 15, .window = 180 };
	struct arena *a = arena_new();

	for (int i = 0; i < 15; i++)
		ck_assert(!rate_limited(a, &limit, "someone@example.com"));
	ck_assert(rate_limited(a, &limit, "someone@example.com"));
	ck_assert(!rate_limited(a, &limit, "other@example.com"));
	arena_free(a);
}
END_TEST

START_TEST(many_keys_do_not_fill_the_memory)
{
	static const struct rate_limit limit = { .attempts = 1, .window = 60 };
	struct arena *a = arena_new();

	for (int i = 0; i < 70000; i++)
		ck_assert(!rate_limited(a, &limit, arena_printf(a, "u%d", i)));
	arena_free(a);
}
END_TEST

UNIT_MAIN("ratelimit", the_sixteenth_attempt_is_one_too_many, many_keys_do_not_fill_the_memory)
