#ifndef OW_AUTH_RATELIMIT_H
#define OW_AUTH_RATELIMIT_H

/*
 * ratelimit - how often something may be tried in a rolling window, counted in buckets of a minute
 * in Redis ("<prefix>:ratelimit:<key>:<minute>"), and in this process when Redis is away.
 */

#include "base/arena.h"

struct rate_limit {
	int64_t attempts;
	int64_t window;		/* seconds, a multiple of 60, at most 900 */
};

/* Count one attempt; true when there have been more than the limit allows. */
bool rate_limited(struct arena *a, const struct rate_limit *limit, const char *key);

#endif
