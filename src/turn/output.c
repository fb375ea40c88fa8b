#include "turn/output.h"

#include "base/clock.h"
#include "base/rand.h"

void output_init(struct output *o, struct arena *a)
{
	memset(o, 0, sizeof(*o));
	o->arena = a;
}

void output_free(struct output *o)
{
	for (size_t i = 0; i < o->count; i++)
		buf_free(&o->items[i]->text);
	o->count = 0;
}

struct item *output_last(struct output *o)
{
	return o->count ? o->items[o->count - 1] : NULL;
}

static void make_id(struct item *it, const char *prefix)
{
	char digits[25];

	rand_hex(digits, 12);
	snprintf(it->id, sizeof(it->id), "%s_%s", prefix, digits);
}

struct item *output_add(struct output *o, enum item_kind kind)
{
	static const char *const prefixes[] = { "msg", "r", "fc", "ci", "item" };
	struct item *it;

	if (o->count == OUTPUT_MAX_ITEMS) {
		o->full = true;
		return NULL;
	}
	it = arena_alloc(o->arena, sizeof(*it));
	it->kind = kind;
	it->status = "in_progress";
	it->started = time_f();
	it->start_tag = "<think>";
	it->end_tag = "</think>";
	it->text.max = OUTPUT_MAX_TEXT;
	make_id(it, prefixes[kind]);
	o->items[o->count++] = it;
	return it;
}

size_t output_index(const struct output *o, const struct item *it)
{
	size_t i = 0;

	while (i < o->count && o->items[i] != it)
		i++;
	return i;
}

struct item *output_insert(struct output *o, size_t index, enum item_kind kind)
{
	struct item *it = output_add(o, kind);

	if (!it)
		return NULL;
	memmove(&o->items[index + 1], &o->items[index], (o->count - 1 - index) * sizeof(it));
	o->items[index] = it;
	return it;
}

void output_drop_last(struct output *o)
{
	if (o->count)
		buf_free(&o->items[--o->count]->text);
}

/* The place where a resumed turn goes on: nothing was written there yet. */
static bool is_blank(struct json_object *stored)
{
	struct json_object *parts = json_get(stored, "content");

	return text_eq(json_text(stored, "status", NULL), "in_progress") && json_len(parts) < 2 &&
	       !*json_text(json_item(parts, 0), "text", "");
}

static void load_message(struct output *o, struct json_object *stored)
{
	struct item *it = is_blank(stored) ? NULL : output_add(o, ITEM_MESSAGE);

	if (!it)
		return;
	snprintf(it->id, sizeof(it->id), "%s", json_text(stored, "id", it->id));
	it->parts = json_copy(o->arena, json_get(stored, "content"));
	it->status = "completed";
}

void output_load(struct output *o, struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *stored = json_item(list, i);
		struct item *it;

		if (strcmp(json_text(stored, "type", ""), "message") == 0) {
			load_message(o, stored);
			continue;
		}
		it = output_add(o, ITEM_OTHER);
		if (it) {
			it->whole = json_copy(o->arena, stored);
			it->status = "completed";
		}
	}
	if (o->count && o->items[o->count - 1]->kind == ITEM_MESSAGE)
		o->items[o->count - 1]->status = "in_progress";
}

bool output_append(struct output *o, struct item *it, struct str text)
{
	if (o->full || o->text_bytes + text.n > OUTPUT_MAX_TEXT) {
		o->full = true;
		return false;
	}
	o->text_bytes += text.n;
	buf_addstr(&it->text, text);
	return true;
}

void output_close(struct item *it)
{
	it->status = "completed";
	it->ended = time_f();
}

static void strip_text(struct buf *text)
{
	struct str s = str_trim((struct str){ buf_text(text), text->len });

	if (!text->data)
		return;
	memmove(text->data, s.p, s.n);
	text->len = s.n;
	text->data[s.n] = '\0';
}

void output_strip(struct output *o)
{
	struct item *last = output_last(o);

	if (!last || last->kind != ITEM_MESSAGE || last->parts)
		return;
	strip_text(&last->text);
	if (!last->text.len)
		output_drop_last(o);
}

void output_finish(struct output *o, const char *status)
{
	for (size_t i = 0; i < o->count; i++) {
		struct item *it = o->items[i];

		if (strcmp(it->status, "in_progress") != 0)
			continue;
		if (it->kind == ITEM_REASONING)
			output_close(it);
		it->status = status;
	}
	output_strip(o);
}

static void message_json(struct buf *b, const struct item *it, bool live)
{
	buf_printf(b, "{\"type\":\"message\",\"id\":\"%s\",\"status\":\"%s\",\"role\":\"assistant\","
		   "\"content\":[", it->id, it->status);
	for (size_t i = 0; i < json_len(it->parts); i++) {
		json_write(b, json_item(it->parts, i));
		buf_addc(b, ',');
	}
	if (it->parts && !it->text.len && json_len(it->parts)) {
		b->len--;	/* nothing was added to the parts that there were */
	} else {
		buf_printf(b, "{\"type\":\"%s\",\"text\":", live ? "text" : "output_text");
		buf_json_n(b, buf_text(&it->text), it->text.len);
		buf_addc(b, '}');
	}
	buf_adds(b, "]}");
}

static void reasoning_json(struct buf *b, const struct item *it)
{
	buf_printf(b, "{\"type\":\"reasoning\",\"id\":\"%s\",\"status\":\"%s\",\"start_tag\":", it->id,
		   it->status);
	buf_json(b, it->start_tag);
	buf_adds(b, ",\"end_tag\":");
	buf_json(b, it->end_tag);
	buf_printf(b, ",\"attributes\":%s,\"content\":", it->by_tag ? "{}" : "{\"type\":\"reasoning_content\"}");
	if (it->text.len) {
		buf_adds(b, "[{\"type\":\"output_text\",\"text\":");
		buf_json_n(b, it->text.data, it->text.len);
		buf_adds(b, "}]");
	} else {
		buf_adds(b, "[]");
	}
	buf_printf(b, ",\"summary\":null,\"started_at\":%.6f", it->started);
	if (it->ended > 0)
		buf_printf(b, ",\"ended_at\":%.6f,\"duration\":%d", it->ended,
			   (int)(it->ended - it->started));
	buf_addc(b, '}');
}

static void call_json(struct buf *b, const struct item *it)
{
	const char *id = it->call_id ? it->call_id : it->id;

	buf_adds(b, "{\"type\":\"function_call\",\"id\":");
	buf_json(b, id);
	buf_adds(b, ",\"call_id\":");
	buf_json(b, id);
	buf_adds(b, ",\"name\":");
	buf_json(b, it->name ? it->name : "");
	buf_adds(b, ",\"arguments\":");
	buf_json_n(b, buf_text(&it->text), it->text.len);
	buf_printf(b, ",\"status\":\"%s\"}", it->status);
}

static void code_json(struct buf *b, const struct item *it)
{
	buf_printf(b, "{\"type\":\"open_webui:code_interpreter\",\"id\":\"%s\",\"status\":\"%s\",\"start_tag\":",
		   it->id, it->status);
	buf_json(b, it->start_tag);
	buf_adds(b, ",\"end_tag\":");
	buf_json(b, it->end_tag);
	buf_adds(b, ",\"attributes\":");
	json_write(b, it->attributes);
	buf_adds(b, ",\"lang\":");
	buf_json(b, json_text(it->attributes, "lang", "python"));
	buf_adds(b, ",\"code\":");
	buf_json_n(b, buf_text(&it->text), it->text.len);
	buf_adds(b, ",\"output\":");
	if (it->whole)
		json_write(b, it->whole);
	else
		buf_adds(b, "null");
	buf_printf(b, ",\"started_at\":%.6f", it->started);
	if (it->ended > 0)
		buf_printf(b, ",\"ended_at\":%.6f,\"duration\":%d", it->ended, (int)(it->ended - it->started));
	buf_addc(b, '}');
}

void output_item_json(struct buf *b, const struct item *it, bool live)
{
	switch (it->kind) {
	case ITEM_MESSAGE:
		message_json(b, it, live);
		break;
	case ITEM_REASONING:
		reasoning_json(b, it);
		break;
	case ITEM_FUNCTION_CALL:
		call_json(b, it);
		break;
	case ITEM_CODE:
		code_json(b, it);
		break;
	case ITEM_OTHER:
		json_write(b, it->whole);
		break;
	}
}

void output_json(struct buf *b, const struct output *o, bool live)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < o->count; i++) {
		if (i)
			buf_addc(b, ',');
		output_item_json(b, o->items[i], live);
	}
	buf_addc(b, ']');
}

void output_content(struct buf *b, const struct output *o)
{
	buf_adds(b, "");
	for (size_t i = 0; i < o->count; i++) {
		const struct item *it = o->items[i];

		if (it->kind != ITEM_MESSAGE)
			continue;
		for (size_t k = 0; k < json_len(it->parts); k++)
			buf_adds(b, json_text(json_item(it->parts, k), "text", ""));
		buf_add(b, buf_text(&it->text), it->text.len);
	}
}
