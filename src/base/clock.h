#ifndef OW_CLOCK_H
#define OW_CLOCK_H

/* clock - wall time in the units of the tables, and monotonic time for limits. */

#include "base/base.h"

int64_t time_s(void);		/* seconds since the epoch */
int64_t time_ms(void);
int64_t time_ns(void);
double time_f(void);		/* seconds with fraction */
int64_t mono_ms(void);		/* monotonic, for time-outs */
int64_t mono_us(void);

/* UTC as 2026-11-24T07:00:00.123Z; `size` >= 32. */
void time_iso_ms(char *out, size_t size);

/* A time as RFC 3339 writes it ("2026-11-24T07:00:00.123+01:00", the offset may be missing: UTC), in
 * seconds since the epoch; false when it is none. */
bool time_parse_iso(const char *text, int64_t *out);

/* The name of the server's time zone: TZ, else what /etc/localtime points to, else "UTC". */
const char *time_zone(void);

/* Sleep that signals may cut short. */
void sleep_ms(int64_t ms);

#endif
