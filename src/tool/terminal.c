#include "tool/terminal.h"

#include "base/env.h"
#include "http/client.h"

static bool run(struct arena *a, const struct terminal *t, const char *method, const char *path,
		struct json_object *body, struct http_answer *ans)
{
	struct str key = str_trim(str_of(t->key ? t->key : ""));
	const char *headers[] = { "Accept: application/json", "Content-Type: application/json", NULL, NULL };
	struct http_request req = {
		.method = method, .headers = headers, .cancel_fd = -1, .max_body = TERMINAL_ANSWER_MAX,
		.timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT", TERMINAL_TIMEOUT_S, 1, 3600) * 1000,
	};
	size_t n = strlen(t->url);

	while (n && t->url[n - 1] == '/')
		n--;
	req.url = arena_printf(a, "%.*s%s", (int)n, t->url, path);
	if (key.n && !memchr(key.p, '\n', key.n) && !memchr(key.p, '\r', key.n))
		headers[2] = arena_printf(a, "Authorization: Bearer %.*s", (int)key.n, key.p);
	if (body) {
		req.body = json_print(body);
		req.body_len = strlen(req.body);
	}
	return http_run(a, &req, ans);
}

const char *terminal_kind(struct arena *a, const struct terminal *t)
{
	struct http_answer ans;

	if (run(a, t, "GET", "/api/v1/policies", NULL, &ans) && ans.status < 400)
		return "orchestrator";
	if (run(a, t, "GET", "/api/config", NULL, &ans) && ans.status < 400)
		return "terminal";
	return NULL;
}

int terminal_ask(struct arena *a, const struct terminal *t, const char *method, const char *path,
		 struct json_object *body, int *status, const char **text)
{
	struct http_answer ans;
	const char *err = NULL;

	if (!run(a, t, method, path, body, &ans))
		return -1;
	*status = ans.status;
	*text = buf_text(ans.body);
	if (ans.status >= 400)
		return 0;
	json_parse(a, *text, ans.body->len, &err);
	return err ? -1 : 1;
}
