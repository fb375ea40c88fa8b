/* folders_share - /api/v1/folders: shared folders. */

#include "access/grants.h"
#include "fcgi/routes/chats.h"

#define FOLDERS .feature = "folders.enable", .permission = "features.folders", .permission_err = ERR_FORBIDDEN

static const struct field grant_item = { "", T_DICT };

static const struct field access_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	{ "share_mode", T_STR | T_NULL, 0, .choices = "continue" },
	SCHEMA_END
};

static const struct field chats_query[] = {
	{ "page", T_INT | T_NULL, 0, .min = "1" },
	{ "sort_by", T_STR, 0, .def = "\"unread_updated_at\"" },
	{ "sort_dir", T_STR, 0, .def = "\"desc\"" },
	SCHEMA_END
};

static int folder_access(struct req *r)
{
	struct grants grants;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FOLDER_OWNER, r->params[0]))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND);
	if (!r->user.is_admin && !text_eq(rows_text(rows, 0, 0), r->user.id))
		return req_fail(r, ERR_FORBIDDEN);
	if (!chats_grants(r, "folder", &grants))
		return 0;
	return req_send_sql(r, Q_FOLDER_SHARE, r->params[0], grants.allowed, r->body_text);
}

static int folder_chats(struct req *r)
{
	enum { PAGE = 10 };
	int64_t page = req_query_i64(r, "page", 0), skip = page ? (page - 1) * PAGE : 0, total;
	struct buf *out = buf_in(r->arena, 0);
	const char *list, *access;
	struct rows *rows;

	if (page > INT32_MAX)
		return req_fail(r, ERR_DEFAULT);
	if (!req_db_run(r, &rows, Q_FOLDER_SHARED_CHATS, r->user.id, r->params[0],
			chats_flag(r->user.is_admin), arena_i64(r->arena, skip),
			page ? "10" : "60", req_query(r, "sort_by"), req_query(r, "sort_dir")))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND);
	access = rows_text(rows, 0, 0);
	if (!access)
		return req_fail(r, ERR_FORBIDDEN);
	list = chats_mark_active(r, rows_text(rows, 0, 1));
	if (!list)
		return 0;
	total = rows_i64(rows, 0, 2, 0);
	buf_printf(out, "{\"chats\":%s,\"folder_permission\":\"%s\"", list, access);
	if (page)
		buf_printf(out, ",\"total\":%" PRId64 ",\"has_more\":%s", total,
			   skip + PAGE < total ? "true" : "false");
	buf_addc(out, '}');
	return req_send_json(r, 200, out->data, out->len);
}

const struct route folder_share_routes[] = {
	{ "POST", "/api/v1/folders/{id}/access/update", USER, folder_access, access_form, FOLDERS,
	  .event = "folder.access_updated {id} grant_count=#.access_grants" },
	{ "GET", "/api/v1/folders/{id}/shared/chats", USER, folder_chats, .query = chats_query, FOLDERS },
	ROUTES_END
};
