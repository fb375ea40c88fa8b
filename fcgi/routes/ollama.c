/* ollama - /ollama: the connected Ollama servers: lists, versions, what is loaded. */

#include "fcgi/routes/ollama.h"

#include "base/clock.h"
#include "base/env.h"
#include "provider/listing.h"
#include "provider/ollama.h"

static const struct field verify_form[] = {
	{ "url", T_STR, F_REQUIRED }, { "key", T_STR | T_NULL }, { "config", T_DICT | T_NULL }, SCHEMA_END
};

bool ollama_on(struct req *r)
{
	if (connections_on(r->cfg, CONNECTION_OLLAMA))
		return true;
	req_fail_detail(r, 503, "The Ollama API is disabled.");
	return false;
}

int ollama_whole(struct req *r, const struct http_answer *a, void *ctx)
{
	struct json_object *tree = relay_tree(r, a), *error = json_get(tree, "error"), *o;
	const char *text;

	(void)ctx;
	if (a->status / 100 == 2)
		return tree ? req_send_json(r, 200, buf_text(a->body), a->body->len) : req_send_null(r);
	relay_retry_headers(r, a);
	if (!error)
		return req_fail_detail(r, a->status / 100 == 3 ? 502 : a->status,
				       "Open WebUI: Server Connection Error");
	o = json_new_object(r->arena);
	json_set(o, "detail", json_ref(error));
	text = json_print(o);
	return req_send_json(r, a->status, text, strlen(text));
}

int ollama_failed(struct req *r, const struct http_answer *a)
{
	return req_fail_detail(r, 500, "Ollama: %s", a->error ? a->error : "no answer");
}

int ollama_forward(struct req *r, const struct connection *k, const char *method, const char *path,
		   struct json_object *body, bool stream, const char *type)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .any_type = stream, .type = type, .whole = ollama_whole,
			     .failed = ollama_failed };
	struct caller who = relay_caller(r);
	struct http_request req;

	upstream_post(r->arena, k, &who, arena_printf(r->arena, "%s%s", k->url, path),
		      body ? body : json_new_object(r->arena), &req);
	req.method = method;
	if (!body)
		req.body = NULL;
	return relay_run(r, &req, &how);
}

struct json_object *ollama_known(struct req *r, const struct field *table)
{
	struct json_object *o = json_new_object(r->arena);

	for (; table->name; table++)
		if (json_get(r->body, table->name))
			json_set(o, table->name, json_ref(json_get(r->body, table->name)));
	return o;
}

bool ollama_fits(struct req *r, const struct field *table)
{
	struct json_object *faults = json_new_array(r->arena), *first;

	if (schema_check(table, r->body, "body", faults))
		return true;
	first = json_item(faults, 0);
	req_fail_detail(r, 400, "%s: %s", json_object_get_string(json_get(first, "loc")),
			json_text(first, "msg", "The request is not valid."));
	return false;
}

static int status_get(struct req *r)
{
	return req_send_text(r, "{\"status\":true}");
}

/* Something of one server, for administrators; false: there is another way to answer. */
static bool of_one(struct req *r, const char *path)
{
	struct connection k;

	if (!json_get(r->query, "url_idx"))
		return false;
	if (!connection_at(r->arena, r->cfg, CONNECTION_OLLAMA, req_query_i64(r, "url_idx", -1), &k))
		req_fail_detail(r, 404, "Connection not found");
	else
		ollama_forward(r, &k, "GET", path, NULL, false, NULL);
	return true;
}

/* A place may be named by administrators only. */
static bool may_name_place(struct req *r)
{
	if (!json_get(r->query, "url_idx") || r->user.is_admin)
		return true;
	req_fail(r, ERR_ACCESS_PROHIBITED);
	return false;
}

static int tags_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	if (!may_name_place(r) || !ollama_on(r) || of_one(r, "/api/tags"))
		return 0;
	buf_adds(b, "{\"models\":[");
	if (!provider_list(r, CONNECTION_OLLAMA, b))
		return 0;
	buf_adds(b, "]}");
	return req_send_json(r, 200, b->data, b->len);
}

static int version_get(struct req *r)
{
	struct caller who = relay_caller(r);
	struct json_object *o;
	const char *version;

	if (!may_name_place(r))
		return 0;
	if (!connections_on(r->cfg, CONNECTION_OLLAMA))
		return req_send_text(r, "{\"version\":false}");
	if (of_one(r, "/api/version"))
		return 0;
	req_db_release(r);
	version = ollama_version(r->arena, r->cfg, &who);
	if (!version)
		return req_fail_detail(r, 500, "Ollama: no server could be reached.");
	o = json_new_object(r->arena);
	json_set_text(o, "version", version);
	return req_send_obj(r, o);
}

/* Models in memory: those of all servers, by name. */
static int ps_get(struct req *r)
{
	struct json_object *o = json_new_object(r->arena), *all = json_object_new_array();
	struct json_object *known = json_new_object(r->arena);
	struct caller who = relay_caller(r);
	struct ollama_reply *replies;
	size_t n = 0;

	req_db_release(r);
	if (connections_on(r->cfg, CONNECTION_OLLAMA))
		n = ollama_ask_all(r->arena, r->cfg, &who, "/api/ps",
				   env_int("AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST", 10, 1, 600) * 1000, &replies);
	for (size_t i = 0; i < n; i++) {
		struct json_object *models = json_get(replies[i].tree, "models");

		listing_prefix(r->arena, replies[i].connection, models);
		for (size_t k = 0; k < json_len(models); k++)
			provider_merge(all, known, json_item(models, k), replies[i].connection->index);
	}
	json_set(o, "models", all);
	return req_send_obj(r, o);
}

static struct json_object *openai_model(const char *id)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "id", id);
	json_set_text(o, "object", "model");
	json_set_i64(o, "created", time_s());
	json_set_text(o, "owned_by", "openai");
	return o;
}

/* The list in OpenAI's form, of all servers or of what one of them answers. */
static int send_openai_list(struct req *r, struct json_object *models)
{
	struct json_object *o = json_new_object(r->arena), *data = json_object_new_array();

	for (size_t i = 0; i < json_len(models); i++)
		json_object_array_add(data, openai_model(json_text(json_item(models, i), "model", "")));
	json_set(o, "data", data);
	json_set_text(o, "object", "list");
	return req_send_obj(r, o);
}

static int one_list(struct req *r, const struct http_answer *a, void *ctx)
{
	if (a->status / 100 != 2)
		return ollama_whole(r, a, ctx);
	return send_openai_list(r, json_get(relay_tree(r, a), "models"));
}

static int v1_models_get(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .whole = one_list, .failed = ollama_failed };
	struct buf *b = buf_in(r->arena, 0);
	struct http_request req;
	struct connection k;

	if (!may_name_place(r))
		return 0;
	if (json_get(r->query, "url_idx")) {
		if (!connection_at(r->arena, r->cfg, CONNECTION_OLLAMA, req_query_i64(r, "url_idx", -1), &k))
			return req_fail_detail(r, 404, "Connection not found");
		provider_get(r, &k, "/api/tags", &req);
		return relay_run(r, &req, &how);
	}
	buf_addc(b, '[');
	if (!provider_list(r, CONNECTION_OLLAMA, b))
		return 0;
	buf_addc(b, ']');
	return send_openai_list(r, json_parse_text(r->arena, buf_text(b)));
}

static int verify(struct req *r)
{
	struct connection k = {
		.kind = CONNECTION_OLLAMA, .key = json_text(r->body, "key", ""),
		.settings = json_get(r->body, "config"), .url = provider_url(r, json_text(r->body, "url", "")),
	};
	struct http_request req;
	struct http_answer a;

	provider_get(r, &k, "/api/version", &req);
	if (!relay_fetch(r, &req, &a))
		return 0;
	if (a.status != 200 || !relay_tree(r, &a))
		return req_fail_detail(r, 500, "HTTP Error: %d", a.status);
	return req_send_json(r, 200, buf_text(a.body), a.body->len);
}

const struct route ollama_routes[] = {
	{ "GET", "/ollama/", ANON, status_get },
	{ "HEAD", "/ollama/", ANON, status_get },
	{ "GET", "/ollama/api/tags", USER, tags_get, .query = place_query, .flags = R_STREAM },
	{ "GET", "/ollama/api/tags/{url_idx}", USER, tags_get, .query = place_query, .flags = R_STREAM },
	{ "GET", "/ollama/api/version", USER, version_get, .query = place_query, .flags = R_STREAM },
	{ "GET", "/ollama/api/version/{url_idx}", USER, version_get, .query = place_query,
	  .flags = R_STREAM },
	{ "GET", "/ollama/api/ps", ADMIN, ps_get, .flags = R_STREAM },
	{ "GET", "/ollama/v1/models", USER, v1_models_get, .query = place_query, .flags = R_STREAM },
	{ "GET", "/ollama/v1/models/{url_idx}", USER, v1_models_get, .query = place_query,
	  .flags = R_STREAM },
	{ "POST", "/ollama/verify", ADMIN, verify, verify_form, .flags = R_STREAM },
	ROUTES_END
};
