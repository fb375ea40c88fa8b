/* chats_stats - /api/v1/chats/stats: conversations in numbers. */

#include "chat/stats.h"
#include "fcgi/routes/chats.h"

enum { EXPORT_PAGE = 10 };

static const struct field usage_query[] = {
	{ "items_per_page", T_INT | T_NULL, 0, .def = "50" },
	{ "page", T_INT | T_NULL, 0, .def = "1" },
	SCHEMA_END
};

static const struct field export_query[] = {
	{ "updated_at", T_INT | T_NULL },
	{ "page", T_INT | T_NULL, 0, .def = "1" },
	{ "stream", T_BOOL, 0, .def = "false" },
	SCHEMA_END
};

static struct chat_facts facts_of(struct arena *a, const struct rows *rows, size_t i)
{
	return (struct chat_facts){
		rows_text(rows, i, 0), rows_text(rows, i, 1), rows_i64(rows, i, 2, 0), rows_i64(rows, i, 3, 0),
		json_parse(a, rows_text(rows, i, 5), rows_len(rows, i, 5), NULL),
		json_parse_text(a, rows_text(rows, i, 4)),
	};
}

typedef struct json_object *stats_fn(struct arena *a, const struct chat_facts *c);

/* A page of chats as { items, total }; NULL: answered. */
static struct json_object *stats_page(struct req *r, const char *since, bool oldest_first, int64_t page,
				      int64_t size, stats_fn *fn)
{
	struct json_object *o = json_new_object(r->arena), *items = json_object_new_array();
	const char *flag = chats_flag(oldest_first);
	struct rows *rows;
	int64_t total;

	json_set(o, "items", items);
	if (page < 1 || page > INT32_MAX || size < 0 || size > INT32_MAX) {
		req_fail(r, ERR_DEFAULT);
		return NULL;
	}
	if (!req_db_i64(r, &total, Q_CHAT_STATS_COUNT, r->user.id, since) ||
	    !req_db_run(r, &rows, Q_CHAT_STATS, r->user.id, since, flag,
			arena_i64(r->arena, (page - 1) * size),
			arena_i64(r->arena, size)))
		return NULL;
	for (size_t i = 0; i < rows_count(rows); i++) {
		struct chat_facts c = facts_of(r->arena, rows, i);
		struct json_object *item = fn(r->arena, &c);

		if (item)
			json_object_array_add(items, json_ref(item));
	}
	json_set_i64(o, "total", total);
	return o;
}

static int stats_usage(struct req *r)
{
	struct json_object *o = stats_page(r, NULL, false, req_query_i64(r, "page", 1),
					   req_query_i64(r, "items_per_page", 50), chat_stats_usage);

	return o ? req_send_obj(r, o) : 0;
}

/* Exports are for sharing: without it only administrators make them. */
static bool may_export(struct req *r)
{
	if (r->user.is_admin || config_bool(r->cfg, CK_UI_ENABLE_COMMUNITY_SHARING))
		return true;
	req_fail(r, ERR_ACCESS_PROHIBITED);
	return false;
}

static int stream_export(struct req *r, const char *since)
{
	int64_t skip = 0;
	bool more = true;

	req_add_header(r, "Content-Disposition",
		       arena_printf(r->arena, "attachment; filename=chat-stats-export-%s.jsonl", r->user.id));
	if (!req_stream_start(r, 200, "application/x-ndjson"))
		return 0;
	while (more) {
		struct arena *a = arena_new();
		struct rows *rows;

		more = db_run(req_db(r), a, &rows, Q_CHAT_STATS, r->user.id, since, "t",
			      arena_i64(a, skip), "10") > 0;
		for (size_t i = 0; more && i < rows_count(rows); i++) {
			struct chat_facts c = facts_of(a, rows, i);
			const char *line = json_print(chat_stats_export(a, &c));

			more = req_stream_write(r, line, strlen(line)) && req_stream_write(r, "\n", 1);
		}
		skip += EXPORT_PAGE;
		arena_free(a);
	}
	return 0;
}

static int stats_export(struct req *r)
{
	const char *since = req_query(r, "updated_at");
	int64_t page = req_query_i64(r, "page", 1);
	struct json_object *o;

	if (!may_export(r))
		return 0;
	if (text_eq(since, "0"))
		since = NULL;
	if (req_query_bool(r, "stream", false))
		return stream_export(r, since);
	o = stats_page(r, since, true, page, EXPORT_PAGE, chat_stats_export);
	if (!o)
		return 0;
	json_set_text(o, "type", "chats");
	json_set_i64(o, "page", page);
	return req_send_obj(r, o);
}

static int stats_export_one(struct req *r)
{
	struct chat_facts c;
	struct rows *rows;

	if (!may_export(r) || !req_db_run(r, &rows, Q_CHAT_STATS_ONE, r->params[0]))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND);
	c = facts_of(r->arena, rows, 0);
	if (!text_eq(c.user_id, r->user.id) && !chats_any(r))
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	return req_send_obj(r, chat_stats_export(r->arena, &c));
}

const struct route chat_stats_routes[] = {
	{ "GET", "/api/v1/chats/stats/usage", USER, stats_usage, .query = usage_query },
	{ "GET", "/api/v1/chats/stats/export", USER, stats_export, .query = export_query },
	{ "GET", "/api/v1/chats/stats/export/{chat_id}", USER, stats_export_one },
	ROUTES_END
};
