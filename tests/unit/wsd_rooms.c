#include "unit.h"
#include "wsd/rooms.h"

static int opened, closed;

static void on_open(const char *name)
{
	ck_assert(*name);
	opened++;
}

static void on_close(const char *name)
{
	ck_assert(*name);
	closed++;
}

static void start(void)
{
	opened = closed = 0;
	rooms_setup(on_open, on_close);
}

static size_t size(const char *name)
{
	struct room *r = room_find(name, strlen(name));

	return r ? room_size(r) : 0;
}

START_TEST(first_and_last_are_told)
{
	struct member a = { 0 }, b = { 0 };

	start();
	ck_assert(room_join(&a, "user:1"));
	ck_assert(room_join(&a, "user:1"));
	ck_assert(room_join(&b, "user:1"));
	ck_assert_int_eq(opened, 1);
	ck_assert_uint_eq(size("user:1"), 2);
	room_leave(&a, "user:1");
	room_leave(&a, "user:1");
	room_leave(&a, "nowhere");
	ck_assert_int_eq(closed, 0);
	ck_assert(room_has(&b, "user:1"));
	ck_assert(!room_has(&a, "user:1"));
	room_leave_all(&b);
	ck_assert_int_eq(closed, 1);
	ck_assert_ptr_null(room_find("user:1", 6));
	room_leave_all(&a);
	rooms_shutdown();
}
END_TEST

START_TEST(names_and_numbers_are_bounded)
{
	char name[ROOM_NAME_MAX + 2];
	struct member a = { 0 };

	start();
	ck_assert(!room_join(&a, ""));
	memset(name, 'x', sizeof(name));
	name[ROOM_NAME_MAX + 1] = '\0';
	ck_assert(!room_join(&a, name));
	name[ROOM_NAME_MAX] = '\0';
	ck_assert(room_join(&a, name));
	for (int i = 1; i < ROOMS_PER_MEMBER_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		ck_assert(room_join(&a, name));
	}
	ck_assert(!room_join(&a, "one more"));
	room_leave_all(&a);
	ck_assert_int_eq(opened, closed);
	rooms_shutdown();
}
END_TEST

/* Random joins and leaves beside a plain matrix that says who should be where. */
START_TEST(agrees_with_a_matrix)
{
	enum { MEMBERS = 20, ROOMS = 8 };
	static bool in[MEMBERS][ROOMS];
	struct member m[MEMBERS] = { 0 };
	uint64_t seed = 1234567;

	start();
	for (int step = 0; step < 20000; step++) {
		char name[8];
		int who, where;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		who = (int)(seed >> 33) % MEMBERS;
		where = (int)(seed >> 45) % ROOMS;
		snprintf(name, sizeof(name), "r%d", where);
		if (seed >> 60 == 0) {
			room_leave_all(&m[who]);
			memset(in[who], 0, sizeof(in[who]));
		} else if (seed >> 63) {
			room_join(&m[who], name);
			in[who][where] = true;
		} else {
			room_leave(&m[who], name);
			in[who][where] = false;
		}
		for (int i = 0; i < MEMBERS; i++)
			ck_assert_int_eq(room_has(&m[i], name), in[i][where]);
	}
	for (int i = 0; i < MEMBERS; i++)
		room_leave_all(&m[i]);
	ck_assert_uint_eq(rooms_count(), 0);
	ck_assert_int_eq(opened, closed);
	rooms_shutdown();
}
END_TEST

START_TEST(members_may_leave_while_walked)
{
	struct member m[5] = { 0 }, *next;
	struct room *r;
	size_t at = 0;
	int seen = 0;

	start();
	for (int i = 0; i < 5; i++)
		room_join(&m[i], "x");
	while ((r = room_find("x", 1)) && (next = room_next(r, &at))) {
		seen++;
		room_leave(next, "x");
	}
	ck_assert_int_eq(seen, 5);
	ck_assert_int_eq(closed, 1);
	for (int i = 0; i < 5; i++)
		room_leave_all(&m[i]);
	rooms_shutdown();
}
END_TEST

UNIT_MAIN("wsd_rooms", first_and_last_are_told, names_and_numbers_are_bounded, agrees_with_a_matrix,
	  members_may_leave_while_walked)
