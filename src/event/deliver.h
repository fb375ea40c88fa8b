#ifndef OW_EVENT_DELIVER_H
#define OW_EVENT_DELIVER_H

/*
 * deliver - messages on their way to the outside.
 *
 *	<prefix>:owui:deliveries	sorted set: due time (ms) -> { id, url, body, tries }
 *
 * A thread of the runner takes what is due, holds it for a while, and posts it.  What cannot be delivered
 * now (no connection, 408, 429, 5xx) comes back later, each time twice as late, DELIVER_TRIES times in
 * all; any other answer is the end.  A runner that dies leaves its messages to the next one, so that a
 * message may arrive twice: its id stays the same.
 */

#include "base/arena.h"

enum { DELIVER_TRIES = 8, DELIVER_FIRST_MS = 5000, DELIVER_MAX = 10000 };

/* Put a message on its way; false when Redis cannot be reached or too many wait already (logged). */
bool deliver_queue(struct arena *a, const char *id, const char *url, const char *body);

/* Post once and wait for the answer (at most 10 s): did the other side take it? */
bool deliver_now(struct arena *a, const char *url, const char *body);

/* When the n-th attempt (from 1) has failed: how long to wait for the next, ms; 0: no more. */
int64_t deliver_pause(int tries);

/* Start the thread.  Call once. */
void deliver_start(void);

#endif
