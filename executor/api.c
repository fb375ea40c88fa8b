#include "executor/api.h"

#include "base/clock.h"
#include "executor/answer.h"
#include "executor/jupyter.h"
#include "executor/link.h"
#include "executor/pool.h"
#include "executor/rate.h"
#include "executor/run.h"

enum { FLUSH_EVERY_MS = 50, COMMENT_EVERY_MS = 15000, ANSWER_MAX = 64 * 1024 * 1024 };

struct route {
	const char *method, *path;
	void (*handle)(struct http_conn *c);
	bool open;			/* without the key */
};

/* A client that reads a run as it goes. */
struct stream {
	struct http_conn *conn;
	struct run *run;
	int64_t flush_ms;		/* 0: nothing to send */
	int64_t comment_ms;
	struct stream *next;
};

static const struct settings *conf;
static int64_t started_ms;
static struct stream *streams;

/* ---- run one program ---- */

static void send_answer(struct http_conn *c, const struct run *r)
{
	struct buf b = { .max = ANSWER_MAX };

	if (r->outcome == OUTCOME_BROKEN && link_containers()) {
		http_error(c, 503, "ContainerEngineUnavailable", r->broken, NULL);
		return;
	}
	if (r->outcome == OUTCOME_BROKEN) {
		http_error(c, 500, "InternalError", r->broken, NULL);
		return;
	}
	if (r->outcome == OUTCOME_TURNED_AWAY) {
		http_error(c, 429, "TooManyRequests", "no place became free in time",
			   "Retry-After: 5\r\n");
		return;
	}
	answer_write(&b, r, true);
	http_answer(c, 200, "application/json", b.data, b.len, NULL);
	buf_free(&b);
}

static void execute_watcher(struct run *r, enum run_event e)
{
	struct http_conn *c = r->context;

	if (e != RUN_OVER || !c)
		return;
	c->gone = NULL;
	send_answer(c, r);
}

static void execute_gone(struct http_conn *c)
{
	struct run *r = c->context;

	r->context = NULL;
	r->watcher = NULL;
	run_cancel(r);
}

static bool json_content(const struct http_request *q)
{
	const char *type = http_header(q, "content-type");

	return type && (!strncasecmp(type, "application/json", 16) || strstr(type, "+json"));
}

static bool rate_allows(struct http_conn *c, struct json_object *o)
{
	const char *user = json_text(o, "user_id", NULL);
	char header[48];
	int wait;

	wait = rate_take(arena_printf(c->arena, "%c%.256s", user ? 'u' : 'p', user ? user : c->peer),
			 conf->rate_per_minute, conf->rate_burst);
	if (!wait)
		return true;
	snprintf(header, sizeof(header), "Retry-After: %d\r\n", wait);
	http_error(c, 429, "RateLimitExceeded", "too many requests of this user", header);
	return false;
}

/* The checked job in an arena of its own, or NULL after an answer. */
static struct arena *read_job(struct http_conn *c, struct job *job)
{
	struct arena *a = arena_new();
	struct refusal why;
	struct json_object *o = NULL;

	if (!json_content(&c->req))
		why = (struct refusal){ 400, "ValidationError", "the content type must be JSON" };
	else
		o = request_read(a, c->req.body, c->req.body_n, &why);
	if (o && !rate_allows(c, o)) {
		arena_free(a);
		return NULL;
	}
	if (o && request_check(a, conf, o, job, &why))
		return a;
	http_error(c, why.http, why.error, why.message, NULL);
	arena_free(a);
	return NULL;
}

static struct run *submit(struct http_conn *c, void (*watcher)(struct run *, enum run_event),
			  void *context)
{
	struct job job;
	struct arena *a;
	struct run *r;

	if (!link_usable()) {
		http_error(c, 503, "SandboxUnavailable", "this machine allows no sandbox", NULL);
		return NULL;
	}
	a = read_job(c, &job);
	if (!a)
		return NULL;
	r = run_submit(a, &job, c->peer, watcher, context);
	if (!r) {
		arena_free(a);
		http_error(c, 429, "TooManyRequests", "all places are taken", "Retry-After: 1\r\n");
	}
	return r;
}

static void execute(struct http_conn *c)
{
	struct run *r = submit(c, execute_watcher, c);

	if (!r)
		return;
	c->context = r;
	c->gone = execute_gone;
}

/* ---- the same, read as it goes ---- */

static void send_event(struct http_conn *c, const char *name, const char *data)
{
	struct buf b = { .max = ANSWER_MAX };

	buf_printf(&b, "event: %s\ndata: ", name);
	buf_adds(&b, data);
	buf_adds(&b, "\n\n");
	http_write(c, b.data, b.len);
	buf_free(&b);
}

static void send_text(struct http_conn *c, const char *name, const char *s, size_t n)
{
	struct buf b = { .max = ANSWER_MAX };

	buf_adds(&b, "{\"text\":");
	buf_json_n(&b, s, n);
	buf_addc(&b, '}');
	send_event(c, name, b.data);
	buf_free(&b);
}

static void send_new(struct http_conn *c, const char *name, struct output *o)
{
	if (o->text.len == o->shown)
		return;
	send_text(c, name, o->text.data + o->shown, o->text.len - o->shown);
	o->shown = o->text.len;
}

static void stream_flush(struct stream *s)
{
	send_new(s->conn, "stdout", &s->run->out);
	send_new(s->conn, "stderr", &s->run->err);
	s->flush_ms = 0;
	s->comment_ms = mono_ms() + COMMENT_EVERY_MS;
}

static void stream_free(struct stream *s)
{
	for (struct stream **p = &streams; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
	free(s);
}

static void stream_end(struct stream *s)
{
	struct http_conn *c = s->conn;
	struct run *r = s->run;
	struct buf b = { .max = ANSWER_MAX };

	stream_flush(s);
	if (r->result.p)
		send_text(c, "result", r->result.p, r->result.n);
	for (size_t i = 0; i < r->nfiles; i++) {
		answer_file(&b, &r->files[i]);
		send_event(c, "file", b.data);
		buf_reset(&b);
	}
	if (r->outcome == OUTCOME_BROKEN)
		r->error = "InternalError";
	answer_write(&b, r, false);
	send_event(c, "end", b.data);
	buf_free(&b);
	http_end(c);
}

static void stream_watcher(struct run *r, enum run_event e)
{
	struct stream *s = r->context;

	if (!s)
		return;
	if (e == RUN_OUTPUT && !s->flush_ms)
		s->flush_ms = mono_ms() + FLUSH_EVERY_MS;
	if (e != RUN_OVER)
		return;
	s->conn->gone = NULL;
	stream_end(s);
	stream_free(s);
}

static void stream_gone(struct http_conn *c)
{
	struct stream *s = c->context;

	s->run->context = NULL;
	s->run->watcher = NULL;
	run_cancel(s->run);
	stream_free(s);
}

static void execute_stream(struct http_conn *c)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	char id[64];

	s->conn = c;
	s->run = submit(c, stream_watcher, s);
	if (!s->run) {
		free(s);
		return;
	}
	s->comment_ms = mono_ms() + COMMENT_EVERY_MS;
	s->next = streams;
	streams = s;
	c->context = s;
	c->gone = stream_gone;
	http_stream_start(c, "text/event-stream");
	snprintf(id, sizeof(id), "{\"execution_id\":\"%s\"}", s->run->id);
	send_event(c, "start", id);
}

static int64_t each_round(int64_t now)
{
	int64_t next = INT64_MAX;

	for (struct stream *s = streams, *after; s; s = after) {
		after = s->next;
		if (s->flush_ms && now >= s->flush_ms)
			stream_flush(s);
		else if (now >= s->comment_ms) {
			s->comment_ms = now + COMMENT_EVERY_MS;
			http_write(s->conn, ":\n\n", 3);
		}
	}
	for (struct stream *s = streams; s; s = s->next) {
		int64_t at = s->flush_ms ? s->flush_ms : s->comment_ms;

		if (at < next)
			next = at;
	}
	return next;
}

/* ---- the rest ---- */

static void cancel(struct http_conn *c)
{
	struct run *r = run_find(strrchr(c->req.path, '/') + 1);

	if (!r) {
		http_error(c, 404, "NotFound", "no such execution", NULL);
		return;
	}
	run_cancel(r);
	http_answer(c, 204, NULL, NULL, 0, NULL);
}

static void add_isolation(struct buf *b, uint32_t bits)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ ISO_NAMESPACES, "namespaces" }, { ISO_CONTAINER, "container" },
		{ ISO_SECCOMP, "seccomp" },
		{ ISO_CGROUP_V1, "cgroup-v1" }, { ISO_CGROUP_V2, "cgroup-v2" },
		{ ISO_RLIMITS, "rlimits" }, { ISO_WATCHDOG, "watchdog" },
	};
	const char *comma = "";

	buf_addc(b, '[');
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(bits & names[i].bit))
			continue;
		buf_printf(b, "%s\"%s\"", comma, names[i].name);
		comma = ",";
	}
	buf_addc(b, ']');
}

static void health(struct http_conn *c)
{
	bool ok = link_usable() && link_isolation() & ISO_MEMORY;
	struct buf b = BUF_INIT;
	struct run_stats s;

	runs_stats(&s);
	buf_printf(&b, "{\"status\":\"%s\",\"version\":\"%s\",\"uptime_seconds\":%" PRId64
		   ",\"active_executions\":%d,\"queued_executions\":%d,\"total_executions\":%" PRId64
		   ",\"docker_status\":\"%s\",\"backend\":\"%s\",\"waiting_interpreters\":%d,\"isolation\":",
		   ok ? "healthy" : "degraded", PACKAGE_VERSION, (mono_ms() - started_ms) / 1000,
		   s.active, s.queued, s.total,
		   link_name(), link_containers() ? "docker" : "native", pool_ready());
	add_isolation(&b, link_isolation());
	buf_addc(&b, '}');
	http_answer(c, 200, "application/json", b.data, b.len, NULL);
	buf_free(&b);
}

static void add_languages(struct buf *b)
{
	const char *comma = "";

	buf_adds(b, "\"supported_languages\":[");
	for (size_t i = 0; i < languages_count; i++) {
		if (!languages[i].works)
			continue;
		buf_printf(b, "%s\"%s\"", comma, languages[i].name);
		comma = ",";
	}
	buf_adds(b, "],\"languages\":[");
	comma = "";
	for (size_t i = 0; i < languages_count; i++) {
		const struct language *l = &languages[i];

		if (!l->works)
			continue;
		buf_printf(b, "%s{\"name\":\"%s\",\"aliases\":[", comma, l->name);
		for (size_t k = 0; k < LANGUAGE_ALIASES && l->aliases[k]; k++)
			buf_printf(b, "%s\"%s\"", k ? "," : "", l->aliases[k]);
		buf_adds(b, "],\"version\":");
		buf_json(b, l->version);
		buf_addc(b, '}');
		comma = ",";
	}
	buf_addc(b, ']');
}

static void config(struct http_conn *c)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "{\"max_execution_time\":%d,\"max_memory_mb\":%d,\"max_cpu_quota\":%d,"
		   "\"rate_limit_per_minute\":%d,\"rate_limit_burst\":%d,"
		   "\"max_concurrent_executions\":%d,\"max_output_bytes\":%zu,\"max_disk_mb\":%d,"
		   "\"max_processes\":%d,\"max_body_bytes\":%zu,\"max_queue\":%d,",
		   conf->max_time, conf->max_memory_mb, conf->cpu_quota, conf->rate_per_minute,
		   conf->rate_burst, conf->places, conf->max_output, conf->disk_mb, conf->max_pids,
		   conf->max_body, conf->max_queue);
	add_languages(&b);
	buf_addc(&b, '}');
	http_answer(c, 200, "application/json", b.data, b.len, NULL);
	buf_free(&b);
}

static void stats(struct http_conn *c)
{
	struct buf b = BUF_INIT;
	struct run_stats s;

	runs_stats(&s);
	buf_printf(&b, "{\"total_executions\":%" PRId64 ",\"active_executions\":%d,"
		   "\"successful_executions\":%" PRId64 ",\"failed_executions\":%" PRId64
		   ",\"timeout_executions\":%" PRId64 ",\"uptime_seconds\":%" PRId64
		   ",\"success_rate\":%.2f}",
		   s.total, s.active, s.succeeded, s.failed, s.timed_out,
		   (mono_ms() - started_ms) / 1000,
		   s.total ? (double)s.succeeded * 100 / (double)s.total : 0.0);
	http_answer(c, 200, "application/json", b.data, b.len, NULL);
	buf_free(&b);
}

static const struct route routes[] = {
	{ "POST", "/api/v1/execute", execute, false },
	{ "POST", "/api/v1/execute/stream", execute_stream, false },
	{ "DELETE", "/api/v1/executions/{id}", cancel, false },
	{ "GET", "/api/v1/health", health, true },
	{ "GET", "/api/v1/config", config, false },
	{ "GET", "/api/v1/stats", stats, false },
};

static bool path_fits(const char *pattern, const char *path)
{
	size_t n = strcspn(pattern, "{");

	if (!pattern[n])
		return text_eq(pattern, path);
	return !strncmp(pattern, path, n) && path[n] && !strchr(path + n, '/');
}

static bool key_given(const struct http_request *q)
{
	const char *auth = http_header(q, "authorization");

	if (!*conf->api_key)
		return true;
	return auth && !strncasecmp(auth, "Bearer ", 7) && secret_eq(auth + 7, conf->api_key);
}

void api_handle(struct http_conn *c)
{
	const struct route *known = NULL;
	char allow[32];

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!path_fits(routes[i].path, c->req.path))
			continue;
		known = &routes[i];
		if (!text_eq(known->method, c->req.method))
			continue;
		if (known->open || key_given(&c->req))
			known->handle(c);
		else
			http_error(c, 401, "Unauthorized", "a key is needed",
				   "WWW-Authenticate: Bearer\r\n");
		return;
	}
	if (!known && jupyter_handle(c))
		return;
	if (!known) {
		http_error(c, 404, "NotFound", "no such path", NULL);
		return;
	}
	snprintf(allow, sizeof(allow), "Allow: %s\r\n", known->method);
	http_error(c, 405, "MethodNotAllowed", "this path has another method", allow);
}

void api_setup(const struct settings *s)
{
	conf = s;
	started_ms = mono_ms();
	loop_on_round(each_round);
}
