#ifndef OW_WSD_EVENT_H
#define OW_WSD_EVENT_H

/*
 * event - one event of a socket on its way through its handler.
 *
 * The events of a socket run one after the other: before() on the service thread, work() on a
 * thread of the pool, then the changes that it asked for and the acknowledgement, again on the
 * service thread.  Work that has to follow the changes is left in `then`.  A new event is a row in
 * the table of handlers.c and its functions.
 */

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"
#include "wsd/bus.h"
#include "wsd/identity.h"
#include "wsd/pool.h"

enum outcome {
	EV_ACK,		/* acknowledge, with the reply if there is one */
	EV_FAIL,	/* the payload is malformed: no acknowledgement */
	EV_LOST,	/* the session is no longer good: disconnect, then acknowledge */
};

struct sock;
struct event;

struct handler {
	const char *name;
	/* What needs the rooms; true: the event is done (EV_ACK) without work().  May be NULL. */
	bool (*before)(struct event *ev);
	enum outcome (*work)(struct event *ev);
};

struct room_change {
	struct room_change *next;
	bool join;
	const char *room;
};

struct event {
	struct job job;			/* first: the pool's handle */
	struct bus_wait wait;
	struct event *next;		/* in the socket's queue */
	struct sock *sock;
	struct arena *arena;
	const struct handler *handler;	/* NULL: nobody knows the event */
	const char *name, *sid;
	const char *ack;		/* the client's id as digits, NULL: none wanted */
	struct str arg;			/* JSON of the first argument, n = 0: none */
	size_t args;			/* how many there were */

	/* set on the service thread before work() */
	struct identity *who;		/* NULL: not authenticated */
	bool fresh;			/* the session was checked a moment ago */
	bool in_room;			/* for before() to note */
	const char *chat_ids;		/* JSON array of the chats that the socket has open */

	/* set by work() */
	struct db *db;			/* borrowed for it */
	bool checked;			/* the session was found good */
	struct identity *became;	/* the account that the socket has now */
	bool pooled;			/* the session pool holds an entry */
	bool used_model;		/* the usage pool too */
	const char *reply;		/* JSON of the acknowledgement's argument, NULL: none */
	struct room_change *changes, **last_change;
	enum outcome (*then)(struct event *ev);	/* second part, after the changes; or NULL */
	enum outcome outcome;
	enum outcome (*step)(struct event *ev);	/* the part under way */
};

/* For work(). Room changes happen before the acknowledgement, in their order. */
void event_join(struct event *ev, const char *room);
void event_leave(struct event *ev, const char *room);

/* A member of the argument object as text, NULL when it is absent or none. */
const char *event_text(struct event *ev, const char *path);
/* The same as raw JSON; false when absent. */
bool event_raw(struct event *ev, const char *path, struct str *raw);

/* Is the argument there, alone, and an object? */
bool event_object(const struct event *ev);

/* NULL: unknown. */
const struct handler *handler_find(const char *name);
/* What a new connection runs through; its argument is the packet's auth object. */
extern const struct handler connect_handler;

#endif
