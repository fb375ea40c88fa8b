#ifndef OW_WSD_SOCKETIO_H
#define OW_WSD_SOCKETIO_H

/*
 * socketio - Socket.IO protocol 5 on top of engineio: namespaces, events, acknowledgements, calls.
 *
 * A sock is the namespace "/" connected over a connection; it ends with the connection, with
 * packet 41, or when the server disconnects it, and its connection may then connect another.
 * Service thread only.  Source: contract/socketio.md, section 2.
 */

#include "base/str.h"
#include "wsd/engineio.h"
#include "wsd/identity.h"
#include "wsd/rooms.h"

enum {
	SOCK_EVENTS_PAUSE = 256,		/* waiting for their turn: nothing more is read */
	SOCK_EVENTS_RESUME = 64,
	SOCK_EVENTS_MAX = 8192,			/* so many that arrived all the same end it */
	SOCK_EVENT_BYTES_MAX = 64 * 1024 * 1024,
	SOCK_CALLS_MAX = 256,			/* waiting for the client's answer */
};

struct event;
struct binary;
struct call;

struct sock {
	struct member member;		/* first: rooms know only this */
	struct sock *prev, *next;
	struct conn *conn;		/* NULL: gone, kept by an event that runs */
	struct identity *who;		/* NULL: not authenticated */
	int64_t checked_at;		/* when the session was last found good */
	struct event *first, **end;	/* events that wait */
	size_t waiting, waiting_bytes;
	struct call *calls;
	struct binary *binary;		/* a packet whose attachments are on their way */
	uint32_t last_call;
	unsigned refs;
	bool busy;			/* an event runs */
	bool pooled, used_model;	/* what has to be taken out of Redis at the end */
	char sid[ENGINE_SID_SIZE];
};

static inline struct sock *sock_of(struct member *m)
{
	return (struct sock *)m;
}

/* From engineio. */
void sio_text(struct conn *c, struct str packet);	/* behind the "4" */
void sio_binary(struct conn *c, struct str bytes);
void sio_closed(struct conn *c);

/* The server ends the session: packet 41. */
void sock_disconnect(struct sock *s);

/* Ask the client: its acknowledgement is pushed to the Redis list `reply_key`. */
void sock_call(struct sock *s, struct str reply_key, struct str event, struct str json);

struct sock *sock_ref(struct sock *s);
void sock_unref(struct sock *s);

/* All connected socks, newest first. */
struct sock *sock_first(void);

/* 42["event",json] */
struct frame *event_frame(struct str event, struct str json);

/* JSON array of the ids of the chats whose rooms the sock is in. */
const char *sock_chat_ids(struct arena *a, const struct sock *s);

#endif
