#ifndef OW_UNIT_H
#define OW_UNIT_H

/*
 * unit - a libcheck program in two lines: tests are written with START_TEST, and
 *
 *	UNIT_MAIN("arena", test_reset, test_defer)
 *
 * runs them.  A fresh arena for each test: unit_arena().
 */

#include <check.h>
#include <stdlib.h>

#include "base/arena.h"

#define UNIT_MAIN(title, ...)                                                      \
	int main(void)                                                             \
	{                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                      \
		Suite *s = suite_create(title);                                    \
		TCase *t = tcase_create(title);                                    \
		SRunner *r;                                                        \
		int failed;                                                        \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)        \
			tcase_add_test(t, tests[i]);                               \
		tcase_set_timeout(t, 60);                                          \
		suite_add_tcase(s, t);                                             \
		r = srunner_create(s);                                             \
		srunner_run_all(r, CK_ENV);                                        \
		failed = srunner_ntests_failed(r);                                 \
		srunner_free(r);                                                   \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                       \
	}

#endif
