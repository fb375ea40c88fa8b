#include "chat/edit.h"

#include "base/clock.h"
#include "json/splice.h"

/* What becomes of a message; texts are raw, { NULL, 0 } leaves it as it is. */
struct change {
	struct str text, children, parent;
	bool gone;
};

struct editor {
	struct arena *arena;
	struct chat_doc doc;
	struct change *change;		/* per message of the tree */
	struct str current;
	struct str new_key, new_text;	/* a further message */
};

static struct str own(struct buf *b)
{
	return (struct str){ buf_text(b), b->len };
}

static struct str quoted(struct arena *a, struct str id)
{
	struct buf *b = buf_in(a, 0);

	buf_json_n(b, id.p, id.n);
	return own(b);
}

static bool open_doc(struct editor *e, struct arena *a, struct str doc)
{
	memset(e, 0, sizeof(*e));
	e->arena = a;
	if (!chat_doc_read(&e->doc, a, doc))
		return false;
	e->change = arena_calloc(a, (size_t)e->doc.tree.count + 1, sizeof(*e->change));
	e->current = e->doc.current;
	chat_tree_repair(&e->doc.tree, &e->current);
	return true;
}

/* The child list of a message as it will be. */
static struct str children_of(struct editor *e, int i)
{
	struct chat_msg *m = &e->doc.tree.msg[i];

	if (e->change[i].children.p)
		return e->change[i].children;
	if (m->first_added >= 0) {
		struct buf *b = buf_in(e->arena, 0);

		chat_tree_children(&e->doc.tree, i, b);
		e->change[i].children = own(b);
		return e->change[i].children;
	}
	return m->children;
}

static void write_message(struct editor *e, int i, struct buf *out)
{
	struct change *change = &e->change[i];
	struct json_change c[2];
	struct str text = change->text.p ? change->text : e->doc.tree.msg[i].raw;
	size_t n = 0;

	children_of(e, i);
	if (change->children.p)
		c[n++] = (struct json_change){ "childrenIds", change->children };
	if (change->parent.p)
		c[n++] = (struct json_change){ "parentId", change->parent };
	if (n)
		json_splice(out, text, c, n);
	else
		buf_addstr(out, text);
}

static struct str write_messages(struct editor *e)
{
	struct buf *out = buf_in(e->arena, 0);

	buf_addc(out, '{');
	for (int i = 0; i < e->doc.tree.count; i++) {
		if (e->doc.tree.msg[i].dead || e->change[i].gone)
			continue;
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, e->doc.tree.msg[i].key);
		buf_addc(out, ':');
		write_message(e, i, out);
	}
	if (e->new_key.p) {
		if (out->len > 1)
			buf_addc(out, ',');
		buf_addstr(out, e->new_key);
		buf_addc(out, ':');
		buf_addstr(out, e->new_text);
	}
	buf_addc(out, '}');
	return own(out);
}

static void write_doc(struct editor *e, struct chat_merged *out)
{
	struct buf *history = buf_in(e->arena, 0), *text = buf_in(e->arena, 0);
	struct json_change in_history[2] = { { "messages", write_messages(e) },
					     { "currentId", e->current } };
	struct json_change in_doc;

	if (!in_history[1].value.p)
		in_history[1].value = STR("null");
	json_splice(history, e->doc.history.n && e->doc.history.p[0] == '{' ? e->doc.history : STR("{}"),
		    in_history, 2);
	in_doc = (struct json_change){ "history", own(history) };
	json_splice(text, e->doc.text, &in_doc, 1);
	out->text = own(text);
	out->title = e->doc.title;
	out->current = chat_doc_current(e->arena, &e->doc, e->current);
	out->current_set = true;
}

static void note_row(struct editor *e, int i, struct buf *rows)
{
	buf_addc(rows, rows->len ? ',' : '{');
	buf_addstr(rows, e->doc.tree.msg[i].key);
	buf_addc(rows, ':');
	write_message(e, i, rows);
}

/* The meta that a stored message gets: what is sent over what it has. */
static struct str merged_meta(struct editor *e, struct str stored, struct str sent)
{
	struct json_change c[JSON_CHANGES_MAX];
	struct buf *out = buf_in(e->arena, 0);
	const char *at = NULL;
	struct str key, value;
	size_t n = 0;

	if (!stored.n || stored.p[0] != '{')
		return sent;
	while (n < JSON_CHANGES_MAX && json_each(sent, &at, &key, &value)) {
		struct str name = chat_raw_text(e->arena, key);

		c[n++] = (struct json_change){ arena_strndup(e->arena, name.p, name.n), value };
	}
	json_splice(out, stored, c, n);
	return own(out);
}

static void patch_message(struct editor *e, int i, struct str patch)
{
	struct json_change c[JSON_CHANGES_MAX];
	struct buf *out = buf_in(e->arena, 0);
	const char *at = NULL;
	struct str key, value;
	size_t n = 0;

	while (n < JSON_CHANGES_MAX && json_each(patch, &at, &key, &value)) {
		struct str name = chat_raw_text(e->arena, key);

		if (str_eq(name, "meta"))
			value = merged_meta(e, e->doc.tree.msg[i].meta, value);
		c[n++] = (struct json_change){ arena_strndup(e->arena, name.p, name.n), value };
	}
	json_splice(out, e->doc.tree.msg[i].raw, c, n);
	e->change[i].text = own(out);
}

/* The message that lists `id` among its children, or -1. */
static int listed_by(const struct editor *e, struct str id)
{
	for (int i = 0; i < e->doc.tree.count; i++) {
		const char *at = NULL;
		struct str child;

		if (e->doc.tree.msg[i].dead || !e->doc.tree.msg[i].children.p)
			continue;
		while (json_each_item(e->doc.tree.msg[i].children, &at, &child))
			if (chat_same(chat_raw_text(e->arena, child), id))
				return i;
	}
	return -1;
}

static void make_message(struct editor *e, const char *id, struct str patch)
{
	struct json_change c[5];
	struct buf *out = buf_in(e->arena, 0);
	int parent = listed_by(e, str_of(id));
	bool answers_question = parent < 0 || !json_raw_eq(e->doc.tree.msg[parent].role, "assistant");
	const char *now = arena_i64(e->arena, time_s());

	e->new_key = quoted(e->arena, str_of(id));
	c[0] = (struct json_change){ "id", e->new_key };
	c[1] = (struct json_change){ "parentId", parent < 0 ? STR("null") : e->doc.tree.msg[parent].key };
	c[2] = (struct json_change){ "childrenIds", STR("[]") };
	c[3] = (struct json_change){ "role", answers_question ? STR("\"assistant\"") : STR("\"user\"") };
	c[4] = (struct json_change){ "timestamp", str_of(now) };
	json_splice(out, patch, c, ARRAY_SIZE(c));
	e->new_text = own(out);
	e->current = e->new_key;
}

bool chat_edit_put(struct arena *a, struct str doc, const char *id, struct str patch,
		   struct chat_merged *out)
{
	struct buf *rows = buf_in(a, 0);
	struct editor e;
	int i;

	memset(out, 0, sizeof(*out));
	if (!open_doc(&e, a, doc))
		return false;
	i = chat_tree_find(&e.doc.tree, str_of(id));
	if (i >= 0 && e.doc.tree.msg[i].is_object) {
		patch_message(&e, i, patch);
		note_row(&e, i, rows);
	} else if (i >= 0) {
		return false;
	} else {
		make_message(&e, id, patch);
		buf_addc(rows, '{');
		buf_addstr(rows, e.new_key);
		buf_addc(rows, ':');
		buf_addstr(rows, e.new_text);
	}
	buf_addc(rows, '}');
	out->messages = own(rows);
	out->touched = true;
	write_doc(&e, out);
	return true;
}

/* Take `id` out of the list of its parent and put the grandchildren in. */
static void hand_over(struct editor *e, int parent, int gone, struct str grandchildren)
{
	struct buf *list = buf_in(e->arena, 0);
	struct str children = children_of(e, parent), id;
	const char *at = NULL;

	buf_addc(list, '[');
	while (children.p && json_each_item(children, &at, &id)) {
		if (chat_tree_find_raw(&e->doc.tree, id) == gone)
			continue;
		if (list->len > 1)
			buf_addc(list, ',');
		buf_addstr(list, id);
	}
	if (grandchildren.n) {
		if (list->len > 1)
			buf_addc(list, ',');
		buf_addstr(list, grandchildren);
	}
	buf_addc(list, ']');
	e->change[parent].children = own(list);
}

/* Mark the children of `i` as gone; their children move up to `parent`.  Those, comma-separated. */
static struct str lift_grandchildren(struct editor *e, int i, struct str parent)
{
	struct buf *list = buf_in(e->arena, 0);
	struct str children = children_of(e, i), id;
	const char *at = NULL;

	while (children.p && json_each_item(children, &at, &id)) {
		int c = chat_tree_find_raw(&e->doc.tree, id);
		const char *in = NULL;
		struct str below, grand;

		if (c < 0 || e->change[c].gone)
			continue;
		e->change[c].gone = true;
		below = children_of(e, c);
		while (below.p && json_each_item(below, &in, &grand)) {
			int g = chat_tree_find_raw(&e->doc.tree, grand);

			if (g < 0)
				continue;
			e->change[g].parent = parent;
			if (list->len)
				buf_addc(list, ',');
			buf_addstr(list, grand);
		}
	}
	return own(list);
}

static bool at_root(const struct editor *e, int i)
{
	struct str parent = e->change[i].parent.p ? e->change[i].parent : e->doc.tree.msg[i].parent_id;

	return !parent.p || json_raw_is_null(parent);
}

static struct str last_item(struct str array)
{
	struct str item, last = { NULL, 0 };
	const char *at = NULL;

	while (array.p && json_each_item(array, &at, &item))
		last = item;
	return last;
}

/* Where to stand after a removal: the last descendant of the parent, or of the last root. */
static struct str new_current(struct editor *e, struct str parent)
{
	bool *seen = arena_calloc(e->arena, (size_t)e->doc.tree.count + 1, sizeof(*seen));
	struct str next = parent;

	if (!parent.p || json_raw_is_null(parent)) {
		next = (struct str){ NULL, 0 };
		for (int i = 0; i < e->doc.tree.count; i++)
			if (!e->doc.tree.msg[i].dead && !e->change[i].gone && at_root(e, i))
				next = e->doc.tree.msg[i].key;
	}
	for (;;) {
		int i = chat_tree_find_raw(&e->doc.tree, next);
		struct str below;

		if (i < 0 || e->change[i].gone)
			return STR("null");
		seen[i] = true;
		below = last_item(children_of(e, i));
		if (!below.p)
			return e->doc.tree.msg[i].key;
		if (chat_tree_find_raw(&e->doc.tree, below) >= 0 &&
		    seen[chat_tree_find_raw(&e->doc.tree, below)])
			return e->doc.tree.msg[i].key;
		next = below;
	}
}

static void note_removal(struct editor *e, struct str parent, struct chat_merged *out, struct buf *gone)
{
	struct buf *rows = buf_in(e->arena, 0);
	int p = chat_tree_find_raw(&e->doc.tree, parent);

	for (int i = 0; i < e->doc.tree.count; i++) {
		const struct chat_msg *m = &e->doc.tree.msg[i];

		if (m->dead || !m->is_object)
			continue;
		if (e->change[i].gone) {
			if (gone->len > 1)
				buf_addc(gone, ',');
			buf_addstr(gone, m->key);
		} else if (chat_raw_true(m->role) && (e->change[i].parent.p || (p >= 0 && m->parent == p))) {
			note_row(e, i, rows);
		}
	}
	if (rows->len) {
		buf_addc(rows, '}');
		out->messages = own(rows);
	}
}

bool chat_edit_delete(struct arena *a, struct str doc, const char *id, struct chat_merged *out,
		      struct buf *gone)
{
	struct editor e;
	int i;

	memset(out, 0, sizeof(*out));
	if (!open_doc(&e, a, doc))
		return false;
	buf_addc(gone, '[');
	i = chat_tree_find(&e.doc.tree, str_of(id));
	if (i >= 0 && e.doc.tree.msg[i].is_object) {
		struct str parent = e.doc.tree.msg[i].parent_id, lifted;
		int p = e.doc.tree.msg[i].parent;

		if (!parent.p)
			parent = STR("null");
		e.change[i].gone = true;
		lifted = lift_grandchildren(&e, i, parent);
		if (p >= 0 && !e.change[p].gone)
			hand_over(&e, p, i, lifted);
		e.current = new_current(&e, parent);
		note_removal(&e, parent, out, gone);
		out->touched = true;
	}
	buf_addc(gone, ']');
	write_doc(&e, out);
	return true;
}

bool chat_edit_has(struct arena *a, struct str doc, const char *id)
{
	struct chat_doc d;

	return chat_doc_read(&d, a, doc) && chat_tree_find(&d.tree, str_of(id)) >= 0;
}
