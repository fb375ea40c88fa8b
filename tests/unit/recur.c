#include "unit.h"
#include "base/buf.h"
#include "calendar/calendar.h"

enum { DAY = 86400, HOUR = 3600 };

static int64_t at(int64_t y, int m, int d, int h, int min)
{
	return days_of(y, m, d) * DAY + h * HOUR + min * 60;
}

/* The first times of a rule as "MM-DD HH:MM:SS …". */
static const char *times(struct arena *a, const char *rule, int64_t start, int64_t from, int n)
{
	struct buf *b = buf_in(a, 0);
	const char *err;
	struct recur *r = recur_open(a, rule, RECUR_GIVEN, start, &err);
	int64_t t, year;
	int month, day, rc = 1;

	if (!r)
		return err;
	recur_seek(r, from);
	while (n-- > 0 && (rc = recur_next(r, &t)) > 0) {
		int64_t s = t - t / DAY * DAY;

		date_of(t / DAY, &year, &month, &day);
		buf_printf(b, "%02d-%02d %02d:%02d ", month, day, (int)(s / HOUR), (int)(s / 60 % 60));
	}
	buf_adds(b, rc > 0 ? "" : rc ? "too long" : "end");
	return buf_text(b);
}

START_TEST(rules_repeat)
{
	struct arena *a = arena_new();
	int64_t s = at(2026, 1, 2, 9, 0);	/* a Friday */

	ck_assert_str_eq(times(a, "FREQ=DAILY;COUNT=2", s, 0, 9), "01-02 09:00 01-03 09:00 end");
	ck_assert_str_eq(times(a, "FREQ=DAILY;INTERVAL=10", s, at(2026, 2, 1, 0, 0), 2), "02-01 09:00 02-11 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=DAILY;BYDAY=MO,TU", s, 0, 2), "01-05 09:00 01-06 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=30", s, 0, 3), "01-02 20:30 01-03 08:30 01-03 20:30 ");
	ck_assert_str_eq(times(a, "FREQ=DAILY;BYHOUR=8,20;BYSETPOS=-1", s, 0, 2), "01-02 20:00 01-03 20:00 ");
	ck_assert_str_eq(times(a, "FREQ=WEEKLY;BYDAY=MO,WE", s, 0, 3), "01-05 09:00 01-07 09:00 01-12 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=MONTHLY;BYDAY=-1FR", s, 0, 2), "01-30 09:00 02-27 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=MONTHLY;BYMONTHDAY=31", s, 0, 3), "01-31 09:00 03-31 09:00 05-31 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", s, 0, 1), "02-29 09:00 ");
	ck_assert_str_eq(times(a, "FREQ=WEEKLY;COUNT=3", s, at(2026, 1, 10, 0, 0), 9), "01-16 09:00 end");
	ck_assert_str_eq(times(a, "FREQ=DAILY;UNTIL=20260104T080000Z", s, 0, 9), "01-02 09:00 01-03 09:00 end");
	ck_assert_str_eq(times(a, "FREQ=DAILY;UNTIL=20260104T090000Z", s, 0, 9), "01-02 09:00 01-03 09:00 01-04 09:00 end");
	arena_free(a);
}
END_TEST

START_TEST(short_steps_repeat)
{
	struct arena *a = arena_new();
	int64_t s = at(2026, 1, 2, 9, 10);

	ck_assert_str_eq(times(a, "FREQ=HOURLY;INTERVAL=5", s, 0, 2), "01-02 09:10 01-02 14:10 ");
	ck_assert_str_eq(times(a, "FREQ=HOURLY;BYMINUTE=0,30", s, 0, 3), "01-02 09:30 01-02 10:00 01-02 10:30 ");
	ck_assert_str_eq(times(a, "FREQ=MINUTELY;INTERVAL=20", s, at(2027, 5, 1, 0, 0), 2), "05-01 00:10 05-01 00:30 ");
	ck_assert_str_eq(times(a, "FREQ=MINUTELY;BYHOUR=4;BYDAY=SU", s, 0, 2), "01-04 04:00 01-04 04:01 ");
	ck_assert_str_eq(times(a, "FREQ=SECONDLY;INTERVAL=90;COUNT=3", s, 0, 9), "01-02 09:10 01-02 09:11 01-02 09:13 end");
	arena_free(a);
}
END_TEST

START_TEST(lists_of_dates_count)
{
	struct arena *a = arena_new();
	int64_t s = at(2026, 1, 2, 9, 0), out[3];
	const char *err;

	ck_assert_str_eq(times(a, "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260103T090000\nRDATE:20260110T100000,20260102T120000",
			       s, 0, 9), "01-02 09:00 01-02 12:00 01-04 09:00 01-10 10:00 end");
	ck_assert_int_eq(recur_future(a, "DTSTART:20300101T090000\nRRULE:FREQ=DAILY;COUNT=2", zone_find("UTC"), s, 3,
				      out, &err), 2);
	ck_assert_int_eq(out[0], at(2030, 1, 1, 9, 0));
	ck_assert_int_eq(recur_future(a, "FREQ=HOURLY;INTERVAL=6", zone_find("UTC"), s, 1, out, &err), 1);
	ck_assert_int_eq(out[0], at(2026, 1, 2, 12, 0));
	ck_assert_int_eq(recur_interval(a, "FREQ=MINUTELY;INTERVAL=5", s, &err), 300);
	ck_assert_int_eq(recur_interval(a, "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;COUNT=1", s, &err), 0);
	arena_free(a);
}
END_TEST

START_TEST(bad_rules_are_refused)
{
	static const char *const bad[] = { "", "nonsense", "EVERY DAY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;FOO=1",
		"FREQ=DAILY RRULE:FREQ=DAILY", "DTSTART:20260101", "FREQ=DAILY;UNTIL=tomorrow", "EXRULE:FREQ=DAILY",
		"RSCALE=CHINESE;FREQ=YEARLY", "FREQ=DAILY;COUNT=0", "X:1", "DTSTART:x FREQ=DAILY",
		"FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=1,2;BYSETPOS=1" };
	struct arena *a = arena_new();
	const char *err;
	char *big = arena_alloc(a, RECUR_TEXT_MAX + 10);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(!recur_open(a, bad[i], RECUR_GIVEN, 0, &err), "%s", bad[i]);
		ck_assert_ptr_nonnull(err);
	}
	memset(big, 'A', RECUR_TEXT_MAX + 5);
	ck_assert_ptr_null(recur_open(a, big, RECUR_GIVEN, 0, &err));
	arena_free(a);
}
END_TEST

START_TEST(hostile_rules_end)
{
	static const char *const hostile[] = {
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
		"FREQ=MINUTELY;INTERVAL=7;BYHOUR=3;BYMINUTE=1;BYMONTHDAY=31;BYMONTH=4",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4", "FREQ=MONTHLY;BYDAY=6MO",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5;BYSECOND=0,1,2,3,4,5",
	};
	struct arena *a = arena_new();
	const char *err;
	int64_t out[5];

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		int64_t t = 0;
		struct recur *r = recur_open(a, hostile[i], RECUR_GIVEN, at(1970, 1, 1, 0, 0), &err);

		ck_assert_msg(!r || recur_next(r, &t) <= 0, "%s", hostile[i]);
		ck_assert_int_le(recur_future(a, hostile[i], NULL, at(2026, 1, 1, 0, 0), 5, out, &err), 0);
	}
	/* From far back, and with a count that is long used up. */
	ck_assert_int_eq(recur_future(a, "DTSTART:19700101T000000 RRULE:FREQ=SECONDLY", zone_find("UTC"),
				      at(2026, 1, 1, 0, 0), 1, out, &err), 1);
	ck_assert_int_eq(out[0], at(2026, 1, 1, 0, 0) + 1);
	ck_assert_int_eq(recur_future(a, "DTSTART:00010101T000000 RRULE:FREQ=DAILY;COUNT=2147483647", zone_find("UTC"),
				      at(2026, 1, 1, 0, 0), 1, out, &err), -1);
	arena_free(a);
}
END_TEST

START_TEST(zones_change_their_clocks)
{
	const struct zone *oslo = zone_find("Europe/Oslo"), *ny = zone_find("America/New_York");
	struct arena *a = arena_new();
	const char *err;
	int64_t out[3], ms;

	ck_assert(oslo && ny && !zone_find("Nowhere/City") && !zone_find("../etc/passwd"));
	ck_assert_int_eq(zone_clock(oslo, at(2026, 7, 1, 10, 0)), at(2026, 7, 1, 12, 0));
	ck_assert_int_eq(zone_instant(oslo, at(2026, 1, 1, 12, 0)), at(2026, 1, 1, 11, 0));
	/* 29 March 2026, 02:00 to 03:00 does not exist; 25 October 02:30 comes twice. */
	ck_assert_int_eq(zone_instant(oslo, at(2026, 3, 29, 2, 30)), at(2026, 3, 29, 1, 30));
	ck_assert_int_eq(zone_instant(oslo, at(2026, 10, 25, 2, 30)), at(2026, 10, 25, 0, 30));
	ck_assert_int_eq(zone_instant(oslo, at(2060, 7, 1, 12, 0)), at(2060, 7, 1, 10, 0));
	/* Every day at nine stays at nine. */
	ck_assert_int_eq(recur_future(a, "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", ny, at(2026, 3, 7, 15, 0), 2, out, &err), 2);
	ck_assert_int_eq(out[0], at(2026, 3, 8, 13, 0));
	ck_assert_int_eq(out[1], at(2026, 3, 9, 13, 0));
	ck_assert(zone_read_iso(ny, "2026-03-07T09:00:00", &ms) && ms == at(2026, 3, 7, 14, 0) * 1000);
	ck_assert(zone_read_iso(ny, "2026-03-07T09:00:00.25Z", &ms) && ms == at(2026, 3, 7, 9, 0) * 1000 + 250);
	ck_assert(zone_read_iso(ny, "20260307T090000+0530", &ms) && ms == at(2026, 3, 7, 3, 30) * 1000);
	ck_assert(zone_read_iso(oslo, "2026-03-07", &ms) && ms == at(2026, 3, 6, 23, 0) * 1000);
	ck_assert(!zone_read_iso(ny, "yesterday", &ms) && !zone_read_iso(ny, "2026-02-30", &ms));
	ck_assert(!zone_read_iso(ny, "2026-01-01T25:00", &ms) && !zone_read_iso(ny, "2026-01-01Tx", &ms));
	ck_assert(!zone_read_iso(ny, "", &ms) && !zone_read_iso(ny, NULL, &ms));
	arena_free(a);
}
END_TEST

START_TEST(events_are_written_one_by_one)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);
	int64_t start = at(2026, 1, 2, 9, 0) * 1000000000;
	struct calendar_range range = { .zone = zone_find("UTC"), .from_ns = at(2026, 1, 3, 9, 30) * 1000000000,
					.to_ns = at(2026, 1, 5, 0, 0) * 1000000000, .deadline_ms = INT64_MAX };
	struct calendar_event e = { "{\"id\":\"e\",\"start_at\":1,\"end_at\":2}", "FREQ=DAILY", start,
				    start + 3600 * INT64_C(1000000000) };

	calendar_write(a, b, &range, &e);
	/* The instance that still runs when the range begins belongs to it. */
	ck_assert_str_eq(buf_text(b), "{\"id\":\"e\",\"start_at\":1767430800000000000,\"end_at\":1767434400000000000,"
			 "\"instance_id\":\"e_1767430800000000000\"},{\"id\":\"e\",\"start_at\":1767517200000000000,"
			 "\"end_at\":1767520800000000000,\"instance_id\":\"e_1767517200000000000\"}");
	e.rule = "broken";
	calendar_write(a, b, &range, &e);
	ck_assert(str_ends((struct str){ b->data, b->len }, ",{\"id\":\"e\",\"start_at\":1,\"end_at\":2}"));
	ck_assert_ptr_nonnull(calendar_rule_fault(a, "FREQ=HOURLY"));
	ck_assert_ptr_nonnull(calendar_rule_fault(a, "EVERY DAY"));
	ck_assert_ptr_null(calendar_rule_fault(a, "FREQ=WEEKLY;BYDAY=MO"));
	ck_assert_ptr_null(calendar_rule_fault(a, ""));
	arena_free(a);
}
END_TEST

UNIT_MAIN("recur", rules_repeat, short_steps_repeat, lists_of_dates_count, bad_rules_are_refused, hostile_rules_end,
	  zones_change_their_clocks, events_are_written_one_by_one)
