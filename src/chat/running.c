#include "chat/running.h"

enum { TEXT_MAX = 32 * 1024 * 1024 };

/* Adjacent deltas of one item, put together before they are laid over it. */
struct run {
	struct json_object *item;
	const char *id;
	struct buf *text;
};

static struct json_object *find_item(struct json_object *output, const char *id)
{
	for (size_t i = json_len(output); i-- > 0;)
		if (text_eq(json_text(json_item(output, i), "id", NULL), id))
			return json_item(output, i);
	return NULL;
}

/* An item that the snapshot does not have: its first delta came later. */
static struct json_object *new_item(struct json_object *output, const char *id, const char *type)
{
	struct json_object *it = json_object_new_object();
	bool reasoning = strstr(type, "reasoning") != NULL;

	json_set_text(it, "type", reasoning ? "reasoning" : "message");
	json_set_text(it, "id", id);
	json_set_text(it, "status", "in_progress");
	if (!reasoning)
		json_set_text(it, "role", "assistant");
	json_set(it, "content", json_object_new_array());
	json_object_array_add(output, it);
	return it;
}

static void lay_over(struct run *r)
{
	struct json_object *parts = json_get(r->item, "content"), *part;
	const char *old;

	if (!r->item || !r->text->len)
		return;
	part = json_item(parts, json_len(parts) ? json_len(parts) - 1 : 0);
	if (!part) {
		part = json_object_new_object();
		json_set_text(part, "type", "output_text");
		json_object_array_add(parts, part);
	}
	old = json_text(part, "text", "");
	if (*old) {
		struct buf all = BUF_INIT;

		buf_adds(&all, old);
		buf_add(&all, r->text->data, r->text->len);
		json_set_text(part, "text", all.data);
		buf_free(&all);
	} else {
		json_set_text(part, "text", r->text->data);
	}
	buf_reset(r->text);
}

static void take_delta(struct arena *a, struct run *r, struct json_object *output, struct str line)
{
	struct json_object *d = json_parse(a, line.p, line.n, NULL);
	const char *id = json_text(d, "item_id", NULL), *text = json_text(d, "delta", NULL);

	if (!id || !text)
		return;
	if (!text_eq(id, r->id)) {
		lay_over(r);
		r->id = id;
		r->item = find_item(output, id);
		if (!r->item)
			r->item = new_item(output, id, json_text(d, "type", ""));
	}
	buf_adds(r->text, text);
}

struct json_object *running_read(struct arena *a, const char *value)
{
	struct run r = { .text = buf_in(a, TEXT_MAX) };
	struct str rest = str_of(value), line = str_split(&rest, '\n');
	struct json_object *o = json_parse(a, line.p, line.n, NULL), *output = json_get(o, "output");

	if (!json_is(output, json_type_array))
		return NULL;
	while (rest.p && rest.n) {
		line = str_split(&rest, '\n');
		if (line.n)
			take_delta(a, &r, output, line);
	}
	lay_over(&r);
	return o;
}
