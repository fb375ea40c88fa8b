#include "turn/tool_stream.h"

#include "turn/events.h"

static const char *id_of(const struct item *it)
{
	return it->call_id ? it->call_id : it->id;
}

/* Is that id in use in this answer?  Some providers count from the beginning in every round. */
static bool is_taken(const struct turn *t, const char *id)
{
	for (size_t i = 0; i < t->out.count; i++) {
		const struct item *it = t->out.items[i];

		if ((it->kind == ITEM_FUNCTION_CALL && strcmp(id_of(it), id) == 0) ||
		    (it->whole && text_eq(json_text(it->whole, "call_id", NULL), id)))
			return true;
	}
	return false;
}

static void emit_arguments(struct turn *t, struct item *it, const char *what, const char *key, struct str text)
{
	struct buf b = BUF_INIT;

	if (t->continued)
		return;		/* its snapshots hold all of it */
	buf_printf(&b, "{\"type\":\"response.function_call_arguments.%s\",\"item_id\":", what);
	buf_json(&b, id_of(it));
	buf_printf(&b, ",\"output_index\":%zu,\"%s\":", output_index(&t->out, it), key);
	buf_json_n(&b, text.p ? text.p : "", text.n);
	buf_addc(&b, '}');
	turn_emit(t, "response:completion", b.data);
	buf_free(&b);
}

static struct item *find(const struct tool_stream *s, int64_t index)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->calls[i].index == index)
			return s->calls[i].item;
	return NULL;
}

static struct item *add(struct tool_stream *s, struct turn *t, int64_t index, struct str call)
{
	struct item *it = s->count < TOOL_CALLS_MAX ? output_add(&t->out, ITEM_FUNCTION_CALL) : NULL;
	struct str raw;

	if (!it)
		return NULL;
	it->name = "";
	it->text.max = TOOL_ARGUMENTS_MAX;
	if (json_find(call, "id", &raw) && json_raw_is_string(raw)) {
		const char *id = json_raw_text(t->arena, raw);

		if (!text_empty(id) && !is_taken(t, id))
			it->call_id = id;
	}
	s->calls[s->count].index = index;
	s->calls[s->count++].item = it;
	return it;
}

/* Arguments as text: objects, too, which some servers send as they are. */
static const char *arguments_of(struct turn *t, struct str function)
{
	struct str raw;

	if (!json_find(function, "arguments", &raw) || json_raw_is_null(raw))
		return NULL;
	return json_raw_is_string(raw) ? json_raw_text(t->arena, raw) : arena_strndup(t->arena, raw.p, raw.n);
}

static bool take_one(struct tool_stream *s, struct turn *t, struct str call, int64_t place)
{
	struct str raw, function = { NULL, 0 };
	struct item *it;
	const char *text;
	bool is_new;
	int64_t index = place;

	if (json_find(call, "index", &raw))
		str_to_i64(raw, 0, INT32_MAX, &index);
	it = find(s, index);
	is_new = !it;
	if (is_new)
		it = add(s, t, index, call);
	if (!it)
		return false;
	json_find(call, "function", &function);
	if (json_find(function, "name", &raw) && json_raw_is_string(raw) && raw.n > 2)
		it->name = json_raw_text(t->arena, raw);
	if (is_new)
		turn_emit_output_item(t, "added", it);
	text = arguments_of(t, function);
	if (!text)
		return true;
	if (!output_append(&t->out, it, str_of(text)))
		return false;
	emit_arguments(t, it, "delta", "delta", str_of(text));
	return !it->text.full;
}

bool tool_stream_take(struct tool_stream *s, struct turn *t, struct str calls)
{
	const char *at = NULL;
	struct str call;
	int64_t place = 0;

	while (json_each_item(calls, &at, &call))
		if (!take_one(s, t, call, place++))
			return false;
	return true;
}

void tool_stream_end(struct tool_stream *s, struct turn *t)
{
	for (size_t i = 0; i < s->count; i++) {
		struct item *it = s->calls[i].item;

		it->status = "completed";
		emit_arguments(t, it, "done", "arguments", (struct str){ it->text.data, it->text.len });
		turn_emit_output_item(t, "done", it);
	}
	s->count = 0;
}
