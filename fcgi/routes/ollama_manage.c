/* ollama_manage - the models of the Ollama servers: show, pull, push, create, copy, delete, unload. */

#include "fcgi/routes/ollama.h"

enum { UNLOAD_MS = 30000 };

static const struct field name_form[] = { { "model", T_STR | T_NULL }, SCHEMA_END };
static const struct field push_form[] = {
	{ "model", T_STR, F_REQUIRED }, { "insecure", T_BOOL | T_NULL }, { "stream", T_BOOL | T_NULL },
	SCHEMA_END
};
static const struct field create_form[] = {
	{ "model", T_STR | T_NULL }, { "stream", T_BOOL | T_NULL }, { "path", T_STR | T_NULL }, SCHEMA_END
};
static const struct field copy_form[] = {
	{ "source", T_STR, F_REQUIRED }, { "destination", T_STR, F_REQUIRED }, SCHEMA_END
};
/* The first server where none is named. */
static const struct field first_query[] = { { "url_idx", T_INT, .def = "0" }, SCHEMA_END };

/* "model", or "name" as older clients say; without nulls. */
static const char *name_of(struct req *r)
{
	provider_drop_nulls(r->body);
	if (!json_has(r->body, "model") && json_has(r->body, "name"))
		json_set(r->body, "model", json_ref(json_get(r->body, "name")));
	return json_text(r->body, "model", "");
}

/* The server that is named, or one that has the model; *id is its name there.  False: answered. */
static bool find(struct req *r, const char **id, struct connection *k)
{
	struct model m;

	if (json_get(r->query, "url_idx")) {
		if (connection_at(r->arena, r->cfg, CONNECTION_OLLAMA, req_query_i64(r, "url_idx", -1), k))
			return true;
		req_fail_detail(r, 404, "Connection not found");
		return false;
	}
	if (!provider_model(r, CONNECTION_OLLAMA, *id, -1, 400, &m))
		return false;
	*k = m.connection;
	*id = m.provider_id;
	return true;
}

static int show(struct req *r)
{
	const char *id = name_of(r);
	struct model m;

	if (!ollama_on(r) || !provider_model(r, CONNECTION_OLLAMA, id, -1, 400, &m))
		return 0;
	json_set_text(r->body, "model", m.provider_id);
	return ollama_forward(r, &m.connection, "POST", "/api/show", r->body, false, NULL);
}

/* Progress lines pass through; what has changed is to be seen when they end. */
static int with_progress(struct req *r, const struct connection *k, const char *path,
			 struct json_object *body)
{
	ollama_forward(r, k, "POST", path, body, true, NULL);
	catalog_outdated();
	return 0;
}

static int pull(struct req *r)
{
	const char *id = name_of(r);
	struct connection k;

	if (!ollama_on(r) || !find(r, &id, &k))
		return 0;
	json_set_bool(r->body, "insecure", true);	/* administrators pull from any registry */
	return with_progress(r, &k, "/api/pull", r->body);
}

static int push(struct req *r)
{
	const char *id = json_text(r->body, "model", "");
	struct json_object *body = ollama_known(r, push_form);
	struct connection k;

	if (!ollama_on(r) || !find(r, &id, &k))
		return 0;
	json_set_text(body, "model", id);
	return with_progress(r, &k, "/api/push", body);
}

static int create(struct req *r)
{
	const char *id = "";
	struct connection k;

	if (!ollama_on(r) || !find(r, &id, &k))
		return 0;
	provider_drop_nulls(r->body);
	return with_progress(r, &k, "/api/create", r->body);
}

static int done(struct req *r, const struct http_answer *a, void *ctx)
{
	if (a->status / 100 != 2)
		return ollama_whole(r, a, ctx);
	catalog_outdated();
	return req_send_true(r);
}

static int finish(struct req *r, const struct connection *k, const char *method, const char *path,
		  struct json_object *body)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .whole = done, .failed = ollama_failed };
	struct caller who = relay_caller(r);
	struct http_request req;

	upstream_post(r->arena, k, &who, arena_printf(r->arena, "%s%s", k->url, path), body, &req);
	req.method = method;
	return relay_run(r, &req, &how);
}

static int copy(struct req *r)
{
	const char *id = json_text(r->body, "source", "");
	struct json_object *body = ollama_known(r, copy_form);
	struct connection k;

	if (!ollama_on(r) || !find(r, &id, &k))
		return 0;
	json_set_text(body, "source", id);
	return finish(r, &k, "POST", "/api/copy", body);
}

static int delete_model(struct req *r)
{
	const char *id = name_of(r);
	struct connection k;

	if (!ollama_on(r) || !find(r, &id, &k))
		return 0;
	json_set_text(r->body, "model", id);
	return finish(r, &k, "DELETE", "/api/delete", r->body);
}

int ollama_unload(struct req *r, const struct base_model *base)
{
	size_t n = base->place_count, asked = 0, failed = 0;
	struct http_request *reqs = arena_calloc(r->arena, n + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(r->arena, n + 1, sizeof(*answers));
	struct caller who = relay_caller(r);

	for (size_t i = 0; i < n; i++) {
		struct json_object *body = json_new_object(r->arena);
		struct connection k;

		if (!connection_at(r->arena, r->cfg, CONNECTION_OLLAMA, (int64_t)base->places[i], &k))
			continue;
		json_set_text(body, "model", connection_strip(&k, arena_strdup(r->arena, base->id)));
		json_set_i64(body, "keep_alive", 0);
		json_set_text(body, "prompt", "");
		upstream_post(r->arena, &k, &who, arena_printf(r->arena, "%s/api/generate", k.url), body,
			      &reqs[asked++]);
	}
	req_db_release(r);
	http_run_all(r->arena, reqs, answers, asked, UNLOAD_MS);
	for (size_t i = 0; i < asked; i++)
		failed += answers[i].end != HTTP_DONE || answers[i].status / 100 != 2;
	catalog_outdated();
	if (failed)
		return req_fail_detail(r, 500, "Failed to unload model on %zu nodes", failed);
	return req_send_text(r, "{\"status\":true}");
}

static int unload(struct req *r)
{
	const char *id = name_of(r);
	const struct catalog *cat;
	const struct base_model *base;

	if (!*id)
		return req_fail_detail(r, 400, "Missing name of the model to unload.");
	cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	if (!cat)
		return req_db_failed(r);
	base = catalog_base(cat, CONNECTION_OLLAMA, id);
	return base ? ollama_unload(r, base) : req_fail_detail(r, 400, "Model '%s' was not found", id);
}

const struct route ollama_manage_routes[] = {
	{ "POST", "/ollama/api/show", USER, show, name_form, .flags = R_STREAM },
	{ "POST", "/ollama/api/pull", ADMIN, pull, name_form, first_query, R_STREAM },
	{ "POST", "/ollama/api/pull/{url_idx}", ADMIN, pull, name_form, first_query, R_STREAM },
	{ "DELETE", "/ollama/api/push", ADMIN, push, push_form, place_query, R_STREAM },
	{ "DELETE", "/ollama/api/push/{url_idx}", ADMIN, push, push_form, place_query, R_STREAM },
	{ "POST", "/ollama/api/create", ADMIN, create, create_form, first_query, R_STREAM },
	{ "POST", "/ollama/api/create/{url_idx}", ADMIN, create, create_form, first_query, R_STREAM },
	{ "POST", "/ollama/api/copy", ADMIN, copy, copy_form, place_query, R_STREAM,
	  .event = "model.provider_model.created .destination provider='ollama' source=.source "
		"url_idx=?url_idx" },
	{ "POST", "/ollama/api/copy/{url_idx}", ADMIN, copy, copy_form, place_query, R_STREAM,
	  .event = "model.provider_model.created .destination provider='ollama' source=.source "
		"url_idx=?url_idx" },
	{ "DELETE", "/ollama/api/delete", ADMIN, delete_model, name_form, place_query, R_STREAM,
	  .event = "model.provider_model.deleted .model provider='ollama' url_idx=?url_idx" },
	{ "DELETE", "/ollama/api/delete/{url_idx}", ADMIN, delete_model, name_form, place_query, R_STREAM,
	  .event = "model.provider_model.deleted .model provider='ollama' url_idx=?url_idx" },
	{ "POST", "/ollama/api/unload", ADMIN, unload, name_form, .flags = R_STREAM },
	ROUTES_END
};
