#include "provider/ollama.h"

#include "http/client.h"
#include "provider/upstream.h"

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

static bool send_blob(struct arena *a, const struct connection *k, const struct caller *who,
		      const struct ollama_file *f, int cancel_fd)
{
	struct http_request req;
	struct http_answer ans;
	struct headers h;

	headers_init(&h, a);
	headers_set_connection(&h, k, who);
	headers_set(&h, "Content-Type", "application/octet-stream");
	req = (struct http_request){
		.method = "POST", .url = arena_printf(a, "%s/api/blobs/%s", k->url, f->digest),
		.headers = h.list, .body = f->data.p ? f->data.p : "", .body_len = f->data.n,
		.cancel_fd = cancel_fd,
	};
	return http_run(a, &req, &ans) && ans.status / 100 == 2;
}

const char *ollama_make_model(struct arena *a, const struct connection *k, const struct caller *who,
			      const struct ollama_file *f, int cancel_fd)
{
	struct json_object *body = json_new_object(a), *files = json_object_new_object();
	struct http_request req;
	struct http_answer ans;

	if (!send_blob(a, k, who, f, cancel_fd))
		return "Ollama: Could not create blob, Please try again.";
	json_set_text(files, f->name, f->digest);
	json_set_text(body, "model", f->model);
	json_set(body, "files", files);
	json_set_bool(body, "stream", false);
	upstream_post(a, k, who, arena_printf(a, "%s/api/create", k->url), body, &req);
	req.cancel_fd = cancel_fd;
	if (http_run(a, &req, &ans) && ans.status / 100 == 2)
		return NULL;
	return arena_printf(a, "Failed to create model in Ollama. %s", buf_text(ans.body));
}
