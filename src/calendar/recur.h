#ifndef OW_CALENDAR_RECUR_H
#define OW_CALENDAR_RECUR_H

/*
 * recur - when something repeats: RRULE of RFC 5545 with DTSTART, EXDATE and RDATE, one line each or
 * separated by blanks; a rule alone needs no name ("FREQ=DAILY;COUNT=5").
 *
 * All times are readings of one wall clock (calendar/zone.h); zones written into the text are ignored, as
 * the reference does.  Weekly and longer rules are libical's; days and shorter steps, the times of a
 * day, UNTIL and COUNT are counted here, so that no rule runs for longer than its steps are bounded.
 *
 * Source: RFC 5545, 3.3.10; recorded answers.
 */

#include "base/arena.h"
#include "calendar/zone.h"

enum {
	RECUR_TEXT_MAX = 4096,
	RECUR_DATES_MAX = 1000,		/* of EXDATE and RDATE each */
	RECUR_STEPS_MAX = 300000,	/* days or periods looked at */
	RECUR_SLOW_MS = 250,		/* a rule that takes longer is not taken from a client */
};

struct recur;

enum recur_start {
	RECUR_OWN,	/* DTSTART of the text, else `start` */
	RECUR_GIVEN,	/* `start`, whatever the text says */
};

/* Read a rule; NULL: *err says what is wrong with it. */
struct recur *recur_open(struct arena *a, const char *text, enum recur_start from, int64_t start,
			 const char **err);

/* The next time, from the first one on: 1; 0: no more, -1: it took too many steps. */
int recur_next(struct recur *r, int64_t *clock);

/* Leave out what is before `clock`. */
void recur_seek(struct recur *r, int64_t clock);

int64_t recur_start(const struct recur *r);
bool recur_has_count(const struct recur *r);

/*
 * The next `n` instants after `now` of a schedule, in `out`.  Rules without DTSTART begin now; those of
 * hours and shorter keep to the clock (every 5 minutes: :00, :05 …).  How many there are, or -1: *err.
 */
int recur_future(struct arena *a, const char *text, const struct zone *z, int64_t now, int n, int64_t *out,
		 const char **err);

/* Seconds between the next two times of a rule, DTSTART aside; 0: there are not two.  -1: *err. */
int64_t recur_interval(struct arena *a, const char *text, int64_t now_clock, const char **err);

#endif
