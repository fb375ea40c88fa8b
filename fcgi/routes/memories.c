/* memories - /api/v1/memories: what the assistant remembers of an account. */

#include "base/log.h"
#include "base/utf8.h"
#include "fcgi/request.h"
#include "memory/memory.h"

enum { SEARCH_MAX = 100, SEARCH_DEFAULT = 20, PATHS_MAX = 500, PATHS_DEFAULT = 100, PATH_DEFAULT = 50,
       PREVIEW_CHARS = 300 };

static const struct field add_form[] = {
	{ "content", T_STR, F_REQUIRED },
	{ "type", T_STR, 0, .choices = "user|context", .def = "\"context\"" },
	{ "path", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field update_form[] = {
	{ "content", T_STR | T_NULL },
	{ "type", T_STR | T_NULL, 0, .choices = "user|context" },
	{ "path", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field operation_form[] = {
	{ "action", T_STR, F_REQUIRED, .choices = "add|replace|remove|move" },
	{ "id", T_STR | T_NULL },
	{ "content", T_STR | T_NULL },
	{ "type", T_STR | T_NULL, 0, .choices = "user|context" },
	{ "path", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field batch_form[] = {
	{ "operations", T_LIST, F_REQUIRED, .item = &(const struct field){ "", T_MODEL, 0, operation_form } },
	{ "source", T_STR | T_NULL, 0, .choices = "tool|background_review" },
	SCHEMA_END
};

static const struct field search_form[] = {
	{ "query", T_STR | T_NULL },
	{ "type", T_STR, 0, .choices = "user|context|all", .def = "\"all\"" },
	{ "path", T_STR | T_NULL },
	{ "memory_id", T_STR | T_NULL },
	{ "limit", T_INT, 0, .def = "20" },
	SCHEMA_END
};

static const struct field paths_form[] = {
	{ "query", T_STR | T_NULL },
	{ "type", T_STR, 0, .choices = "user|context|all", .def = "\"all\"" },
	{ "limit", T_INT, 0, .def = "100" },
	SCHEMA_END
};

static const struct field path_form[] = {
	{ "path", T_STR, F_REQUIRED },
	{ "type", T_STR, 0, .choices = "user|context|all", .def = "\"all\"" },
	{ "include_children", T_BOOL, 0, .def = "true" },
	{ "limit", T_INT, 0, .def = "50" },
	SCHEMA_END
};

static const struct field query_form[] = {
	{ "content", T_STR, F_REQUIRED },
	{ "k", T_INT | T_NULL, 0, .def = "1" },
	SCHEMA_END
};

/* Embed without holding a connection; vectors without numbers where there is no service.  false: answered. */
static bool embed(struct req *r, enum embed_kind kind, const char *const *texts, size_t n, struct embedding *out)
{
	const char *err = NULL;

	req_db_release(r);
	if (!n || embed_texts(r->arena, r->cfg, kind, texts, n, out, &err) >= 0)
		return true;
	log_warn("embedding_failed", "why=\"%s\"", err);
	req_fail(r, ERR_UNAVAILABLE);
	return false;
}

/* The path of the body, or an answer. */
static bool take_path(struct req *r, const char **path)
{
	if (memory_path(r->arena, json_text(r->body, "path", NULL), path))
		return true;
	req_fail_detail(r, 400, "Invalid memory path");
	return false;
}

static const char *limit_of(struct req *r, int64_t def, int64_t max)
{
	int64_t n = json_i64(r->body, "limit", def);

	n = n ? n : def;
	return arena_i64(r->arena, n < 1 ? 1 : n > max ? max : n);
}

/* Store the vectors of rows that were just changed, and commit.  false: answered. */
static bool put_and_commit(struct req *r, struct json_object *rows, const struct embedding *vectors)
{
	if ((json_len(rows) && vectors->n && memory_put_vectors(req_db(r), r->arena, r->user.id, rows, vectors) < 0) ||
	    !db_commit(req_db(r))) {
		req_db_failed(r);
		return false;
	}
	return true;
}

/* The same for one row, which is the answer. */
static int finish_one(struct req *r, const char *json, const struct embedding *vector)
{
	struct json_object *rows = json_new_array(r->arena);

	if (!json) {
		db_rollback(req_db(r));
		return req_fail(r, ERR_NOT_FOUND);
	}
	json_object_array_add(rows, json_ref(json_parse_text(r->arena, json)));
	return put_and_commit(r, rows, vector) ? req_send_text(r, json) : 0;
}

static bool begin(struct req *r)
{
	if (!db_begin(req_db(r)))
		req_db_failed(r);
	return !r->status;
}

static int add(struct req *r)
{
	const char *content = memory_content(r->arena, json_text(r->body, "content", NULL)), *path, *json, *text;
	struct embedding vector = { 0 };

	if (!content)
		return req_fail_detail(r, 400, "Memory content cannot be empty");
	if (!take_path(r, &path))
		return 0;
	text = memory_text(r->arena, path, content);
	if (!embed(r, EMBED_CONTENT, &text, 1, &vector) || !begin(r) ||
	    !req_db_text(r, &json, Q_MEMORY_ADD, r->user.id, content, json_text(r->body, "type", "context"), path))
		return 0;
	return finish_one(r, json, &vector);
}

static int update(struct req *r)
{
	bool moves = json_get(r->body, "path") != NULL, edits = json_get(r->body, "content") != NULL;
	const char *content = memory_content(r->arena, json_text(r->body, "content", NULL)), *path, *json, *text;
	struct embedding vector = { 0 };
	struct rows *was;

	if (edits && !content)
		return req_fail_detail(r, 400, "Memory content cannot be empty");
	if (!take_path(r, &path))
		return 0;
	if (!edits && !moves && !json_get(r->body, "type"))
		return req_fail_detail(r, 400, "No memory update provided");
	if (!req_db_run(r, &was, Q_MEMORY_GET, r->user.id, r->params[0]))
		return 0;
	if (!rows_count(was))
		return req_fail(r, ERR_NOT_FOUND);
	text = memory_text(r->arena, moves ? path : rows_text(was, 0, 1), edits ? content : rows_text(was, 0, 0));
	if (!embed(r, EMBED_CONTENT, &text, moves || edits ? 1 : 0, &vector) || !begin(r) ||
	    !req_db_text(r, &json, Q_MEMORY_UPDATE, r->user.id, r->params[0], content,
			 json_text(r->body, "type", NULL), path, moves ? "t" : "f"))
		return 0;
	return finish_one(r, json, &vector);
}

/* What became of each operation of a batch. */
static void tell_batch(struct req *r, struct json_object *done)
{
	static const char *const ends[][2] = {
		{ "created", "memory.created" }, { "updated", "memory.updated" }, { "deleted", "memory.deleted" },
	};

	for (size_t i = 0; i < json_len(done); i++) {
		struct json_object *one = json_item(done, i), *memory = json_get(one, "memory");
		struct json_object *data = json_new_object(r->arena);
		const char *content = json_text(memory, "content", "");

		json_set(data, "content_preview", json_object_new_string_len(
			content, (int)utf8_head(content, strlen(content), PREVIEW_CHARS)));
		json_set(data, "type", json_ref(json_get(memory, "type")));
		json_set(data, "path", json_ref(json_get(memory, "path")));
		json_set(data, "operation", json_ref(json_get(one, "action")));
		for (size_t k = 0; k < ARRAY_SIZE(ends); k++)
			if (text_eq(json_text(one, "status", NULL), ends[k][0]))
				req_event(r, ends[k][1], json_text(memory, "id", json_text(one, "id", NULL)), data);
	}
}

static int batch(struct req *r)
{
	const char *json, *why = NULL, *source = json_text(r->body, "source", "tool");
	struct db_failure failure;

	req_db_release(r);
	switch (memory_apply(r->arena, r->cfg, r->user.id, json_get(r->body, "operations"), source, &json, &why, &failure)) {
	case MEMORY_DONE:
		tell_batch(r, json_parse_text(r->arena, json));
		return req_send_text(r, json);
	case MEMORY_REFUSED:
		return req_fail_detail(r, 400, "%s", why);
	case MEMORY_NO_VECTORS:
		log_warn("embedding_failed", "why=\"%s\"", why);
		return req_fail(r, ERR_UNAVAILABLE);
	default:
		return req_failed(r, &failure);
	}
}

static int query(struct req *r)
{
	const char *text = json_text(r->body, "content", ""), *json;
	int64_t k = json_i64(r->body, "k", MEMORY_HITS_MAX);
	struct embedding vector = { 0 };
	bool any;

	if (!req_db_bool(r, &any, Q_MEMORY_ANY, r->user.id))
		return 0;
	if (!any)
		return req_fail_detail(r, 404, "No memories found for user");
	if (!embed(r, EMBED_QUERY, &text, 1, &vector))
		return 0;
	if (memory_search(req_db(r), r->arena, r->cfg, r->user.id, vector, k < 0 ? 0 : (size_t)k, &json) < 0)
		return req_db_failed(r);
	return req_send_text(r, json);
}

static int search(struct req *r)
{
	const char *path, *words = memory_content(r->arena, json_text(r->body, "query", NULL));

	if (!take_path(r, &path))
		return 0;
	return req_send_sql(r, Q_MEMORY_SEARCH, r->user.id, words, json_text(r->body, "type", "all"), path,
			    json_text(r->body, "memory_id", NULL), limit_of(r, SEARCH_DEFAULT, SEARCH_MAX));
}

static int paths(struct req *r)
{
	return req_send_sql(r, Q_MEMORY_PATHS, r->user.id,
			    memory_content(r->arena, json_text(r->body, "query", NULL)),
			    json_text(r->body, "type", "all"), limit_of(r, PATHS_DEFAULT, PATHS_MAX));
}

static int path_get(struct req *r)
{
	const char *path;

	if (!take_path(r, &path))
		return 0;
	if (!path)
		return req_fail_detail(r, 400, "Memory path is required");
	return req_send_sql(r, Q_MEMORY_PATH, r->user.id, path, json_text(r->body, "type", "all"),
			    json_flag(r->body, "include_children", true) ? "t" : "f",
			    limit_of(r, PATH_DEFAULT, SEARCH_MAX));
}

/* Vectors of one account anew; false: answered. */
static bool reindex_one(struct req *r, struct arena *a, const char *user_id, size_t *count)
{
	const char *err = NULL;
	int rc = memory_reindex(a, r->cfg, user_id, count, &err);

	if (rc > 0)
		return true;
	log_warn("memory_reindex_failed", "user=%s why=\"%s\"", user_id, err ? err : "database");
	req_fail(r, ERR_UNAVAILABLE);
	return false;
}

static int reset(struct req *r)
{
	size_t count;

	req_db_release(r);
	return reindex_one(r, r->arena, r->user.id, &count) ? req_send_true(r) : 0;
}

static int reindex(struct req *r)
{
	struct arena *a = arena_new();
	size_t total = 0, count;
	struct rows *users;

	arena_defer(r->arena, (void (*)(void *))arena_free, a);
	if (!req_db_run(r, &users, Q_MEMORY_USERS))
		return 0;
	req_db_release(r);
	for (size_t i = 0; i < rows_count(users); i++, arena_reset(a)) {
		if (!reindex_one(r, a, rows_text(users, i, 0), &count))
			return 0;
		total += count;
	}
	return req_send_text(r, arena_printf(r->arena, "{\"status\":true,\"total_users\":%zu,\"total_memories\":%zu}",
					     rows_count(users), total));
}

#define MEMORIES .feature = "memories.enable", .feature_err = ERR_NOT_FOUND, \
	.permission = "features.memories", .permission_err = ERR_FORBIDDEN

const struct route memory_routes[] = {
	{ "GET", "/api/v1/memories/", USER, .sql = Q_MEMORY_LIST, .args = "user", MEMORIES },
	{ "POST", "/api/v1/memories/add", USER, add, add_form, MEMORIES,
	  .event = "memory.created @id content_preview=@content/300 type=@type path=@path" },
	{ "POST", "/api/v1/memories/update", USER, batch, batch_form, MEMORIES },
	{ "POST", "/api/v1/memories/query", USER, query, query_form, MEMORIES },
	{ "POST", "/api/v1/memories/search", USER, search, search_form, MEMORIES },
	{ "POST", "/api/v1/memories/paths", USER, paths, paths_form, MEMORIES },
	{ "POST", "/api/v1/memories/path", USER, path_get, path_form, MEMORIES },
	{ "POST", "/api/v1/memories/reindex", ADMIN, reindex, .flags = R_STREAM,
	  .event = "memory.reset user:'all' count=@total_memories user_count=@total_users reindex=true" },
	{ "POST", "/api/v1/memories/reset", USER, reset, .flags = R_STREAM, MEMORIES,
	  .event = "memory.reset user:user reindex=true" },
	{ "DELETE", "/api/v1/memories/delete/user", USER, .sql = Q_MEMORY_DELETE_ALL, .args = "user", MEMORIES,
	  .event = "memory.deleted user:user" },
	{ "POST", "/api/v1/memories/{memory_id}/update", USER, update, update_form, MEMORIES,
	  .event = "memory.updated @id content_preview=@content/300 type=@type path=@path" },
	{ "DELETE", "/api/v1/memories/{memory_id}", USER, .sql = Q_MEMORY_DELETE, .args = "user {memory_id}",
	  MEMORIES, .event = "memory.deleted" },
	ROUTES_END
};
