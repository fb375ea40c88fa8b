#include "chat/message.h"

#include "chat/tree.h"

enum { DOCUMENT_MAX = 512 * 1024 * 1024 };

static bool same_key(struct arena *a, struct str raw, const char *key)
{
	if (!memchr(raw.p, '\\', raw.n))
		return json_raw_eq(raw, key);
	return text_eq(json_raw_text(a, raw), key);
}

static bool find_message(struct arena *a, struct str messages, const char *id, struct str *out)
{
	const char *at = NULL;
	struct str k, v;

	while (json_each(messages, &at, &k, &v))
		if (same_key(a, k, id)) {
			*out = v;
			return true;
		}
	return false;
}

static struct str messages_of(struct str doc)
{
	struct str v;

	if (json_find_at(doc, "history.messages", &v) && *v.p == '{')
		return v;
	return STR("{}");
}

struct json_object *message_get(struct arena *a, struct str doc, const char *id)
{
	struct str raw;

	if (!find_message(a, messages_of(doc), id, &raw))
		return NULL;
	return json_parse(a, raw.p, raw.n, NULL);
}

struct json_object *message_branch(struct arena *a, struct str doc, const char *id)
{
	struct json_object *list = json_new_array(a);
	struct chat_doc d;
	int *back, n = 0, i;
	bool *seen;

	if (!doc.p || !chat_doc_read(&d, a, doc))
		return list;
	back = arena_calloc(a, (size_t)d.tree.count + 1, sizeof(*back));
	seen = arena_calloc(a, (size_t)d.tree.count + 1, sizeof(*seen));
	i = chat_tree_find(&d.tree, id ? str_of(id) : chat_doc_current(a, &d, d.current));
	for (; i >= 0 && !seen[i] && d.tree.msg[i].is_object; i = d.tree.msg[i].parent) {
		seen[i] = true;
		back[n++] = i;
	}
	while (n-- > 0) {
		struct str raw = d.tree.msg[back[n]].raw;

		json_object_array_add(list, json_ref(json_parse(a, raw.p, raw.n, NULL)));
	}
	return list;
}

static void comma(struct buf *b)
{
	if (b->len && b->data[b->len - 1] != '{')
		buf_addc(b, ',');
}

static void write_member(struct buf *b, const char *key, struct json_object *v)
{
	comma(b);
	buf_json(b, key);
	buf_addc(b, ':');
	json_write(b, v);
}

/* Lay the fields over one stored message. */
static void write_merged(struct arena *a, struct buf *b, struct str raw, struct json_object *fields)
{
	struct json_object *m = json_parse(a, raw.p, raw.n, NULL);

	if (!json_is(m, json_type_object)) {
		json_write(b, fields);
		return;
	}
	json_object_object_foreach(fields, key, v) {
		json_set(m, key, json_ref(v));
	}
	json_write(b, m);
}

static void write_messages(struct arena *a, struct buf *b, struct str messages,
			   struct json_object *changes)
{
	struct json_object *left = json_new_object(a);
	const char *at = NULL;
	struct str k, v;

	json_object_object_foreach(changes, changed, change) {
		json_set(left, changed, json_ref(change));
	}
	buf_addc(b, '{');
	while (json_each(messages, &at, &k, &v)) {
		const char *id = json_object_object_length(left) ? json_raw_text(a, k) : NULL;
		struct json_object *fields = id ? json_get(left, id) : NULL;

		comma(b);
		buf_addstr(b, k);
		buf_addc(b, ':');
		if (fields) {
			write_merged(a, b, v, fields);
			json_del(left, id);
		} else {
			buf_addstr(b, v);
		}
	}
	json_object_object_foreach(left, new_id, message) {
		write_member(b, new_id, message);
	}
	buf_addc(b, '}');
}

static void write_history(struct arena *a, struct buf *b, struct str doc, struct json_object *changes,
			  const char *current_id)
{
	struct str history, k, v;
	const char *at = NULL;

	if (!json_find(doc, "history", &history))
		history = STR("{}");
	buf_addc(b, '{');
	while (json_each(history, &at, &k, &v)) {
		if (json_raw_eq(k, "messages") || (current_id && json_raw_eq(k, "currentId")))
			continue;
		comma(b);
		buf_addstr(b, k);
		buf_addc(b, ':');
		buf_addstr(b, v);
	}
	if (current_id) {
		comma(b);
		buf_adds(b, "\"currentId\":");
		buf_json(b, current_id);
	}
	comma(b);
	buf_adds(b, "\"messages\":");
	write_messages(a, b, messages_of(doc), changes);
	buf_addc(b, '}');
}

const char *message_put(struct arena *a, struct str doc, struct json_object *changes,
			const char *current_id, struct json_object *fields)
{
	struct buf *b = buf_in(a, DOCUMENT_MAX);
	const char *at = NULL;
	struct str k, v;

	doc = str_trim(doc);
	if (!doc.n || *doc.p != '{')
		return NULL;
	buf_addc(b, '{');
	while (json_each(doc, &at, &k, &v)) {
		const char *name = fields ? json_raw_text(a, k) : NULL;

		if (json_raw_eq(k, "history") || (name && json_has(fields, name)))
			continue;
		comma(b);
		buf_addstr(b, k);
		buf_addc(b, ':');
		buf_addstr(b, v);
	}
	if (fields) {
		json_object_object_foreach(fields, name, value) {
			write_member(b, name, value);
		}
	}
	comma(b);
	buf_adds(b, "\"history\":");
	write_history(a, b, doc, changes, current_id);
	buf_addc(b, '}');
	return b->full ? NULL : b->data;
}
