#ifndef OW_EXECUTOR_QUEUE_H
#define OW_EXECUTOR_QUEUE_H

/*
 * queue - runs that wait for a place, and who has how many.
 *
 * The next place goes to the user who has the fewest, then to the one who was served longest ago, then to who came
 * first: one who floods waits behind everybody else.  A user is the request's user_id, else the peer's address.
 * In a full queue whoever waits with fewer runs takes the place of the newest run of the user with the most.
 */

#include "executor/run.h"

void queue_setup(const struct settings *s);

/* Let it wait; false: no room.  *pushed: the run that lost its place to it (no longer in the queue), or NULL. */
bool queue_join(struct run *r, struct run **pushed);
struct run *queue_next(void);			/* out of the queue; NULL: none waits */
bool queue_leave(struct run *r);		/* false: was not in it */
struct run *queue_first(void);			/* who came first, still in it; NULL */
struct run *queue_find(const char *id);
int queue_length(void);

/* It has a place now, and has none any more. */
void queue_placed(struct run *r);
void queue_left(struct run *r);

#endif
