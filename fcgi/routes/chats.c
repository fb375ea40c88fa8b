/* chats - /api/v1/chats: one conversation, made, read, changed, moved, deleted. */

#include "chat/active.h"
#include "chat/message.h"
#include "fcgi/routes/chats.h"
#include "json/splice.h"
#include "turn/compact.h"

static const struct field chat_form[] = {
	{ "chat", T_DICT, F_REQUIRED },
	{ "variables", T_DICT | T_NULL },
	{ "folder_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field folder_form[] = {
	{ "folder_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field params_form[] = { { "", T_DICT }, SCHEMA_END };

static int chat_new(struct req *r)
{
	struct chat_author by = { r->user.id, r->user.name };
	struct chats_new n = { .folder = json_text(r->body, "folder_id", NULL) };
	struct chat_merged m;
	const char *head;

	if (!chats_may_create(r))
		return 0;
	if (!chat_sent(r->arena, chats_body(r, "chat"), &by, &m))
		return req_fail(r, ERR_DEFAULT);
	n.title = chats_title(r, m.title);
	if (!n.title)
		return req_fail(r, ERR_DEFAULT);
	n.doc = m.text.p;
	n.vars = chats_body_raw(r, "variables");
	n.current = m.current.p ? arena_strndup(r->arena, m.current.p, m.current.n) : NULL;
	n.messages = m.messages.p;
	head = chats_insert(r, &n);
	return head ? chats_send(r, head, m.text) : 0;
}

/* The head with how full the conversation is, where long ones are made short. */
static const char *head_with_usage(struct req *r, const char *head, struct str doc)
{
	struct json_object *branch, *params, *usage;
	struct json_change c = { "context_usage" };
	struct str current, raw = { NULL, 0 };
	struct buf *out;

	if (!config_bool(r->cfg, CK_CHAT_CONTEXT_COMPACTION_ENABLE))
		return head;
	json_find(str_of(head), "current_message_id", &current);
	json_find(doc, "params", &raw);
	branch = message_branch(r->arena, doc, json_raw_text(r->arena, current));
	params = raw.p ? json_parse(r->arena, raw.p, raw.n, NULL) : NULL;
	usage = compact_usage(r->arena, r->cfg, params, branch);
	if (!usage)
		return head;
	c.value = str_of(json_print(usage));
	out = buf_in(r->arena, 0);
	json_splice(out, str_of(head), &c, 1);
	return buf_text(out);
}

static int chat_get(struct req *r)
{
	const char *access, *any = chats_flag(chats_any(r));
	struct rows *rows;
	struct str doc;

	if (!req_db_run(r, &rows, Q_CHAT_GET, r->user.id, r->params[0], any,
			chats_flag(r->user.is_admin)))
		return 0;
	access = rows_text(rows, 0, 2);
	if (!access)
		return req_fail(r, ERR_NOT_FOUND_401);
	doc = (struct str){ rows_text(rows, 0, 1), rows_len(rows, 0, 1) };
	return chats_send_view(r, head_with_usage(r, rows_text(rows, 0, 0), doc), doc, rows_text(rows, 0, 3),
			       text_eq(access, "write") ? "\"continue\"" : "null", true);
}

/* Somebody who is not the owner may only rename a chat, in a folder of his own: the document with
 * the trimmed title that he sends.  NULL with *e when he may not. */
static const char *rename_text(struct req *r, const struct rows *chat, struct str sent, enum err *e)
{
	struct json_object *doc = json_parse(r->arena, sent.p, sent.n, NULL);
	struct str title = str_trim(str_of(json_text(doc, "title", NULL)));
	struct buf *b = buf_in(r->arena, 0);

	*e = ERR_ACCESS_PROHIBITED;
	if (!rows_bool(chat, 0, LOCK_FOLDER_OWNED) || json_object_object_length(doc) != 1 ||
	    !json_has(doc, "title") || json_get(r->body, "variables") || json_get(r->body, "folder_id"))
		return NULL;
	*e = ERR_DEFAULT;
	if (!title.n)
		return NULL;
	buf_adds(b, "{\"title\":");
	buf_json_n(b, title.p, title.n);
	buf_addc(b, '}');
	return buf_text(b);
}

static int chat_update(struct req *r)
{
	struct chat_author by = { r->user.id, r->user.name };
	struct str sent = chats_body(r, "chat");
	const char *owner, *head;
	const struct rows *chat = chats_lock(r, r->params[0]);
	struct chat_merged m;

	if (!chat)
		return 0;
	owner = rows_text(chat, 0, LOCK_OWNER);
	if (!text_eq(owner, r->user.id)) {
		enum err e;

		sent = str_of(rename_text(r, chat, sent, &e));
		if (!sent.p)
			return chats_leave(r, e);
	}
	if (!chat_merge(r->arena,
			(struct str){ rows_text(chat, 0, LOCK_DOC), rows_len(chat, 0, LOCK_DOC) },
			sent, owner, &by, &m))
		return chats_leave(r, ERR_DEFAULT);
	head = chats_store(r, r->params[0], &m, chats_body_raw(r, "variables"), NULL);
	if (!head)
		return 0;
	if (!text_eq(owner, r->user.id))
		return chats_send_view(r, head, m.text, owner, NULL, false);
	return chats_send(r, head, m.text);
}

/* The turns of deleted chats stop, and who looks at them is told. */
static void forget_chats(struct req *r, const char *ids)
{
	const char *at = NULL;
	struct str raw;

	while (json_each_item(str_of(ids), &at, &raw)) {
		const char *id = json_raw_text(r->arena, raw);

		if (id) {
			chat_stop(r->arena, id);
			chats_room_changed(r, id);
		}
	}
}

static int chat_delete(struct req *r)
{
	const char *ids;

	if (!req_db_text(r, &ids, Q_CHAT_DELETE, r->user.id, r->params[0], chats_flag(chats_any(r))))
		return 0;
	if (!ids)
		return req_fail(r, ERR_NOT_FOUND);
	forget_chats(r, ids);
	return req_send_true(r);
}

static int chat_delete_all(struct req *r)
{
	const char *ids;

	if (!req_db_text(r, &ids, Q_CHAT_DELETE_ALL, r->user.id))
		return 0;
	forget_chats(r, ids);
	return req_send_true(r);
}

static int chat_archive(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_CHAT_ARCHIVE, r->user.id, r->params[0]))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_DEFAULT_401);
	if (rows_bool(rows, 0, 1))
		chat_stop(r->arena, r->params[0]);
	return req_send_json(r, 200, rows_text(rows, 0, 0), rows_len(rows, 0, 0));
}

static int archive_all(struct req *r)
{
	struct rows *rows;

	return req_db_run(r, &rows, Q_CHAT_ARCHIVE_ALL, r->user.id) ? req_send_true(r) : 0;
}

static int unarchive_all(struct req *r)
{
	struct rows *rows;

	return req_db_run(r, &rows, Q_CHAT_UNARCHIVE_ALL, r->user.id) ? req_send_true(r) : 0;
}

static int chat_move(struct req *r)
{
	const char *fault, *owner;
	struct rows *rows;
	struct str doc;

	if (!req_db_run(r, &rows, Q_CHAT_MOVE, r->user.id, r->params[0],
			json_text(r->body, "folder_id", NULL)))
		return 0;
	fault = rows_text(rows, 0, 0);
	if (!rows_count(rows) || text_eq(fault, "denied"))
		return req_fail(r, ERR_DEFAULT_401);
	if (fault)
		return req_fail(r, ERR_NOT_FOUND);
	chats_room_changed(r, r->params[0]);
	owner = rows_text(rows, 0, 3);
	doc = (struct str){ rows_text(rows, 0, 2), rows_len(rows, 0, 2) };
	if (!text_eq(owner, r->user.id))
		return chats_send_view(r, rows_text(rows, 0, 1), doc, owner, NULL, false);
	return chats_send(r, rows_text(rows, 0, 1), doc);
}

const struct route chat_routes[] = {
	{ "POST", "/api/v1/chats/new", USER, chat_new, chat_form, .flags = R_BIG_BODY,
	  .event = "chat.created @id title=@title folder_id=@folder_id" },
	{ "POST", "/api/v1/chats/read", USER, .sql = Q_CHAT_READ_ALL, .args = "user" },
	{ "POST", "/api/v1/chats/archive/all", USER, archive_all, .event = "chat.archived user:user" },
	{ "POST", "/api/v1/chats/unarchive/all", USER, unarchive_all, .event = "chat.unarchived user:user" },
	{ "DELETE", "/api/v1/chats/", USER, chat_delete_all, .permission = "chat.delete",
	  .permission_err = ERR_ACCESS_PROHIBITED, .event = "chat.deleted_all user:user" },
	{ "GET", "/api/v1/chats/{id}", USER, chat_get },
	{ "POST", "/api/v1/chats/{id}", USER, chat_update, chat_form, .flags = R_BIG_BODY,
	  .event = "chat.updated {id} title=@title" },
	{ "DELETE", "/api/v1/chats/{id}", USER, chat_delete, .permission = "chat.delete",
	  .permission_err = ERR_ACCESS_PROHIBITED, .event = "chat.deleted" },
	{ "PATCH", "/api/v1/chats/{id}/params", USER, NULL, params_form, .sql = Q_CHAT_PARAMS,
	  .args = "user {id} body", .none = ERR_ACCESS_PROHIBITED, .event = "chat.updated {id} title=@title" },
	{ "GET", "/api/v1/chats/{id}/pinned", USER, .sql = Q_CHAT_PINNED, .args = "user {id}",
	  .none = ERR_DEFAULT_401 },
	{ "POST", "/api/v1/chats/{id}/pin", USER, .sql = Q_CHAT_PIN, .args = "user {id}",
	  .none = ERR_DEFAULT_401, .event = "chat.pinned|chat.unpinned@pinned {id}" },
	{ "POST", "/api/v1/chats/{id}/archive", USER, chat_archive,
	  .event = "chat.archived|chat.unarchived@archived {id}" },
	{ "POST", "/api/v1/chats/{id}/unread", USER, .sql = Q_CHAT_UNREAD, .args = "user {id}" },
	{ "POST", "/api/v1/chats/{id}/folder", USER, chat_move, folder_form,
	  .event = "chat.folder_updated {id} folder_id=.folder_id" },
	ROUTES_END
};
