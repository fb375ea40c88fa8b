/* openai - /openai: the connections that speak like OpenAI, for API clients. */

#include "base/env.h"
#include "fcgi/relay.h"
#include "fcgi/routes/completions.h"
#include "fcgi/provider.h"
#include "model/catalog.h"
#include "provider/listing.h"
#include "turn/direct.h"

static const struct field verify_form[] = {
	{ "url", T_STR, F_REQUIRED }, { "key", T_STR, F_REQUIRED }, { "config", T_DICT | T_NULL },
	SCHEMA_END
};

static const struct field responses_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "input", T_LIST | T_STR | T_NULL },
	{ "instructions", T_STR | T_NULL },
	{ "stream", T_BOOL | T_NULL },
	{ "temperature", T_FLOAT | T_NULL },
	{ "max_output_tokens", T_INT | T_NULL },
	{ "top_p", T_FLOAT | T_NULL },
	{ "tools", T_LIST | T_NULL },
	{ "tool_choice", T_STR | T_DICT | T_NULL },
	{ "text", T_DICT | T_NULL },
	{ "truncation", T_STR | T_NULL },
	{ "metadata", T_DICT | T_NULL },
	{ "store", T_BOOL | T_NULL },
	{ "reasoning", T_DICT | T_NULL },
	{ "previous_response_id", T_STR | T_NULL },
	SCHEMA_END
};

static bool switched_on(struct req *r)
{
	if (connections_on(r->cfg, CONNECTION_OPENAI))
		return true;
	req_fail_detail(r, 503, "OpenAI API is disabled");
	return false;
}

/* ---- lists of models ---- */

static int send_all_models(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"data\":[");
	if (!provider_list(r, CONNECTION_OPENAI, b))
		return 0;
	buf_adds(b, "]}");
	return req_send_json(r, 200, b->data, b->len);
}

/* Models that cannot chat are left out of OpenAI's own list. */
static int send_server_list(struct req *r, const struct connection *k, const struct http_answer *a)
{
	struct json_object *tree = relay_tree(r, a), *error = json_get(tree, "error");
	struct connection plain = { .kind = k->kind, .url = k->url };
	struct listing l;

	if (a->status != 200)
		return req_fail_detail(r, 500, error ? "Unexpected error: External Error: %s"
				       : "Unexpected error: HTTP Error: %s", error ? json_print(error)
				       : arena_printf(r->arena, "%d", a->status));
	if (!tree)
		return req_fail_detail(r, 500, "Unexpected error: the answer is not JSON");
	if (!connection_is_anthropic(k) && !strstr(k->url, "api.openai.com"))
		return req_send_json(r, 200, buf_text(a->body), a->body->len);
	listing_init(&l, r->arena);
	listing_add_openai(&l, &plain, tree);
	json_set_text(tree, "object", "list");
	json_set(tree, "data", listing_originals(&l));
	return req_send_obj(r, tree);
}

static int send_server_models(struct req *r, int64_t place)
{
	struct connection k;
	struct http_request req;
	struct http_answer a;

	if (!connection_at(r->arena, r->cfg, CONNECTION_OPENAI, place, &k))
		return req_fail_detail(r, 404, "Connection not found");
	if (connection_is_azure(&k)) {
		struct json_object *o = json_new_object(r->arena), *ids = json_get(k.settings, "model_ids");

		json_set(o, "data", ids ? json_ref(ids) : json_object_new_array());
		json_set_text(o, "object", "list");
		return req_send_obj(r, o);
	}
	provider_get(r, &k, connection_is_anthropic(&k) ? "/models?limit=1000" : "/models", &req);
	return relay_fetch(r, &req, &a) ? send_server_list(r, &k, &a) : 0;
}

static int models_get(struct req *r)
{
	int64_t place = req_query_i64(r, "url_idx", -1);

	if (json_get(r->query, "url_idx") && !r->user.is_admin)
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	if (!switched_on(r))
		return 0;
	return json_get(r->query, "url_idx") ? send_server_models(r, place) : send_all_models(r);
}

/* ---- a connection that is being set up ---- */

static int verify(struct req *r)
{
	struct json_object *config = json_get(r->body, "config");
	struct connection k = {
		.kind = CONNECTION_OPENAI, .key = json_text(r->body, "key", ""), .settings = config,
		.url = provider_url(r, json_text(r->body, "url", "")),
	};
	const char *path = "/models";
	struct http_request req;
	struct http_answer a;

	if (connection_is_azure(&k) && !connection_is_azure_v1(&k))
		path = arena_printf(r->arena, "/openai/models?api-version=%s", connection_azure_version(&k));
	else if (connection_is_anthropic(&k))
		path = "/models?limit=1000";
	provider_get(r, &k, path, &req);
	if (!relay_fetch(r, &req, &a))
		return 0;
	if (connection_is_anthropic(&k))
		return send_server_list(r, &k, &a);
	return relay_whole(r, &a);
}

/* ---- completions and responses ---- */

static int chat(struct req *r)
{
	struct model m;
	struct turn t;

	if (!switched_on(r) ||
	    !provider_model(r, CONNECTION_OPENAI, json_text(r->body, "model", ""), -1, 404, &m))
		return 0;
	req_db_release(r);
	direct_plain(&t, r->arena, &r->user, &m, r->body);
	completions_direct(r, &t);
	turn_free(&t);
	return 0;
}

/* What nobody lists is asked of the first connection. */
static bool responses_model(struct req *r, struct model *m)
{
	const char *id = arena_strdup(r->arena, json_text(r->body, "model", ""));
	enum model_found found = model_locate(r->arena, req_db(r), r->cfg, &r->user, id, CONNECTION_OPENAI, -1, m);

	if (found != MODEL_UNKNOWN)
		return provider_found(r, found, 404);
	if (!connection_at(r->arena, r->cfg, CONNECTION_OPENAI, 0, &m->connection))
		return provider_found(r, found, 404);
	m->provider_id = connection_strip(&m->connection, id);
	return true;
}

static int responses(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .any_status = true };
	struct caller who = relay_caller(r);
	struct http_request req;
	struct model m;
	const char *url;

	if (!responses_model(r, &m))
		return 0;
	provider_drop_nulls(r->body);
	json_set_text(r->body, "model", m.provider_id);
	url = connection_url(r->arena, &m.connection, "responses", m.provider_id);
	if (!url)
		return req_fail_detail(r, 400, "The model's name cannot be part of an address.");
	upstream_post(r->arena, &m.connection, &who, url, r->body, &req);
	return relay_run(r, &req, &how);
}

/* ---- what is passed on as it is ---- */

static const char *raw_body(struct req *r, size_t *len)
{
	struct buf *b = buf_in(r->arena, REQ_MAX_BODY);
	char part[16384];
	ssize_t n;

	while ((n = req_body_read(r, part, sizeof(part))) > 0)
		buf_add(b, part, (size_t)n);
	*len = b->len;
	if (!n && !b->full)
		return buf_text(b);
	req_fail(r, ERR_TOO_LARGE);
	return NULL;
}

static int speech(struct req *r)
{
	struct relay how = { .any_type = true };
	struct caller who = relay_caller(r);
	struct connection *list, *k = NULL;
	struct http_request req;
	size_t n = connections_list(r->arena, r->cfg, CONNECTION_OPENAI, &list);

	if (!req_permitted(r, "chat.tts"))
		return r->status ? 0 : req_fail_detail(r, 403, "You may not have texts read aloud.");
	for (size_t i = 0; i < n && !k; i++)
		if (strcmp(list[i].url, "https://api.openai.com/v1") == 0)
			k = &list[i];
	if (!k)
		return req_fail_detail(r, 401, "OpenAI API was not found");
	upstream_post(r->arena, k, &who, arena_printf(r->arena, "%s/audio/speech", k->url),
		      json_new_object(r->arena), &req);
	req.body = raw_body(r, &req.body_len);
	return req.body ? relay_run(r, &req, &how) : 0;
}

/* The connection of the model that the body names; of any other request the first one. */
static bool passed_connection(struct req *r, struct json_object *body, struct connection *k)
{
	const char *id = json_text(body, "model", "");
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	const struct base_model *base = cat ? catalog_base(cat, CONNECTION_OPENAI, id) : NULL;

	if (!cat) {
		req_db_failed(r);
		return false;
	}
	if (base ? model_connection(r->arena, r->cfg, base, k)
		 : connection_at(r->arena, r->cfg, CONNECTION_OPENAI, 0, k))
		return true;
	req_fail_detail(r, 404, "Connection not found");
	return false;
}

static int passthrough(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .any_status = true };
	struct caller who = relay_caller(r);
	struct http_request req;
	struct connection k;
	const char *text, *url;
	struct json_object *body;
	size_t len;

	if (!env_bool("ENABLE_OPENAI_API_PASSTHROUGH", false))
		return req_fail_detail(r, 403, "Direct API passthrough is disabled. "
				       "Set ENABLE_OPENAI_API_PASSTHROUGH=True to enable.");
	text = raw_body(r, &len);
	if (!text)
		return 0;
	body = len ? json_parse(r->arena, text, len, NULL) : NULL;
	if (!passed_connection(r, body, &k))
		return 0;
	url = connection_url(r->arena, &k, r->params[0], json_text(body, "model", ""));
	if (!url || strstr(r->params[0], ".."))
		return req_fail_detail(r, 400, "That path cannot be part of an address.");
	upstream_post(r->arena, &k, &who, url, json_new_object(r->arena), &req);
	req.method = r->method;
	req.body = len ? text : NULL;
	req.body_len = len;
	return relay_run(r, &req, &how);
}

const struct route openai_routes[] = {
	{ "GET", "/openai/models", USER, models_get, .query = place_query, .flags = R_STREAM },
	{ "GET", "/openai/models/{url_idx}", USER, models_get, .query = place_query, .flags = R_STREAM },
	{ "POST", "/openai/verify", ADMIN, verify, verify_form, .flags = R_STREAM },
	{ "POST", "/openai/chat/completions", USER, chat, any_object_form, .flags = R_STREAM },
	{ "POST", "/openai/responses", USER, responses, responses_form, .flags = R_STREAM },
	{ "POST", "/openai/audio/speech", USER, speech, .flags = R_STREAM | R_RAW_BODY },
	{ "GET", "/openai/{path:path}", USER, passthrough, .flags = R_STREAM | R_RAW_BODY },
	{ "POST", "/openai/{path:path}", USER, passthrough, .flags = R_STREAM | R_RAW_BODY },
	{ "PUT", "/openai/{path:path}", USER, passthrough, .flags = R_STREAM | R_RAW_BODY },
	{ "DELETE", "/openai/{path:path}", USER, passthrough, .flags = R_STREAM | R_RAW_BODY },
	ROUTES_END
};
