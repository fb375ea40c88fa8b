#include "chat/view.h"

#include "base/map.h"
#include "json/splice.h"

struct seen {
	struct chat_msg *msg;
	struct str author;		/* of a question, unescaped */
	struct str content, output;	/* of a running answer, raw */
	bool hide_meta;
};

struct chat_view {
	struct arena *arena;
	struct chat_viewer who;
	struct chat_doc doc;
	struct seen *history, *legacy;
	size_t legacy_count;
	struct map *authors;		/* id: the text of { id, name } */
	struct buf *missing;
	struct str current;
	bool repaired;
};

static void free_map(void *m)
{
	map_free(m, NULL);
}

static const char *author_text(struct arena *a, struct str id, struct str name)
{
	struct buf *b = buf_in(a, 0);

	buf_adds(b, "{\"id\":");
	buf_json_n(b, id.p, id.n);
	buf_adds(b, ",\"name\":");
	buf_json_n(b, name.p, name.n);
	buf_addc(b, '}');
	return buf_text(b);
}

static void learn_author(struct chat_view *v, struct str id, struct str name)
{
	const char *key = arena_strndup(v->arena, id.p, id.n);
	const char *known = map_get(v->authors, key), *text;

	text = author_text(v->arena, id, name);
	if (!text_eq(known, text))
		map_set(v->authors, key, (void *)(uintptr_t)text);
}

/* A user object of exactly an id and a name: its parts. */
static bool read_user(struct arena *a, struct str user, struct str *id, struct str *name)
{
	const char *at = NULL;
	struct str key, value;
	int n = 0;

	*id = *name = (struct str){ NULL, 0 };
	while (user.n && user.p[0] == '{' && json_each(user, &at, &key, &value)) {
		if (json_raw_eq(key, "id"))
			*id = chat_raw_text(a, value);
		else if (json_raw_eq(key, "name"))
			*name = chat_raw_text(a, value);
		n++;
	}
	return n == 2;
}

static void look_at(struct chat_view *v, struct seen *s, struct chat_msg *m)
{
	struct str owner = str_of(v->who.owner_id), by = chat_raw_text(v->arena, m->user_id);
	struct str id, name;

	s->msg = m;
	if (!m->is_object)
		return;
	if (json_raw_eq(m->role, "user")) {
		read_user(v->arena, m->user, &id, &name);
		s->author = by.n ? by : id.n ? id : owner;
		by = s->author;
		if (chat_same(id, s->author) && name.n)
			learn_author(v, id, name);
	}
	s->hide_meta = m->meta.p && (!v->who.user_id ||
				     !chat_same(by.n ? by : owner, str_of(v->who.user_id)));
}

static struct seen *grow_seen(struct arena *a, const struct seen *old, size_t *room)
{
	size_t more = *room ? *room * 2 : 64;
	struct seen *list = arena_calloc(a, more, sizeof(*list));

	if (old)
		memcpy(list, old, *room * sizeof(*list));
	*room = more;
	return list;
}

static void look_at_legacy(struct chat_view *v)
{
	const char *at = NULL;
	size_t room = 0;
	struct str item;

	if (!v->doc.legacy.n || v->doc.legacy.p[0] != '[')
		return;
	while (json_each_item(v->doc.legacy, &at, &item)) {
		struct chat_msg *m = arena_alloc(v->arena, sizeof(*m));

		if (v->legacy_count == room)
			v->legacy = grow_seen(v->arena, v->legacy, &room);
		memset(m, 0, sizeof(*m));
		chat_msg_read(m, item);
		look_at(v, &v->legacy[v->legacy_count++], m);
	}
}

static void find_missing(struct chat_view *v, const struct seen *list, size_t n, struct map *asked)
{
	for (size_t i = 0; i < n; i++) {
		const char *key;

		if (!list[i].author.p || map_get_n(v->authors, list[i].author.p, list[i].author.n) ||
		    map_get_n(asked, list[i].author.p, list[i].author.n))
			continue;
		key = arena_strndup(v->arena, list[i].author.p, list[i].author.n);
		map_set(asked, key, v);
		if (!v->missing)
			v->missing = buf_in(v->arena, 0);
		buf_addc(v->missing, v->missing->len ? ',' : '[');
		buf_json(v->missing, key);
	}
}

struct chat_view *chat_view_new(struct arena *a, struct str doc, const struct chat_viewer *who)
{
	struct chat_view *v = arena_alloc(a, sizeof(*v));
	struct map *asked;

	v->arena = a;
	v->who = *who;
	if (!chat_doc_read(&v->doc, a, doc))
		return NULL;
	v->authors = map_new();
	arena_defer(a, free_map, v->authors);
	v->current = v->doc.current;
	v->history = arena_calloc(a, (size_t)v->doc.tree.count + 1, sizeof(*v->history));
	for (int i = 0; i < v->doc.tree.count; i++)
		look_at(v, &v->history[i], &v->doc.tree.msg[i]);
	look_at_legacy(v);
	asked = map_new();
	find_missing(v, v->history, (size_t)v->doc.tree.count, asked);
	find_missing(v, v->legacy, v->legacy_count, asked);
	map_free(asked, NULL);
	if (v->missing)
		buf_addc(v->missing, ']');
	if (who->repair && v->doc.messages.n && v->doc.messages.p[0] == '{')
		v->repaired = chat_tree_repair(&v->doc.tree, &v->current);
	return v;
}

const char *chat_view_missing(const struct chat_view *v)
{
	return v->missing ? buf_text(v->missing) : NULL;
}

void chat_view_names(struct chat_view *v, const char *names_json)
{
	const char *at = NULL;
	struct str key, value;

	while (json_each(str_of(names_json), &at, &key, &value))
		learn_author(v, chat_raw_text(v->arena, key), chat_raw_text(v->arena, value));
}

void chat_view_overlay(struct chat_view *v, struct str message_id, struct str content,
		       struct str output)
{
	int i = chat_tree_find(&v->doc.tree, message_id);

	if (i >= 0) {
		v->history[i].content = content;
		v->history[i].output = output;
	}
	for (size_t k = 0; k < v->legacy_count; k++)
		if (chat_same(chat_raw_text(v->arena, v->legacy[k].msg->own_id), message_id)) {
			v->legacy[k].content = content;
			v->legacy[k].output = output;
		}
}

/* The text of a question's author; the one without a name when nobody knows it. */
static struct str author_of(struct chat_view *v, const struct seen *s)
{
	const char *text = map_get_n(v->authors, s->author.p, s->author.n);

	return str_of(text ? text : author_text(v->arena, s->author, STR("")));
}

static bool author_shown(struct chat_view *v, const struct seen *s, struct str author)
{
	struct str id, name, want_id, want_name;

	if (!chat_same(chat_raw_text(v->arena, s->msg->user_id), s->author))
		return false;
	if (chat_same(s->msg->user, author))
		return true;
	read_user(v->arena, author, &want_id, &want_name);
	return read_user(v->arena, s->msg->user, &id, &name) && chat_same(id, want_id) &&
	       chat_same(name, want_name);
}

enum { MESSAGE_CHANGES = 8 };

/* What must be different in a message; how many members. */
static size_t message_changes(struct chat_view *v, const struct seen *s, struct json_change *c)
{
	size_t n = 0;

	if (s->author.p) {
		struct str author = author_of(v, s);

		struct str id;

		if (!author_shown(v, s, author) && json_find(author, "id", &id)) {
			c[n++] = (struct json_change){ "user_id", id };
			c[n++] = (struct json_change){ "user", author };
		}
	}
	if (s->hide_meta)
		c[n++] = (struct json_change){ "meta", { NULL, 0 } };
	if (s->output.p) {
		c[n++] = (struct json_change){ "content", s->content };
		c[n++] = (struct json_change){ "output", s->output };
		c[n++] = (struct json_change){ "done", STR("false") };
	}
	return n;
}

static bool list_changed(struct chat_view *v, const struct seen *list, size_t n)
{
	struct json_change c[MESSAGE_CHANGES];

	for (size_t i = 0; i < n; i++)
		if (message_changes(v, &list[i], c) || list[i].msg->first_added >= 0)
			return true;
	return false;
}

static void write_message(struct chat_view *v, const struct seen *s, int index, struct buf *out,
			  struct buf *children)
{
	struct json_change c[MESSAGE_CHANGES];
	size_t n = message_changes(v, s, c);

	if (s->msg->first_added >= 0) {
		buf_reset(children);
		chat_tree_children(&v->doc.tree, index, children);
		c[n++] = (struct json_change){ "childrenIds", { buf_text(children), children->len } };
	}
	if (n)
		json_splice(out, s->msg->raw, c, n);
	else
		buf_addstr(out, s->msg->raw);
}

static struct str history_text(struct chat_view *v)
{
	struct buf *messages = buf_in(v->arena, 0), *out = buf_in(v->arena, 0);
	struct buf *children = buf_in(v->arena, 0);
	struct json_change c[2];
	size_t n = 0;

	if (list_changed(v, v->history, (size_t)v->doc.tree.count)) {
		buf_addc(messages, '{');
		for (int i = 0; i < v->doc.tree.count; i++) {
			if (v->doc.tree.msg[i].dead)
				continue;
			if (messages->len > 1)
				buf_addc(messages, ',');
			buf_addstr(messages, v->doc.tree.msg[i].key);
			buf_addc(messages, ':');
			write_message(v, &v->history[i], i, messages, children);
		}
		buf_addc(messages, '}');
		c[n++] = (struct json_change){ "messages", { buf_text(messages), messages->len } };
	}
	if (v->repaired && v->current.p)
		c[n++] = (struct json_change){ "currentId", v->current };
	if (!n)
		return v->doc.history;
	json_splice(out, v->doc.history, c, n);
	return (struct str){ buf_text(out), out->len };
}

static struct str legacy_text(struct chat_view *v)
{
	struct buf *out;

	if (!list_changed(v, v->legacy, v->legacy_count))
		return v->doc.legacy;
	out = buf_in(v->arena, 0);
	buf_addc(out, '[');
	for (size_t i = 0; i < v->legacy_count; i++) {
		if (i)
			buf_addc(out, ',');
		write_message(v, &v->legacy[i], -1, out, NULL);
	}
	buf_addc(out, ']');
	return (struct str){ buf_text(out), out->len };
}

/* Nothing of the document changes: it is copied, with the share mode behind its last member. */
static void write_through(struct chat_view *v, struct buf *out)
{
	struct str text = str_trim(v->doc.text);
	bool empty = str_trim((struct str){ text.p + 1, text.n - 2 }).n == 0;

	if (!v->who.share_mode) {
		buf_addstr(out, text);
		return;
	}
	buf_add(out, text.p, text.n - 1);
	buf_printf(out, "%s\"share_mode\":%s}", empty ? "" : ",", v->who.share_mode);
}

void chat_view_write(struct chat_view *v, struct buf *out)
{
	static const char *const private[] = { "params", "tool_servers", "tool_ids", "filter_ids",
					       "variables" };
	struct json_change c[3 + ARRAY_SIZE(private)];
	struct str history = history_text(v), legacy = legacy_text(v);
	bool guest = !v->who.user_id || !text_eq(v->who.user_id, v->who.owner_id);
	size_t n = 0;

	if (history.p == v->doc.history.p && legacy.p == v->doc.legacy.p && !guest &&
	    !(v->doc.has_share_mode && v->who.share_mode)) {
		write_through(v, out);
		return;
	}
	if (history.p)
		c[n++] = (struct json_change){ "history", history };
	if (legacy.p)
		c[n++] = (struct json_change){ "messages", legacy };
	if (v->who.share_mode)
		c[n++] = (struct json_change){ "share_mode", str_of(v->who.share_mode) };
	for (size_t i = 0; guest && i < ARRAY_SIZE(private); i++)
		c[n++] = (struct json_change){ private[i], { NULL, 0 } };
	json_splice(out, v->doc.text, c, n);
}
