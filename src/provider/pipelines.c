#include "provider/pipelines.h"

#include "base/log.h"
#include "http/client.h"
#include "model/model.h"
#include "provider/headers.h"

enum { CALL_MS = 60000, LIST_MS = 10000, FILTERS_MAX = 64 };

static const char not_found[] = "Pipeline not found";

static const char *const *headers_for(struct arena *a, const struct connection *k, const char *type)
{
	struct headers h;

	headers_init(&h, a);
	headers_set(&h, "Authorization", arena_printf(a, "Bearer %s", k->key));
	if (type)
		headers_set(&h, "Content-Type", type);
	return h.list;
}

static bool failed(struct pipelines_reply *out, int status, const char *detail)
{
	*out = (struct pipelines_reply){ .status = status, .detail = detail };
	return false;
}

bool pipelines_call(struct arena *a, const struct config *c, int64_t index, const char *method,
		    const char *path, const char *type, struct str body, struct pipelines_reply *out)
{
	struct http_request req = { .method = method, .timeout_ms = CALL_MS, .cancel_fd = -1 };
	struct json_object *o, *detail;
	struct http_answer answer;
	struct connection k;

	if (index < 0 || !connection_at(a, c, CONNECTION_OPENAI, index, &k))
		return failed(out, 404, not_found);
	req.url = arena_printf(a, "%s%s", k.url, path);
	req.headers = headers_for(a, &k, type);
	req.body = body.p;
	req.body_len = body.n;
	if (!http_run(a, &req, &answer))
		return failed(out, 404, not_found);
	o = json_parse(a, buf_text(answer.body), answer.body->len, NULL);
	if (answer.status >= 400) {
		detail = json_get(o, "detail");
		return failed(out, answer.status, detail ? json_object_get_string(detail) : not_found);
	}
	if (!json_is(o, json_type_object))
		return failed(out, 502, not_found);
	*out = (struct pipelines_reply){ .status = 200, .json = json_print(o) };
	return true;
}

struct json_object *pipelines_servers(struct arena *a, const struct config *c)
{
	struct json_object *list = json_new_array(a);
	struct connection *all;
	size_t n = connections_on(c, CONNECTION_OPENAI) ? connections_list(a, c, CONNECTION_OPENAI, &all) : 0;
	struct http_request *reqs = arena_calloc(a, n + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(a, n + 1, sizeof(*answers));

	for (size_t i = 0; i < n; i++)
		reqs[i] = (struct http_request){
			.method = "GET", .url = arena_printf(a, "%s/models", all[i].url), .cancel_fd = -1,
			.headers = headers_for(a, &all[i], NULL), .timeout_ms = LIST_MS,
		};
	http_run_all(a, reqs, answers, n, LIST_MS);
	for (size_t i = 0; i < n; i++) {
		struct json_object *o, *entry;

		if (!connection_enabled(&all[i]) || answers[i].end != HTTP_DONE || answers[i].status != 200)
			continue;
		o = json_parse(a, buf_text(answers[i].body), answers[i].body->len, NULL);
		if (!json_has(o, "pipelines"))
			continue;
		entry = json_object_new_object();
		json_set_text(entry, "url", all[i].url);
		json_set_i64(entry, "idx", (int64_t)all[i].index);
		json_object_array_add(list, entry);
	}
	return list;
}

struct filter {
	const struct base_model *base;
	int64_t priority;
};

static bool is_for(struct json_object *pipeline, const char *model)
{
	struct json_object *targets = json_get(pipeline, "pipelines");

	for (size_t i = 0; i < json_len(targets); i++) {
		const char *target = json_str(json_item(targets, i));

		if (text_eq(target, model) || (json_len(targets) == 1 && text_eq(target, "*")))
			return true;
	}
	return false;
}

/* The filters of a model by priority; the model itself, when it is a pipeline, is last on the way in
 * and first on the way out. */
static size_t filters_of(struct arena *a, const struct catalog *cat, const char *model, enum pipelines_way way,
			 struct filter *out)
{
	const struct base_model *own = NULL;
	size_t n = 0;

	for (size_t i = 0; i < cat->base_count && n < FILTERS_MAX; i++) {
		const struct base_model *e = &cat->bases[i];
		struct json_object *pipeline;
		int64_t priority;
		size_t at;

		if (!e->pipeline)
			continue;
		if (strcmp(e->id, model) == 0)
			own = e;
		pipeline = json_get(json_parse(a, e->json, e->len, NULL), "pipeline");
		if (!text_eq(json_text(pipeline, "type", NULL), "filter") || !is_for(pipeline, model))
			continue;
		priority = json_i64(pipeline, "priority", 0);
		for (at = n++; at && out[at - 1].priority > priority; at--)
			out[at] = out[at - 1];
		out[at] = (struct filter){ e, priority };
	}
	if (!own)
		return n;
	if (way == PIPELINES_OUTLET)
		memmove(&out[1], &out[0], n * sizeof(*out));
	out[way == PIPELINES_OUTLET ? 0 : n] = (struct filter){ own, 0 };
	return n + 1;
}

bool pipelines_any(const struct catalog *cat, const char *model)
{
	struct filter filters[FILTERS_MAX + 1];
	struct arena *a = NULL;
	size_t n = 0;

	for (size_t i = 0; i < cat->base_count && !n; i++) {
		if (!cat->bases[i].pipeline)
			continue;
		a = arena_new();
		n = filters_of(a, cat, model, PIPELINES_INLET, filters);
		arena_free(a);
		break;
	}
	return n > 0;
}

static struct json_object *user_object(const struct user *u)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "id", u->id);
	json_set_text(o, "email", u->email);
	json_set_text(o, "name", u->name);
	json_set_text(o, "role", u->role);
	return o;
}

/* 1 changed, 0 passed by, -1 refused. */
static int run_filter(struct arena *a, const struct config *c, const struct base_model *e,
		      const struct user *u, enum pipelines_way way, struct json_object **body,
		      struct pipelines_reply *out)
{
	struct http_request req = { .method = "POST", .timeout_ms = CALL_MS, .cancel_fd = -1 };
	struct json_object *data = json_new_object(a), *o;
	struct http_answer answer;
	struct connection k;

	if (!model_connection(a, c, e, &k) || text_empty(k.key))
		return 0;
	json_set(data, "user", user_object(u));
	json_set(data, "body", json_ref(*body));
	req.url = arena_printf(a, "%s/%s/filter/%s", k.url, e->id, way == PIPELINES_INLET ? "inlet" : "outlet");
	req.headers = headers_for(a, &k, "application/json");
	req.body = json_print(data);
	req.body_len = strlen(req.body);
	if (!http_run(a, &req, &answer)) {
		log_warn("pipeline_unreachable", "filter=%s error=\"%s\"", e->id, answer.error ? answer.error : "");
		return 0;
	}
	o = json_parse(a, buf_text(answer.body), answer.body->len, NULL);
	if (answer.status >= 400) {
		struct json_object *detail = json_get(o, "detail");

		failed(out, answer.status, detail ? json_object_get_string(detail)
						  : arena_printf(a, "The filter %s failed.", e->id));
		return -1;
	}
	if (!json_is(o, json_type_object))
		return 0;
	*body = o;
	return 1;
}

struct json_object *pipelines_filter(struct arena *a, const struct config *c, const struct catalog *cat,
				     const char *model, const struct user *u, enum pipelines_way way,
				     struct json_object *body, struct pipelines_reply *out)
{
	struct filter filters[FILTERS_MAX + 1];
	size_t n = filters_of(a, cat, model, way, filters);

	for (size_t i = 0; i < n; i++)
		if (run_filter(a, c, filters[i].base, u, way, &body, out) < 0)
			return NULL;
	return body;
}
