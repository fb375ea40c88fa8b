#ifndef OW_CALENDAR_H
#define OW_CALENDAR_H

/*
 * calendar - events of a range of time, those that repeat one by one.
 *
 * Times in events are nanoseconds since the epoch.
 */

#include "base/buf.h"
#include "calendar/recur.h"

enum {
	CALENDAR_INSTANCES_MAX = 5000,	/* of one event */
	CALENDAR_EVENTS_MAX = 50000,	/* of one answer */
	CALENDAR_BUDGET_MS = 2000,	/* for the rules of one answer; later events are left out */
	CALENDAR_SHORTEST_S = 86400,	/* between two instances of an event */
};

struct calendar_range {
	const struct zone *zone;
	int64_t from_ns, to_ns;
	int64_t deadline_ms;		/* mono_ms() + CALENDAR_BUDGET_MS */
	size_t count;			/* events written so far */
};

struct calendar_event {
	const char *json;		/* of the event as it is stored */
	const char *rule;		/* NULL or "": it does not repeat */
	int64_t start_ns, end_ns;	/* end_ns 0: it has none */
};

/*
 * Append the event to a JSON list, or its instances in the range: the same with start_at, end_at and
 * instance_id of each.  One whose rule cannot be read is written as it is.
 */
void calendar_write(struct arena *a, struct buf *out, struct calendar_range *range,
		    const struct calendar_event *e);

/* NULL, or why a client's rule is not taken. */
const char *calendar_rule_fault(struct arena *a, const char *rule);

#endif
