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
 *						array) are pushed to the list <reply key>, or ""
 *						when the socket goes away first
 *	J <room>\n  L <room>\n			every socket of this room joins / leaves another
 *	A\n					emit access:updated {} and disconnect
 *	D\n					disconnect every socket of this room
 *
 * <key> and <reply key> are full Redis keys.  Messages of one publisher to one room arrive in
 * order; nothing is kept for absent sockets.
 *
 * Errors: -1 when Redis cannot be reached; the caller decides whether that matters.
 */

#include "base/arena.h"

struct redis_batch;

enum {
	PUBLISH_INLINE_MAX = 256 * 1024,	/* bytes of JSON inside a message */
	PUBLISH_JSON_MAX = 16 * 1024 * 1024,	/* a larger event is dropped and logged */
};

int publish_event(struct arena *a, const char *room, const char *event, const char *json,
		  const char *skip_sid);
/* The same, added to a batch (one round trip for many); everything is copied. */
void publish_event_batch(struct redis_batch *b, const char *room, const char *event,
			 const char *json, size_t len, const char *skip_sid);

int publish_disconnect(struct arena *a, const char *room);
int publish_access_updated(struct arena *a, const char *room);
int publish_join(struct arena *a, const char *room, const char *join);
int publish_leave(struct arena *a, const char *room, const char *leave);

/* Does the session pool hold this socket, as one of this account? 1, 0, -1 */
int publish_session_of(struct arena *a, const char *user_id, const char *sid);

/* Ask one browser session: emits "events" with `json` to `sid` and waits for the answer.
 * 1: *answer is the first argument as JSON text ("null" for none); 0: the session is gone or
 * not of this account; -1: time-out or Redis.  timeout_ms 0: as long as the session lives. */
int publish_call(struct arena *a, const char *user_id, const char *sid, const char *json,
		 int timeout_ms, const char **answer);
/* The same, given up with -1 as soon as `cancel_fd` is readable. */
int publish_call_until(struct arena *a, const char *user_id, const char *sid, const char *json,
		       int timeout_ms, int cancel_fd, const char **answer);

/*
 * What a browser sends on the channel of a direct connection, "<user id>:<sid>:<request id>".
 * Open it before the call that asks for the stream.
 */
struct publish_stream;
struct publish_stream *publish_stream_open(struct arena *a, const char *channel);	/* or NULL */
/* Next value as JSON text: 1, 0 nothing within the time limit (a twentieth of a second), -1 lost. */
int publish_stream_next(struct publish_stream *s, struct arena *a, const char **json);
void publish_stream_close(struct publish_stream *s);
/* The other side, used by owui-wsd. */
int publish_stream_put(struct arena *a, const char *channel, const char *json, size_t len);

#endif
