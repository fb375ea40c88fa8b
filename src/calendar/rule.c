#include "calendar/rule.h"

#include "base/buf.h"
#include "base/str.h"
#include "calendar/recur.h"

bool rule_lists(const short *list, int v)
{
	for (; *list != ICAL_RECURRENCE_ARRAY_MAX; list++)
		if (*list == v)
			return true;
	return false;
}

bool rule_allows(const short *list, int v)
{
	return *list == ICAL_RECURRENCE_ARRAY_MAX || rule_lists(list, v);
}

static bool allows_weekday(const short *list, int64_t day)
{
	int weekday = (int)(((day + 4) % 7 + 7) % 7) + 1;	/* 1: Sunday; 1970-01-01 was a Thursday */

	if (*list == ICAL_RECURRENCE_ARRAY_MAX)
		return true;
	for (; *list != ICAL_RECURRENCE_ARRAY_MAX; list++)
		if ((int)icalrecurrencetype_day_day_of_week(*list) == weekday)
			return true;
	return false;
}

bool rule_day(const struct rule *r, int64_t day)
{
	const struct icalrecurrencetype *t = &r->ical;
	int month, of_month, next_month;
	int64_t year, next_year, of_year, length, year_length;

	if (!allows_weekday(t->by_day, day))
		return false;
	date_of(day, &year, &month, &of_month);
	if (!rule_allows(t->by_month, month))
		return false;
	next_month = month % 12 + 1;
	next_year = year + (month == 12);
	length = days_of(next_year, next_month, 1) - days_of(year, month, 1);
	if (!rule_allows(t->by_month_day, of_month) && !rule_lists(t->by_month_day, of_month - (int)length - 1))
		return false;
	of_year = day - days_of(year, 1, 1) + 1;
	year_length = days_of(year + 1, 1, 1) - days_of(year, 1, 1);
	return rule_allows(t->by_year_day, (int)of_year) ||
	       rule_lists(t->by_year_day, (int)(of_year - year_length - 1));
}

bool rule_excludes(const struct rule *r, int64_t clock)
{
	for (size_t i = 0; i < r->n_except; i++)
		if (r->except[i] == clock)
			return true;
	return false;
}

/* A date or a time of DTSTART, UNTIL, EXDATE or RDATE as a wall clock shows it; Z says nothing. */
static bool read_clock(struct arena *a, struct str s, int64_t *clock)
{
	int64_t ms;

	if (s.n && (s.p[s.n - 1] == 'Z' || s.p[s.n - 1] == 'z'))
		s.n--;
	/* Read as UTC, so that it stays what was written. */
	if (!s.n || !zone_read_iso(NULL, arena_printf(a, "%.*s%s", (int)s.n, s.p, memchr(s.p, 'T', s.n) ? "Z" : "T00Z"), &ms))
		return false;
	*clock = ms / 1000;
	return true;
}

static const char *read_dates(struct arena *a, struct str list, int64_t **out, size_t *n)
{
	if (!*out)
		*out = arena_calloc(a, RECUR_DATES_MAX, sizeof(**out));
	while (list.p) {
		struct str item = str_split(&list, ',');

		if (*n == RECUR_DATES_MAX)
			return "Invalid RRULE: too many dates";
		if (!read_clock(a, item, &(*out)[*n]))
			return "Invalid RRULE: a date cannot be read";
		(*n)++;
	}
	return NULL;
}

static int compare_clocks(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* UNTIL is taken out and read here: libical tells floating and UTC times apart. */
static const char *read_rrule(struct arena *a, struct str text, struct rule *out)
{
	struct buf *kept = buf_in(a, RECUR_TEXT_MAX);
	struct str rest = text;

	while (rest.p) {
		struct str part = str_split(&rest, ';');

		if (part.n > 6 && strncasecmp(part.p, "UNTIL=", 6) == 0) {
			if (!read_clock(a, (struct str){ part.p + 6, part.n - 6 }, &out->until))
				return "Invalid RRULE: UNTIL cannot be read";
			continue;
		}
		if (part.n > 7 && strncasecmp(part.p, "RSCALE=", 7) == 0)
			return "Invalid RRULE: only the Gregorian calendar is supported";
		if (kept->len)
			buf_addc(kept, ';');
		buf_addstr(kept, part);
	}
	icalerror_clear_errno();
	out->ical = icalrecurrencetype_from_string(buf_text(kept));
	if (out->ical.freq == ICAL_NO_RECURRENCE || out->ical.interval < 1)
		return arena_printf(a, "Invalid RRULE: %.100s", buf_text(kept));
	return NULL;
}

static const char *read_part(struct arena *a, struct str part, struct rule *out, bool *has_rule)
{
	const char *colon = memchr(part.p, ':', part.n), *semicolon;
	struct str name = { part.p, colon ? (size_t)(colon - part.p) : 0 };
	struct str value = colon ? (struct str){ colon + 1, part.n - name.n - 1 } : part;

	semicolon = name.n ? memchr(name.p, ';', name.n) : NULL;
	if (semicolon)
		name.n = (size_t)(semicolon - name.p);
	if (!colon || (name.n == 5 && strncasecmp(name.p, "RRULE", 5) == 0)) {
		if (*has_rule)
			return "only one RRULE is supported per recurrence rule";
		*has_rule = true;
		return read_rrule(a, value, out);
	}
	if (name.n == 7 && strncasecmp(name.p, "DTSTART", 7) == 0) {
		out->has_start = read_clock(a, value, &out->start);
		return out->has_start ? NULL : "Invalid RRULE: DTSTART cannot be read";
	}
	if (name.n == 6 && strncasecmp(name.p, "EXDATE", 6) == 0)
		return read_dates(a, value, &out->except, &out->n_except);
	if (name.n == 5 && strncasecmp(name.p, "RDATE", 5) == 0)
		return read_dates(a, value, &out->more, &out->n_more);
	return arena_printf(a, "Invalid RRULE: unsupported property %.*s", name.n > 40 ? 40 : (int)name.n, name.p);
}

const char *rule_read(struct arena *a, const char *text, struct rule *out)
{
	size_t n = strlen(text);
	const char *fault = NULL, *p = text;
	bool has_rule = false;

	*out = (struct rule){ .until = INT64_MAX };
	if (n > RECUR_TEXT_MAX)
		return "Invalid RRULE: it is too long";
	if (strcasestr(text, "EXRULE"))
		return "EXRULE is not supported in recurrence rules";
	while (!fault && *(p += strspn(p, " \t\r\n"))) {
		n = strcspn(p, " \t\r\n");
		fault = read_part(a, (struct str){ p, n }, out, &has_rule);
		p += n;
	}
	if (!fault && !has_rule)
		return "Invalid RRULE: string is empty";
	if (out->n_more)
		qsort(out->more, out->n_more, sizeof(*out->more), compare_clocks);
	return fault;
}
