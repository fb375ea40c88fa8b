#include "realtime/publish.h"

#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "cache/redis.h"
#include "json/scan.h"

enum { STORED_S = 60, LINK_MS = 3000, STREAM_MS = 50, LOOK_MS = 1000 };

struct publish_stream {
	struct redis_link *link;
};

static void add_publish(struct redis_batch *b, const char *room, const struct buf *message)
{
	struct buf channel = BUF_INIT;
	const char *argv[] = { "PUBLISH", NULL, message->data };
	size_t lens[] = { 7, 0, message->len };

	buf_printf(&channel, "%s:room:%s", redis_prefix(), room);
	argv[1] = channel.data;
	lens[1] = channel.len;
	redis_batch_add_argv(b, 3, argv, lens);
	buf_free(&channel);
}

/* Too large for a message: the text waits under a key, and its place is published. */
static void add_stored(struct redis_batch *b, struct buf *message, const char *event,
		       const char *json, size_t len, const char *skip_sid)
{
	struct buf key = BUF_INIT;
	char id[UUID_SIZE];
	const char *argv[] = { "SET", NULL, json, "EX", NULL };
	size_t lens[] = { 3, 0, len, 2, 0 };
	char seconds[16];

	uuid4(id);
	buf_printf(&key, "%s:event:%s", redis_prefix(), id);
	snprintf(seconds, sizeof(seconds), "%d", STORED_S);
	argv[1] = key.data;
	lens[1] = key.len;
	argv[4] = seconds;
	lens[4] = strlen(seconds);
	redis_batch_add_argv(b, 5, argv, lens);
	buf_printf(message, "K %s %s %s\n", skip_sid, event, key.data);
	buf_free(&key);
}

void publish_event_batch(struct redis_batch *b, const char *room, const char *event,
			 const char *json, size_t len, const char *skip_sid)
{
	struct buf message = BUF_INIT;

	if (len > PUBLISH_JSON_MAX) {
		log_error("event_too_large", "room=%s event=%s bytes=%zu", room, event, len);
		return;
	}
	if (text_empty(skip_sid))
		skip_sid = "-";
	if (len > PUBLISH_INLINE_MAX) {
		add_stored(b, &message, event, json, len, skip_sid);
	} else {
		buf_printf(&message, "E %s %s\n", skip_sid, event);
		buf_add(&message, json, len);
	}
	add_publish(b, room, &message);
	buf_free(&message);
}

int publish_event(struct arena *a, const char *room, const char *event, const char *json,
		  const char *skip_sid)
{
	struct redis_batch *b = redis_batch_new(a);

	publish_event_batch(b, room, event, json, strlen(json), skip_sid);
	return redis_batch_run(b, a, NULL);
}

static int publish_line(struct arena *a, const char *room, const char *line)
{
	return redis_run(a, NULL, "PUBLISH", redis_key(a, "room:%s", room), line) < 0 ? -1 : 1;
}

int publish_disconnect(struct arena *a, const char *room)
{
	return publish_line(a, room, "D\n");
}

int publish_access_updated(struct arena *a, const char *room)
{
	return publish_line(a, room, "A\n");
}

int publish_join(struct arena *a, const char *room, const char *join)
{
	return publish_line(a, room, arena_printf(a, "J %s\n", join));
}

int publish_leave(struct arena *a, const char *room, const char *leave)
{
	return publish_line(a, room, arena_printf(a, "L %s\n", leave));
}

int publish_session_of(struct arena *a, const char *user_id, const char *sid)
{
	struct redis_reply *r = NULL;
	struct str id;
	int rc = redis_run(a, &r, "HGET", redis_key(a, "session_pool"), sid);

	if (rc <= 0)
		return rc;
	return json_find((struct str){ reply_text(r), reply_len(r) }, "id", &id) &&
	       text_eq(json_raw_text(a, id), user_id);
}

/* The acknowledgement's arguments: its first one, "null" for none. */
static const char *first_argument(struct arena *a, const char *args, size_t len)
{
	struct str value;
	const char *at = NULL;

	if (!json_each_item((struct str){ args, len }, &at, &value))
		return "null";
	return arena_strndup(a, value.p, value.n);
}

/* One who waits for an answer. */
struct waiter {
	const char *user_id, *sid, *key;
	int64_t deadline;		/* mono_ms(), 0: none */
	int cancel_fd;
};

static bool cancelled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

/* One look at the key: 1 answered, 0 not yet or gone (*gone), -1 failed. */
static int look(struct redis_link *l, struct arena *a, struct arena *scratch, const struct waiter *w,
		const char **answer, bool *gone)
{
	struct redis_reply *r = NULL;
	const struct redis_reply *args;
	int rc = redis_link_run(l, scratch, &r, "BLPOP", w->key, w->cancel_fd >= 0 ? "0.05" : "1");

	if (rc <= 0)
		return rc;
	args = reply_item(r, 1);
	*gone = !reply_len(args);
	if (!*gone)
		*answer = first_argument(a, reply_text(args), reply_len(args));
	return !*gone;
}

/* Wait for a push to the key: 1 answered, 0 gone, -1 failed, timed out or cancelled. */
static int await_answer(struct redis_link *l, struct arena *a, const struct waiter *w, const char **answer)
{
	struct arena *scratch = arena_new();
	int64_t looked = mono_ms();
	bool gone = false;
	int rc = 0;

	while (rc == 0 && !gone) {
		arena_reset(scratch);
		rc = look(l, a, scratch, w, answer, &gone);
		if (rc == 0 && (cancelled(w->cancel_fd) || (w->deadline && mono_ms() >= w->deadline)))
			rc = -1;
		if (rc == 0 && !gone && mono_ms() - looked >= LOOK_MS) {
			looked = mono_ms();
			gone = publish_session_of(scratch, w->user_id, w->sid) == 0;
		}
	}
	arena_free(scratch);
	return gone ? 0 : rc;
}

int publish_call_until(struct arena *a, const char *user_id, const char *sid, const char *json,
		       int timeout_ms, int cancel_fd, const char **answer)
{
	struct waiter w = { user_id, sid, NULL, timeout_ms > 0 ? mono_ms() + timeout_ms : 0, cancel_fd };
	struct redis_reply *r = NULL;
	struct redis_link *l;
	char id[UUID_SIZE];
	int rc = publish_session_of(a, user_id, sid);

	if (rc <= 0)
		return rc;
	uuid4(id);
	w.key = redis_key(a, "reply:%s", id);
	l = redis_link_open(LINK_MS);
	if (!l)
		return -1;
	rc = redis_link_run(l, a, &r, "PUBLISH", redis_key(a, "room:%s", sid),
			    arena_printf(a, "C %s events\n%s", w.key, json));
	if (rc > 0)
		rc = reply_int(r, 0) > 0;	/* nobody holds the socket: it is gone */
	if (rc > 0)
		rc = await_answer(l, a, &w, answer);
	redis_link_close(l);
	return rc;
}

int publish_call(struct arena *a, const char *user_id, const char *sid, const char *json,
		 int timeout_ms, const char **answer)
{
	return publish_call_until(a, user_id, sid, json, timeout_ms, -1, answer);
}

struct publish_stream *publish_stream_open(struct arena *a, const char *channel)
{
	struct redis_reply *r = NULL;
	struct redis_link *l = redis_link_open(STREAM_MS);
	struct publish_stream *s;

	if (!l)
		return NULL;
	if (redis_link_run(l, a, &r, "SUBSCRIBE", redis_key(a, "stream:%s", channel)) < 0) {
		redis_link_close(l);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->link = l;
	return s;
}

int publish_stream_next(struct publish_stream *s, struct arena *a, const char **json)
{
	struct redis_reply *r = NULL;
	int rc = redis_link_read(s->link, a, &r);

	if (rc <= 0)
		return rc;
	if (!text_eq(reply_text(reply_item(r, 0)), "message"))
		return 0;
	*json = arena_strndup(a, reply_text(reply_item(r, 2)), reply_len(reply_item(r, 2)));
	return 1;
}

void publish_stream_close(struct publish_stream *s)
{
	if (!s)
		return;
	redis_link_close(s->link);
	free(s);
}

int publish_stream_put(struct arena *a, const char *channel, const char *json, size_t len)
{
	const char *key = redis_key(a, "stream:%s", channel);
	const char *argv[] = { "PUBLISH", key, json };
	size_t lens[] = { 7, strlen(key), len };

	return redis_run_argv(a, NULL, 3, argv, lens) < 0 ? -1 : 1;
}
