/* chats_share - /api/v1/chats: links to conversations, and who may follow them. */

#include "access/grants.h"
#include "event/event.h"
#include "fcgi/routes/chats.h"

static const struct field mode_form[] = {
	{ "share_mode", T_STR | T_NULL, 0, .choices = "continue" },
	SCHEMA_END
};

static const struct field grant_item = { "", T_DICT };

static const struct field access_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	{ "share_mode", T_STR | T_NULL, 0, .choices = "continue" },
	SCHEMA_END
};

static const struct field list_query[] = {
	{ "page", T_INT | T_NULL },
	{ "query", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL },
	{ "direction", T_STR | T_NULL },
	SCHEMA_END
};

/* Columns of Q_CHAT_SHARED_GET. */
enum { S_HEAD, S_DOC, S_OWNER, S_CHAT, S_OPEN, S_GRANTED, S_MODE };

bool chats_shared_readable(struct req *r, const struct rows *share)
{
	return rows_bool(share, 0, S_OPEN) ||
	       (r->has_user && (chats_any(r) || rows_bool(share, 0, S_GRANTED) ||
				text_eq(rows_text(share, 0, S_OWNER), r->user.id)));
}

static struct str column(const struct rows *rows, size_t col)
{
	return (struct str){ rows_text(rows, 0, col), rows_len(rows, 0, col) };
}

/* The chat itself, with the caller's access in column 2; false: answered. */
static bool get_live(struct req *r, const char *id, struct rows **out)
{
	return req_db_run(r, out, Q_CHAT_GET, r->user.id, id, chats_flag(chats_any(r)),
			  chats_flag(r->user.is_admin));
}

static int send_live(struct req *r, const struct rows *chat)
{
	bool writes = text_eq(rows_text(chat, 0, 2), "write");

	return chats_send_view(r, rows_text(chat, 0, 0), column(chat, 1), rows_text(chat, 0, 3),
			       writes ? "\"continue\"" : "null", true);
}

static int share_view(struct req *r)
{
	struct rows *share, *chat;

	r->has_user = r->has_user && user_is_verified(&r->user);
	if (!req_db_run(r, &share, Q_CHAT_SHARED_GET, r->has_user ? r->user.id : "", r->params[0]))
		return 0;
	if (rows_count(share)) {
		if (!chats_shared_readable(r, share))
			return req_fail(r, r->has_user ? ERR_ACCESS_PROHIBITED : ERR_INVALID_TOKEN);
		if (r->has_user && text_eq(rows_text(share, 0, S_MODE), "continue")) {
			if (!get_live(r, rows_text(share, 0, S_CHAT), &chat))
				return 0;
			if (text_eq(rows_text(chat, 0, 2), "write"))
				return send_live(r, chat);
		}
		return chats_send_view(r, rows_text(share, 0, S_HEAD), column(share, S_DOC),
				       rows_text(share, 0, S_OWNER), "null", false);
	}
	if (!r->has_user || !chats_any(r))
		return req_fail(r, ERR_NOT_FOUND_401);
	if (!get_live(r, r->params[0], &chat))
		return 0;
	return rows_count(chat) ? send_live(r, chat) : req_fail(r, ERR_NOT_FOUND_401);
}

static int share_list(struct req *r)
{
	static const char *const known[] = { "title", "updated_at", "created_at", "id", "chat_id", "user_id" };
	const char *by = req_query(r, "order_by"), *dir = req_query(r, "direction");
	const char *search = req_query(r, "query");
	int64_t page = req_query_i64(r, "page", 1);
	bool ordered = !text_empty(by) && !text_empty(dir), found = false;

	for (size_t i = 0; ordered && i < ARRAY_SIZE(known); i++)
		found = found || text_eq(by, known[i]);
	if (page < 1 || page > INT32_MAX ||
	    (ordered && (!found || (strcasecmp(dir, "asc") && strcasecmp(dir, "desc")))))
		return req_fail(r, ERR_INTERNAL);
	return req_send_sql(r, Q_CHAT_SHARED_LIST, r->user.id, text_empty(search) ? NULL : search,
			    ordered ? by : "updated_at", ordered && !strcasecmp(dir, "asc") ? "asc" : "desc",
			    arena_i64(r->arena, (page - 1) * 60));
}

static int share(struct req *r)
{
	return req_send_sql(r, Q_CHAT_SHARE, r->user.id, r->params[0], r->body_text ? r->body_text : "{}");
}

/* All of the account's conversations. */
static void tell_unshared(struct req *r, const char *ids)
{
	struct json_object *data = json_new_object(r->arena), *list = json_parse_text(r->arena, ids);

	json_set_i64(data, "count", (int64_t)json_len(list));
	json_set(data, "chat_ids", json_ref(list));
	req_event(r, "chat.unshared", r->user.id, data)->subject_type = "user";
}

static int unshare(struct req *r)
{
	const char *ids, *at = NULL;
	struct str raw;

	if (!req_db_text(r, &ids, Q_CHAT_UNSHARE, r->user.id, r->params[0]))
		return 0;
	if (!ids)
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	if (!r->params[0])
		tell_unshared(r, ids);
	while (json_each_item(str_of(ids), &at, &raw)) {
		const char *id = json_raw_text(r->arena, raw);

		if (id)
			chats_room_changed(r, id);
	}
	return req_send_true(r);
}

static int share_grants(struct req *r)
{
	return req_send_sql(r, Q_CHAT_SHARE_GRANTS, r->user.id, r->params[0], chats_flag(chats_any(r)));
}

bool chats_grants(struct req *r, const char *type, struct grants *out)
{
	int rc = grants_sort(r->arena, req_db(r), r->cfg, &r->user, type, json_get(r->body, "access_grants"),
			     out);

	if (rc < 0)
		req_db_failed(r);
	else if (!rc)
		req_fail(r, ERR_DEFAULT);
	else if (out->refused)
		req_fail(r, ERR_GRANT_REFUSED);
	return rc > 0 && !out->refused;
}

static int share_access(struct req *r)
{
	const char *any = chats_flag(chats_any(r)), *known, *chat;
	struct grants grants;

	if (!req_db_text(r, &known, Q_CHAT_SHARE_GRANTS, r->user.id, r->params[0], any))
		return 0;
	if (!known)
		return req_fail(r, ERR_NOT_FOUND);
	if (!chats_grants(r, "shared_chat", &grants))
		return 0;
	if (!req_db_text(r, &chat, Q_CHAT_SHARE_ACCESS, r->user.id, r->params[0], any, grants.allowed,
			 r->body_text))
		return 0;
	if (!chat)
		return req_fail(r, ERR_NOT_FOUND);
	chats_room_changed(r, r->params[0]);
	return req_send_text(r, chat);
}

const struct route chat_share_routes[] = {
	{ "GET", "/api/v1/chats/shared", USER, share_list, .query = list_query },
	{ "GET", "/api/v1/chats/share/{share_id}", OPTIONAL, share_view },
	{ "DELETE", "/api/v1/chats/share/all", USER, unshare },
	{ "GET", "/api/v1/chats/shared/{id}/access", USER, share_grants },
	{ "POST", "/api/v1/chats/shared/{id}/access/update", USER, share_access, access_form },
	{ "POST", "/api/v1/chats/{id}/share", USER, share, mode_form, .flags = R_BODY_OPTIONAL,
	  .permission = "chat.share", .permission_err = ERR_ACCESS_PROHIBITED, .none = ERR_ACCESS_PROHIBITED,
	  .event = "chat.shared {id} share_id=@share_id" },
	{ "DELETE", "/api/v1/chats/{id}/share", USER, unshare, .event = "chat.unshared" },
	ROUTES_END
};
