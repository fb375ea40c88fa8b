#include "calendar/recur.h"

#include "base/clock.h"
#include "base/str.h"
#include "calendar/rule.h"

enum { DAY = 86400, HOUR = 3600, LAST_YEAR = 2500, ANCHORED_MAX = 100000 };

struct recur {
	struct rule rule;
	int64_t start, until, from;
	int64_t left;			/* of COUNT; -1: it has none */
	int64_t steps;
	/* Days and longer: the present day (since 1970) and the next of its times. */
	icalrecur_iterator *days;	/* NULL: they are counted here */
	int64_t day;
	int *times;
	size_t n_times, at;
	/* Shorter: the present period and the next of its seconds. */
	int64_t period;
	bool begun, ended;
	int64_t next_own;		/* of the rule, held back while an RDATE comes first */
	bool has_own;
	size_t next_date;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t last_clock(void)
{
	return days_of(LAST_YEAR, 1, 1) * DAY;
}

static void close_days(void *p)
{
	icalrecur_iterator_free(p);
}

/* A list of the rule, or the one value of its start. */
static size_t parts(const short *list, int size, int fallback, int *out)
{
	size_t n = 0;

	for (int v = 0; v < size; v++)
		if (rule_lists(list, v))
			out[n++] = v;
	if (!n && list[0] == ICAL_RECURRENCE_ARRAY_MAX)
		out[n++] = fallback;
	return n;
}

/* The seconds of a day at which it happens, in order; BYSETPOS of a daily rule picks among them. */
static bool make_times(struct arena *a, struct recur *r)
{
	const struct icalrecurrencetype *t = &r->rule.ical;
	int second = (int)(r->start - floor_div(r->start, DAY) * DAY), hours[24], minutes[60], seconds[61];
	size_t nh = parts(t->by_hour, 24, second / HOUR, hours), n = 0, kept = 0;
	size_t nm = parts(t->by_minute, 60, second / 60 % 60, minutes);
	size_t ns = parts(t->by_second, 60, second % 60, seconds);
	int *all = arena_calloc(a, nh * nm * ns + 1, sizeof(*all));

	for (size_t h = 0; h < nh; h++)
		for (size_t m = 0; m < nm; m++)
			for (size_t s = 0; s < ns; s++)
				all[n++] = hours[h] * HOUR + minutes[m] * 60 + seconds[s];
	r->times = all;
	r->n_times = n;
	if (t->by_set_pos[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return n > 0;
	if (t->freq != ICAL_DAILY_RECURRENCE)
		return n == 1;		/* libical counts days, not times */
	for (size_t i = 0; i < n; i++)
		if (rule_lists(t->by_set_pos, (int)i + 1) || rule_lists(t->by_set_pos, (int)i - (int)n))
			all[kept++] = all[i];
	r->n_times = kept;
	return kept > 0;
}

/* libical gives the days alone: times, UNTIL and COUNT are taken out. */
static bool open_days(struct arena *a, struct recur *r)
{
	struct icalrecurrencetype t = r->rule.ical;
	struct icaltimetype start = icaltime_from_timet_with_zone(floor_div(r->start, DAY) * DAY, 0, NULL);

	t.by_hour[0] = t.by_minute[0] = t.by_second[0] = ICAL_RECURRENCE_ARRAY_MAX;
	t.until = icaltime_null_time();
	t.count = 0;
	r->days = icalrecur_iterator_new(t, start);
	if (r->days)
		arena_defer(a, close_days, r->days);
	return r->days != NULL;
}

struct recur *recur_open(struct arena *a, const char *text, enum recur_start from, int64_t start, const char **err)
{
	struct recur *r = arena_alloc(a, sizeof(*r));

	*err = rule_read(a, text, &r->rule);
	if (*err)
		return NULL;
	r->start = from == RECUR_OWN && r->rule.has_start ? r->rule.start : start;
	r->until = r->rule.until < last_clock() ? r->rule.until : last_clock();
	r->left = r->rule.ical.count > 0 ? r->rule.ical.count : -1;
	r->from = INT64_MIN;
	r->day = floor_div(r->start, DAY);
	if (r->start < days_of(1, 1, 1) * DAY || r->start > last_clock()) {
		r->ended = true;
		return r;
	}
	if (r->rule.ical.freq < ICAL_DAILY_RECURRENCE)
		return r;
	if (!make_times(a, r) || (r->rule.ical.freq > ICAL_DAILY_RECURRENCE && !open_days(a, r))) {
		*err = "Invalid RRULE: its parts do not fit together";
		return NULL;
	}
	return r;
}

/* Move to the next day on which it happens; false: there is none. */
static bool next_day(struct recur *r)
{
	if (r->days) {
		struct icaltimetype t = icalrecur_iterator_next(r->days);

		r->day = icaltime_is_null_time(t) ? INT64_MAX : days_of(t.year, t.month, t.day);
		return r->day != INT64_MAX && r->day * DAY <= r->until;
	}
	do {
		if (r->begun)
			r->day += r->rule.ical.interval;
		/* Without a COUNT nothing before the wanted time has to be looked at. */
		if (r->left < 0 && r->from > (r->day + 1) * DAY && r->from <= last_clock())
			r->day += (floor_div(r->from, DAY) - r->day) / r->rule.ical.interval * r->rule.ical.interval;
		r->begun = true;
	} while (r->day * DAY <= r->until && !rule_day(&r->rule, r->day) && r->steps++ < RECUR_STEPS_MAX);
	return r->day * DAY <= r->until;
}

static int next_by_day(struct recur *r, int64_t *clock)
{
	for (;;) {
		if (!r->begun || r->at == r->n_times) {
			r->at = 0;
			if (!next_day(r))
				return 0;
			r->begun = true;
			if (r->steps++ >= RECUR_STEPS_MAX)
				return -1;
			/* A whole day before the wanted time. */
			if (r->left < 0 && r->day * DAY + r->times[r->n_times - 1] < r->from)
				r->at = r->n_times;
			if (r->at)
				continue;
		}
		*clock = r->day * DAY + r->times[r->at++];
		if (*clock > r->until)
			return 0;
		if (*clock < r->start)
			continue;
		if (*clock >= r->from || r->left > 0)
			return 1;
	}
}

/* The period (hour, minute or second, counted in steps from the start) that holds a clock reading or the
 * next one after it. */
static int64_t period_from(const struct recur *r, int64_t unit, int64_t clock)
{
	int64_t step = unit * r->rule.ical.interval, base = floor_div(r->start, unit) * unit;

	return clock <= base ? 0 : floor_div(clock - base + step - 1, step);
}

/* The first second at or after `t` of its period at which it happens; -1: none. */
static int64_t second_in_period(const struct recur *r, int64_t unit, int64_t base, int64_t t)
{
	const struct icalrecurrencetype *ical = &r->rule.ical;
	int minutes[60], seconds[61];
	size_t nm, ns;

	if (unit == 1)
		return base >= t ? base : -1;
	nm = unit == HOUR ? parts(ical->by_minute, 60, (int)(floor_div(r->start, 60) - floor_div(r->start, HOUR) * 60), minutes) : 1;
	ns = parts(ical->by_second, 60, (int)(r->start - floor_div(r->start, 60) * 60), seconds);
	for (size_t m = 0; m < nm; m++)
		for (size_t s = 0; s < ns; s++) {
			int64_t at = base + (unit == HOUR ? minutes[m] * 60 : 0) + seconds[s];

			if (at >= t)
				return at;
		}
	return -1;
}

/* When the part of the rule that does not allow this period may do so again; the period itself: it fits. */
static int64_t allowed_from(const struct recur *r, int64_t unit, int64_t base)
{
	const struct icalrecurrencetype *t = &r->rule.ical;
	int64_t day = floor_div(base, DAY), hour = floor_div(base, HOUR), minute = floor_div(base, 60);

	if (!rule_day(&r->rule, day))
		return (day + 1) * DAY;
	if (!rule_allows(t->by_hour, (int)(hour - day * 24)))
		return (hour + 1) * HOUR;
	if (unit < HOUR && !rule_allows(t->by_minute, (int)(minute - hour * 60)))
		return (minute + 1) * 60;
	if (unit < 60 && !rule_allows(t->by_second, (int)(base - minute * 60)))
		return base + 1;
	return base;
}

static int next_by_period(struct recur *r, int64_t *clock)
{
	int64_t unit = r->rule.ical.freq == ICAL_HOURLY_RECURRENCE ? HOUR
		       : r->rule.ical.freq == ICAL_MINUTELY_RECURRENCE ? 60 : 1;
	int64_t step = unit * r->rule.ical.interval, first = floor_div(r->start, unit) * unit;
	int64_t after = r->begun ? *clock + 1 : r->start;

	if (r->left < 0 && r->from > after) {
		after = r->from;
		if (floor_div(after, unit) * unit > first + r->period * step)
			r->period = period_from(r, unit, floor_div(after, unit) * unit);
	}
	r->begun = true;
	while (r->steps++ < RECUR_STEPS_MAX) {
		int64_t base = first + r->period * step, again = allowed_from(r, unit, base), at;

		if (base > r->until)
			return 0;
		if (again > base) {
			r->period = period_from(r, unit, again);
			continue;
		}
		at = second_in_period(r, unit, base, after);
		if (at >= 0) {
			*clock = at;
			return at > r->until ? 0 : 1;
		}
		r->period++;
	}
	return -1;
}

/* The next time of the rule alone. */
static int next_own(struct recur *r)
{
	int64_t clock = r->next_own;
	int rc;

	for (;;) {
		if (r->ended || r->left == 0)
			return 0;
		rc = r->rule.ical.freq < ICAL_DAILY_RECURRENCE ? next_by_period(r, &clock) : next_by_day(r, &clock);
		r->ended = rc <= 0;
		if (rc <= 0)
			return rc;
		r->next_own = clock;
		if (r->left > 0)
			r->left--;
		if (clock >= r->from && !rule_excludes(&r->rule, clock))
			return 1;
		if (r->steps++ >= RECUR_STEPS_MAX)
			return -1;
	}
}

int recur_next(struct recur *r, int64_t *clock)
{
	int64_t date;
	int rc = 1;

	if (!r->has_own) {
		rc = next_own(r);
		r->has_own = rc > 0;
	}
	while (r->next_date < r->rule.n_more && r->rule.more[r->next_date] < r->from)
		r->next_date++;
	date = r->next_date < r->rule.n_more ? r->rule.more[r->next_date] : INT64_MAX;
	if (date < INT64_MAX && (rc <= 0 || date <= r->next_own)) {
		r->next_date++;
		if (rc > 0 && date == r->next_own)
			r->has_own = false;
		*clock = date;
		return 1;
	}
	if (rc > 0) {
		r->has_own = false;
		*clock = r->next_own;
	}
	return rc;
}

void recur_seek(struct recur *r, int64_t clock)
{
	r->from = clock;
}

int64_t recur_start(const struct recur *r)
{
	return r->start;
}

bool recur_has_count(const struct recur *r)
{
	return r->rule.ical.count > 0;
}

/* Where a schedule counts from: see recur_future(). */
static int64_t anchor_of(const struct rule *rule, int64_t now, enum recur_start *from)
{
	int64_t unit = rule->ical.freq == ICAL_HOURLY_RECURRENCE ? HOUR
		       : rule->ical.freq == ICAL_MINUTELY_RECURRENCE ? 60 : 1;
	int64_t step = unit * rule->ical.interval, epoch = days_of(2000, 1, 1) * DAY;

	*from = RECUR_OWN;
	if (rule->ical.freq >= ICAL_DAILY_RECURRENCE)
		return floor_div(now, 60) * 60;
	if (rule->has_start && floor_div(now - rule->start, step) <= ANCHORED_MAX)
		return rule->start;
	*from = RECUR_GIVEN;
	return epoch + floor_div(now - epoch, step) * step;
}

int recur_future(struct arena *a, const char *text, const struct zone *z, int64_t now, int n, int64_t *out,
		 const char **err)
{
	int64_t clock_now = zone_clock(z, now), clock, started = mono_ms();
	enum recur_start from;
	struct rule rule;
	struct recur *r;
	int found = 0, rc = 1;

	*err = rule_read(a, text, &rule);
	if (*err)
		return -1;
	clock = anchor_of(&rule, clock_now, &from);
	r = recur_open(a, text, from, clock, err);
	if (!r)
		return -1;
	recur_seek(r, clock_now + 1);
	while (found < n && (rc = recur_next(r, &clock)) > 0)
		out[found++] = zone_instant(z, clock);
	if (rc >= 0 && mono_ms() - started <= RECUR_SLOW_MS)
		return found;
	*err = "Schedule took too long to evaluate; simplify its recurrence rule.";
	return rc < 0 && !found ? -1 : found;
}

int64_t recur_interval(struct arena *a, const char *text, int64_t now_clock, const char **err)
{
	int64_t times[2], started = mono_ms(), anchor;
	struct recur *r;
	struct rule rule;
	enum recur_start from;
	int rc = 1, n = 0;

	*err = rule_read(a, text, &rule);
	if (*err)
		return -1;
	rule.has_start = false;
	anchor = anchor_of(&rule, now_clock, &from);
	r = recur_open(a, text, RECUR_GIVEN, anchor, err);
	if (!r)
		return -1;
	recur_seek(r, now_clock + 1);
	while (n < 2 && (rc = recur_next(r, &times[n])) > 0)
		n++;
	if (rc < 0 || mono_ms() - started > RECUR_SLOW_MS) {
		*err = "Schedule took too long to evaluate; simplify its recurrence rule.";
		return -1;
	}
	return n == 2 ? times[1] - times[0] : 0;
}
