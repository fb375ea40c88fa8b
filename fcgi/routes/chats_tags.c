/* chats_tags - /api/v1/chats: tags of conversations. */

#include "fcgi/routes/chats.h"

static const struct field tag_form[] = {
	{ "name", T_STR, F_REQUIRED },
	SCHEMA_END
};

static const struct field filter_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "skip", T_INT | T_NULL, 0, .def = "0" },
	{ "limit", T_INT | T_NULL, 0, .def = "50" },
	SCHEMA_END
};

static int tags_get(struct req *r)
{
	return req_send_sql(r, Q_TAG_LIST_CHAT, r->user.id, r->params[0], chats_flag(chats_any(r)));
}

/* Chats with a tag; a tag that nothing has is forgotten. */
static int tag_chats(struct req *r)
{
	const char *name = json_text(r->body, "name", ""), *list;
	int64_t skip = json_i64(r->body, "skip", 0), limit = json_i64(r->body, "limit", 50);
	struct rows *rows;

	if (skip < 0 || limit < 0)
		return req_fail(r, ERR_INTERNAL);
	if (!req_db_text(r, &list, Q_CHAT_LIST_TAG, r->user.id, name,
			 arena_i64(r->arena, skip),
			 limit ? arena_i64(r->arena, limit) : NULL))
		return 0;
	if (text_eq(list, "[]") && !req_db_run(r, &rows, Q_TAG_DROP, r->user.id, name))
		return 0;
	return chats_send_list(r, list);
}

const struct route chat_tag_routes[] = {
	{ "GET", "/api/v1/chats/all/tags", USER, .sql = Q_TAG_LIST, .args = "user" },
	{ "POST", "/api/v1/chats/tags", USER, tag_chats, filter_form },
	{ "GET", "/api/v1/chats/{id}/tags", USER, tags_get, .none = ERR_NOT_FOUND_401 },
	{ "POST", "/api/v1/chats/{id}/tags", USER, NULL, tag_form, .sql = Q_TAG_ADD,
	  .args = "user {id} body", .none = ERR_DEFAULT_401, .event = "chat.tag_added {id} tag=.name" },
	{ "DELETE", "/api/v1/chats/{id}/tags", USER, NULL, tag_form, .sql = Q_TAG_REMOVE,
	  .args = "user {id} body", .none = ERR_NOT_FOUND_401, .event = "chat.tag_removed {id} tag=.name" },
	ROUTES_END
};
