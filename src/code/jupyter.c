#include "code/jupyter.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "http/client.h"
#include "http/form.h"
#include "http/ws.h"

enum { CALL_MS = 15000, ANSWER_MAX = 1024 * 1024, TIMEOUT_S = 60 };

/* A server in use: what proves who we are goes with each request. */
struct server {
	struct arena *a;
	const struct jupyter *j;
	const char *base;		/* without a slash at its end */
	const char *cookies, *xsrf;	/* after a sign-in with the password */
	const char *error;
};

struct jupyter jupyter_of(const struct config *c, bool interpreter)
{
	static const enum config_key keys[2][5] = {
		{ CK_CODE_EXECUTION_JUPYTER_URL, CK_CODE_EXECUTION_JUPYTER_AUTH,
		  CK_CODE_EXECUTION_JUPYTER_AUTH_TOKEN, CK_CODE_EXECUTION_JUPYTER_AUTH_PASSWORD,
		  CK_CODE_EXECUTION_JUPYTER_TIMEOUT },
		{ CK_CODE_INTERPRETER_JUPYTER_URL, CK_CODE_INTERPRETER_JUPYTER_AUTH,
		  CK_CODE_INTERPRETER_JUPYTER_AUTH_TOKEN, CK_CODE_INTERPRETER_JUPYTER_AUTH_PASSWORD,
		  CK_CODE_INTERPRETER_JUPYTER_TIMEOUT },
	};
	const enum config_key *k = keys[interpreter];
	const char *auth = config_text(c, k[1]);
	int64_t timeout = config_i64(c, k[4], TIMEOUT_S);

	return (struct jupyter){
		.url = config_text(c, k[0]),
		.token = text_eq(auth, "token") ? config_text(c, k[2]) : "",
		.password = text_eq(auth, "password") ? config_text(c, k[3]) : "",
		.timeout_s = timeout > 0 && timeout <= JUPYTER_LONGEST_S ? timeout : TIMEOUT_S,
	};
}

static const char *address(struct server *s, const char *path)
{
	struct buf *form = buf_in(s->a, 0);

	if (!*s->j->token)
		return arena_printf(s->a, "%s/%s", s->base, path);
	form_add(form, "token", s->j->token);
	return arena_printf(s->a, "%s/%s?%s", s->base, path, form->data);
}

static const char **headers_of(struct server *s, const char *type)
{
	const char **h = arena_calloc(s->a, 5, sizeof(*h));
	size_t n = 0;

	if (type)
		h[n++] = type;
	if (s->cookies)
		h[n++] = arena_printf(s->a, "Cookie: %s", s->cookies);
	if (s->xsrf)
		h[n++] = arena_printf(s->a, "X-XSRFToken: %s", s->xsrf);
	return h;
}

static bool call(struct server *s, const char *method, const char *path, const char *type, const char *body,
		 struct http_answer *ans)
{
	struct http_request req = { .method = method, .url = address(s, path), .headers = headers_of(s, type),
				    .body = body, .body_len = body ? strlen(body) : 0, .timeout_ms = CALL_MS,
				    .cancel_fd = -1, .max_body = ANSWER_MAX, .keep_head = true };

	if (!http_run(s->a, &req, ans))
		s->error = ans->error ? ans->error : "the answer is too large";
	else if (ans->status >= 400)
		s->error = arena_printf(s->a, "%s %s answers %d", method, path, ans->status);
	return !s->error;
}

/* The cookies that an answer sets, behind those that there are; *value of the one named `name`. */
static const char *add_cookies(struct arena *a, const char *have, const struct http_answer *ans, const char *name,
			       const char **value)
{
	struct str rest = { buf_text(ans->head), ans->head->len };
	struct buf *b = buf_in(a, 0);

	buf_adds(b, have ? have : "");
	while (rest.n) {
		struct str line = str_split(&rest, '\n'), head = str_split(&line, ':'), pair, key;

		if (head.n != 10 || strncasecmp(head.p, "Set-Cookie", 10) != 0)
			continue;
		pair = str_trim(str_split(&line, ';'));
		buf_printf(b, "%s%.*s", b->len ? "; " : "", (int)pair.n, pair.p);
		key = str_split(&pair, '=');
		if (name && str_eq(key, name))
			*value = arena_strndup(a, pair.p ? pair.p : "", pair.n);
	}
	return b->len ? b->data : NULL;
}

static bool sign_in(struct server *s)
{
	struct buf *form = buf_in(s->a, 0);
	struct http_answer ans;

	if (*s->j->token || !*s->j->password)
		return true;
	if (!call(s, "GET", "login", NULL, NULL, &ans))
		return false;
	s->cookies = add_cookies(s->a, NULL, &ans, "_xsrf", &s->xsrf);
	if (!s->xsrf) {
		s->error = "the server's sign-in page gives no _xsrf token";
		return false;
	}
	form_add(form, "_xsrf", s->xsrf);
	form_add(form, "password", s->j->password);
	if (!call(s, "POST", "login", "Content-Type: application/x-www-form-urlencoded", form->data, &ans))
		return false;
	s->cookies = add_cookies(s->a, s->cookies, &ans, NULL, NULL);
	return true;
}

static const char *start_kernel(struct server *s)
{
	struct http_answer ans;
	const char *id;

	if (!call(s, "POST", "api/kernels", "Content-Type: application/json", "{}", &ans))
		return NULL;
	id = json_text(json_parse(s->a, buf_text(ans.body), ans.body->len, NULL), "id", NULL);
	if (!id || id[strspn(id, "0123456789abcdefABCDEF-")])
		s->error = "the server gives no kernel";
	return s->error ? NULL : id;
}

static const char *request(struct arena *a, const char *id, const char *code)
{
	struct json_object *o = json_new_object(a), *content = json_object_new_object();
	char session[UUID_SIZE];

	uuid4(session);
	json_set_text(content, "code", code);
	json_set_bool(content, "silent", false);
	json_set_bool(content, "store_history", true);
	json_set(content, "user_expressions", json_object_new_object());
	json_set_bool(content, "allow_stdin", false);
	json_set_bool(content, "stop_on_error", true);
	json_set(o, "header", json_ref(json_parse_text(a, arena_printf(a, "{\"msg_id\":\"%s\",\"msg_type\":"
		"\"execute_request\",\"username\":\"user\",\"session\":\"%s\",\"date\":\"\",\"version\":\"5.3\"}", id, session))));
	json_set(o, "parent_header", json_object_new_object());
	json_set(o, "metadata", json_object_new_object());
	json_set(o, "content", content);
	json_set_text(o, "channel", "shell");
	return json_print(o);
}

struct output {
	struct buf *out, *err, *result;
};

static void add_line(struct buf *b, const char *text)
{
	if (!text)
		return;
	if (b->len)
		buf_addc(b, '\n');
	buf_adds(b, text);
}

static void add_data(struct arena *a, struct buf *b, struct json_object *data)
{
	const char *png = json_text(data, "image/png", NULL);

	add_line(b, png ? arena_printf(a, "data:image/png;base64,%s", png) : json_text(data, "text/plain", NULL));
}

/* One message of the kernel; true: it is done. */
static bool take(struct arena *a, struct json_object *m, struct output *o)
{
	struct json_object *content = json_get(m, "content"), *lines = json_get(content, "traceback");
	const char *type = json_text(m, "msg_type", ""), *name = json_text(content, "name", "");

	if (text_eq(type, "stream"))
		buf_adds(text_eq(name, "stderr") ? o->err : o->out, json_text(content, "text", ""));
	else if (text_eq(type, "execute_result") || text_eq(type, "display_data"))
		add_data(a, o->result, json_get(content, "data"));
	else if (text_eq(type, "error"))
		for (size_t i = 0; i < json_len(lines); i++)
			add_line(o->err, json_str(json_item(lines, i)));
	return text_eq(type, "status") && text_eq(json_text(content, "execution_state", ""), "idle");
}

static void listen(struct server *s, struct ws *w, const char *id, struct output *o)
{
	struct buf *text = buf_in(s->a, WS_TEXT_MAX);
	int64_t until = mono_ms() + JUPYTER_LONGEST_S * 1000;
	bool done = false;
	int rc = 1;

	while (!done && (rc = ws_read(w, s->j->timeout_s * 1000, text)) > 0 && mono_ms() < until) {
		struct arena *a = arena_new();
		struct json_object *m = json_parse(a, text->data, text->len, NULL);

		if (text_eq(json_text(json_get(m, "parent_header"), "msg_id", NULL), id))
			done = take(a, m, o);
		arena_free(a);
	}
	if (rc < 0)
		s->error = "the connection to the kernel was lost";
	else if (!done)
		buf_adds(o->err, "\nExecution timed out.");
}

static void execute(struct server *s, const char *kernel, const char *code, struct output *o)
{
	const char *url = address(s, arena_printf(s->a, "api/kernels/%s/channels", kernel)), *message;
	struct ws *w = ws_open(s->a, url, headers_of(s, NULL), CALL_MS, &s->error);
	char id[UUID_SIZE];

	if (!w)
		return;
	s->error = NULL;
	uuid4(id);
	message = request(s->a, id, code);
	if (ws_send(w, message, strlen(message)))
		listen(s, w, id, o);
	else
		s->error = "the program is too large, or the connection was lost";
}

static const char *stripped(struct arena *a, const struct buf *b)
{
	struct str s = str_trim((struct str){ buf_text(b), b->len });

	return arena_strndup(a, s.n ? s.p : "", s.n);
}

void jupyter_run(struct arena *a, const struct jupyter *j, const char *code, struct code_outcome *out)
{
	struct output o = { buf_in(a, JUPYTER_OUTPUT_MAX), buf_in(a, JUPYTER_OUTPUT_MAX), buf_in(a, WS_TEXT_MAX) };
	struct server s = { .a = a, .j = j };
	const char *kernel = NULL, *error;
	size_t n = strlen(j->url);
	struct http_answer ans;

	while (n && j->url[n - 1] == '/')
		n--;
	s.base = arena_strndup(a, j->url, n);
	if (sign_in(&s) && (kernel = start_kernel(&s)))
		execute(&s, kernel, code, &o);
	error = s.error;
	s.error = NULL;
	if (kernel && !call(&s, "DELETE", arena_printf(a, "api/kernels/%s", kernel), NULL, NULL, &ans))
		log_warn("jupyter_kernel", "id=%s left=yes error=\"%s\"", kernel, s.error);
	*out = (struct code_outcome){ stripped(a, o.out), stripped(a, o.err), stripped(a, o.result) };
	if (error) {
		log_warn("jupyter_failed", "error=\"%s\"", error);
		out->err = arena_printf(a, "Error: %s", error);
	}
}
