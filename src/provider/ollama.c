#include "provider/ollama.h"

#include "http/client.h"
#include "provider/headers.h"

enum { VERSION_MS = 5000 };

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

size_t ollama_ask_all(struct arena *a, const struct config *c, const struct caller *who, const char *path,
		      int64_t timeout_ms, struct ollama_reply **out)
{
	struct connection *list;
	size_t all = connections_list(a, c, CONNECTION_OLLAMA, &list), n = 0;
	struct ollama_reply *replies = arena_calloc(a, all + 1, sizeof(*replies));
	struct http_request *reqs = arena_calloc(a, all + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(a, all + 1, sizeof(*answers));

	for (size_t i = 0; i < all; i++) {
		struct headers h;

		if (!connection_enabled(&list[i]))
			continue;
		headers_init(&h, a);
		headers_set_connection(&h, &list[i], who);
		reqs[n] = (struct http_request){
			.method = "GET", .url = arena_printf(a, "%s%s", list[i].url, path),
			.headers = h.list, .cancel_fd = -1, .timeout_ms = timeout_ms,
		};
		replies[n++].connection = &list[i];
	}
	http_run_all(a, reqs, answers, n, timeout_ms);
	for (size_t i = 0; i < n; i++)
		if (answers[i].end == HTTP_DONE && answers[i].status == 200)
			replies[i].tree = json_parse_text(a, buf_text(answers[i].body));
	*out = replies;
	return n;
}

const char *ollama_version(struct arena *a, const struct config *c, const struct caller *who)
{
	struct ollama_reply *replies;
	size_t n = ollama_ask_all(a, c, who, "/api/version", VERSION_MS, &replies);
	const char *lowest = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *v = json_text(replies[i].tree, "version", NULL);

		if (v && (!lowest || compare_versions(v, lowest) < 0))
			lowest = v;
	}
	return lowest;
}
