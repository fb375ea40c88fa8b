#include "wsd/deliver.h"

#include "base/buf.h"
#include "base/log.h"
#include "cache/redis.h"
#include "realtime/publish.h"
#include "wsd/pool.h"
#include "wsd/socketio.h"

/* A room whose next event is being fetched; what comes behind it waits, so that order is kept. */
struct held {
	struct job job;
	struct arena *arena;
	const char *room, *key;
	struct str skip, event;
	const struct redis_reply *json;
	struct waiting *first, **end;
	size_t bytes;
};

struct waiting {
	struct waiting *next;
	struct str payload;
};

enum { HELD_MAX = 64 * 1024 * 1024 };

static struct str word(struct str *line)
{
	return str_split(line, ' ');
}

static void emit(struct str room, struct str skip, struct str event, struct str json)
{
	struct room *r = room_find(room.p, room.n);
	struct frame *f = NULL;
	struct member *m;
	size_t at = 0;

	while (r && (m = room_next(r, &at))) {
		struct sock *s = sock_of(m);

		if (str_eq(skip, s->sid) || !s->conn)
			continue;
		if (!f)
			f = event_frame(event, json);
		conn_send(s->conn, f);
	}
	frame_unref(f);
}

/* Do something to each member that may take it out of the room, or end the room. */
static void each(struct str room, const char *other, void (*fn)(struct sock *s, const char *other))
{
	struct room *r;
	struct member *m;
	size_t at = 0;

	while ((r = room_find(room.p, room.n)) && (m = room_next(r, &at)))
		fn(sock_of(m), other);
}

static void do_join(struct sock *s, const char *other)
{
	room_join(&s->member, other);
}

static void do_leave(struct sock *s, const char *other)
{
	room_leave(&s->member, other);
}

static void do_disconnect(struct sock *s, const char *other)
{
	(void)other;
	/* a socket that has a room and no connection only waits for its last event */
	sock_disconnect(s);
}

static void do_access(struct sock *s, const char *other)
{
	(void)other;
	if (s->conn)
		conn_send_text(s->conn, "42[\"access:updated\",{}]");
	sock_disconnect(s);
}

static void call(struct str room, struct str line, struct str json)
{
	struct room *r = room_find(room.p, room.n);
	struct str key = word(&line), event = word(&line);
	size_t at = 0;
	struct member *m = r ? room_next(r, &at) : NULL;

	if (m)
		sock_call(sock_of(m), key, event, json);
}

static void fetch_work(struct job *j)
{
	struct held *h = (struct held *)j;
	struct redis_reply *r = NULL;

	if (redis_run(h->arena, &r, "GET", h->key) > 0)
		h->json = r;
}

static void fetch_done(struct job *j)
{
	struct held *h = (struct held *)j;
	struct str room = str_of(h->room);
	struct room *r = room_find(room.p, room.n);

	if (r && *room_note(r) == h) {
		*room_note(r) = NULL;
		if (h->json)
			emit(room, h->skip, h->event,
			     (struct str){ reply_text(h->json), reply_len(h->json) });
		else
			log_warn("event_missing", "room=%s key=%s", h->room, h->key);
		for (struct waiting *w = h->first; w; w = w->next)
			deliver(room, w->payload);
	}
	arena_free(h->arena);
}

static void fetch(struct room *r, struct str room, struct str line)
{
	struct arena *a = arena_new();
	struct held *h = arena_alloc(a, sizeof(*h));
	struct str skip = word(&line), event = word(&line);

	h->arena = a;
	h->room = arena_strndup(a, room.p, room.n);
	h->skip = (struct str){ arena_strndup(a, skip.p, skip.n), skip.n };
	h->event = (struct str){ arena_strndup(a, event.p, event.n), event.n };
	h->key = arena_strndup(a, line.n ? line.p : "", line.n);
	h->end = &h->first;
	h->job.work = fetch_work;
	h->job.done = fetch_done;
	*room_note(r) = h;
	pool_submit(&h->job);
}

static void hold(struct held *h, struct str payload)
{
	struct waiting *w;

	if (h->bytes + payload.n > HELD_MAX) {
		log_warn("event_dropped", "room=%s bytes=%zu", h->room, payload.n);
		return;
	}
	w = arena_alloc(h->arena, sizeof(*w));
	w->payload = (struct str){ arena_strndup(h->arena, payload.p, payload.n), payload.n };
	*h->end = w;
	h->end = &w->next;
	h->bytes += payload.n;
}

void deliver(struct str room, struct str payload)
{
	struct room *r = room_find(room.p, room.n);
	struct str json = payload, line = str_split(&json, '\n'), kind, skip;
	char other[ROOM_NAME_MAX + 1];

	if (!r)
		return;
	if (*room_note(r)) {
		hold(*room_note(r), payload);
		return;
	}
	kind = word(&line);
	snprintf(other, sizeof(other), "%.*s", (int)line.n, line.n ? line.p : "");
	if (str_eq(kind, "E")) {
		skip = word(&line);
		emit(room, skip, line, json);
	} else if (str_eq(kind, "K")) {
		fetch(r, room, line);
	} else if (str_eq(kind, "C")) {
		call(room, line, json);
	} else if (str_eq(kind, "J")) {
		each(room, other, do_join);
	} else if (str_eq(kind, "L")) {
		each(room, other, do_leave);
	} else if (str_eq(kind, "D")) {
		each(room, other, do_disconnect);
	} else if (str_eq(kind, "A")) {
		each(room, other, do_access);
	} else {
		log_warn("bus_message", "why=\"unknown kind\" bytes=%zu", payload.n);
	}
}
