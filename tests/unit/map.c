#include "unit.h"
#include "base/map.h"

START_TEST(keys_come_and_go)
{
	struct map *m = map_new();
	static int values[1000];
	char key[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_ptr_null(map_set(m, key, &values[i]));
	}
	ck_assert_uint_eq(map_count(m), 1000);
	for (int i = 0; i < 1000; i += 2) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_ptr_eq(map_del(m, key), &values[i]);
		ck_assert_ptr_null(map_get(m, key));
	}
	ck_assert_uint_eq(map_count(m), 500);
	ck_assert_ptr_eq(map_get(m, "k7"), &values[7]);
	ck_assert_ptr_eq(map_get_n(m, "k7xyz", 2), &values[7]);
	ck_assert_ptr_eq(map_set(m, "k7", &values[8]), &values[7]);
	ck_assert_ptr_null(map_del(m, "absent"));
	map_free(m, NULL);
}
END_TEST

START_TEST(churn_does_not_grow_for_ever)
{
	struct map *m = map_new();
	static int v;
	size_t at = 0, seen = 0;
	const char *k;
	void *value;
	char key[16];

	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		map_set(m, key, &v);
		if (i >= 10) {
			snprintf(key, sizeof(key), "k%d", i - 10);
			map_del(m, key);
		}
	}
	while (map_next(m, &at, &k, &value))
		seen++;
	ck_assert_uint_eq(seen, 10);
	map_free(m, NULL);
}
END_TEST

UNIT_MAIN("map", keys_come_and_go, churn_does_not_grow_for_ever)
