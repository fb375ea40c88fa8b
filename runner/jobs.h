#ifndef OW_RUNNER_JOBS_H
#define OW_RUNNER_JOBS_H

/*
 * jobs - take jobs from the Redis stream, run each on a thread of its own, acknowledge it at its end.
 *
 * A runner has a name that stays (host and instance) and a key that lives while it does.  What a dead
 * runner had taken is claimed by the next one, its own earlier incarnation's jobs at once.
 */

#include "base/base.h"

struct jobs_options {
	const char *instance;
	int max_running, max_each;
};

void jobs_start(const struct jobs_options *o);

/* A job that waits was stopped: let it run now, so that its chat is told. */
void jobs_release(const char *task_id);

/* Take no more jobs and wait up to `ms` for the running ones; true when all have ended. */
bool jobs_drain(int64_t ms);

#endif
