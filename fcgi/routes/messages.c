/* messages - POST /api/v1/messages: every model, in the words of Anthropic's Messages API. */

#include "fcgi/provider.h"
#include "fcgi/relay.h"
#include "fcgi/routes/completions.h"
#include "model/catalog.h"
#include "provider/anthropic.h"
#include "provider/counting.h"
#include "turn/accept.h"
#include "turn/direct.h"

enum { COUNT_MS = 5000 };

static int lost(struct req *r, const struct http_answer *a)
{
	(void)a;
	return req_fail_detail(r, 502, "Open WebUI: Server Connection Error");
}

/* A request in Anthropic's own form: key and version go where Anthropic wants them. */
static void native_request(struct req *r, const struct model *m, const char *path, struct json_object *form,
			   struct http_request *req)
{
	struct json_object *body = json_copy(r->arena, form);
	struct caller who = relay_caller(r);

	json_set_text(body, "model", m->provider_id);
	anthropic_post(r->arena, &m->connection, &who, path, body, req);
}

/* ---- counting ---- */

static int counted(struct req *r, const struct http_answer *a, void *ctx)
{
	struct json_object *tree = relay_tree(r, a), *n = json_get(tree, "input_tokens"), *o;
	const char *text;

	(void)ctx;
	if (a->status / 100 == 2) {
		if (!json_is(n, json_type_int) || json_object_get_int64(n) < 0)
			return req_fail_detail(r, 502, "Invalid token-count response from upstream provider");
		return req_send_text(r, arena_printf(r->arena, "{\"input_tokens\":%" PRId64 "}",
						     json_object_get_int64(n)));
	}
	if (!tree)
		return req_fail_detail(r, a->status / 100 == 3 ? 502 : a->status, "%s", buf_text(a->body));
	o = json_new_object(r->arena);
	json_set(o, "detail", json_ref(tree));
	text = json_print(o);
	return req_send_json(r, a->status, text, strlen(text));
}

static int count_tokens(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .whole = counted, .failed = lost };
	const char *id = json_text(r->body, "model", "");
	struct http_request req;
	struct model m;

	if (!*id)
		return req_fail_detail(r, 400, "model is required");
	if (!provider_model(r, CONNECTION_OPENAI, id, -1, 404, &m))
		return 0;
	native_request(r, &m, "/messages/count_tokens", r->body, &req);
	return relay_run(r, &req, &how);
}

/* ---- answers ---- */

struct answering {
	const struct model *model;
	const char *name;		/* as the client calls the model */
	struct anthropic_stream stream;
};

static void begin(void *ctx, struct buf *out)
{
	struct answering *w = ctx;

	anthropic_begin(&w->stream, out);
}

static bool convert(void *ctx, struct str chunk, struct buf *out)
{
	struct answering *w = ctx;

	return anthropic_chunk(&w->stream, chunk, out);
}

static void end(void *ctx, bool complete, struct buf *out)
{
	struct answering *w = ctx;

	anthropic_end(&w->stream, complete, out);
}

static int whole(struct req *r, const struct http_answer *a, void *ctx)
{
	struct answering *w = ctx;
	enum dialect d = upstream_dialect(&w->model->connection);
	struct json_object *tree;

	if (a->status / 100 != 2)
		return completions_refused(r, a, d);
	tree = upstream_result(r->arena, d, relay_tree(r, a));
	if (!json_is(tree, json_type_object) || json_has(tree, "error"))
		return relay_whole(r, a);
	return req_send_obj(r, anthropic_result(r->arena, tree, w->name, w->stream.counted));
}

/* How long the question is, for the first event of a stream; a provider that cannot count is not asked
 * again for a while. */
static int64_t count_first(struct req *r, const struct model *m, struct json_object *form)
{
	struct http_request req;

	if (m->connection.kind != CONNECTION_OPENAI || !counting_worth(&m->connection))
		return -1;
	native_request(r, m, "/messages/count_tokens", form, &req);
	req.timeout_ms = COUNT_MS;
	req.cancel_fd = req_client_fd(r);
	return counting_run(r->arena, &m->connection, &req);
}

static int answer(struct req *r, const struct model *m, struct json_object *form)
{
	struct answering w = { .model = m, .name = json_text(form, "model", "") };
	struct relay how = {
		.type = "text/event-stream", .dialect = upstream_dialect(&m->connection), .begin = begin,
		.convert = convert, .end = end, .whole = whole, .ctx = &w,
	};
	struct json_object *body = anthropic_payload(r->arena, form,
						     json_get(m->connection.settings, "passthrough_params"));
	struct turn t;

	w.stream.arena = r->arena;
	w.stream.model = w.name;
	req_db_release(r);
	w.stream.counted = json_flag(form, "stream", false) ? count_first(r, m, form) : -1;
	if (direct_init(&t, r->arena, &r->user, m, body))
		completions_run(r, &t, &how);
	else
		req_fail_detail(r, t.failure_status, "%s", t.failure);
	turn_free(&t);
	return 0;
}

/* Anthropic's own servers, and proxies that speak as they do, get the request as it came. */
static bool speaks_natively(const struct connection *k)
{
	return k->kind == CONNECTION_OPENAI &&
	       (connection_is_anthropic(k) || strcasecmp(connection_setting(k, "provider", ""), "litellm") == 0);
}

static int native(struct req *r)
{
	struct relay how = { .dialect = SPEAKS_CHAT, .any_status = true, .failed = lost };
	struct http_request req;
	struct model m;

	if (!provider_model(r, CONNECTION_OPENAI, json_text(r->body, "model", ""), -1, 404, &m))
		return 0;
	native_request(r, &m, "/messages", r->body, &req);
	return relay_run(r, &req, &how);
}

/* The connection behind a name, whoever asks: whether that one may is looked at later. */
static bool goes_natively(struct req *r, const char *id)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	const struct catalog_entry *e = cat ? catalog_find(cat, id) : NULL;
	const struct base_model *base = cat ? catalog_base(cat, CONNECTION_OPENAI,
							   e && e->base_id ? e->base_id : id) : NULL;
	struct connection k;

	return base && model_connection(r->arena, r->cfg, base, &k) && speaks_natively(&k);
}

static int messages(struct req *r)
{
	const char *id = json_text(r->body, "model", "");
	struct model m;
	int rc;

	if (goes_natively(r, id))
		return native(r);
	rc = model_resolve(r->arena, req_db(r), r->cfg, &r->user, id, &m);
	if (rc < 0)
		return req_db_failed(r);
	return rc ? answer(r, &m, r->body) : req_fail_detail(r, 400, "Model not found");
}

const struct route message_routes[] = {
	{ "POST", "/api/message", USER, messages, any_object_form, .flags = R_STREAM },
	{ "POST", "/api/v1/messages", USER, messages, any_object_form, .flags = R_STREAM },
	{ "POST", "/api/message/count_tokens", USER, count_tokens, any_object_form, .flags = R_STREAM },
	{ "POST", "/api/v1/messages/count_tokens", USER, count_tokens, any_object_form, .flags = R_STREAM },
	ROUTES_END
};
