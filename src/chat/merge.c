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

/* Another value for a member whose place in the text is known. */
struct patch {
	struct str old;		/* within the text, { NULL, 0 }: append it */
	const char *key;
	struct str value;
};

static int by_place(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	return (x->old.p > y->old.p) - (x->old.p < y->old.p);
}

/* Write an object's text with some values replaced; nothing is scanned. */
static void write_patched(struct buf *out, struct str object, struct patch *patches, size_t n)
{
	const char *at = object.p, *end = object.p + object.n - 1;	/* the closing brace */
	bool empty = str_trim((struct str){ at + 1, object.n - 2 }).n == 0;

	qsort(patches, n, sizeof(*patches), by_place);
	for (size_t i = 0; i < n; i++) {
		if (!patches[i].old.p)
			continue;
		buf_add(out, at, (size_t)(patches[i].old.p - at));
		buf_addstr(out, patches[i].value);
		at = patches[i].old.p + patches[i].old.n;
	}
	buf_add(out, at, (size_t)(end - at));
	for (size_t i = 0; i < n && !patches[i].old.p; i++) {
		buf_printf(out, "%s\"%s\":", empty ? "" : ",", patches[i].key);
		buf_addstr(out, patches[i].value);
		empty = false;
	}
	buf_addc(out, '}');
}

/* Write a sent message; children (raw) may be NULL to leave them as they are. */
static void write_sent(struct buf *out, const struct chat_msg *m, const struct mark *by,
		       struct str children)
{
	struct patch p[3];
	size_t n = 0;

	if (m->doubled) {
		struct json_change c[3] = { { "user_id", by->id } };

		n = 1;
		if (json_raw_eq(m->role, "user"))
			c[n++] = (struct json_change){ "user", by->user };
		if (children.p)
			c[n++] = (struct json_change){ "childrenIds", children };
		json_splice(out, m->raw, c, n);
		return;
	}
	p[n++] = (struct patch){ m->user_id, "user_id", by->id };
	if (json_raw_eq(m->role, "user"))
		p[n++] = (struct patch){ m->user, "user", by->user };
	if (children.p)
		p[n++] = (struct patch){ m->children_at, "childrenIds", children };
	write_patched(out, m->raw, p, n);
}

static bool is_kind(struct str raw, char open)
{
	return raw.n && raw.p[0] == open;
}

/* History and messages must be of the types that their readers rely on; absent ones are fine. */
static bool well_formed(const struct chat_doc *d)
{
	const char *at = NULL;
	struct str value;

	if (d->history.p && !is_kind(d->history, '{'))
		return false;
	if (chat_raw_true(d->messages) && !is_kind(d->messages, '{'))
		return false;
	for (int i = 0; i < d->tree.count; i++)
		if (!d->tree.msg[i].is_object)
			return false;
	if (chat_raw_true(d->legacy) && !is_kind(d->legacy, '['))
		return false;
	while (is_kind(d->legacy, '[') && json_each_item(d->legacy, &at, &value))
		if (!is_kind(value, '{'))
			return false;
	return true;
}

static struct str sent_messages(const struct chat_tree *t, const struct mark *by)
{
	struct buf *out = buf_in(t->arena, 0);
	struct str none = { NULL, 0 };

	buf_addc(out, '{');
	for (int i = 0; i < t->count; i++) {
		if (t->msg[i].dead)
			continue;
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, t->msg[i].key);
		buf_addc(out, ':');
		write_sent(out, &t->msg[i], by, none);
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
		struct chat_msg m = { 0 };

		if (out->len > 1)
			buf_addc(out, ',');
		chat_msg_read(&m, value);
		write_sent(out, &m, by, none);
	}
	buf_addc(out, ']');
	return own(out);
}

static void write_member(struct buf *out, struct str key, struct str value)
{
	if (out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_addstr(out, key);
	buf_addc(out, ':');
	buf_addstr(out, value);
}

static struct json_change *change_of(struct json_change *changes, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (json_raw_eq(key, changes[i].key))
			return &changes[i];
	return NULL;
}

/* An object of the members of `a`, those of `b` over them, and the changes over both. */
static struct str overlay(struct arena *arena, const struct chat_tree *a, const struct chat_tree *b,
			  struct json_change *changes, size_t n)
{
	struct buf *out = buf_in(arena, 0);
	struct json_change *c;
	size_t room = 4096;

	for (size_t i = 0; i < n; i++)
		room += changes[i].value.n;
	buf_reserve(out, room);
	buf_addc(out, '{');
	for (int i = 0; i < a->count; i++) {
		int over = chat_tree_find(b, a->msg[i].id);

		if (a->msg[i].dead)
			continue;
		c = change_of(changes, n, a->msg[i].key);
		if (c)
			c->done = true;
		write_member(out, a->msg[i].key, c ? c->value : over >= 0 ? b->msg[over].raw : a->msg[i].raw);
	}
	for (int i = 0; i < b->count; i++) {
		if (b->msg[i].dead || chat_tree_find(a, b->msg[i].id) >= 0)
			continue;
		c = change_of(changes, n, b->msg[i].key);
		if (c)
			c->done = true;
		write_member(out, b->msg[i].key, c ? c->value : b->msg[i].raw);
	}
	for (size_t i = 0; i < n; i++) {
		if (changes[i].done)
			continue;
		json_member(out, changes[i].key);
		buf_addstr(out, changes[i].value);
	}
	buf_addc(out, '}');
	return own(out);
}

static const struct chat_tree nothing;

bool chat_sent(struct arena *a, struct str sent, const struct chat_author *by,
	       struct chat_merged *out)
{
	struct mark mark = make_mark(a, by);
	struct json_change c[2];
	struct chat_doc d;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!chat_doc_read(&d, a, sent) || !well_formed(&d))
		return false;
	out->title = d.title;
	out->current = chat_doc_current(a, &d, d.current);
	out->current_set = out->touched = true;
	if (is_kind(d.legacy, '[')) {
		out->messages = sent_legacy(a, d.legacy, &mark);
		c[n++] = (struct json_change){ "messages", out->messages };
	}
	if (is_kind(d.messages, '{')) {
		struct json_change in_history = { "messages", sent_messages(&d.tree, &mark) };

		if (d.tree.count)
			out->messages = in_history.value;
		c[n++] = (struct json_change){ "history", overlay(a, &d.in_history, &nothing, &in_history, 1) };
	}
	out->text = overlay(a, &d.members, &nothing, c, n);
	return true;
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
	const struct chat_tree *old, *new;
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
	m->list = arena_calloc(m->arena, (size_t)(m->old->count + m->new->count) + 1, sizeof(*m->list));
	m->of_old = arena_calloc(m->arena, (size_t)m->old->count + 1, sizeof(*m->of_old));
	m->of_new = arena_calloc(m->arena, (size_t)m->new->count + 1, sizeof(*m->of_new));
	for (int i = 0; i < m->old->count; i++) {
		const struct chat_msg *old = &m->old->msg[i];
		int n = chat_tree_find(m->new, old->id);
		bool sent = n >= 0 && !(old->is_object && stored_wins(m, old, &m->new->msg[n]));

		m->of_old[i] = -1;
		if (old->dead || !(old->is_object || sent))
			continue;
		m->of_old[i] = m->count;
		m->list[m->count++] = (struct merged){ sent ? &m->new->msg[n] : old, old, sent, -1, -1, -1 };
	}
	for (int i = 0; i < m->new->count; i++) {
		const struct chat_msg *new = &m->new->msg[i];
		int o = chat_tree_find(m->old, new->id);

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
	int i = chat_tree_find(m->old, id);

	if (i >= 0)
		return m->of_old[i];
	i = chat_tree_find(m->new, id);
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
		write_sent(out, e->msg, &m->mark, own(children));
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
	size_t room = 4096;

	for (int i = 0; i < m->count; i++)
		room += m->list[i].msg->raw.n + m->list[i].msg->key.n + 128;
	buf_reserve(out, room);
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
	return overlay(m->arena, &old->in_history, &new->in_history, c, 2);
}

bool chat_merge(struct arena *a, struct str stored, struct str sent, const char *owner,
		const struct chat_author *by, struct chat_merged *out)
{
	struct chat_doc old, new;
	struct merger m = { .arena = a, .old = &old.tree, .new = &new.tree, .mark = make_mark(a, by),
			    .owner = str_of(owner) };
	struct buf *rows = buf_in(a, 0);
	struct json_change c[2];
	struct str current;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!chat_doc_read(&new, a, sent) || !well_formed(&new))
		return false;
	if (!chat_doc_read(&old, a, stored))
		chat_doc_read(&old, a, STR("{}"));
	current = old.current;
	if (new.history.p)
		c[n++] = (struct json_change){ "history", merge_history(&m, &old, &new, &current, rows) };
	if (is_kind(new.legacy, '['))
		c[n++] = (struct json_change){ "messages", sent_legacy(a, new.legacy, &m.mark) };
	out->text = overlay(a, &old.members, &new.members, c, n);
	if (rows->len) {
		buf_addc(rows, '}');
		out->messages = own(rows);
	}
	out->touched = new.history.p || new.legacy.p;
	out->current_set = out->touched || new.current_id.p || new.branch_point.p;
	out->title = new.title.p ? new.title : old.title;
	if (new.current_id.p)
		old.current_id = new.current_id;
	if (new.branch_point.p)
		old.branch_point = new.branch_point;
	if (new.legacy.p)
		old.legacy = new.legacy;
	out->current = chat_doc_current(a, &old, current);
	return true;
}
