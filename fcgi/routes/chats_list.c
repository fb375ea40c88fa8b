/* chats_list - /api/v1/chats: lists of conversations. */

#include "base/env.h"
#include "fcgi/routes/chats.h"

enum { PAGE = 60, FOLDER_PAGE = 10 };

static const struct field list_query[] = {
	{ "page", T_INT | T_NULL },
	{ "include_pinned", T_BOOL | T_NULL },
	{ "include_folders", T_BOOL | T_NULL },
	{ "sort_by", T_STR, 0, .def = "\"updated_at\"" },
	{ "sort_dir", T_STR, 0, .def = "\"desc\"" },
	SCHEMA_END
};

static const struct field folder_query[] = {
	{ "page", T_INT | T_NULL },
	{ "sort_by", T_STR, 0, .def = "\"unread_updated_at\"" },
	{ "sort_dir", T_STR, 0, .def = "\"desc\"" },
	SCHEMA_END
};

static const struct field order_query[] = {
	{ "page", T_INT | T_NULL },
	{ "query", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL },
	{ "direction", T_STR | T_NULL },
	SCHEMA_END
};

const char *chats_skip(struct req *r, int size)
{
	int64_t page = req_query_i64(r, "page", 1);

	if (page < 1 || page > INT32_MAX)
		return NULL;
	return arena_i64(r->arena, (page - 1) * size);
}

/* Run a statement that gives a list and answer it. */
static int send_list(struct req *r, enum query q, size_t n, const char *const *params)
{
	const char *list;

	return req_db_text_v(r, &list, q, n, params) ? chats_send_list(r, list) : 0;
}
#define SEND_LIST(r, q, ...) send_list(r, q, REQ_PARAMS(__VA_ARGS__))

static int chat_list(struct req *r)
{
	const char *folders = chats_flag(req_query_bool(r, "include_folders", false));
	const char *pinned = chats_flag(req_query_bool(r, "include_pinned", false));
	const char *by = req_query(r, "sort_by"), *dir = req_query(r, "sort_dir");
	const char *skip = chats_skip(r, PAGE), *max = req_query(r, "page") ? "60" : NULL;

	if (!skip)
		return req_fail(r, ERR_DEFAULT);
	if (!text_eq(by, "title") && !text_eq(by, "unread_updated_at") && !text_eq(dir, "asc"))
		return SEND_LIST(r, Q_CHAT_LIST, r->user.id, folders, pinned, skip, max);
	return SEND_LIST(r, Q_CHAT_LIST_SORTED, r->user.id, folders, pinned, skip, max, by, dir);
}

static int folder_list(struct req *r)
{
	const char *skip = chats_skip(r, FOLDER_PAGE);

	if (!skip)
		return req_fail(r, ERR_DEFAULT);
	return SEND_LIST(r, Q_CHAT_LIST_FOLDER, r->user.id, r->params[0], skip, "10",
			 req_query(r, "sort_by"), req_query(r, "sort_dir"));
}

static int pinned_list(struct req *r)
{
	return SEND_LIST(r, Q_CHAT_LIST_PINNED, r->user.id);
}

/* The columns that a list may be ordered by. */
static bool known_order(const char *by)
{
	static const char *const known[] = { "title", "updated_at", "created_at", "last_read_at", "id",
					     "user_id", "archived", "pinned", "folder_id", "share_id" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_eq(by, known[i]))
			return true;
	return false;
}

static int archive_list(struct req *r, const char *user_id, const char *archived)
{
	const char *skip = chats_skip(r, PAGE), *by = req_query(r, "order_by"), *search = req_query(r, "query");
	const char *dir = req_query(r, "direction");
	struct str lower = str_of(dir);

	if (!skip)
		return req_fail(r, ERR_INTERNAL);
	if (!text_empty(by) && !text_empty(dir)) {
		if (!known_order(by) || (strcasecmp(lower.p, "asc") && strcasecmp(lower.p, "desc")))
			return req_fail(r, ERR_INTERNAL);
		dir = strcasecmp(lower.p, "asc") ? "desc" : "asc";
	} else {
		by = "updated_at";
		dir = "desc";
	}
	return SEND_LIST(r, Q_CHAT_LIST_ARCHIVE, user_id, archived, text_empty(search) ? NULL : search, by,
			 dir, skip);
}

static int archived_list(struct req *r)
{
	return archive_list(r, r->user.id, "t");
}

static int user_list(struct req *r)
{
	if (!chats_any(r))
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	return archive_list(r, r->params[0], "f");
}

static int all_db(struct req *r)
{
	if (!env_bool("ENABLE_ADMIN_EXPORT", true))
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	return req_send_sql(r, Q_CHAT_ALL_DB);
}

/* Every chat on a line of its own, in pieces, so that no export is held in memory. */
static int all_lines(struct req *r)
{
	enum { PIECE = 20 };
	struct rows *rows;
	int64_t skip = 0;

	if (!req_stream_start(r, 200, "application/x-ndjson"))
		return 0;
	do {
		struct arena *a = arena_new();
		bool ok = db_run(req_db(r), a, &rows, Q_CHAT_EXPORT, r->user.id,
				 arena_i64(a, skip), "20") >= 0;

		for (size_t i = 0; ok && i < rows_count(rows); i++)
			ok = req_stream_write(r, rows_text(rows, i, 0), rows_len(rows, i, 0)) &&
			     req_stream_write(r, "\n", 1);
		skip = ok && rows_count(rows) == PIECE ? skip + PIECE : 0;
		arena_free(a);
	} while (skip);
	return 0;
}

const struct route chat_list_routes[] = {
	{ "GET", "/api/v1/chats/", USER, chat_list, .query = list_query },
	{ "GET", "/api/v1/chats/list", USER, chat_list, .query = list_query },
	{ "GET", "/api/v1/chats/list/user/{user_id}", ADMIN, user_list, .query = order_query },
	{ "GET", "/api/v1/chats/pinned", USER, pinned_list },
	{ "GET", "/api/v1/chats/archived", USER, archived_list, .query = order_query },
	{ "GET", "/api/v1/chats/archived/count", USER, .sql = Q_CHAT_COUNT_ARCHIVED, .args = "user" },
	{ "GET", "/api/v1/chats/folder/{folder_id}", USER, .sql = Q_CHAT_ALL_FOLDER,
	  .args = "user {folder_id}" },
	{ "GET", "/api/v1/chats/folder/{folder_id}/list", USER, folder_list, .query = folder_query },
	{ "GET", "/api/v1/chats/all", USER, all_lines, .flags = R_STREAM },
	{ "GET", "/api/v1/chats/all/archived", USER, .sql = Q_CHAT_ALL_ARCHIVED, .args = "user",
	  .flags = R_STREAM },
	{ "GET", "/api/v1/chats/all/db", ADMIN, all_db, .flags = R_STREAM },
	ROUTES_END
};
