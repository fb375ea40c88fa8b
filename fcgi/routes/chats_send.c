/* chats_send - answers and steps that the chat routes share. */

#include "base/env.h"
#include "chat/active.h"
#include "chat/view.h"
#include "fcgi/routes/chats.h"
#include "json/splice.h"

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

int chats_send_list(struct req *r, const char *list)
{
	const char *active = chat_active_ids(r->arena, str_of(list));
	struct json_object *tree;
	struct rows *rows;

	if (!active)
		return req_send_text(r, list);
	if (!req_db_run(r, &rows, Q_CHAT_UNFINISHED, active))
		return 0;
	tree = json_parse_text(r->arena, list);
	for (size_t i = 0; i < json_len(tree); i++) {
		struct json_object *chat = json_item(tree, i);

		if (is_listed(rows, json_text(chat, "id", "")))
			json_set_bool(chat, "active", true);
	}
	return req_send_obj(r, tree);
}

/* head without its closing brace, then the document as a further member. */
static struct buf *start_answer(struct req *r, const char *head, size_t room)
{
	struct buf *out = buf_in(r->arena, 0);
	size_t n = strlen(head);

	buf_reserve(out, n + room + 64);
	while (n && head[n - 1] != '}')
		n--;
	buf_add(out, head, n ? n - 1 : 0);
	buf_adds(out, ",\"chat\":");
	return out;
}

static int end_answer(struct req *r, struct buf *out)
{
	buf_addc(out, '}');
	if (out->full)
		return req_fail(r, ERR_TOO_LARGE);
	return req_send_json(r, 200, out->data, out->len);
}

int chats_send(struct req *r, const char *head, struct str doc)
{
	struct buf *out = start_answer(r, head, doc.n);

	buf_addstr(out, doc);
	return end_answer(r, out);
}

/* What is the owner's own does not go to others. */
static const char *guest_head(struct req *r, const char *head)
{
	struct json_change c = { "variables", STR("{}") };
	struct buf *out = buf_in(r->arena, 0);

	json_splice(out, str_of(head), &c, 1);
	return buf_text(out);
}

int chats_send_view(struct req *r, const char *head, struct str doc, const char *owner,
		    const char *share_mode, bool live)
{
	struct chat_viewer who = { r->has_user ? r->user.id : NULL, owner, share_mode, live };
	const char *ids, *names = NULL;
	struct chat_stream *streams;
	struct chat_view *v;
	struct buf *out;

	doc.p = json_strip_nul(r->arena, doc.p, doc.n);
	doc.n = strlen(doc.p);
	v = chat_view_new(r->arena, doc, &who);
	if (!v)
		return req_fail(r, ERR_INTERNAL);
	ids = chat_view_missing(v);
	if (ids && !req_db_text(r, &names, Q_CHAT_AUTHORS, ids))
		return 0;
	if (names)
		chat_view_names(v, names);
	if (live) {
		const char *id = json_text(json_parse_text(r->arena, head), "id", "");
		size_t n = chat_streams(r->arena, id, &streams);

		for (size_t i = 0; i < n; i++)
			chat_view_overlay(v, streams[i].message_id, streams[i].content,
					  streams[i].output);
	}
	if (!text_eq(owner, who.user_id))
		head = guest_head(r, head);
	out = start_answer(r, head, doc.n);
	chat_view_write(v, out);
	return end_answer(r, out);
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

int chats_leave(struct req *r, enum err e)
{
	db_rollback(req_db(r));
	return req_fail(r, e);
}

const char *chats_title(struct req *r, struct str raw)
{
	return raw.p ? json_raw_text(r->arena, raw) : "New Chat";
}

const char *chats_body_raw(struct req *r, const char *key)
{
	struct str raw;

	if (!r->body_text || !json_find((struct str){ r->body_text, r->body_len }, key, &raw) ||
	    json_raw_is_null(raw))
		return NULL;
	return arena_strndup(r->arena, raw.p, raw.n);
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
