#ifndef OW_CALENDAR_RULE_H
#define OW_CALENDAR_RULE_H

/* rule - the text of a recurrence in its parts; only calendar/ looks at it.  Source: RFC 5545, 3.3.10. */

#include "base/arena.h"

#include <libical/ical.h>

struct rule {
	struct icalrecurrencetype ical;
	bool has_start;
	int64_t start;			/* DTSTART */
	int64_t until;			/* INT64_MAX: none */
	int64_t *except, *more;		/* EXDATE, and RDATE in order */
	size_t n_except, n_more;
};

/* NULL, or what is wrong with the text. */
const char *rule_read(struct arena *a, const char *text, struct rule *out);

/* Does a list of the rule (ended by ICAL_RECURRENCE_ARRAY_MAX) hold the value?  allows: or is it empty? */
bool rule_lists(const short *list, int v);
bool rule_allows(const short *list, int v);

/* May it happen on that day (since 1970): BYMONTH, BYMONTHDAY, BYYEARDAY, BYDAY. */
bool rule_day(const struct rule *r, int64_t day);

bool rule_excludes(const struct rule *r, int64_t clock);

#endif
