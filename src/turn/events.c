#include "turn/events.h"

#include "base/clock.h"
#include "cache/post.h"
#include "realtime/publish.h"

enum { SHARED_EVERY_MS = 150, VIEWERS_EVERY_MS = 1000 };

/* {"chat_id":…,"message_id":… — the rest is added by the caller. */
static void envelope(struct buf *b, const struct turn *t, const char *message_id)
{
	buf_adds(b, "{\"chat_id\":");
	buf_json(b, t->chat_id);
	if (message_id) {
		buf_adds(b, ",\"message_id\":");
		buf_json(b, message_id);
	}
}

static void add_data(struct buf *b, const char *type, const char *data, size_t len)
{
	buf_printf(b, ",\"data\":{\"type\":\"%s\"", type);
	if (data) {
		buf_adds(b, ",\"data\":");
		buf_add(b, data, len);
	}
	buf_adds(b, "}}");
}

static void send_to(struct turn *t, const char *room, struct buf *b, const char *skip)
{
	publish_event_batch(t->batch, room, "events", b->data, b->len, skip);
}

/* Copies for the other sockets that have the chat open. */
static void send_shared(struct turn *t, const char *type, const char *data, size_t len)
{
	struct buf b = BUF_INIT;

	envelope(&b, t, t->message_id);
	buf_adds(&b, ",\"user_id\":");
	buf_json(&b, t->user.id);
	buf_adds(&b, ",\"shared\":true");
	add_data(&b, type, data, len);
	send_to(t, t->chat_room, &b, t->session_id);
	buf_free(&b);
}

static bool has_viewers(struct turn *t)
{
	struct redis_reply *r = NULL;
	int64_t now = mono_ms();

	if (!t->saved)
		return false;
	if (t->viewers_at && now - t->viewers_at < VIEWERS_EVERY_MS)
		return t->has_viewers;
	t->viewers_at = now;
	arena_reset(t->scratch);
	t->has_viewers = redis_run(t->scratch, &r, "PUBSUB", "NUMSUB",
				   redis_key(t->scratch, "room:%s", t->chat_room)) > 0 &&
			 reply_int(reply_item(r, 1), 0) > 0;
	return t->has_viewers;
}

static bool is_shared_type(const char *type)
{
	static const char *const types[] = { "chat:active", "status", "source", "citation", "files",
					     "embeds", "chat:message:error", "chat:tasks:cancel",
					     "chat:message:follow_ups" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* chat:completion {output} with the few other keys that viewers get. */
static void share_completion(struct turn *t, struct json_object *data)
{
	static const char *const keys[] = { "done", "error", "usage", "finish_reason", "content",
					    "selected_model_id", "sources" };
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"output\":");
	output_json(&b, &t->out, !json_flag(data, "done", false));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!json_has(data, keys[i]))
			continue;
		buf_printf(&b, ",\"%s\":", keys[i]);
		json_write(&b, json_get(data, keys[i]));
	}
	buf_addc(&b, '}');
	send_shared(t, "chat:completion", b.data, b.len);
	buf_free(&b);
}

void turn_emit_for(struct turn *t, const char *message_id, const char *type, const char *data)
{
	struct buf b = BUF_INIT;

	envelope(&b, t, message_id);
	add_data(&b, type, data, data ? strlen(data) : 0);
	send_to(t, t->user_room, &b, NULL);
	buf_free(&b);
	if (!has_viewers(t))
		return;
	if (is_shared_type(type))
		send_shared(t, type, data, data ? strlen(data) : 0);
	else if (strcmp(type, "chat:completion") == 0)
		share_completion(t, json_parse_text(t->arena, data));
}

void turn_emit(struct turn *t, const char *type, const char *data)
{
	turn_emit_for(t, t->message_id, type, data);
}

void turn_emit_messages(struct turn *t, const char *data)
{
	if (has_viewers(t))
		send_shared(t, "chat:messages", data, strlen(data));
}

/* The running text in Redis: who reads the chat meanwhile sees it, and a runner that takes over a dead
 * one's turn saves it. */
static void append_running(struct turn *t)
{
	const char *argv[] = { "APPEND", t->running_key, t->running.data };
	const size_t lens[] = { 6, strlen(t->running_key), t->running.len };

	redis_batch_add_argv(t->batch, 3, argv, lens);
	buf_reset(&t->running);
}

static void save_running(struct turn *t)
{
	struct buf b = BUF_INIT;

	buf_reset(&t->running);
	envelope(&b, t, t->message_id);
	buf_adds(&b, ",\"output\":");
	output_json(&b, &t->out, false);
	buf_adds(&b, "}\n");
	redis_batch_add(t->batch, "SET", t->running_key, b.data, "EX", "3600");
	buf_free(&b);
}

void turn_emit_delta(struct turn *t, const char *line, size_t len)
{
	struct buf b = BUF_INIT;

	envelope(&b, t, t->message_id);
	add_data(&b, "response:completion", line, len);
	send_to(t, t->user_room, &b, NULL);
	if (t->saved && t->streamed) {
		buf_add(&t->running, line, len);
		buf_addc(&t->running, '\n');
	} else if (t->saved) {
		save_running(t);
	}
	t->streamed = true;
	buf_free(&b);
	if (has_viewers(t) && mono_ms() - t->shared_at >= SHARED_EVERY_MS) {
		t->shared_at = mono_ms();
		share_completion(t, NULL);
	}
}

void turn_emit_item(struct turn *t, const char *line)
{
	turn_emit(t, "response:completion", line);
	if (t->saved)
		save_running(t);
	t->streamed = true;
}

static void item_event(struct turn *t, const char *what, const struct item *it)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "{\"type\":\"response.output_item.%s\",\"output_index\":%zu,\"item\":", what,
		   output_index(&t->out, it));
	output_item_json(&b, it, false);
	buf_addc(&b, '}');
	turn_emit(t, "response:completion", b.data);
	buf_free(&b);
}

static void items_sent(struct turn *t)
{
	if (t->saved)
		save_running(t);
	t->streamed = true;
}

void turn_emit_output_item(struct turn *t, const char *what, const struct item *it)
{
	if (t->continued) {
		turn_emit_snapshot(t);
		return;
	}
	item_event(t, what, it);
	items_sent(t);
}

void turn_emit_output_items(struct turn *t, size_t from)
{
	if (t->continued) {
		turn_emit_snapshot(t);
		return;
	}
	for (size_t i = from; i < t->out.count; i++)
		item_event(t, "done", t->out.items[i]);
	items_sent(t);
}

void turn_emit_snapshot(struct turn *t)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"output\":");
	output_json(&b, &t->out, false);
	if (t->continued)
		buf_adds(&b, ",\"type\":\"response.output_text.delta\"");
	buf_addc(&b, '}');
	turn_emit(t, "chat:completion", b.data);
	buf_free(&b);
	if (t->saved)
		save_running(t);
	t->streamed = true;
}

bool turn_flush(struct turn *t)
{
	if (t->running.len)
		append_running(t);
	if (t->posted)
		redis_post_wait();	/* what came before goes before */
	t->posted = false;
	return !redis_batch_count(t->batch) || redis_batch_run(t->batch, t->scratch, NULL) > 0;
}

void turn_post(struct turn *t)
{
	if (t->running.len)
		append_running(t);
	if (!redis_batch_count(t->batch))
		return;
	redis_post(t->batch);
	t->posted = true;
}
