/* doc - a chat's document in one pass, see tree.h. */

#include "chat/tree.h"

/* Does an object come next? */
static bool at_object(struct json_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
	return s->p < s->end && *s->p == '{';
}

/* Step over a key; false at the object's end (*ok tells a proper one) or at a fault. */
static bool next_key(struct json_scan *s, struct str *key, bool *ok)
{
	enum json_tok t = json_scan_next(s, key);

	*ok = t == JT_OBJECT_END;
	return t == JT_KEY;
}

static bool add_member(struct chat_tree *t, struct str key, struct str value)
{
	struct chat_msg *m = chat_tree_add(t, key);

	if (m)
		m->raw = value;
	return m != NULL;
}

/* The text from `start` to where the scanner stands. */
static struct str since(const struct json_scan *s, const char *start)
{
	return (struct str){ start, (size_t)(s->p - start) };
}

static bool read_message(struct json_scan *s, struct chat_msg *m)
{
	const char *start;
	struct str key, value;
	bool ok;

	if (!at_object(s))
		return json_scan_value(s, &m->raw);
	start = s->p;
	m->is_object = true;
	json_scan_next(s, NULL);
	while (next_key(s, &key, &ok)) {
		if (!json_scan_value(s, &value))
			return false;
		chat_msg_field(m, key, value);
	}
	m->raw = since(s, start);
	return ok;
}

static bool read_messages(struct json_scan *s, struct chat_doc *d, struct arena *a)
{
	const char *start = s->p;
	struct str key;
	bool ok;

	chat_tree_begin(&d->tree, a);
	json_scan_next(s, NULL);
	while (next_key(s, &key, &ok)) {
		struct chat_msg *m = chat_tree_add(&d->tree, key);

		if (!m || !read_message(s, m))
			return false;
	}
	d->messages = since(s, start);
	return ok;
}

static bool read_history(struct json_scan *s, struct chat_doc *d, struct arena *a)
{
	const char *start = s->p;
	struct str key, value;
	bool ok;

	chat_tree_begin(&d->in_history, a);
	chat_tree_begin(&d->tree, a);
	d->messages = d->current = (struct str){ NULL, 0 };
	json_scan_next(s, NULL);
	while (next_key(s, &key, &ok)) {
		if (json_raw_eq(key, "messages") && at_object(s)) {
			if (!read_messages(s, d, a))
				return false;
			value = d->messages;
		} else if (!json_scan_value(s, &value)) {
			return false;
		} else if (json_raw_eq(key, "messages")) {
			chat_tree_begin(&d->tree, a);
			d->messages = value;
		} else if (json_raw_eq(key, "currentId")) {
			d->current = value;
		}
		if (!add_member(&d->in_history, key, value))
			return false;
	}
	d->history = since(s, start);
	return ok;
}

static void note_member(struct chat_doc *d, struct str key, struct str value)
{
	if (json_raw_eq(key, "history"))
		d->history = value;
	else if (json_raw_eq(key, "messages"))
		d->legacy = value;
	else if (json_raw_eq(key, "title"))
		d->title = value;
	else if (json_raw_eq(key, "currentId"))
		d->current_id = value;
	else if (json_raw_eq(key, "branchPointMessageId"))
		d->branch_point = value;
	else if (json_raw_eq(key, "share_mode"))
		d->has_share_mode = true;
}

bool chat_doc_read(struct chat_doc *d, struct arena *a, struct str text)
{
	struct json_scan s;
	struct str key, value;
	bool ok;

	memset(d, 0, sizeof(*d));
	chat_tree_begin(&d->members, a);
	chat_tree_begin(&d->in_history, a);
	chat_tree_begin(&d->tree, a);
	json_scan_init(&s, text);
	if (!at_object(&s))
		return false;
	d->text = text;
	json_scan_next(&s, NULL);
	while (next_key(&s, &key, &ok)) {
		if (json_raw_eq(key, "history") && at_object(&s)) {
			if (!read_history(&s, d, a))
				return false;
			value = d->history;
		} else if (!json_scan_value(&s, &value)) {
			return false;
		}
		note_member(d, key, value);
		if (!add_member(&d->members, key, value))
			return false;
	}
	chat_tree_finish(&d->members);
	chat_tree_finish(&d->in_history);
	chat_tree_finish(&d->tree);
	return ok;
}

struct str chat_doc_current(struct arena *a, const struct chat_doc *d, struct str current)
{
	struct str last = { NULL, 0 }, item, id;
	const char *at = NULL;

	if (chat_raw_true(current))
		return chat_raw_text(a, current);
	if (chat_raw_true(d->current_id))
		return chat_raw_text(a, d->current_id);
	if (chat_raw_true(d->branch_point))
		return chat_raw_text(a, d->branch_point);
	while (d->legacy.n && d->legacy.p[0] == '[' && json_each_item(d->legacy, &at, &item))
		if (json_find(item, "id", &id) && chat_raw_true(id))
			last = id;
	return chat_raw_text(a, last);
}
