/* chats_send - answers and steps that the chat routes share. */

#include "base/env.h"
#include "base/rand.h"
#include "chat/active.h"
#include "chat/view.h"
#include "fcgi/routes/chats.h"
#include "json/splice.h"
#include "realtime/publish.h"

bool chats_any(const struct req *r)
{
	return r->user.is_admin && env_bool("ENABLE_ADMIN_CHAT_ACCESS", true);
}

/* Is the chat among the rows of unfinished ones? */
static bool is_listed(const struct rows *rows, const char *id)
{
	for (size_t i = 0; i < rows_count(rows); i++)
		if (text_eq(rows_text(rows, i, 0), id))
			return true;
	return false;
}

const char *chats_mark_active(struct req *r, const char *list)
{
	const char *active = chat_active_ids(r->arena, str_of(list));
	struct json_object *tree;
	struct rows *rows;

	if (!active)
		return list;
	if (!req_db_run(r, &rows, Q_CHAT_UNFINISHED, active))
		return NULL;
	tree = json_parse_text(r->arena, list);
	for (size_t i = 0; i < json_len(tree); i++) {
		struct json_object *chat = json_item(tree, i);

		if (is_listed(rows, json_text(chat, "id", "")))
			json_set_bool(chat, "active", true);
	}
	return json_print(tree);
}

int chats_send_list(struct req *r, const char *list)
{
	list = chats_mark_active(r, list);
	return list ? req_send_text(r, list) : 0;
}

/* The head without its closing brace, and the name of the document. */
static void write_head(struct buf *out, const char *head, size_t room)
{
	size_t n = strlen(head);

	buf_reserve(out, n + room + 64);
	while (n && head[n - 1] != '}')
		n--;
	buf_add(out, head, n ? n - 1 : 0);
	buf_adds(out, ",\"chat\":");
}

void chats_write(struct buf *out, const char *head, struct str doc)
{
	write_head(out, head, doc.n);
	buf_addstr(out, doc);
	buf_addc(out, '}');
}

static int send_buf(struct req *r, struct buf *out)
{
	if (out->full)
		return req_fail(r, ERR_TOO_LARGE);
	return req_send_json(r, 200, out->data, out->len);
}

int chats_send(struct req *r, const char *head, struct str doc)
{
	struct buf *out = buf_in(r->arena, 0);

	chats_write(out, head, doc);
	return send_buf(r, out);
}

/* What is the owner's own does not go to others. */
static const char *guest_head(struct req *r, const char *head)
{
	struct json_change c = { "variables", STR("{}") };
	struct buf *out = buf_in(r->arena, 0);

	json_splice(out, str_of(head), &c, 1);
	return buf_text(out);
}

/* Lay the answers that are being written over the stored ones. */
static void add_streams(struct req *r, struct chat_view *v, const char *chat_id)
{
	struct chat_stream *streams;
	size_t n = chat_streams(r->arena, chat_id, &streams);

	for (size_t i = 0; i < n; i++)
		chat_view_overlay(v, streams[i].message_id, streams[i].content, streams[i].output);
}

/* The document ready to be written; NULL: answered. */
static struct chat_view *open_view(struct req *r, struct str doc, const struct chat_viewer *who,
				   const char *chat_id)
{
	const char *ids, *names = NULL;
	struct chat_view *v;

	if (json_has_nul(doc.p, doc.n)) {
		doc.p = json_strip_nul(r->arena, doc.p, doc.n);
		doc.n = strlen(doc.p);
	}
	v = chat_view_new(r->arena, doc, who);
	if (!v) {
		req_fail(r, ERR_INTERNAL);
		return NULL;
	}
	ids = chat_view_missing(v);
	if (ids && !req_db_text(r, &names, Q_CHAT_AUTHORS, ids))
		return NULL;
	if (names)
		chat_view_names(v, names);
	if (chat_id)
		add_streams(r, v, chat_id);
	return v;
}

struct str chats_view_text(struct req *r, struct str doc, const struct chat_viewer *who)
{
	struct chat_view *v = open_view(r, doc, who, NULL);
	struct buf *out;

	if (!v)
		return (struct str){ NULL, 0 };
	out = buf_in(r->arena, 0);
	chat_view_write(v, out);
	return (struct str){ buf_text(out), out->len };
}

int chats_send_view(struct req *r, const char *head, struct str doc, const char *owner,
		    const char *share_mode, bool live)
{
	struct chat_viewer who = { r->has_user ? r->user.id : NULL, owner, share_mode, live };
	struct buf *out = buf_in(r->arena, 0);
	struct str id = { NULL, 0 };
	struct chat_view *v;

	json_find(str_of(head), "id", &id);
	v = open_view(r, doc, &who, live ? json_raw_text(r->arena, id) : NULL);
	if (!v)
		return 0;
	write_head(out, text_eq(owner, who.user_id) ? head : guest_head(r, head), doc.n);
	chat_view_write(v, out);
	buf_addc(out, '}');
	return send_buf(r, out);
}

const struct rows *chats_lock(struct req *r, const char *id)
{
	struct rows *rows;

	if (!db_begin(req_db(r))) {
		req_db_failed(r);
		return NULL;
	}
	if (!req_db_run(r, &rows, Q_CHAT_LOCK, id, r->user.id))
		return NULL;
	if (!rows_count(rows)) {
		chats_leave(r, ERR_ACCESS_PROHIBITED);
		return NULL;
	}
	return rows;
}

const struct rows *chats_lock_editable(struct req *r, const char *id)
{
	const struct rows *chat = chats_lock(r, id);

	if (chat && !text_eq(rows_text(chat, 0, LOCK_OWNER), r->user.id) && !chats_any(r)) {
		chats_leave(r, ERR_ACCESS_PROHIBITED);
		return NULL;
	}
	return chat;
}

void chats_room_changed(struct req *r, const char *id)
{
	const char *room = arena_printf(r->arena, "chat:%s", id);
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"chat_id\":");
	buf_json(b, id);
	buf_adds(b, ",\"shared\":true,\"data\":{\"type\":\"chat:access\",\"data\":{}}}");
	publish_event(r->arena, room, "events", buf_text(b), NULL);
	publish_leave(r->arena, room, room);
}

int chats_leave(struct req *r, enum err e)
{
	db_rollback(req_db(r));
	return req_fail(r, e);
}

const char *chats_title(struct req *r, struct str raw)
{
	return raw.p ? json_raw_text(r->arena, raw) : "New Chat";
}

struct str chats_body(struct req *r, const char *key)
{
	struct str raw;

	if (!json_get(r->body, key) ||
	    !json_find((struct str){ r->body_text, r->body_len }, key, &raw))
		return (struct str){ NULL, 0 };
	return raw;
}

const char *chats_body_raw(struct req *r, const char *key)
{
	struct str raw = chats_body(r, key);

	return raw.p ? arena_strndup(r->arena, raw.p, raw.n) : NULL;
}

const char *chats_store(struct req *r, const char *id, const struct chat_merged *m, const char *vars,
			const char *gone)
{
	const char *title = chats_title(r, m->title), *current = NULL, *head;

	if (!title) {
		chats_leave(r, ERR_DEFAULT);
		return NULL;
	}
	if (m->current_set)
		current = m->current.p ? arena_strndup(r->arena, m->current.p, m->current.n) : "";
	if (!req_db_text(r, &head, Q_CHAT_STORE, id, m->text.p, title, current, chats_flag(m->touched),
			 vars, m->messages.p, gone))
		return NULL;
	if (!db_commit(req_db(r))) {
		req_db_failed(r);
		return NULL;
	}
	return head;
}

bool chats_may_create(struct req *r)
{
	if (r->user.is_admin || !req_permitted(r, "chat.temporary_enforced") ||
	    !req_permitted(r, "chat.temporary"))
		return !r->status;
	req_fail(r, ERR_FORBIDDEN);
	return false;
}

const char *chats_insert(struct req *r, const struct chats_new *n)
{
	const char *folder = n->folder, *head;
	char id[UUID_SIZE];

	uuid4(id);
	for (;;) {
		if (!req_db_text(r, &head, Q_CHAT_CREATE, id, r->user.id, n->title, n->doc, folder, n->meta,
				 n->vars, chats_flag(n->pinned), chats_flag(n->archived), n->current,
				 n->created, n->updated, n->messages))
			return NULL;
		if (head || !folder || !n->any_folder)
			break;
		folder = NULL;
	}
	if (!head)
		req_fail(r, ERR_NOT_FOUND);
	return head;
}
