#include "code/sandbox.h"

#include "base/env.h"
#include "base/log.h"
#include "http/client.h"

/* Without a timeout in the request the executor takes TIMEOUT_DEFAULT, or its own limit where that is lower. */
enum { TIMEOUT_DEFAULT = 60, TIMEOUT_MAX = 300, WAIT_MS = 15000 };

/* A setting of the anchor that is no key of the reference: a row, or the environment. */
static const char *setting(struct arena *a, const struct config *c, const char *key,
			   const char *env, const char *def)
{
	struct json_object *o = json_parse_text(a, config_row(c, key));
	const char *v = json_str(o);

	if (!v && json_is(o, json_type_int))
		v = arena_i64(a, json_object_get_int64(o));
	if (text_empty(v))
		v = env_str(env, def);
	return text_empty(v) ? def : v;
}

/* 0: not set, and the executor takes its own. */
static int64_t timeout_of(struct arena *a, const struct config *c)
{
	const char *text = setting(a, c, "code_execution.sandbox.timeout",
				   "CODE_EXECUTION_SANDBOX_TIMEOUT", "");
	int64_t v;

	return text_to_i64(text, 1, TIMEOUT_MAX, &v) ? v : 0;
}

static const char *url_of(struct arena *a, const struct config *c)
{
	const char *url = setting(a, c, "code_execution.sandbox.url", "CODE_EXECUTION_SANDBOX_URL",
				  "http://localhost:8090");
	size_t n = strlen(url);

	while (n && url[n - 1] == '/')
		n--;
	return arena_printf(a, "%.*s/api/v1/execute", (int)n, url);
}

static const char *with_line(struct arena *a, const char *text, const char *line)
{
	return arena_printf(a, "%s%s%s", text, *text ? "\n" : "", line);
}

static void read_answer(struct arena *a, struct json_object *o, struct code_outcome *out)
{
	out->out = json_text(o, "stdout", "");
	out->err = json_text(o, "stderr", "");
	out->result = json_text(o, "result", "");
	if (text_eq(json_text(o, "status", ""), "timeout"))
		out->err = with_line(a, out->err, "Execution timed out.");
	else if (json_text(o, "error", NULL))
		out->err = with_line(a, out->err, json_text(o, "error", ""));
	else if (!*out->err && json_i64(o, "exit_code", 0))
		out->err = arena_printf(a, "The program ended with status %" PRId64 ".",
					json_i64(o, "exit_code", 0));
	if (json_flag(o, "stdout_truncated", false) || json_flag(o, "stderr_truncated", false))
		out->err = with_line(a, out->err, "The output was too long and has been cut.");
}

void sandbox_run(struct arena *a, const struct config *c, const char *code, const char *language,
		 const char *user_id, const char *request_id, int cancel_fd, struct code_outcome *o)
{
	const char *key = env_str("SANDBOX_API_KEY", "");
	const char *headers[] = { "Content-Type: application/json",
				  *key ? arena_printf(a, "Authorization: Bearer %s", key) : NULL, NULL };
	struct json_object *body = json_new_object(a), *doc;
	int64_t timeout = timeout_of(a, c);
	struct http_request q = { .method = "POST", .url = url_of(a, c), .headers = headers,
				  .timeout_ms = (timeout ? timeout : TIMEOUT_DEFAULT) * 1000 + WAIT_MS, .cancel_fd = cancel_fd };
	struct http_answer got;

	json_set_text(body, "code", code);
	json_set_text(body, "language", language);
	if (timeout)
		json_set_i64(body, "timeout", timeout);
	json_set_bool(body, "capture_result", true);
	json_set_text(body, "user_id", user_id);
	json_set_text(body, "request_id", request_id);
	q.body = json_print(body);
	q.body_len = strlen(q.body);
	*o = (struct code_outcome){ "", "", "" };
	if (!http_run(a, &q, &got) && got.end == HTTP_CANCELLED) {
		o->err = "Error: the program was stopped";
		return;
	}
	if (got.end != HTTP_DONE) {
		log_warn("executor_unreachable", "error=\"%s\"", got.error ? got.error : "too large");
		o->err = "Error: the code execution service cannot be reached";
		return;
	}
	doc = json_parse(a, buf_text(got.body), got.body->len, NULL);
	if (got.status == 200 && json_is(doc, json_type_object))
		read_answer(a, doc, o);
	else
		o->err = arena_printf(a, "Error: %s (%d)",
				      json_text(doc, "message", "the code execution service failed"),
				      got.status);
}
