#include "provider/ollama.h"

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

/* A request for each server that is switched on, or for the one that is asked for; their number. */
static size_t version_requests(struct arena *a, const struct config *c, int64_t only,
			       struct http_request *reqs)
{
	struct json_object *urls = config_tree(a, c, CK_OLLAMA_BASE_URLS);
	struct json_object *configs = config_tree(a, c, CK_OLLAMA_API_CONFIGS);
	size_t n = 0;

	for (size_t i = 0; i < json_len(urls) && n < MAX_SERVERS; i++) {
		const char *url = json_str(json_item(urls, i));
		struct json_object *settings = url ? connection_settings(configs, i, url) : NULL;

		if (!url || !json_flag(settings, "enable", true) || (only >= 0 && (size_t)only != i))
			continue;
		reqs[n++] = (struct http_request){
			.method = "GET", .url = arena_printf(a, "%s/api/version", url),
			.headers = bearer(a, settings), .cancel_fd = -1, .timeout_ms = VERSION_MS,
		};
	}
	return n;
}

const char *ollama_version(struct arena *a, const struct config *c, int64_t only)
{
	struct http_request reqs[MAX_SERVERS];
	struct http_answer answers[MAX_SERVERS];
	size_t n = version_requests(a, c, only, reqs);
	const char *lowest = NULL;

	http_run_all(a, reqs, answers, n, VERSION_MS);
	for (size_t i = 0; i < n; i++) {
		bool good = answers[i].end == HTTP_DONE && answers[i].status == 200;
		struct json_object *o = good ? json_parse_text(a, buf_text(answers[i].body)) : NULL;
		const char *v = json_text(o, "version", NULL);

		if (v && (!lowest || compare_versions(v, lowest) < 0))
			lowest = v;
	}
	return lowest;
}
