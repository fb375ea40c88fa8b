/* embeddings - POST /api/embeddings: vectors of texts, from whoever has the model. */

#include "fcgi/provider.h"
#include "fcgi/relay.h"
#include "fcgi/routes/ollama.h"

static int ollama_vectors(struct req *r, const struct http_answer *a, void *ctx)
{
	struct json_object *tree = relay_tree(r, a);

	if (a->status / 100 != 2 || !tree)
		return ollama_whole(r, a, ctx);
	return req_send_obj(r, ollama_embed_result(r->arena, tree));
}

static int embeddings(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .any_status = true };
	struct caller who = relay_caller(r);
	struct json_object *body = r->body;
	struct http_request req;
	struct model m;
	const char *url;
	int rc = model_resolve(r->arena, req_db(r), r->cfg, &r->user, json_text(body, "model", ""), &m);

	if (rc <= 0)
		return rc ? req_db_failed(r) : req_fail_detail(r, 404, "Model not found");
	json_set_text(body, "model", m.provider_id);
	if (m.connection.kind == CONNECTION_OLLAMA) {
		body = ollama_embed_payload(r->arena, body);
		how.whole = ollama_vectors;
		how.failed = ollama_failed;
		url = arena_printf(r->arena, "%s/api/embed", m.connection.url);
	} else {
		url = connection_url(r->arena, &m.connection, "embeddings", m.provider_id);
	}
	if (!url)
		return req_fail_detail(r, 400, "The model's name cannot be part of an address.");
	upstream_post(r->arena, &m.connection, &who, url, body, &req);
	return relay_run(r, &req, &how);
}

const struct route embedding_routes[] = {
	{ "POST", "/api/embeddings", USER, embeddings, any_object_form, .flags = R_STREAM },
	{ "POST", "/api/v1/embeddings", USER, embeddings, any_object_form, .flags = R_STREAM },
	ROUTES_END
};
