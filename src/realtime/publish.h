#ifndef OW_REALTIME_PUBLISH_H
#define OW_REALTIME_PUBLISH_H

/*
 * publish - events to the browsers that owui-wsd holds.
 *
 * A room ("user:<id>", "chat:<id>", "channel:<id>", "note:<id>", "doc_…", or a Socket.IO sid)
 * is the Redis channel "<prefix>:room:<room>".  A message is a header line and a body:
 *
 *	E <skip sid or -> <event>\n<JSON>	emit `event` with one argument to the room
 *	K <skip sid or -> <event> <key>\n	the same; the JSON (> 256 KB) is stored under <key>
 *	C <reply key> <event>\n<JSON>		emit with an acknowledgement; its arguments (a JSON
 *						array) are pushed to the list <reply key>
 *	J <room>\n  L <room>\n			every socket of this room joins / leaves another
 *	A\n					re-check: emit access:updated {} and disconnect
 *	D\n					disconnect every socket of this room
 *
 * Errors: -1 when Redis cannot be reached; the caller decides whether that matters.
 */

#include "base/arena.h"

struct redis_batch;

enum { PUBLISH_INLINE_MAX = 256 * 1024 };

int publish_event(struct arena *a, const char *room, const char *event, const char *json,
		  const char *skip_sid);
/* The same, added to a batch (one round trip for many). */
void publish_event_batch(struct redis_batch *b, const char *room, const char *event,
			 const char *json, size_t len, const char *skip_sid);

int publish_disconnect(struct arena *a, const char *room);
int publish_access_updated(struct arena *a, const char *room);
int publish_join(struct arena *a, const char *room, const char *join);
int publish_leave(struct arena *a, const char *room, const char *leave);

/* Ask one browser session: emits "events" with `json` to `sid` and waits for the answer.
 * 1: *answer is the first argument as JSON text; 0: the session is gone; -1: time-out or Redis. */
int publish_call(struct arena *a, const char *user_id, const char *sid, const char *json,
		 int timeout_ms, const char **answer);

#endif
