#include "executor/jupyter.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "executor/run.h"
#include "executor/ws.h"

enum {
	KERNELS_MAX = 100, KERNEL_IDLE_MS = 600000, PENDING_MAX = 8, PIECE = 65536,
	PICTURE_MAX = 900 * 1024, SECRET_SIZE = 33, MESSAGE_OUT_MAX = 8 * 1024 * 1024,
};

#define TRACEBACK "Traceback (most recent call last):"

struct kernel {
	char id[UUID_SIZE];		/* "": free */
	struct http_conn *conn;		/* NULL: no socket */
	struct buf message;		/* fragments of the one that is coming in */
	struct buf pending[PENDING_MAX];
	size_t pending_n;
	struct run *run;		/* NULL: idle */
	struct arena *arena;		/* of the request that runs */
	struct json_object *parent;	/* its header */
	int64_t used_ms;
	int count;
};

static const struct settings *conf;
static struct kernel kernels[KERNELS_MAX];
static char session[SECRET_SIZE];	/* what a login gives, for the life of this process */

static void next_message(struct kernel *k);

/* ---- messages ---- */

static void send_message(struct kernel *k, const char *channel, const char *type,
			 const char *content)
{
	struct buf b = { .max = MESSAGE_OUT_MAX };
	char id[UUID_SIZE], now[40];

	if (!k->conn)
		return;
	uuid4(id);
	time_iso_ms(now, sizeof(now));
	buf_printf(&b, "{\"header\":{\"msg_id\":\"%s\",\"msg_type\":\"%s\",\"username\":\"sandbox\","
		   "\"session\":\"%s\",\"date\":\"%s\",\"version\":\"5.3\"},\"msg_id\":\"%s\","
		   "\"msg_type\":\"%s\",\"parent_header\":", id, type, k->id, now, id, type);
	json_write(&b, k->parent);
	buf_printf(&b, ",\"metadata\":{},\"content\":%s,\"channel\":\"%s\"}", content, channel);
	if (!b.full)
		ws_send_text(k->conn, b.data, b.len);
	buf_free(&b);
}

static void send_state(struct kernel *k, const char *state)
{
	char content[48];

	snprintf(content, sizeof(content), "{\"execution_state\":\"%s\"}", state);
	send_message(k, "iopub", "status", content);
}

static void send_stream(struct kernel *k, const char *name, struct output *o, size_t upto)
{
	while (o->shown < upto) {
		const char *p = o->text.data + o->shown;
		size_t n = utf8_cut(p, upto - o->shown, PIECE);
		struct buf b = BUF_INIT;

		buf_printf(&b, "{\"name\":\"%s\",\"text\":", name);
		buf_json_n(&b, p, n);
		buf_addc(&b, '}');
		send_message(k, "iopub", "stream", b.data);
		buf_free(&b);
		o->shown += n;
	}
}

/* A traceback is told by an error message at the end, so it is held back here. */
static void send_output(struct kernel *k, struct run *r, bool all)
{
	const char *held = NULL;

	send_stream(k, "stdout", &r->out, r->out.text.len);
	if (r->err.text.len > r->err.shown && !all)
		held = strstr(r->err.text.data + r->err.shown, TRACEBACK);
	send_stream(k, "stderr", &r->err,
		    held ? (size_t)(held - r->err.text.data) : r->err.text.len);
}

static void send_data(struct kernel *k, const char *type, const char *mime, struct str value,
		      bool numbered)
{
	struct buf b = { .max = MESSAGE_OUT_MAX };

	buf_printf(&b, "{\"data\":{\"%s\":", mime);
	buf_json_n(&b, value.p, value.n);
	buf_adds(&b, "},\"metadata\":{}");
	if (numbered)
		buf_printf(&b, ",\"execution_count\":%d", k->count);
	buf_addc(&b, '}');
	send_message(k, "iopub", type, b.data);
	buf_free(&b);
}

/* Pictures are lines of the result; the rest of it is the value. */
static void send_result(struct kernel *k, const struct run *r)
{
	static const char prefix[] = "data:image/png;base64,";
	struct str rest = r->result;
	struct buf value = BUF_INIT;

	while (rest.p) {
		struct str line = str_split(&rest, '\n');

		if (!str_starts(line, prefix)) {
			if (value.len)
				buf_addc(&value, '\n');
			buf_addstr(&value, line);
			continue;
		}
		line.p += sizeof(prefix) - 1;
		line.n -= sizeof(prefix) - 1;
		if (line.n < PICTURE_MAX)
			send_data(k, "display_data", "image/png", line, false);
		else
			send_data(k, "display_data", "text/plain", STR("[picture too large]"), false);
	}
	if (value.len > PICTURE_MAX)
		value.len = utf8_cut(value.data, value.len, PICTURE_MAX);
	if (value.len)
		send_data(k, "execute_result", "text/plain", (struct str){ value.data, value.len },
			  true);
	buf_free(&value);
}

static void error_content(struct buf *b, struct str name, struct str value, struct str lines)
{
	const char *comma = "";

	buf_adds(b, "{\"ename\":");
	buf_json_n(b, name.p, name.n);
	buf_adds(b, ",\"evalue\":");
	buf_json_n(b, value.p ? value.p : "", value.n);
	buf_adds(b, ",\"traceback\":[");
	while (lines.p) {
		struct str line = str_split(&lines, '\n');

		buf_adds(b, comma);
		buf_json_n(b, line.p, line.n);
		comma = ",";
	}
	buf_adds(b, "]}");
}

static void send_error(struct kernel *k, struct run *r)
{
	struct str lines = { NULL, 0 }, name = STR("Exit"), value = { NULL, 0 }, last;
	struct buf b = { .max = MESSAGE_OUT_MAX };
	char code[16];

	send_output(k, r, false);
	if (r->outcome == OUTCOME_TIMEOUT || r->error || *r->broken) {
		const char *text = r->outcome == OUTCOME_TIMEOUT ? "Execution timed out."
				   : r->error			  ? r->error
								  : "the sandbox failed";

		send_output(k, r, true);
		name = r->outcome == OUTCOME_TIMEOUT ? STR("TimeoutError") : STR("RuntimeError");
		lines = value = str_of(text);
	} else if (r->err.shown < r->err.text.len) {
		lines = str_trim((struct str){ r->err.text.data + r->err.shown,
					       r->err.text.len - r->err.shown });
		last = lines;
		for (size_t i = lines.n; i > 0; i--)
			if (lines.p[i - 1] == '\n') {
				last = (struct str){ lines.p + i, lines.n - i };
				break;
			}
		name = str_split(&last, ':');
		value = str_trim(last);
	} else {
		snprintf(code, sizeof(code), "%d", r->exit_code);
		value = str_of(code);
	}
	error_content(&b, name, value, lines);
	send_message(k, "iopub", "error", b.data);
	buf_free(&b);
}

static void send_reply(struct kernel *k, bool ok)
{
	char content[80];

	snprintf(content, sizeof(content), "{\"status\":\"%s\",\"execution_count\":%d}",
		 ok ? "ok" : "error", k->count);
	send_message(k, "shell", "execute_reply", content);
	send_state(k, "idle");
	arena_free(k->arena);
	k->arena = NULL;
	k->parent = NULL;
}

/* ---- runs ---- */

static void run_watcher(struct run *r, enum run_event e)
{
	struct kernel *k = r->context;

	if (!k || (e != RUN_OUTPUT && e != RUN_OVER))
		return;
	if (e == RUN_OUTPUT) {
		send_output(k, r, false);
		return;
	}
	k->run = NULL;
	if (r->outcome == OUTCOME_SUCCESS) {
		send_output(k, r, true);
		send_result(k, r);
	} else {
		send_error(k, r);
		send_result(k, r);
	}
	send_reply(k, r->outcome == OUTCOME_SUCCESS);
	next_message(k);
}

static void refuse_run(struct kernel *k, const char *why)
{
	struct buf b = BUF_INIT;

	error_content(&b, STR("RuntimeError"), str_of(why), str_of(why));
	send_message(k, "iopub", "error", b.data);
	buf_free(&b);
	send_reply(k, false);
}

/* The same checks as for a request of the REST interface. */
static void start_run(struct kernel *k, const char *code)
{
	struct arena *a = arena_new();
	struct json_object *o = json_new_object(a);
	struct refusal why;
	struct job job;

	json_set_text(o, "code", code);
	json_set_text(o, "language", "python");
	json_set_i64(o, "timeout", conf->max_time);
	json_set_bool(o, "capture_result", true);
	json_set_text(o, "user_id", "jupyter");
	k->count++;
	send_state(k, "busy");
	if (!request_check(a, conf, o, &job, &why)) {
		refuse_run(k, why.message);
		arena_free(a);
		return;
	}
	k->run = run_submit(a, &job, k->conn->peer, run_watcher, k);
	if (!k->run) {
		arena_free(a);
		refuse_run(k, "all places are taken");
	}
}

static void take_message(struct kernel *k, const char *text, size_t n)
{
	struct arena *a = arena_new();
	struct json_object *o = json_parse(a, text, n, NULL);
	const char *type = json_str(json_at(o, "header.msg_type"));
	const char *code = json_str(json_at(o, "content.code"));

	if (!text_eq(type, "execute_request") || !code) {
		arena_free(a);		/* what else a client says needs no answer */
		return;
	}
	k->arena = a;
	k->parent = json_get(o, "header");
	start_run(k, code);
}

/* One after another, as long as none runs. */
static void next_message(struct kernel *k)
{
	while (!k->run && k->pending_n && k->conn) {
		struct buf b = k->pending[0];

		k->pending_n--;
		memmove(k->pending, k->pending + 1, k->pending_n * sizeof(b));
		take_message(k, b.data, b.len);
		buf_free(&b);
	}
}

/* ---- kernels and their sockets ---- */

static void kernel_forget(struct kernel *k)
{
	if (k->run) {
		k->run->watcher = NULL;
		k->run->context = NULL;
		run_cancel(k->run);
		k->run = NULL;
	}
	arena_free(k->arena);
	k->arena = NULL;
	k->parent = NULL;
	buf_free(&k->message);
	while (k->pending_n)
		buf_free(&k->pending[--k->pending_n]);
	k->used_ms = mono_ms();
}

static void socket_gone(struct http_conn *c)
{
	struct kernel *k = c->context;

	k->conn = NULL;
	kernel_forget(k);
}

static void socket_data(struct http_conn *c)
{
	struct kernel *k = c->context;
	int rc;

	while ((rc = ws_next(c, &k->message)) == 1) {
		if (k->pending_n == PENDING_MAX)
			break;
		k->pending[k->pending_n++] = k->message;
		k->message = (struct buf)BUF_INIT;
		next_message(k);
	}
	if (rc == 0 || c->dead)
		return;
	socket_gone(c);
	http_end(c);
}

static struct kernel *kernel_find(const char *id)
{
	for (size_t i = 0; i < KERNELS_MAX; i++)
		if (*kernels[i].id && text_eq(kernels[i].id, id))
			return &kernels[i];
	return NULL;
}

static void kernel_drop(struct kernel *k)
{
	struct http_conn *c = k->conn;

	k->conn = NULL;
	kernel_forget(k);
	k->id[0] = '\0';
	if (c)
		http_end(c);
}

static void kernel_json(struct buf *b, const struct kernel *k)
{
	buf_printf(b, "{\"id\":\"%s\",\"name\":\"python3\",\"execution_state\":\"%s\",\"connections\":%d}",
		   k->id, k->run ? "busy" : "idle", k->conn != NULL);
}

static void answer_buf(struct http_conn *c, int status, struct buf *b)
{
	http_answer(c, status, "application/json", b->data, b->len, NULL);
	buf_free(b);
}

static void kernel_new(struct http_conn *c)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < KERNELS_MAX; i++) {
		struct kernel *k = &kernels[i];

		if (*k->id)
			continue;
		memset(k, 0, sizeof(*k));
		uuid4(k->id);
		k->used_ms = mono_ms();
		kernel_json(&b, k);
		answer_buf(c, 201, &b);
		return;
	}
	http_error(c, 503, "TooManyRequests", "too many kernels", "Retry-After: 60\r\n");
}

static void kernel_list(struct http_conn *c)
{
	struct buf b = BUF_INIT;

	buf_addc(&b, '[');
	for (size_t i = 0; i < KERNELS_MAX; i++) {
		if (!*kernels[i].id)
			continue;
		if (b.len > 1)
			buf_addc(&b, ',');
		kernel_json(&b, &kernels[i]);
	}
	buf_addc(&b, ']');
	answer_buf(c, 200, &b);
}

static void kernel_socket(struct http_conn *c, struct kernel *k)
{
	if (k->conn) {
		http_error(c, 400, "ValidationError", "this kernel has a socket", NULL);
		return;
	}
	if (!ws_accept(c))
		return;
	k->conn = c;
	c->context = k;
	c->gone = socket_gone;
	c->data = socket_data;
}

/* api/kernels/{id}[/what] */
static void kernel_route(struct http_conn *c, const char *rest)
{
	char id[UUID_SIZE];
	size_t n = strcspn(rest, "/");
	struct kernel *k;
	struct buf b = BUF_INIT;
	bool post = text_eq(c->req.method, "POST");

	snprintf(id, sizeof(id), "%.*s", (int)(n < sizeof(id) ? n : 0), rest);
	k = kernel_find(id);
	rest += n;
	if (!k) {
		http_error(c, 404, "NotFound", "no such kernel", NULL);
	} else if (text_eq(rest, "/channels")) {
		kernel_socket(c, k);
	} else if (!*rest && text_eq(c->req.method, "DELETE")) {
		kernel_drop(k);
		http_answer(c, 204, NULL, NULL, 0, NULL);
	} else if (post && (text_eq(rest, "/interrupt") || text_eq(rest, "/restart"))) {
		if (k->run)
			run_cancel(k->run);
		kernel_json(&b, k);
		answer_buf(c, 200, &b);
	} else if (!*rest && text_eq(c->req.method, "GET")) {
		kernel_json(&b, k);
		answer_buf(c, 200, &b);
	} else {
		http_error(c, 405, "MethodNotAllowed", "this path has other methods",
			   "Allow: GET, DELETE\r\n");
	}
}

/* ---- who may ----  */

static const char *cookie(struct arena *a, const struct http_request *q, const char *name)
{
	struct str rest = str_of(http_header(q, "cookie"));

	while (rest.p) {
		struct str value = str_trim(str_split(&rest, ';'));
		struct str key = str_split(&value, '=');

		if (value.p && str_eq(key, name))
			return arena_strndup(a, value.p, value.n);
	}
	return NULL;
}

static bool allowed(struct http_conn *c)
{
	const char *auth = http_header(&c->req, "authorization");
	const char *token = http_param(c->arena, c->req.query, "token");
	const char *login = cookie(c->arena, &c->req, "owui-session");

	if (!*conf->api_key)
		return true;
	if (auth && !strncasecmp(auth, "token ", 6))
		token = auth + 6;
	else if (auth && !strncasecmp(auth, "bearer ", 7))
		token = auth + 7;
	return (token && secret_eq(token, conf->api_key)) || (login && secret_eq(login, session));
}

static void login_page(struct http_conn *c)
{
	static const char page[] = "<!doctype html><form method=post><input name=_xsrf type=hidden>"
				   "<input name=password type=password></form>";
	char random[SECRET_SIZE], header[128];

	rand_hex(random, sizeof(random) / 2);
	snprintf(header, sizeof(header), "Set-Cookie: _xsrf=%s; Path=/; SameSite=Strict\r\n", random);
	http_answer(c, 200, "text/html", page, sizeof(page) - 1, header);
}

static void login(struct http_conn *c)
{
	const char *given = http_param(c->arena, c->req.body, "_xsrf");
	const char *password = http_param(c->arena, c->req.body, "password");
	const char *known = cookie(c->arena, &c->req, "_xsrf");
	char header[160];

	if (!given || !known || !secret_eq(given, known) || !password ||
	    (*conf->api_key && !secret_eq(password, conf->api_key))) {
		http_error(c, 401, "Unauthorized", "wrong password", NULL);
		return;
	}
	snprintf(header, sizeof(header),
		 "Set-Cookie: owui-session=%s; Path=/; HttpOnly; SameSite=Strict\r\n", session);
	http_answer(c, 200, "text/html", "ok", 2, header);
}

static void fixed(struct http_conn *c, const char *text)
{
	http_answer(c, 200, "application/json", text, strlen(text), NULL);
}

bool jupyter_handle(struct http_conn *c)
{
	const char *path = c->req.path;
	bool get = text_eq(c->req.method, "GET"), post = text_eq(c->req.method, "POST");

	if (!conf || !conf->jupyter)
		return false;
	if (text_starts(path, "/jupyter/"))
		path += strlen("/jupyter");
	if (text_eq(path, "/login") && (get || post)) {
		if (get)
			login_page(c);
		else
			login(c);
		return true;
	}
	if (!text_eq(path, "/api") && !text_starts(path, "/api/kernel"))
		return false;
	if (!allowed(c))
		http_error(c, 403, "Unauthorized", "a token is needed", NULL);
	else if (text_eq(path, "/api") && get)
		fixed(c, "{\"version\":\"2.14.0\"}");
	else if (text_eq(path, "/api/kernelspecs") && get)
		fixed(c, "{\"default\":\"python3\",\"kernelspecs\":{\"python3\":{\"name\":\"python3\","
			 "\"spec\":{\"argv\":[],\"display_name\":\"Python 3\",\"language\":\"python\"},"
			 "\"resources\":{}}}}");
	else if (text_eq(path, "/api/kernels") && post)
		kernel_new(c);
	else if (text_eq(path, "/api/kernels") && get)
		kernel_list(c);
	else if (text_starts(path, "/api/kernels/"))
		kernel_route(c, path + strlen("/api/kernels/"));
	else
		return false;
	return true;
}

static int64_t each_round(int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < KERNELS_MAX; i++) {
		struct kernel *k = &kernels[i];

		if (!*k->id || k->conn)
			continue;
		if (now >= k->used_ms + KERNEL_IDLE_MS)
			kernel_drop(k);
		else if (k->used_ms + KERNEL_IDLE_MS < next)
			next = k->used_ms + KERNEL_IDLE_MS;
	}
	return next;
}

void jupyter_setup(const struct settings *s)
{
	conf = s;
	rand_hex(session, sizeof(session) / 2);
	if (s->jupyter)
		loop_on_round(each_round);
}
