#ifndef OW_EVENT_CATALOG_H
#define OW_EVENT_CATALOG_H

/* catalog - the events of the product, and the patterns that webhooks name them with. */

#include "base/base.h"

struct event_def {
	const char *name;		/* "group.member_added": resource, dot, operation */
	const char *description, *message;
};

extern const struct event_def event_catalog[];		/* ends with a NULL name */

const struct event_def *event_find(const char *name);	/* NULL: no such event */

/* A pattern is `*`, a name, or `group.*` for all below a name. */
bool event_pattern_known(const char *pattern);
bool event_pattern_matches(const char *pattern, const char *name);

#endif
