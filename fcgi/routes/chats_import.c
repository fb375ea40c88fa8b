/* chats_import - /api/v1/chats/import: conversations out of an export. */

#include "fcgi/routes/chats.h"

static const struct field import_item[] = {
	{ "chat", T_DICT, F_REQUIRED },
	{ "variables", T_DICT | T_NULL },
	{ "folder_id", T_STR | T_NULL },
	{ "meta", T_DICT | T_NULL, 0, .def = "{}" },
	{ "pinned", T_BOOL | T_NULL, 0, .def = "false" },
	{ "archived", T_BOOL | T_NULL, 0, .def = "false" },
	{ "current_message_id", T_STR | T_NULL },
	{ "created_at", T_INT | T_NULL },
	{ "updated_at", T_INT | T_NULL },
	SCHEMA_END
};

static const struct field import_model = { "", T_MODEL, 0, .sub = import_item };

static const struct field import_form[] = {
	{ "chats", T_LIST, F_REQUIRED, .item = &import_model },
	SCHEMA_END
};

static const char *raw_or_null(struct req *r, struct str object, const char *key)
{
	struct str raw;

	if (!json_find(object, key, &raw) || json_raw_is_null(raw))
		return NULL;
	return arena_strndup(r->arena, raw.p, raw.n);
}

static const char *time_or_null(struct req *r, struct json_object *item, const char *key)
{
	int64_t t = json_i64(item, key, 0);

	return t ? arena_i64(r->arena, t) : NULL;
}

/* The whole import is undone; the answer says where it stopped. */
static bool refuse(struct req *r, size_t i, const char *why)
{
	db_rollback(req_db(r));
	req_fail_detail(r, 400, "chats[%zu]: %s; nothing of this import was kept.", i, why);
	return false;
}

/* Make the i-th imported chat and write it to `out`; false: answered. */
static bool import_one(struct req *r, size_t i, struct json_object *item, struct str text, struct buf *out)
{
	struct chat_author by = { r->user.id, r->user.name };
	struct chats_new n = { .any_folder = true };
	struct chat_merged m;
	struct str doc;
	const char *head;

	if (!json_find(text, "chat", &doc) || !chat_sent(r->arena, doc, &by, &m) || !json_get(item, "meta") ||
	    !json_has(item, "archived") || !json_get(item, "archived"))
		return refuse(r, i, "not a conversation that can be stored");
	n.title = chats_title(r, m.title);
	if (!n.title)
		return refuse(r, i, "the title is no text");
	n.doc = m.text.p;
	n.folder = json_text(item, "folder_id", NULL);
	n.meta = raw_or_null(r, text, "meta");
	n.vars = raw_or_null(r, text, "variables");
	n.current = json_text(item, "current_message_id", NULL);
	if (text_empty(n.current))
		n.current = m.current.p ? arena_strndup(r->arena, m.current.p, m.current.n) : NULL;
	n.created = time_or_null(r, item, "created_at");
	n.updated = time_or_null(r, item, "updated_at");
	n.pinned = json_flag(item, "pinned", false);
	n.archived = json_flag(item, "archived", false);
	n.messages = m.messages.p;
	head = chats_insert(r, &n);
	if (!head)
		return false;
	if (out->len > 1)
		buf_addc(out, ',');
	chats_write(out, head, m.text);
	return true;
}

static int import(struct req *r)
{
	struct json_object *list = json_get(r->body, "chats");
	struct buf *out = buf_in(r->arena, 0);
	struct str texts, text;
	const char *at = NULL;

	if (!chats_may_create(r))
		return 0;
	if (!json_find((struct str){ r->body_text, r->body_len }, "chats", &texts))
		return req_fail(r, ERR_DEFAULT);
	if (!db_begin(req_db(r)))
		return req_db_failed(r);
	buf_addc(out, '[');
	for (size_t i = 0; json_each_item(texts, &at, &text); i++)
		if (!import_one(r, i, json_item(list, i), text, out))
			return 0;
	buf_addc(out, ']');
	if (!db_commit(req_db(r)))
		return req_db_failed(r);
	return req_send_json(r, 200, out->data, out->len);
}

const struct route chat_import_routes[] = {
	{ "POST", "/api/v1/chats/import", USER, import, import_form, .flags = R_STREAM,
	  .permission = "chat.import", .permission_err = ERR_FORBIDDEN,
	  .event = "chat.imported chat.import: count=#@ chat_ids=@*.id" },
	ROUTES_END
};
