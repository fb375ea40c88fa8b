#include "calendar/calendar.h"

#include "base/clock.h"
#include "base/log.h"
#include "json/splice.h"

enum { NS = 1000000000, DAY = 86400 };

static void add(struct buf *out, struct calendar_range *range, struct str event)
{
	if (range->count++)
		buf_addc(out, ',');
	buf_addstr(out, event);
}

static struct str number(struct arena *a, int64_t v)
{
	return str_of(arena_i64(a, v));
}

static void add_instance(struct arena *a, struct buf *out, struct calendar_range *range,
			 const struct calendar_event *e, int64_t start_ns, int64_t end_ns)
{
	struct str id = { "\"\"", 2 };
	struct json_change changes[] = {
		{ "start_at", number(a, start_ns) },
		{ "end_at", e->end_ns ? number(a, end_ns) : STR("null") },
		{ "instance_id", STR("null") },
	};

	json_find(str_of(e->json), "id", &id);
	/* The id with its quotes; the time goes inside them. */
	changes[2].value = str_of(arena_printf(a, "%.*s_%" PRId64 "\"", (int)id.n - 1, id.p, start_ns));
	if (range->count++)
		buf_addc(out, ',');
	json_splice(out, str_of(e->json), changes, ARRAY_SIZE(changes));
}

static void expand(struct arena *a, struct buf *out, struct calendar_range *range, const struct calendar_event *e,
		   struct recur *r)
{
	int64_t length = e->end_ns ? e->end_ns - e->start_ns : 0, clock, last = INT64_MIN;
	int64_t until = zone_clock(range->zone, range->to_ns / NS);

	recur_seek(r, zone_clock(range->zone, range->from_ns / NS) - DAY - (length > 0 ? length / NS : 0));
	for (size_t n = 0; n < CALENDAR_INSTANCES_MAX && range->count < CALENDAR_EVENTS_MAX;) {
		int64_t start;

		if (recur_next(r, &clock) <= 0 || clock >= until || clock == last)
			return;
		last = clock;
		start = zone_instant(range->zone, clock) * NS;
		if (start < range->from_ns && !(e->end_ns && start + length > range->from_ns))
			continue;
		add_instance(a, out, range, e, start, start + length);
		n++;
	}
}

void calendar_write(struct arena *a, struct buf *out, struct calendar_range *range, const struct calendar_event *e)
{
	const char *err;
	struct recur *r;

	if (range->count >= CALENDAR_EVENTS_MAX)
		return;
	if (text_empty(e->rule)) {
		add(out, range, str_of(e->json));
		return;
	}
	if (mono_ms() > range->deadline_ms) {
		log_warn("calendar_rules_slow", "left_out=1");
		return;
	}
	r = recur_open(a, e->rule, RECUR_GIVEN, zone_clock(range->zone, e->start_ns / NS), &err);
	if (r)
		expand(a, out, range, e, r);
	else
		add(out, range, str_of(e->json));
}

const char *calendar_rule_fault(struct arena *a, const char *rule)
{
	const char *err = NULL;
	int64_t interval;

	if (text_empty(rule))
		return NULL;
	interval = recur_interval(a, rule, zone_clock(NULL, time_s()), &err);
	if (interval < 0)
		return err;
	return interval && interval < CALENDAR_SHORTEST_S ? "Recurring events cannot repeat more often than daily"
							   : NULL;
}
