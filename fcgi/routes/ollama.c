/* ollama - /ollama: the connected Ollama servers. */

#include "fcgi/request.h"
#include "http/client.h"
#include "model/fetch.h"

enum { MAX_SERVERS = 64, VERSION_MS = 5000 };

/* "0.11.4" < "0.12.0": by numbers, part for part. */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		if (end_a == a && end_b == b)
			return strcmp(a, b);
		a = *end_a ? end_a + 1 : end_a;
		b = *end_b ? end_b + 1 : end_b;
	}
	return 0;
}

static const char *const *bearer(struct arena *a, struct json_object *settings)
{
	const char *key = json_text(settings, "key", NULL);
	const char **headers = arena_calloc(a, 2, sizeof(*headers));

	if (!text_empty(key) && !strpbrk(key, "\r\n"))
		headers[0] = arena_printf(a, "Authorization: Bearer %s", key);
	return headers;
}

static const struct field version_query[] = {
	{ "url_idx", T_INT | T_NULL },
	SCHEMA_END
};

/* A request for each server that is switched on, or for the one that is asked for; their number. */
static size_t version_requests(struct req *r, struct http_request *reqs)
{
	int64_t only = req_query_i64(r, "url_idx", -1);
	struct json_object *urls = config_tree(r->arena, r->cfg, CK_OLLAMA_BASE_URLS);
	struct json_object *configs = config_tree(r->arena, r->cfg, CK_OLLAMA_API_CONFIGS);
	size_t n = 0;

	for (size_t i = 0; i < json_len(urls) && n < MAX_SERVERS; i++) {
		const char *url = json_str(json_item(urls, i));
		struct json_object *settings = url ? connection_settings(configs, i, url) : NULL;

		if (!url || !json_flag(settings, "enable", true) || (only >= 0 && (size_t)only != i))
			continue;
		reqs[n++] = (struct http_request){
			.method = "GET", .url = arena_printf(r->arena, "%s/api/version", url),
			.headers = bearer(r->arena, settings), .cancel_fd = -1, .timeout_ms = VERSION_MS,
		};
	}
	return n;
}

/* The lowest version of all servers that answer: what can be relied on. */
static int version_get(struct req *r)
{
	struct http_request reqs[MAX_SERVERS];
	struct http_answer answers[MAX_SERVERS];
	const char *lowest = NULL;
	struct buf *b;
	size_t n;

	if (!config_bool(r->cfg, CK_OLLAMA_ENABLE))
		return req_send_text(r, "{\"version\":false}");
	req_db_release(r);
	n = version_requests(r, reqs);
	http_run_all(r->arena, reqs, answers, n, VERSION_MS);
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = answers[i].end == HTTP_DONE && answers[i].status == 200
					? json_parse_text(r->arena, buf_text(answers[i].body)) : NULL;
		const char *v = json_text(o, "version", NULL);

		if (v && (!lowest || compare_versions(v, lowest) < 0))
			lowest = v;
	}
	if (!lowest)
		return req_fail_detail(r, 500, "Ollama: no server could be reached.");
	b = buf_in(r->arena, 0);
	buf_adds(b, "{\"version\":");
	buf_json(b, lowest);
	buf_addc(b, '}');
	return req_send_json(r, 200, b->data, b->len);
}

const struct route ollama_routes[] = {
	{ "GET", "/ollama/api/version", USER, version_get, .query = version_query, .flags = R_STREAM },
	ROUTES_END
};
