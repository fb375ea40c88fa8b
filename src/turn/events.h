#ifndef OW_TURN_EVENTS_H
#define OW_TURN_EVENTS_H

/*
 * events - what a turn tells the browsers: the envelope to the account's room, and copies for others
 * who have the chat open.  Source: contract/socketio.md, section 5.
 *
 * Events collect in the turn's batch; turn_flush() sends them in one round trip.
 */

#include "turn/turn.h"

/* An event of the assistant message: `data` is JSON text or NULL. */
void turn_emit(struct turn *t, const char *type, const char *data);
/* The same for another message id (NULL: none). */
void turn_emit_for(struct turn *t, const char *message_id, const char *type, const char *data);

/* A stream event {"type":…} of the provider's delta; `line` is its JSON text. */
void turn_emit_delta(struct turn *t, const char *line, size_t len);

/* A stream event about an item; the running text is written anew. */
void turn_emit_item(struct turn *t, const char *line);

/* An item of the answer, "added" or "done"; a snapshot where an answer is continued. */
void turn_emit_output_item(struct turn *t, const char *what, const struct item *it);
/* All items from an index on as "done". */
void turn_emit_output_items(struct turn *t, size_t from);

/* chat:messages for those who watch the chat. */
void turn_emit_messages(struct turn *t, const char *data);

/* A whole list of items, as chat:completion {output}; also the new base of the running text. */
void turn_emit_snapshot(struct turn *t);

/* Send what has collected.  False: Redis cannot be reached; the events are lost, the turn goes on. */
bool turn_flush(struct turn *t);

/* The same without waiting, together with what other turns post (cache/post.h). */
void turn_post(struct turn *t);

#endif
