/* openai_manage - the models that a llama.cpp or LM Studio server holds: catalog, download, load, unload. */

#include "fcgi/relay.h"
#include "fcgi/routes/ollama.h"
#include "fcgi/provider.h"
#include "model/catalog.h"

enum { UNLOAD_MS = 30000, HOPS_MAX = 32 };

static const struct field model_form[] = { { "model", T_STR, F_REQUIRED }, SCHEMA_END };
static const struct field delete_query[] = {
	{ "url_idx", T_INT | T_NULL }, { "model", T_STR, F_REQUIRED }, SCHEMA_END
};

enum operation_kind { OP_LIST, OP_DOWNLOAD, OP_STATUS, OP_LOAD, OP_UNLOAD, OP_EVENTS, OP_DELETE };

static const struct server {
	const char *provider;
	const char *path[OP_DELETE + 1];	/* NULL: it cannot do that */
} servers[] = {
	{ "llama.cpp", { [OP_LIST] = "/models", [OP_DOWNLOAD] = "/models", [OP_DELETE] = "/models",
			 [OP_LOAD] = "/models/load", [OP_UNLOAD] = "/models/unload",
			 [OP_EVENTS] = "/models/sse" } },
	{ "lmstudio", { [OP_LIST] = "/api/v1/models", [OP_DOWNLOAD] = "/api/v1/models/download",
			[OP_STATUS] = "/api/v1/models/download/status", [OP_LOAD] = "/api/v1/models/load",
			[OP_UNLOAD] = "/api/v1/models/unload" } },
};

struct target {
	struct connection connection;
	const struct server *server;
	const char *root;		/* its address without the interface's part */
};

static const char *root_of(struct arena *a, const char *url)
{
	static const char *const ends[] = { "/api/v1", "/api/v0", "/v1" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends(str_of(url), ends[i]))
			return arena_strndup(a, url, strlen(url) - strlen(ends[i]));
	return url;
}

/* False: answered. */
static bool find_target(struct req *r, int64_t place, struct target *out)
{
	const char *provider;

	if (!connections_on(r->cfg, CONNECTION_OPENAI)) {
		req_fail_detail(r, 503, "OpenAI API is disabled");
		return false;
	}
	if (!connection_at(r->arena, r->cfg, CONNECTION_OPENAI, place, &out->connection)) {
		req_fail_detail(r, 404, "Connection not found");
		return false;
	}
	provider = connection_setting(&out->connection, "provider", "");
	out->root = root_of(r->arena, out->connection.url);
	out->server = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		if (strcmp(servers[i].provider, provider) == 0)
			out->server = &servers[i];
	if (!out->server)
		req_fail_detail(r, 400, "Provider \"%s\" does not support model management",
				*provider ? provider : "default");
	return out->server != NULL;
}

/* The answer goes on; a refusal stands under `detail`. */
static int managed(struct req *r, const struct http_answer *a, void *ctx)
{
	struct json_object *tree = relay_tree(r, a), *o;

	(void)ctx;
	if (a->status / 100 != 2) {
		if (!tree)
			return req_fail_detail(r, a->status / 100 == 3 ? 502 : a->status, "%s",
					       buf_text(a->body));
		o = json_new_object(r->arena);
		json_set(o, "detail", json_ref(tree));
		return req_send_json(r, a->status, json_print(o), strlen(json_print(o)));
	}
	catalog_outdated();
	return tree ? req_send_json(r, 200, buf_text(a->body), a->body->len)
		    : req_send_text(r, "{\"success\":true}");
}

static int no_answer(struct req *r, const struct http_answer *a)
{
	return req_fail_detail(r, 500, "%s", a->error ? a->error : "The server cannot be reached.");
}

/* `more` follows the operation's path. */
static int manage(struct req *r, const struct target *t, enum operation_kind op, const char *method,
		  const char *more, struct json_object *body)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .whole = managed, .failed = no_answer };
	struct caller who = relay_caller(r);
	struct http_request req;

	if (!t->server->path[op])
		return req_fail_detail(r, 400, "Provider \"%s\" does not support that.", t->server->provider);
	upstream_post(r->arena, &t->connection, &who,
		      arena_printf(r->arena, "%s%s%s", t->root, t->server->path[op], more),
		      body ? body : json_new_object(r->arena), &req);
	req.method = method;
	if (!body)
		req.body = NULL;
	return relay_run(r, &req, &how);
}

static int read_only(struct req *r, enum operation_kind op, const char *more)
{
	struct target t;

	return find_target(r, req_query_i64(r, "url_idx", -1), &t) ? manage(r, &t, op, "GET", more, NULL) : 0;
}

static int catalog_list(struct req *r)
{
	return read_only(r, OP_LIST, "");
}

static int events(struct req *r)
{
	return read_only(r, OP_EVENTS, "");
}

static int download_status(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_addc(b, '/');
	buf_uri(b, r->params[1]);
	return read_only(r, OP_STATUS, buf_text(b));
}

/* LM Studio unloads an instance. */
static struct json_object *instance_of(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	const char *id = json_text(r->body, "instance_id", "");

	json_set_text(o, "instance_id", *id ? id : json_text(r->body, "model", ""));
	return o;
}

static int change(struct req *r, enum operation_kind op)
{
	struct json_object *body = r->body;
	struct target t;

	if (!find_target(r, req_query_i64(r, "url_idx", -1), &t))
		return 0;
	provider_drop_nulls(body);
	json_set_text(body, "model", connection_strip(&t.connection,
						      arena_strdup(r->arena, json_text(body, "model", ""))));
	if (op == OP_UNLOAD && strcmp(t.server->provider, "lmstudio") == 0)
		body = instance_of(r);
	return manage(r, &t, op, "POST", "", body);
}

static int download(struct req *r)
{
	return change(r, OP_DOWNLOAD);
}

static int load(struct req *r)
{
	return change(r, OP_LOAD);
}

static int unload(struct req *r)
{
	return change(r, OP_UNLOAD);
}

static int delete_model(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);
	struct target t;

	if (!find_target(r, req_query_i64(r, "url_idx", -1), &t))
		return 0;
	buf_adds(b, "?model=");
	buf_uri(b, connection_strip(&t.connection, req_query(r, "model")));
	return manage(r, &t, OP_DELETE, "DELETE", buf_text(b), NULL);
}

/* The provider's model below a preset. */
static const struct base_model *base_below(const struct catalog *cat, const char *id)
{
	for (int hops = 0; id && hops < HOPS_MAX; hops++) {
		const struct base_model *base = catalog_base(cat, CONNECTION_OLLAMA, id);
		const struct catalog_entry *e = catalog_find(cat, id);

		if (!base)
			base = catalog_base(cat, CONNECTION_OPENAI, id);
		if (base)
			return base;
		id = e ? e->base_id : NULL;
	}
	return NULL;
}

/* POST /api/models/unload: whoever holds the model in memory lets it go. */
static int unload_any(struct req *r)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	const struct base_model *base;
	const char *id = json_text(r->body, "model", "");
	struct json_object *body;
	struct target t;

	if (!cat)
		return req_db_failed(r);
	base = base_below(cat, id);
	if (!base)
		return req_fail_detail(r, 404, "Model \"%s\" not found", id);
	if (base->kind == CONNECTION_OLLAMA)
		return ollama_unload(r, base);
	if (!find_target(r, (int64_t)base->places[0], &t))
		return 0;
	if (strcmp(t.server->provider, "llama.cpp") != 0)
		return req_fail_detail(r, 400, "Provider \"%s\" does not support model unloading",
				       t.server->provider);
	body = json_new_object(r->arena);
	json_set_text(body, "model", connection_strip(&t.connection, base->id));
	return manage(r, &t, OP_UNLOAD, "POST", "", body);
}

const struct route openai_manage_routes[] = {
	{ "GET", "/openai/models/{url_idx}/catalog", ADMIN, catalog_list, .query = place_query,
	  .flags = R_STREAM },
	{ "GET", "/openai/models/{url_idx}/sse", ADMIN, events, .query = place_query, .flags = R_STREAM },
	{ "GET", "/openai/models/{url_idx}/download/status/{job_id}", ADMIN, download_status,
	  .query = place_query, .flags = R_STREAM },
	{ "POST", "/openai/models/{url_idx}/download", ADMIN, download, model_form, place_query, R_STREAM,
	  .event = "model.provider_model.created .model url_idx=?url_idx" },
	{ "POST", "/openai/models/{url_idx}/load", ADMIN, load, model_form, place_query, R_STREAM },
	{ "POST", "/openai/models/{url_idx}/unload", ADMIN, unload, model_form, place_query, R_STREAM },
	{ "DELETE", "/openai/models/{url_idx}", ADMIN, delete_model, .query = delete_query,
	  .flags = R_STREAM, .event = "model.provider_model.deleted ?model url_idx=?url_idx" },
	{ "POST", "/api/models/unload", ADMIN, unload_any, model_form, .flags = R_STREAM },
	ROUTES_END
};
