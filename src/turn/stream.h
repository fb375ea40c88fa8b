#ifndef OW_TURN_STREAM_H
#define OW_TURN_STREAM_H

/*
 * stream - the provider's answer as it comes: grows the turn's output and emits events.
 *
 * Chunks are read in place, without a tree; all events of one read go out in one batch.
 */

#include "http/client.h"
#include "turn/turn.h"

/* Make the request of t->form and take its answer; true: it was a stream.  What was refused
 * (HTTP >= 300) or is no stream is kept in out->body. */
bool stream_run(struct turn *t, struct http_answer *out);

/* The answer of a request that was not streamed; false: there is no answer in it. */
bool stream_take_whole(struct turn *t, struct json_object *answer);

/* Token counts of the provider, added to those of the turn, with the standard names filled in. */
void stream_add_usage(struct turn *t, struct json_object *usage);

#endif
