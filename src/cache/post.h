#ifndef OW_POST_H
#define OW_POST_H

/*
 * post - commands that nobody waits for.
 *
 * One thread of the process sends what all others have posted, in the order of their posting, as much
 * as has come together in one round trip: where a hundred streams publish words, a round trip for each
 * word would be most of the work.  What Redis does not take because it is away is lost, as an event is
 * whose publisher fails; whoever must know runs a batch of its own (cache/redis.h).
 */

#include "cache/redis.h"

/* Take the batch's commands over; it is empty then. */
void redis_post(struct redis_batch *b);

/* Wait until all that was posted before this call is with Redis, or lost. */
void redis_post_wait(void);

#endif
