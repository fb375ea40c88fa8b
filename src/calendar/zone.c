#include "calendar/zone.h"

#include <libical/ical.h>

#include "base/str.h"

enum { DAY = 86400 };

const struct zone *zone_find(const char *name)
{
	if (text_empty(name) || strstr(name, "..") || *name == '/')
		return NULL;
	return (const struct zone *)icaltimezone_get_builtin_timezone(name);
}

/* Seconds that the zone's clock is ahead of UTC at an instant. */
static int64_t offset_at(const struct zone *z, int64_t instant)
{
	icaltimezone *ical = (icaltimezone *)(uintptr_t)z;
	struct icaltimetype t;
	time_t seconds = instant;
	struct tm tm;
	int dst;

	if (!z)
		return localtime_r(&seconds, &tm) ? tm.tm_gmtoff : 0;
	t = icaltime_from_timet_with_zone(seconds, 0, icaltimezone_get_utc_timezone());
	return icaltimezone_get_utc_offset_of_utc_time(ical, &t, &dst);
}

int64_t zone_clock(const struct zone *z, int64_t instant)
{
	return instant + offset_at(z, instant);
}

int64_t zone_instant(const struct zone *z, int64_t clock)
{
	int64_t before = offset_at(z, clock - DAY), first = clock - before;
	int64_t after = offset_at(z, first), second = clock - after;

	return after == before || offset_at(z, second) != after ? first : second;
}

/* Howard Hinnant's civil calendar algorithms: days counted from 1 March of year 0. */
int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

/* `n` digits as a number within bounds; moves on. */
static bool digits(const char **p, int n, int min, int max, int *out)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return v >= min && v <= max;
}

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* hh[[:]mm[[:]ss[.fraction]]] in milliseconds. */
static bool read_time(const char **p, int64_t *ms)
{
	int h, m = 0, s = 0, scale = 100;
	bool colons;

	if (!digits(p, 2, 0, 23, &h))
		return false;
	colons = take(p, ':');
	if ((colons || (**p >= '0' && **p <= '9')) && !digits(p, 2, 0, 59, &m))
		return false;
	if ((colons ? take(p, ':') : **p >= '0' && **p <= '9') && !digits(p, 2, 0, 59, &s))
		return false;
	*ms = ((int64_t)h * 3600 + m * 60 + s) * 1000;
	if (**p != '.' && **p != ',')
		return true;
	for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		*ms += (int64_t)(**p - '0') * scale;
	return true;
}

bool zone_read_iso(const struct zone *z, const char *text, int64_t *ms)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t clock = 0, offset = 0;
	const char *p = text;
	int year, month, day;
	bool dashes, minus;

	if (!p || !digits(&p, 4, 1, 9999, &year))
		return false;
	dashes = take(&p, '-');
	if (!digits(&p, 2, 1, 12, &month) || (dashes && !take(&p, '-')) || !digits(&p, 2, 1, 31, &day))
		return false;
	if (day > length[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0)))
		return false;
	if (*p) {
		if (*p != 'T' && *p != 't' && *p != ' ')
			return false;
		p++;
		if (!read_time(&p, &clock))
			return false;
	}
	clock += days_of(year, month, day) * DAY * 1000;
	if (*p == 'Z' || *p == 'z' || *p == '+' || *p == '-') {
		minus = *p == '-';
		if ((*p == '+' || minus) ? (p++, !read_time(&p, &offset)) : (p++, false))
			return false;
		*ms = clock - (minus ? -offset : offset);
	} else {
		*ms = zone_instant(z, clock >= 0 ? clock / 1000 : -((999 - clock) / 1000)) * 1000 +
		      ((clock % 1000) + 1000) % 1000;
	}
	return !*p;
}
