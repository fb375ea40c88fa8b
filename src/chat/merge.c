#include "chat/merge.h"

#include "json/splice.h"

/* The raw texts that mark a message as its author's. */
struct mark {
	struct str id, user;
};

static struct str own(struct buf *b)
{
	return (struct str){ buf_text(b), b->len };
}

static struct mark make_mark(struct arena *a, const struct chat_author *by)
{
	struct buf *id = buf_in(a, 0), *user = buf_in(a, 0);

	buf_json(id, by->id);
	buf_printf(user, "{\"id\":%s,\"name\":", buf_text(id));
	buf_json(user, by->name ? by->name : "");
	buf_addc(user, '}');
	return (struct mark){ own(id), own(user) };
}

/* Write a sent message; children (raw) may be NULL to leave them as they are. */
static void write_sent(struct buf *out, struct str message, struct str role, const struct mark *by,
		       struct str children)
{
	struct json_change c[3];
	size_t n = 0;

	c[n++] = (struct json_change){ "user_id", by->id };
	if (json_raw_eq(role, "user"))
		c[n++] = (struct json_change){ "user", by->user };
	if (children.p)
		c[n++] = (struct json_change){ "childrenIds", children };
	json_splice(out, message, c, n);
}

static bool is_kind(struct str raw, char open)
{
	return raw.n && raw.p[0] == open;
}

/* History and messages must be of the types that their readers rely on; absent ones are fine. */
static bool well_formed(const struct chat_doc *d)
{
	const char *at = NULL;
	struct str key, value;

	if (d->history.p && !is_kind(d->history, '{'))
		return false;
	if (chat_raw_true(d->messages) && !is_kind(d->messages, '{'))
		return false;
	while (is_kind(d->messages, '{') && json_each(d->messages, &at, &key, &value))
		if (!is_kind(value, '{'))
			return false;
	if (chat_raw_true(d->legacy) && !is_kind(d->legacy, '['))
		return false;
	for (at = NULL; is_kind(d->legacy, '[') && json_each_item(d->legacy, &at, &value);)
		if (!is_kind(value, '{'))
			return false;
	return true;
}

static struct str role_of(struct str message)
{
	struct str role = { NULL, 0 };

	json_find(message, "role", &role);
	return role;
}

static struct str sent_messages(struct arena *a, struct str messages, const struct mark *by)
{
	struct buf *out = buf_in(a, 0);
	const char *at = NULL;
	struct str key, value, none = { NULL, 0 };

	buf_addc(out, '{');
	while (json_each(messages, &at, &key, &value)) {
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, key);
		buf_addc(out, ':');
		write_sent(out, value, role_of(value), by, none);
	}
	buf_addc(out, '}');
	return own(out);
}

static struct str sent_legacy(struct arena *a, struct str list, const struct mark *by)
{
	struct buf *out = buf_in(a, 0);
	const char *at = NULL;
	struct str value, none = { NULL, 0 };

	buf_addc(out, '[');
	while (json_each_item(list, &at, &value)) {
		if (out->len > 1)
			buf_addc(out, ',');
		write_sent(out, value, role_of(value), by, none);
	}
	buf_addc(out, ']');
	return own(out);
}

bool chat_sent(struct arena *a, struct str sent, const struct chat_author *by,
	       struct chat_merged *out)
{
	struct mark mark = make_mark(a, by);
	struct json_change c[2];
	struct chat_doc d;
	struct buf *text;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!chat_doc_read(&d, sent) || !well_formed(&d))
		return false;
	out->title = d.title;
	out->current = chat_doc_current(a, &d, d.current);
	out->current_set = out->touched = true;
	if (is_kind(d.legacy, '[')) {
		struct str legacy = sent_legacy(a, d.legacy, &mark);

		out->messages = legacy;
		c[n++] = (struct json_change){ "messages", legacy };
	}
	if (is_kind(d.messages, '{')) {
		struct json_change in_history = { "messages", sent_messages(a, d.messages, &mark) };
		struct buf *history = buf_in(a, 0);

		json_splice(history, d.history, &in_history, 1);
		if (chat_raw_true(d.messages))
			out->messages = in_history.value;
		c[n++] = (struct json_change){ "history", own(history) };
	}
	text = buf_in(a, 0);
	json_splice(text, d.text, c, n);
	out->text = own(text);
	return !text->full;
}

/* One message of the merged history. */
struct merged {
	const struct chat_msg *msg;
	const struct chat_msg *stored;	/* its stored version, if any */
	bool sent;			/* msg comes from the client */
	int first_child, last_child, next;
};

struct merger {
	struct arena *arena;
	struct chat_tree old, new;
	struct merged *list;
	int count;
	int *of_old, *of_new;		/* place in the list of the trees' messages, or -1 */
	struct mark mark;
	struct str owner;
};

/* Does the stored message stay as it is, whatever was sent? */
static bool stored_wins(struct merger *m, const struct chat_msg *old, const struct chat_msg *new)
{
	struct str by = chat_raw_text(m->arena, old->user_id);

	if (by.n && !chat_same(by, m->owner))
		return true;
	return json_raw_eq(old->role, "assistant") && (old->done_false || new->done_false);
}

static void merge_lists(struct merger *m)
{
	m->list = arena_calloc(m->arena, (size_t)(m->old.count + m->new.count) + 1, sizeof(*m->list));
	m->of_old = arena_calloc(m->arena, (size_t)m->old.count + 1, sizeof(*m->of_old));
	m->of_new = arena_calloc(m->arena, (size_t)m->new.count + 1, sizeof(*m->of_new));
	for (int i = 0; i < m->old.count; i++) {
		const struct chat_msg *old = &m->old.msg[i];
		int n = chat_tree_find(&m->new, old->id);
		bool sent = n >= 0 && !(old->is_object && stored_wins(m, old, &m->new.msg[n]));

		m->of_old[i] = -1;
		if (old->dead || !(old->is_object || sent))
			continue;
		m->of_old[i] = m->count;
		m->list[m->count++] = (struct merged){ sent ? &m->new.msg[n] : old, old, sent, -1, -1, -1 };
	}
	for (int i = 0; i < m->new.count; i++) {
		const struct chat_msg *new = &m->new.msg[i];
		int o = chat_tree_find(&m->old, new->id);

		m->of_new[i] = o >= 0 ? m->of_old[o] : -1;
		if (new->dead || o >= 0)
			continue;
		m->of_new[i] = m->count;
		m->list[m->count++] = (struct merged){ new, NULL, true, -1, -1, -1 };
	}
}

/* The place in the list of the message with this raw id, or -1. */
static int place_of(const struct merger *m, struct str raw)
{
	struct str id = chat_raw_text(m->arena, raw);
	int i = chat_tree_find(&m->old, id);

	if (i >= 0)
		return m->of_old[i];
	i = chat_tree_find(&m->new, id);
	return i >= 0 ? m->of_new[i] : -1;
}

static void link_children(struct merger *m)
{
	for (int i = 0; i < m->count; i++) {
		int p = place_of(m, m->list[i].msg->parent_id);

		if (p < 0)
			continue;
		if (m->list[p].last_child >= 0)
			m->list[m->list[p].last_child].next = i;
		else
			m->list[p].first_child = i;
		m->list[p].last_child = i;
	}
}

static void write_children(const struct merger *m, int i, struct buf *out)
{
	buf_reset(out);
	buf_addc(out, '[');
	for (int c = m->list[i].first_child; c >= 0; c = m->list[c].next) {
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, m->list[c].msg->key);
	}
	buf_addc(out, ']');
}

static void write_merged(struct merger *m, int i, struct buf *out, struct buf *children)
{
	const struct merged *e = &m->list[i];

	write_children(m, i, children);
	if (e->sent) {
		write_sent(out, e->msg->raw, e->msg->role, &m->mark, own(children));
	} else if (chat_same(e->msg->children, own(children))) {
		buf_addstr(out, e->msg->raw);
	} else {
		struct json_change c = { "childrenIds", own(children) };

		json_splice(out, e->msg->raw, &c, 1);
	}
}

/* Is the message at `at` of the written text one whose row must be written? */
static void note_changed(const struct merged *e, struct str text, struct buf *rows)
{
	if (!chat_raw_true(e->msg->role) || (e->stored && chat_same(e->stored->raw, text)))
		return;
	buf_addc(rows, rows->len ? ',' : '{');
	buf_addstr(rows, e->msg->key);
	buf_addc(rows, ':');
	buf_addstr(rows, text);
}

/* The text of the merged messages; those that differ from the stored ones go to `rows` too. */
static struct str write_messages(struct merger *m, struct buf *rows)
{
	struct buf *out = buf_in(m->arena, 0), *children = buf_in(m->arena, 0);

	buf_addc(out, '{');
	for (int i = 0; i < m->count && !out->full; i++) {
		const struct merged *e = &m->list[i];
		size_t at;

		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, e->msg->key);
		buf_addc(out, ':');
		at = out->len;
		write_merged(m, i, out, children);
		if (e->sent && !out->full)
			note_changed(e, (struct str){ out->data + at, out->len - at }, rows);
	}
	buf_addc(out, '}');
	return own(out);
}

/* Copy the members of `a`, then those of `b` over them; neither holds the keys of the changes. */
static struct str overlay(struct arena *arena, struct str a, struct str b, struct json_change *changes,
			  size_t n)
{
	struct chat_tree seen;
	struct buf *out = buf_in(arena, 0);
	const char *at = NULL;
	struct str key, value;

	chat_tree_read(&seen, arena, b);
	buf_addc(out, '{');
	while (is_kind(a, '{') && json_each(a, &at, &key, &value)) {
		int i = chat_tree_find_raw(&seen, key);

		if (i >= 0 && seen.msg[i].linked)
			continue;
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, key);
		buf_addc(out, ':');
		buf_addstr(out, i >= 0 ? seen.msg[i].raw : value);
		if (i >= 0)
			seen.msg[i].linked = true;	/* written */
	}
	for (int i = 0; i < seen.count; i++) {
		if (seen.msg[i].dead || seen.msg[i].linked)
			continue;
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, seen.msg[i].key);
		buf_addc(out, ':');
		buf_addstr(out, seen.msg[i].raw);
	}
	buf_addc(out, '}');
	if (n) {
		struct buf *changed = buf_in(arena, 0);

		json_splice(changed, own(out), changes, n);
		return own(changed);
	}
	return own(out);
}

static struct str merge_history(struct merger *m, const struct chat_doc *old,
				const struct chat_doc *new, struct str *current, struct buf *rows)
{
	struct json_change c[2];
	int at;

	merge_lists(m);
	link_children(m);
	at = place_of(m, new->current);
	if (at < 0)
		at = place_of(m, old->current);
	*current = at >= 0 ? m->list[at].msg->key : STR("null");
	c[0] = (struct json_change){ "messages", write_messages(m, rows) };
	c[1] = (struct json_change){ "currentId", *current };
	return overlay(m->arena, old->history, new->history, c, 2);
}

bool chat_merge(struct arena *a, struct str stored, struct str sent, const char *owner,
		const struct chat_author *by, struct chat_merged *out)
{
	struct merger m = { .arena = a, .mark = make_mark(a, by), .owner = str_of(owner) };
	struct chat_doc old, new, result;
	struct buf *rows = buf_in(a, 0);
	struct json_change c[2];
	struct str current;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!chat_doc_read(&new, sent) || !well_formed(&new))
		return false;
	if (!chat_doc_read(&old, stored))
		chat_doc_read(&old, STR("{}"));
	if (new.history.p) {
		if (!chat_tree_read(&m.old, a, old.messages) || !chat_tree_read(&m.new, a, new.messages))
			return false;
		c[n++] = (struct json_change){ "history", merge_history(&m, &old, &new, &current, rows) };
	}
	if (is_kind(new.legacy, '['))
		c[n++] = (struct json_change){ "messages", sent_legacy(a, new.legacy, &m.mark) };
	out->text = overlay(a, stored, sent, c, n);
	if (rows->len) {
		buf_addc(rows, '}');
		out->messages = own(rows);
	}
	out->touched = new.history.p || new.legacy.p;
	out->current_set = out->touched || new.current_id.p || new.branch_point.p;
	if (!chat_doc_read(&result, out->text))
		return false;
	out->title = result.title;
	out->current = chat_doc_current(a, &result, result.current);
	return true;
}
