#include "wsd/socketio.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/redis.h"
#include "json/scan.h"
#include "wsd/event.h"
#include "wsd/packet.h"
#include "wsd/state.h"

/* A packet whose attachments have not all arrived. */
struct binary {
	struct buf text;
	struct str parts[PACKET_ATTACHMENTS_MAX];
	unsigned want, got;
	size_t bytes;
};

/* A call that waits for the client's acknowledgement. */
struct call {
	struct call *next;
	uint32_t id;
	char reply_key[];
};

/* Redis work after the fact: the end of a socket, the answer to a call. */
struct farewell {
	struct job job;
	struct arena *arena;
	struct state_gone gone;
};

struct answer {
	struct job job;
	struct arena *arena;
	const char *key;
	struct str args;
};

enum { ANSWER_KEPT_S = 60 };

static struct sock *first_sock;

struct sock *sock_first(void)
{
	return first_sock;
}

struct sock *sock_ref(struct sock *s)
{
	s->refs++;
	return s;
}

void sock_unref(struct sock *s)
{
	if (--s->refs)
		return;
	identity_unref(s->who);
	free(s);
}

struct frame *event_frame(struct str event, struct str json)
{
	struct buf head = BUF_INIT;
	struct frame *f;

	buf_printf(&head, "42[\"%.*s\",", (int)event.n, event.p);
	f = frame_of((struct str){ head.data, head.len }, json, STR("]"));
	buf_free(&head);
	return f;
}

static void send_text(struct sock *s, const char *text)
{
	if (s->conn)
		conn_send_text(s->conn, text);
}

const char *sock_chat_ids(struct arena *a, const struct sock *s)
{
	struct buf *b = buf_in(a, 0);
	const char *room;

	buf_addc(b, '[');
	for (size_t i = 0; (room = member_room(&s->member, i)); i++) {
		if (!text_starts(room, "chat:"))
			continue;
		if (b->len > 1)
			buf_addc(b, ',');
		buf_json(b, room + 5);
	}
	buf_addc(b, ']');
	return buf_text(b);
}

/* --- the answers to calls --- */

static void answer_work(struct job *j)
{
	struct answer *w = (struct answer *)j;
	const char *push[] = { "RPUSH", w->key, w->args.p };
	size_t lens[] = { 5, strlen(w->key), w->args.n };
	struct redis_batch *b = redis_batch_new(w->arena);

	redis_batch_add_argv(b, 3, push, lens);
	redis_batch_add(b, "EXPIRE", w->key, arena_printf(w->arena, "%d", ANSWER_KEPT_S));
	redis_batch_run(b, w->arena, NULL);
}

static void answer_done(struct job *j)
{
	arena_free(((struct answer *)j)->arena);
}

static void push_answer(const char *key, struct str args)
{
	struct arena *a = arena_new();
	struct answer *w = arena_alloc(a, sizeof(*w));

	w->arena = a;
	w->key = arena_strdup(a, key);
	w->args = (struct str){ arena_strndup(a, args.n ? args.p : "", args.n), args.n };
	w->job.work = answer_work;
	w->job.done = answer_done;
	pool_submit(&w->job);
}

void sock_call(struct sock *s, struct str reply_key, struct str event, struct str json)
{
	struct call *c, **end = &s->calls;
	struct buf head = BUF_INIT;
	struct frame *f;
	size_t waiting = 0;

	for (; *end; end = &(*end)->next)
		waiting++;
	if (waiting >= SOCK_CALLS_MAX || !s->conn) {
		char *key = xmalloc(reply_key.n + 1);

		memcpy(key, reply_key.p, reply_key.n);
		key[reply_key.n] = '\0';
		push_answer(key, STR(""));
		free(key);
		return;
	}
	c = xcalloc(1, sizeof(*c) + reply_key.n + 1);
	memcpy(c->reply_key, reply_key.p, reply_key.n);
	c->id = ++s->last_call;
	*end = c;
	buf_printf(&head, "42%" PRIu32 "[\"%.*s\",", c->id, (int)event.n, event.p);
	f = frame_of((struct str){ head.data, head.len }, json, STR("]"));
	conn_send(s->conn, f);
	frame_unref(f);
	buf_free(&head);
}

static void take_answer(struct sock *s, const struct packet *p)
{
	int64_t id;

	if (!str_to_i64(p->ack, 1, UINT32_MAX, &id) || !p->json.n || *p->json.p != '[')
		return;
	for (struct call **at = &s->calls; *at; at = &(*at)->next) {
		struct call *c = *at;

		if (c->id != id)
			continue;
		*at = c->next;
		push_answer(c->reply_key, p->json);
		free(c);
		return;
	}
}

/* --- the end of a socket --- */

static void farewell_work(struct job *j)
{
	struct farewell *w = (struct farewell *)j;

	state_session_gone(w->arena, &w->gone);
}

static void farewell_done(struct job *j)
{
	arena_free(((struct farewell *)j)->arena);
}

/* Nothing of the socket runs any more: take it out of Redis and of the rooms. */
static void say_farewell(struct sock *s)
{
	struct arena *a = arena_new();
	struct farewell *w = arena_alloc(a, sizeof(*w));
	const char **chats = arena_calloc(a, s->member.count + 1, sizeof(*chats));
	const char *room;

	w->arena = a;
	w->gone = (struct state_gone){ arena_strdup(a, s->sid), s->pooled, s->used_model, chats, 0 };
	for (size_t i = 0; (room = member_room(&s->member, i)); i++)
		if (text_starts(room, "chat:"))
			chats[w->gone.chat_count++] = arena_strdup(a, room + 5);
	room_leave_all(&s->member);
	if (!s->pooled && !s->used_model && !w->gone.chat_count) {
		arena_free(a);
		return;
	}
	w->job.work = farewell_work;
	w->job.done = farewell_done;
	pool_submit(&w->job);
}

static void drop_binary(struct sock *s)
{
	if (!s->binary)
		return;
	for (unsigned i = 0; i < s->binary->got; i++)
		free((void *)(uintptr_t)s->binary->parts[i].p);
	buf_free(&s->binary->text);
	free(s->binary);
	s->binary = NULL;
}

static void free_event(struct event *ev)
{
	struct sock *s = ev->sock;

	identity_unref(ev->who);
	identity_unref(ev->became);
	arena_free(ev->arena);
	sock_unref(s);
}

static void sock_gone(struct sock *s)
{
	struct event *ev;

	if (s->conn)
		s->conn->sock = NULL;
	s->conn = NULL;
	if (s->prev)
		s->prev->next = s->next;
	else
		first_sock = s->next;
	if (s->next)
		s->next->prev = s->prev;
	drop_binary(s);
	while (s->calls) {
		struct call *c = s->calls;

		s->calls = c->next;
		push_answer(c->reply_key, STR(""));
		free(c);
	}
	while ((ev = s->first)) {
		s->first = ev->next;
		free_event(ev);
	}
	s->end = &s->first;
	if (!s->busy)
		say_farewell(s);
	sock_unref(s);
}

void sio_closed(struct conn *c)
{
	if (c->sock)
		sock_gone(c->sock);
}

void sock_disconnect(struct sock *s)
{
	if (!s->conn)
		return;
	send_text(s, "41");
	sock_gone(s);
}

/* --- events --- */

static void add_change(struct event *ev, bool join, const char *room)
{
	struct room_change *c = arena_alloc(ev->arena, sizeof(*c));

	*c = (struct room_change){ NULL, join, arena_strdup(ev->arena, room) };
	*ev->last_change = c;
	ev->last_change = &c->next;
}

void event_join(struct event *ev, const char *room)
{
	add_change(ev, true, room);
}

void event_leave(struct event *ev, const char *room)
{
	add_change(ev, false, room);
}

bool event_raw(struct event *ev, const char *path, struct str *raw)
{
	return ev->arg.n && *ev->arg.p == '{' && json_find_at(ev->arg, path, raw);
}

const char *event_text(struct event *ev, const char *path)
{
	struct str raw;

	return event_raw(ev, path, &raw) ? json_raw_text(ev->arena, raw) : NULL;
}

bool event_object(const struct event *ev)
{
	return ev->args == 1 && *ev->arg.p == '{';
}

static void run_next(struct sock *s);

/* An account took the socket over: what only the one before could hear is left. */
static void become(struct sock *s, struct identity *id)
{
	if (s->who && !text_eq(s->who->user_id, id->user_id)) {
		room_leave_all(&s->member);
		room_join(&s->member, s->sid);
	}
	identity_unref(s->who);
	s->who = identity_ref(id);
}

static void apply(struct event *ev)
{
	struct sock *s = ev->sock;

	s->pooled |= ev->pooled;
	s->used_model |= ev->used_model;
	if (!s->conn)
		return;
	if (ev->checked)
		s->checked_at = mono_ms();
	if (ev->became)
		become(s, ev->became);
	for (struct room_change *c = ev->changes; c; c = c->next) {
		if (!c->join)
			room_leave(&s->member, c->room);
		else if (!room_join(&s->member, c->room))
			log_warn("room_refused", "sid=%s", s->sid);
	}
	ev->changes = NULL;
	ev->last_change = &ev->changes;
}

static void acknowledge(struct event *ev, struct conn *c)
{
	struct frame *f;
	struct buf head = BUF_INIT;

	if (!ev->ack || ev->outcome == EV_FAIL)
		return;
	buf_printf(&head, "43%s[", ev->ack);
	f = frame_of((struct str){ head.data, head.len }, str_of(ev->reply), STR("]"));
	conn_send(c, f);
	frame_unref(f);
	buf_free(&head);
}

static void finish(struct event *ev)
{
	struct sock *s = ev->sock;
	struct conn *c = s->conn;

	s->busy = false;
	if (!c) {
		say_farewell(s);
	} else {
		if (ev->outcome == EV_LOST)
			sock_disconnect(s);
		acknowledge(ev, c);
	}
	sock_ref(s);
	free_event(ev);
	run_next(s);
	sock_unref(s);
}

static void finish_heard(struct bus_wait *w)
{
	struct event *ev = (struct event *)((char *)w - offsetof(struct event, wait));

	if (!ev->then || !ev->sock->conn) {
		finish(ev);
		return;
	}
	ev->step = ev->then;
	ev->then = NULL;
	pool_submit(&ev->job);
}

static void event_work(struct job *j)
{
	struct event *ev = (struct event *)j;

	ev->db = db_get();
	ev->outcome = ev->step(ev);
	db_put(ev->db);
}

static void event_done(struct job *j)
{
	struct event *ev = (struct event *)j;

	apply(ev);
	/* who got an acknowledgement hears everything published from then on */
	ev->wait.go = finish_heard;
	bus_wait(&ev->wait);
}

/* False: it is under way and finish() goes on. */
static bool run_now(struct event *ev)
{
	struct sock *s = ev->sock;

	ev->outcome = EV_ACK;
	if (!ev->handler)
		return true;
	ev->who = identity_ref(s->who);
	ev->fresh = s->who && mono_ms() - s->checked_at < IDENTITY_FRESH_MS;
	if (ev->handler->before && ev->handler->before(ev))
		return true;
	ev->chat_ids = sock_chat_ids(ev->arena, s);
	s->busy = true;
	ev->step = ev->handler->work;
	ev->job.work = event_work;
	ev->job.done = event_done;
	pool_submit(&ev->job);
	return false;
}

static void run_next(struct sock *s)
{
	struct event *ev;

	while (!s->busy && s->conn && (ev = s->first)) {
		s->first = ev->next;
		if (!s->first)
			s->end = &s->first;
		s->waiting--;
		s->waiting_bytes -= ev->arg.n;
		if (s->waiting <= SOCK_EVENTS_RESUME && s->waiting_bytes <= ENGINE_PAYLOAD_MAX)
			conn_pause(s->conn, false);
		if (!run_now(ev))
			return;
		acknowledge(ev, s->conn);
		free_event(ev);
	}
}

/* Append to the socket's events; `json` is copied. */
static void add_event(struct sock *s, const struct handler *h, const char *name, struct str ack,
		      struct str arg, size_t args)
{
	struct arena *a;
	struct event *ev;

	if (s->waiting >= SOCK_EVENTS_MAX || s->waiting_bytes + arg.n > SOCK_EVENT_BYTES_MAX) {
		log_warn("events_overflow", "sid=%s waiting=%zu", s->sid, s->waiting);
		conn_close(s->conn, ENGINE_CLOSE_PROTOCOL);
		return;
	}
	a = arena_new();
	ev = arena_alloc(a, sizeof(*ev));
	ev->arena = a;
	ev->sock = sock_ref(s);
	ev->sid = s->sid;
	ev->handler = h;
	ev->name = arena_strdup(a, name);
	ev->ack = ack.n ? arena_strndup(a, ack.p, ack.n) : NULL;
	ev->arg = (struct str){ arg.n ? arena_strndup(a, arg.p, arg.n) : "", arg.n };
	ev->args = args;
	ev->last_change = &ev->changes;
	*s->end = ev;
	s->end = &ev->next;
	s->waiting++;
	s->waiting_bytes += arg.n;
	if (s->waiting >= SOCK_EVENTS_PAUSE || s->waiting_bytes > ENGINE_PAYLOAD_MAX)
		conn_pause(s->conn, true);
	run_next(s);
}

/* --- packets --- */

static void take_connect(struct conn *c, const struct packet *p)
{
	struct sock *s;
	char text[64];

	if (!str_eq(p->ns, "/")) {
		struct frame *f = frame_of(STR("44"), p->ns, STR(",\"Unable to connect\""));

		conn_send(c, f);
		frame_unref(f);
		return;
	}
	if (c->sock) {
		conn_send_text(c, "44\"Unable to connect\"");
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->refs = 1;
	s->conn = c;
	s->end = &s->first;
	engine_new_sid(s->sid);
	s->next = first_sock;
	if (s->next)
		s->next->prev = s;
	first_sock = s;
	c->sock = s;
	room_join(&s->member, s->sid);
	snprintf(text, sizeof(text), "40{\"sid\":\"%s\"}", s->sid);
	conn_send_text(c, text);
	if (p->json.n)
		add_event(s, &connect_handler, "connect", STR(""), p->json, 1);
}

static void take_event(struct sock *s, const struct packet *p)
{
	struct str raw, arg;
	struct arena *a;
	const char *name;
	size_t args;

	if (!packet_event(p->json, &raw, &arg, &args))
		return;
	a = arena_new();
	name = json_raw_text(a, raw);
	if (name)
		add_event(s, handler_find(name), name, p->ack, arg, args);
	arena_free(a);
}

static void await_attachments(struct sock *s, const struct packet *p, struct str text)
{
	s->binary = xcalloc(1, sizeof(*s->binary));
	buf_add(&s->binary->text, text.p, text.n);
	s->binary->want = p->attachments;
}

void sio_text(struct conn *c, struct str text)
{
	struct packet p;
	struct sock *s = c->sock;

	if (!packet_parse(text, &p))
		return;
	if (p.type == PACKET_CONNECT) {
		take_connect(c, &p);
		return;
	}
	if (!s || !str_eq(p.ns, "/"))
		return;
	drop_binary(s);		/* its attachments should have come first */
	switch (p.type) {
	case PACKET_DISCONNECT:
		sock_gone(s);
		break;
	case PACKET_EVENT:
		take_event(s, &p);
		break;
	case PACKET_ACK:
		take_answer(s, &p);
		break;
	case PACKET_BINARY_EVENT:
	case PACKET_BINARY_ACK:
		await_attachments(s, &p, text);
		break;
	default:
		break;
	}
}

/* All attachments are there: the packet as if it had come as text. */
static void take_binary(struct sock *s)
{
	struct binary *b = s->binary;
	struct buf filled = BUF_INIT;
	struct packet p;

	s->binary = NULL;
	if (packet_parse((struct str){ b->text.data, b->text.len }, &p) &&
	    packet_fill(&filled, p.json, b->parts, b->got)) {
		p.json = (struct str){ filled.data, filled.len };
		if (p.type == PACKET_BINARY_EVENT)
			take_event(s, &p);
		else
			take_answer(s, &p);
	}
	buf_free(&filled);
	for (unsigned i = 0; i < b->got; i++)
		free((void *)(uintptr_t)b->parts[i].p);
	buf_free(&b->text);
	free(b);
}

void sio_binary(struct conn *c, struct str bytes)
{
	struct sock *s = c->sock;
	struct binary *b = s ? s->binary : NULL;
	char *copy;

	if (!b)
		return;
	if (b->bytes + bytes.n > ENGINE_PAYLOAD_MAX / 4) {	/* a number takes up to 4 bytes */
		drop_binary(s);
		return;
	}
	copy = xmalloc(bytes.n + 1);
	memcpy(copy, bytes.p, bytes.n);
	b->parts[b->got++] = (struct str){ copy, bytes.n };
	b->bytes += bytes.n;
	if (b->got == b->want)
		take_binary(s);
}
