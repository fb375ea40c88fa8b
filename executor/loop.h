#ifndef OW_EXECUTOR_LOOP_H
#define OW_EXECUTOR_LOOP_H

/* loop - one epoll loop; the daemon has no threads. */

#include <sys/epoll.h>

#include "base/base.h"

struct source {
	int fd;
	void (*ready)(struct source *s, uint32_t events);
};

void loop_setup(void);
void loop_add(struct source *s, uint32_t events);
void loop_change(struct source *s, uint32_t events);
/* Stop watching; events that were already fetched for `s` are not delivered. The caller closes fd. */
void loop_remove(struct source *s);
/* Call fn(mono_ms) after each round; it returns the next moment it wants to be called, or INT64_MAX. */
void loop_on_round(int64_t (*fn)(int64_t now));
void loop_run(void);
void loop_stop(void);

#endif
