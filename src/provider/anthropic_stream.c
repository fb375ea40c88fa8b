/* anthropic_stream - chunks of a chat completion as the events of a message.  A message is a row of
 * blocks, each begun, filled and ended: thinking, then text, then a block for each tool call. */

#include "provider/anthropic.h"

static void event(struct buf *out, const char *type)
{
	buf_printf(out, "event: %s\ndata: {\"type\":\"%s\"", type, type);
}

static void close_event(struct buf *out)
{
	buf_adds(out, "}\n\n");
}

void anthropic_begin(struct anthropic_stream *s, struct buf *out)
{
	event(out, "message_start");
	buf_printf(out, ",\"message\":{\"id\":\"%s\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
		   "\"model\":", anthropic_id(s->arena, "msg"));
	buf_json(out, s->model);
	buf_printf(out, ",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":%" PRId64
		   ",\"output_tokens\":0}}", s->counted < 0 ? 0 : s->counted);
	close_event(out);
}

static void block_stop(struct buf *out, int64_t index)
{
	event(out, "content_block_stop");
	buf_printf(out, ",\"index\":%" PRId64, index);
	close_event(out);
}

static void close_block(struct anthropic_stream *s, struct buf *out)
{
	if (s->open != BLOCK_NONE)
		block_stop(out, s->index++);
	s->open = BLOCK_NONE;
}

/* A delta of thinking or text; `raw` is a JSON string. */
static void add_text(struct anthropic_stream *s, bool thinking, struct str raw, struct buf *out)
{
	const char *kind = thinking ? "thinking" : "text";

	if (s->open == BLOCK_THINKING && !thinking)
		close_block(s, out);
	if (s->open == BLOCK_NONE) {
		event(out, "content_block_start");
		buf_printf(out, ",\"index\":%" PRId64 ",\"content_block\":{\"type\":\"%s\",\"%s\":\"\"}", s->index,
			   kind, kind);
		close_event(out);
		s->open = thinking ? BLOCK_THINKING : BLOCK_TEXT;
	}
	event(out, "content_block_delta");
	buf_printf(out, ",\"index\":%" PRId64 ",\"delta\":{\"type\":\"%s_delta\",\"%s\":", s->index, kind, kind);
	buf_addstr(out, raw);
	buf_addc(out, '}');
	close_event(out);
}

static bool is_text(struct str raw)
{
	return json_raw_is_string(raw) && raw.n > 2;
}

/* Which of the calls a delta belongs to: by its id, else the last one at its index. */
static struct anthropic_call *call_for(struct anthropic_stream *s, int64_t place, const char *id)
{
	for (size_t i = s->calls; i-- > 0;)
		if (text_empty(id) ? s->call[i].place == place : text_eq(s->call[i].id, id))
			return &s->call[i];
	if (s->calls == ANTHROPIC_CALLS_MAX)
		return NULL;
	s->call[s->calls] = (struct anthropic_call){
		.place = place, .id = text_empty(id) ? anthropic_id(s->arena, "toolu") : id,
		.arguments = buf_in(s->arena, 0),
	};
	return &s->call[s->calls++];
}

static void start_call(struct anthropic_stream *s, struct anthropic_call *call, struct buf *out)
{
	call->block = s->index++;
	call->started = s->any_call = true;
	event(out, "content_block_start");
	buf_printf(out, ",\"index\":%" PRId64 ",\"content_block\":{\"type\":\"tool_use\",\"id\":", call->block);
	buf_json(out, call->id);
	buf_adds(out, ",\"name\":");
	buf_json(out, call->name);
	buf_adds(out, ",\"input\":{}}");
	close_event(out);
}

static void call_delta(const struct anthropic_call *call, const char *text, size_t n, struct buf *out)
{
	event(out, "content_block_delta");
	buf_printf(out, ",\"index\":%" PRId64 ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":",
		   call->block);
	buf_json_n(out, text, n);
	buf_addc(out, '}');
	close_event(out);
}

/* The block ends when the arguments are whole. */
static void add_arguments(struct anthropic_call *call, const char *text, struct buf *out)
{
	struct arena *scratch;
	struct str all;

	if (call->stopped || text_empty(text))
		return;
	buf_adds(call->arguments, text);
	if (!call->started)
		return;
	call_delta(call, text, strlen(text), out);
	all = str_trim((struct str){ buf_text(call->arguments), call->arguments->len });
	if (str_starts(all, "{") && !str_ends(all, "}"))
		return;
	scratch = arena_new();
	if (json_parse(scratch, all.p, all.n, NULL)) {
		call->stopped = true;
		block_stop(out, call->block);
	}
	arena_free(scratch);
}

static void take_call(struct anthropic_stream *s, struct str raw, struct buf *out)
{
	struct str v, function = { 0 };
	struct anthropic_call *call;
	const char *id = NULL, *name = NULL, *arguments = NULL;
	int64_t place = 0;

	if (json_find(raw, "index", &v))
		str_to_i64(v, 0, INT32_MAX, &place);
	if (json_find(raw, "id", &v))
		id = json_raw_text(s->arena, v);
	if (json_find(raw, "function", &function)) {
		if (json_find(function, "name", &v))
			name = json_raw_text(s->arena, v);
		if (json_find(function, "arguments", &v))
			arguments = json_raw_text(s->arena, v);
	}
	call = call_for(s, place, id);
	if (!call)
		return;
	if (text_empty(call->name))
		call->name = name;
	if (!call->started && !text_empty(call->name))
		start_call(s, call, out);
	add_arguments(call, arguments, out);
}

static void take_calls(struct anthropic_stream *s, struct str calls, struct buf *out)
{
	struct str one;
	const char *at = NULL;

	if (!json_each_item(calls, &at, &one))
		return;
	close_block(s, out);
	do
		take_call(s, one, out);
	while (json_each_item(calls, &at, &one));
}

/* The first text among several members of a delta. */
static bool find_text(struct str object, const char *const *names, struct str *raw)
{
	for (; *names; names++)
		if (json_find(object, *names, raw) && is_text(*raw))
			return true;
	return false;
}

static void take_choice(struct anthropic_stream *s, struct str choice, struct buf *out)
{
	static const char *const thinking[] = { "reasoning_content", "reasoning", "thinking", NULL };
	static const char *const content[] = { "content", NULL };
	struct str delta = { 0 }, message = { 0 }, v;

	json_find(choice, "delta", &delta);
	json_find(choice, "message", &message);
	if ((find_text(delta, thinking, &v) || find_text(message, thinking, &v)) && s->open != BLOCK_TEXT &&
	    !s->any_call)
		add_text(s, true, v, out);
	if (find_text(delta, content, &v) && !s->any_call)
		add_text(s, false, v, out);
	if ((json_find(delta, "tool_calls", &v) && *v.p == '[' && v.n > 2) ||
	    (json_find(message, "tool_calls", &v) && *v.p == '['))
		take_calls(s, v, out);
	if (json_find(choice, "finish_reason", &v) && json_raw_is_string(v))
		s->stop_reason = json_raw_eq(v, "length") ? "max_tokens"
				 : json_raw_eq(v, "tool_calls") ? "tool_use" : "end_turn";
}

static void send_error(struct anthropic_stream *s, const char *text, struct buf *out)
{
	s->failed = true;
	event(out, "error");
	buf_adds(out, ",\"error\":{\"type\":\"api_error\",\"message\":");
	buf_json(out, text);
	buf_addc(out, '}');
	close_event(out);
}

static const char broke_off[] = "Chat completion stream failed";

static bool truthy(struct str raw)
{
	return raw.n && !json_raw_is_null(raw) && !str_eq(raw, "false") && !str_eq(raw, "\"\"") &&
	       !str_eq(raw, "{}");
}

bool anthropic_chunk(struct anthropic_stream *s, struct str chunk, struct buf *out)
{
	struct str v, text;

	chunk = str_trim(chunk);
	if (!chunk.n || *chunk.p != '{')
		return true;
	if (json_find(chunk, "error", &v) && truthy(v)) {
		const char *why = json_find(v, "message", &text) ? json_raw_text(s->arena, text)
				  : json_raw_text(s->arena, v);

		send_error(s, text_empty(why) ? broke_off : why, out);
		return false;
	}
	if (json_find(chunk, "usage", &v) && *v.p == '{')
		s->usage = json_parse(s->arena, v.p, v.n, NULL);
	if (json_find_at(chunk, "choices.0", &v))
		take_choice(s, v, out);
	return true;
}

static void end_calls(struct anthropic_stream *s, struct buf *out)
{
	for (size_t i = 0; i < s->calls; i++) {
		struct anthropic_call *call = &s->call[i];

		if (call->started && !call->stopped)
			block_stop(out, call->block);
	}
}

void anthropic_end(struct anthropic_stream *s, bool complete, struct buf *out)
{
	struct json_object *usage = json_new_object(s->arena), *more = json_new_object(s->arena);
	int64_t in = s->counted, made = 0;

	if (s->failed)
		return;
	if (!complete) {
		send_error(s, broke_off, out);
		return;
	}
	close_block(s, out);
	end_calls(s, out);
	anthropic_usage(s->usage, &in, &made, more);
	json_set_i64(usage, "output_tokens", made);
	if (in >= 0)
		json_set_i64(usage, "input_tokens", in);
	json_object_object_foreach(more, key, v) {
		json_set(usage, key, json_ref(v));
	}
	event(out, "message_delta");
	buf_printf(out, ",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null},\"usage\":",
		   s->stop_reason ? s->stop_reason : "end_turn");
	json_write(out, usage);
	close_event(out);
	event(out, "message_stop");
	close_event(out);
}
