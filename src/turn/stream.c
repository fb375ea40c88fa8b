#include "turn/stream.h"

#include "json/scan.h"
#include "provider/chunks.h"
#include "turn/browser.h"
#include "turn/events.h"
#include "turn/payload.h"
#include "turn/tags.h"
#include "turn/tell.h"
#include "turn/tool_stream.h"

struct stream {
	struct turn *t;
	struct chunks chunks;
	bool is_stream;
	bool any;			/* something that means something came */
	bool done;			/* [DONE] was seen */
	struct buf text, line;		/* kept between chunks */
	struct buf pending;		/* delta text that waits for more (chunk_size) */
	struct item *pending_item;
	int pending_count;
	bool crowded;			/* what one read brings is one delta, however many chunks it was */
	struct tool_stream tools;	/* the calls of this round */
};

static bool truthy(struct str raw)
{
	return raw.n && !json_raw_is_null(raw) && !str_eq(raw, "{}") && !str_eq(raw, "false") &&
	       !str_eq(raw, "\"\"") && !str_eq(raw, "[]");
}

static void emit_raw(struct stream *s, const char *type, struct str chunk)
{
	buf_reset(&s->line);
	buf_addstr(&s->line, chunk);
	turn_emit(s->t, type, s->line.data);
}

/* Send the delta that has collected. */
static void send_delta(struct stream *s)
{
	struct turn *t = s->t;
	struct item *it = s->pending_item;

	if (!s->pending_count)
		return;
	s->pending_count = 0;
	if (t->continued) {
		turn_emit_snapshot(t);
		buf_reset(&s->pending);
		return;
	}
	buf_reset(&s->line);
	buf_printf(&s->line, "{\"type\":\"response.%s.delta\",\"item_id\":\"%s\",\"output_index\":%zu,"
		   "\"content_index\":0,\"delta\":",
		   it->kind == ITEM_REASONING ? "reasoning_text" : "output_text", it->id,
		   output_index(&t->out, it));
	buf_json_n(&s->line, buf_text(&s->pending), s->pending.len);
	buf_addc(&s->line, '}');
	turn_emit_delta(t, s->line.data, s->line.len);
	buf_reset(&s->pending);
}

static void queue_delta(struct stream *s, struct item *it)
{
	if (s->pending_count && s->pending_item != it)
		send_delta(s);
	s->pending_item = it;
	buf_add(&s->pending, s->text.data, s->text.len);
	if (++s->pending_count >= s->t->chunk_size && !s->crowded)
		send_delta(s);
}

static void emit_item(struct stream *s, const char *what, struct item *it)
{
	send_delta(s);
	turn_emit_output_item(s->t, what, it);
}

static struct item *reasoning_item(struct stream *s)
{
	struct output *o = &s->t->out;
	struct item *it = output_last(o);

	if (it && it->kind == ITEM_REASONING && !it->by_tag)
		return it;
	for (size_t i = s->t->round_start; i < o->count; i++)
		if (o->items[i]->kind == ITEM_REASONING && !o->items[i]->by_tag)
			return o->items[i];
	if (it && it->kind == ITEM_MESSAGE && !s->t->continued) {
		it = output_insert(o, o->count - 1, ITEM_REASONING);
		if (it)
			output_close(it);
	} else {
		it = output_add(o, ITEM_REASONING);
	}
	if (it)
		emit_item(s, "added", it);
	return it;
}

static bool add_reasoning(struct stream *s)
{
	struct item *it = reasoning_item(s);

	if (!it || !output_append(&s->t->out, it, (struct str){ s->text.data, s->text.len }))
		return false;
	queue_delta(s, it);
	return true;
}

/* The item that text goes to; opens one, and closes the provider's reasoning before it. */
static struct item *text_item(struct stream *s)
{
	struct item *it = output_last(&s->t->out);

	if (it && it->kind == ITEM_MESSAGE)
		return it;
	if (tags_inside(s->t))
		return it;
	if (it && it->kind == ITEM_REASONING && !it->by_tag && strcmp(it->status, "in_progress") == 0) {
		output_close(it);
		emit_item(s, "done", it);
	}
	return output_add(&s->t->out, ITEM_MESSAGE);
}

static bool add_text(struct stream *s)
{
	struct item *it = text_item(s);

	if (!it || !output_append(&s->t->out, it, (struct str){ s->text.data, s->text.len }))
		return false;
	if (tags_apply(s->t, s->text.len)) {
		send_delta(s);
		turn_emit_snapshot(s->t);
		s->done = tags_code_ends(s->t);	/* it is run before the model writes on */
		return true;
	}
	queue_delta(s, it);
	return true;
}

static bool read_text(struct stream *s, struct str delta, const char *key)
{
	struct str raw;

	buf_reset(&s->text);
	return json_find(delta, key, &raw) && json_raw_is_string(raw) &&
	       json_raw_unescape(&s->text, raw) && s->text.len;
}

static void take_error(struct stream *s, struct str error)
{
	struct turn *t = s->t;
	struct buf b = BUF_INIT;

	t->error = json_parse(t->arena, error.p, error.n, NULL);
	send_delta(s);
	buf_adds(&b, "{\"error\":");
	json_write(&b, t->error);
	buf_addc(&b, '}');
	turn_emit(t, "chat:completion", b.data);
	buf_free(&b);
}

static void take_usage(struct stream *s, struct str usage)
{
	struct turn *t = s->t;
	struct buf b = BUF_INIT;

	stream_add_usage(t, json_parse(t->arena, usage.p, usage.n, NULL));
	send_delta(s);
	buf_adds(&b, "{\"usage\":");
	json_write(&b, t->usage);
	buf_addc(&b, '}');
	turn_emit(t, "chat:completion", b.data);
	buf_free(&b);
}

/* Pages that the provider cites: sources of the answer. */
static void take_citations(struct turn *t, struct str annotations)
{
	struct json_object *list = json_parse(t->arena, annotations.p, annotations.n, NULL);

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *page = json_get(json_item(list, i), "url_citation");

		turn_tell_page(t, json_text(page, "url", NULL), json_text(page, "title", NULL));
	}
}

/* One choice of a chunk: text, reasoning, or something to be passed on. */
static bool take_choice(struct stream *s, struct str choice, struct str chunk)
{
	static const char *const reasoning[] = { "reasoning_content", "reasoning", "thinking" };
	struct str delta, finish, calls;
	bool used = false;

	if (!json_find(choice, "delta", &delta) || !truthy(delta)) {
		send_delta(s);
		emit_raw(s, "chat:completion", chunk);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(reasoning) && !used; i++) {
		used = read_text(s, delta, reasoning[i]);
		if (used && !add_reasoning(s))
			return false;
	}
	if (read_text(s, delta, "content")) {
		used = true;
		if (!add_text(s))
			return false;
	}
	if (json_find(delta, "tool_calls", &calls) && truthy(calls)) {
		used = true;
		send_delta(s);
		if (!tool_stream_take(&s->tools, s->t, calls))
			return false;
	}
	if (!used && json_find(delta, "annotations", &calls) && truthy(calls))
		take_citations(s->t, calls);
	if (!used || (json_find(choice, "finish_reason", &finish) && truthy(finish))) {
		send_delta(s);
		if (!s->t->continued)
			emit_raw(s, used ? "chat:completion" : "response:completion", chunk);
	}
	return true;
}

static bool on_chunk(void *ctx, struct str chunk)
{
	struct stream *s = ctx;
	struct str v;

	chunk = str_trim(chunk);
	if (s->done)
		return true;
	if (str_eq(chunk, "[DONE]")) {
		s->done = s->any = true;
		return true;
	}
	if (!chunk.n || *chunk.p != '{')
		return true;
	if (json_find(chunk, "usage", &v) && truthy(v) && *v.p == '{')
		take_usage(s, v);
	if (json_find(chunk, "error", &v) && truthy(v)) {
		take_error(s, v);
	} else if (json_find_at(chunk, "choices.0", &v)) {
		s->any = true;
		return take_choice(s, v, chunk);
	}
	s->any = s->any || s->t->error;
	return true;
}

static bool on_start(void *ctx, int status, const char *type, struct str first)
{
	struct stream *s = ctx;

	s->is_stream = status / 100 == 2 && chunks_begin(s->chunks.dialect, type, first);
	return s->is_stream;
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct stream *s = ctx;

	return chunks_feed(&s->chunks, data, len);
}

static bool on_round(void *ctx)
{
	struct stream *s = ctx;

	if (s->pending_count >= s->t->chunk_size)
		send_delta(s);
	s->crowded = http_crowded();
	turn_post(s->t);
	return !s->done;
}

static void ask_provider(struct stream *s, struct http_answer *out)
{
	struct turn *t = s->t;
	struct caller who = payload_caller(t);
	struct http_request req;

	out->error = payload_request(t, &who, &req);
	if (out->error) {
		out->end = HTTP_FAILED;
		return;
	}
	chunks_init(&s->chunks, t->arena, upstream_dialect(&t->model.connection), on_chunk, s);
	req.on_start = on_start;
	req.on_data = on_data;
	req.on_round = on_round;
	req.paced = true;
	req.ctx = s;
	http_run(t->arena, &req, out);
	if (s->is_stream && out->end == HTTP_DONE)
		chunks_finish(&s->chunks);
	chunks_free(&s->chunks);
}

bool stream_run(struct turn *t, struct http_answer *out)
{
	struct stream s = { .t = t };

	if (t->model.direct) {
		browser_ask_model(t, on_chunk, on_round, &s, out);
		s.is_stream = strcmp(out->type, "text/event-stream") == 0;
	} else {
		ask_provider(&s, out);
	}
	if (s.done)
		out->end = HTTP_DONE;	/* what the connection does after that does not matter */
	else if (out->end == HTTP_ABORTED)
		out->error = "The model sent a line that is too long.";
	send_delta(&s);
	if (out->end == HTTP_DONE)
		tool_stream_end(&s.tools, t);
	turn_flush(t);
	buf_free(&s.text);
	buf_free(&s.line);
	buf_free(&s.pending);
	return s.is_stream && s.any;
}

/* A number under the first name that has one. */
static int64_t count_of(struct json_object *u, const char *const *names)
{
	for (; *names; names++)
		if (json_i64(u, *names, 0) > 0)
			return json_i64(u, *names, 0);
	return 0;
}

void stream_add_usage(struct turn *t, struct json_object *usage)
{
	static const char *const in[] = { "input_tokens", "prompt_tokens", "prompt_eval_count", "prompt_n",
					  NULL };
	static const char *const out[] = { "output_tokens", "completion_tokens", "eval_count",
					   "predicted_n", NULL };
	int64_t tokens_in, tokens_out;

	if (!json_is(usage, json_type_object) || !json_object_object_length(usage))
		return;
	tokens_in = count_of(usage, in);
	tokens_out = count_of(usage, out);
	json_set_i64(usage, "input_tokens", tokens_in);
	json_set_i64(usage, "output_tokens", tokens_out);
	if (!json_i64(usage, "total_tokens", 0))
		json_set_i64(usage, "total_tokens", tokens_in + tokens_out);
	t->usage = usage;
}

static void take_whole_text(struct turn *t, enum item_kind kind, const char *text)
{
	struct item *it = text_empty(text) ? NULL : output_last(&t->out);

	if (text_empty(text))
		return;
	if (!t->continued || kind != ITEM_MESSAGE || !it || it->kind != ITEM_MESSAGE)
		it = output_add(&t->out, kind);
	if (it)
		output_append(&t->out, it, str_of(text));
}

bool stream_take_whole(struct turn *t, struct json_object *answer)
{
	struct json_object *choice = json_item(json_get(answer, "choices"), 0);
	struct json_object *message = json_get(choice, "message");
	const char *text = json_text(message, "content", "");
	const char *reasoning = json_text(message, "reasoning_content",
					  json_text(message, "reasoning", ""));

	if (!message || (text_empty(text) && text_empty(reasoning) && !json_len(json_get(message, "tool_calls"))))
		return false;
	take_whole_text(t, ITEM_REASONING, reasoning);
	take_whole_text(t, ITEM_MESSAGE, text);
	stream_add_usage(t, json_copy(t->arena, json_get(answer, "usage")));
	if (!t->continued)
		turn_emit(t, "chat:completion", json_print(answer));
	return true;
}
