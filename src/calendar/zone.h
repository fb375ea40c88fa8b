#ifndef OW_CALENDAR_ZONE_H
#define OW_CALENDAR_ZONE_H

/*
 * zone - time zones by their IANA names, and wall clocks.
 *
 * Instants are seconds since the epoch (UTC).  A wall clock's reading is the number of seconds that the
 * same reading would be in UTC, so that days and hours are plain arithmetic.  NULL is the server's own
 * zone (TZ, /etc/localtime), which also stands for a name that is not known.
 *
 * A reading that a clock shows twice is the first one; one that it skips counts from before the change,
 * as Python's datetime does.  Threads: any.
 */

#include "base/base.h"

struct zone;

const struct zone *zone_find(const char *name);		/* NULL or "": the server's own */

int64_t zone_clock(const struct zone *z, int64_t instant);
int64_t zone_instant(const struct zone *z, int64_t clock);

/*
 * Read ISO 8601: a date, or date and time with T or a blank, fractions, and an offset or Z
 * ("2026-04-01T00:00:00+02:00", "20260401T000000Z").  *ms: milliseconds since the epoch; without an
 * offset it is the clock of `z`.  False: it is none, or not of the years 1 to 9999.
 */
bool zone_read_iso(const struct zone *z, const char *text, int64_t *ms);

/* Days since 1970-01-01 of a date of the Gregorian calendar (month 1 to 12, any day), and back. */
int64_t days_of(int64_t year, int month, int day);
void date_of(int64_t days, int64_t *year, int *month, int *day);

#endif
