#include "fcgi/response.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "fcgi/audited.h"
#include "fcgi/compress.h"
#include "fcgi/events.h"
#include "fcgi/record.h"

/* The reference's variables for security headers and the header each one sets. */
static const struct {
	const char *env, *header;
} security[] = {
	{ "HSTS", "Strict-Transport-Security" },
	{ "PERMISSIONS_POLICY", "Permissions-Policy" },
	{ "REFERRER_POLICY", "Referrer-Policy" },
	{ "XCONTENT_TYPE", "X-Content-Type-Options" },
	{ "XDOWNLOAD_OPTIONS", "X-Download-Options" },
	{ "XFRAME_OPTIONS", "X-Frame-Options" },
	{ "XPERMITTED_CROSS_DOMAIN_POLICIES", "X-Permitted-Cross-Domain-Policies" },
	{ "CONTENT_SECURITY_POLICY", "Content-Security-Policy" },
	{ "CACHE_CONTROL", "Cache-Control" },
};

static struct {
	struct buf security;
	const char *origins;		/* CORS_ALLOW_ORIGIN */
	bool any_origin;
} settings;

void response_setup(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(security); i++) {
		const char *v = getenv(security[i].env);

		if (!text_empty(v) && !strpbrk(v, "\r\n"))
			buf_printf(&settings.security, "%s: %s\r\n", security[i].header, v);
	}
	settings.origins = env_str("CORS_ALLOW_ORIGIN", "*");
	settings.any_origin = strcmp(settings.origins, "*") == 0;
}

const char *response_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" }, { 302, "Found" },
		{ 304, "Not Modified" }, { 307, "Temporary Redirect" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Payload Too Large" },
		{ 422, "Unprocessable Entity" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Status";
}

void req_add_header(struct req *r, const char *name, const char *value)
{
	struct header *h;

	if (strpbrk(value, "\r\n"))	/* a value of a client must not end the header */
		return;
	h = arena_alloc(r->arena, sizeof(*h));
	h->name = arena_strdup(r->arena, name);
	h->value = arena_strdup(r->arena, value);
	h->next = r->io->headers;
	r->io->headers = h;
}

void req_set_cookie(struct req *r, const char *cookie)
{
	req_add_header(r, "Set-Cookie", cookie);
}

static bool origin_allowed(const char *origin)
{
	struct str rest = str_of(settings.origins);

	if (settings.any_origin)
		return true;
	while (rest.p)
		if (str_eq(str_trim(str_split(&rest, ';')), origin))
			return true;
	return false;
}

static void add_cors(struct req *r, struct buf *b)
{
	const char *origin = req_header(r, "Origin");

	buf_adds(b, "Vary: Origin\r\n");
	if (!origin || strpbrk(origin, "\r\n"))
		return;
	if (origin_allowed(origin))
		buf_printf(b, "Access-Control-Allow-Origin: %s\r\n"
			   "Access-Control-Allow-Credentials: true\r\n", origin);
}

bool response_preflight(struct req *r)
{
	const char *origin = req_header(r, "Origin");
	const char *asked = req_header(r, "Access-Control-Request-Headers");
	bool good;

	if (strcmp(r->method, "OPTIONS") != 0 || !origin ||
	    !req_header(r, "Access-Control-Request-Method"))
		return false;
	good = origin_allowed(origin);
	req_add_header(r, "Access-Control-Allow-Methods",
		       "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY");
	req_add_header(r, "Access-Control-Max-Age", "600");
	req_add_header(r, "Vary", "Access-Control-Request-Method, Access-Control-Request-Headers, "
				  "Access-Control-Request-Private-Network");
	if (asked)
		req_add_header(r, "Access-Control-Allow-Headers", asked);
	req_send_bytes(r, good ? 200 : 400, "text/plain; charset=utf-8",
		       good ? "OK" : "Disallowed CORS origin", good ? 2 : 22);
	return true;
}

/* The head of the answer: Status first, as CGI (RFC 3875, 6.3.3) wants it. */
static void write_head(struct req *r, int status, const char *type, int64_t length)
{
	struct buf *b = buf_in(r->arena, 0);
	int64_t us = mono_us() - r->started_us;

	buf_reserve(b, 1000);
	buf_printf(b, "Status: %d %s\r\n", status, response_reason(status));
	if (type)
		buf_printf(b, "Content-Type: %s\r\n", type);
	if (length >= 0)
		buf_printf(b, "Content-Length: %" PRId64 "\r\n", length);
	buf_printf(b, "X-Process-Time: %" PRId64 ".%06" PRId64 "\r\nX-Request-Id: %s\r\n",
		   us / 1000000, us % 1000000, r->id);
	if (r->route && (r->route->flags & R_NO_STORE))
		buf_adds(b, "Cache-Control: no-store\r\n");
	if (settings.security.len)
		buf_add(b, settings.security.data, settings.security.len);
	add_cors(r, b);
	for (struct header *h = r->io->headers; h; h = h->next) {
		buf_adds(b, h->name);
		buf_adds(b, ": ");
		buf_adds(b, h->value);
		buf_adds(b, "\r\n");
	}
	buf_adds(b, "\r\n");
	r->status = status;
	if (FCGX_PutStr(b->data, (int)b->len, r->io->fcgi->out) < 0)
		r->io->gone = true;
}

static bool may_answer(struct req *r)
{
	if (!r->status)
		return true;
	log_error("second_answer", "path=%s", r->path);
	return false;
}

static bool write_body(struct req *r, const void *data, size_t len)
{
	if (len >= RECORD_WORTHWHILE)
		return record_send(r->io->fcgi, data, len);
	return FCGX_PutStr(data, (int)len, r->io->fcgi->out) >= 0;
}

/* What the row tells of the operation. */
static void tell_row(struct req *r, int status, const void *answer, size_t len)
{
	if (status < 400 && r->route && r->route->event)
		events_answered(r, (struct str){ answer, len });
}

int req_send_bytes(struct req *r, int status, const char *type, const void *data, size_t len)
{
	bool head = strcmp(r->method, "HEAD") == 0;

	const char *coding;

	if (!may_answer(r))
		return 0;
	audited_response(r, data, len);
	tell_row(r, status, data, len);
	coding = compress_body(r, type, &data, &len);
	if (coding) {
		req_add_header(r, "Content-Encoding", coding);
		req_add_header(r, "Vary", "Accept-Encoding");
	}
	write_head(r, status, type, status == 204 || status == 304 ? -1 : (int64_t)len);
	if (!head && len && !write_body(r, data, len))
		r->io->gone = true;
	return 0;
}

int req_send_json(struct req *r, int status, const char *json, size_t len)
{
	return req_send_bytes(r, status, "application/json", json, len);
}

int req_send_text(struct req *r, const char *json)
{
	return req_send_json(r, 200, json, strlen(json));
}

int req_send_obj(struct req *r, struct json_object *o)
{
	return req_send_text(r, json_print(o));
}

int req_send_true(struct req *r)
{
	return req_send_text(r, "true");
}

int req_send_null(struct req *r)
{
	return req_send_text(r, "null");
}

int req_send_redirect(struct req *r, int status, const char *location)
{
	req_add_header(r, "Location", location);
	return req_send_bytes(r, status, NULL, "", 0);
}

int req_fail_detail(struct req *r, int status, const char *fmt, ...)
{
	struct buf *b = buf_in(r->arena, 0);
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	buf_adds(b, "{\"detail\":");
	buf_json(b, text);
	buf_addc(b, '}');
	return req_send_json(r, status, b->data, b->len);
}

int req_fail(struct req *r, enum err e)
{
	if (err_defs[e].status == 401)
		req_add_header(r, "WWW-Authenticate", "Bearer");
	return req_fail_detail(r, err_defs[e].status, "%s", err_defs[e].detail);
}

int req_fail_422(struct req *r, struct json_object *faults)
{
	struct json_object *o = json_new_object(r->arena);
	const char *text;

	if (r->route && (r->route->flags & R_NO_STORE))
		return req_fail_detail(r, 422, "The request is not valid.");
	json_set(o, "detail", json_ref(faults));
	text = json_print(o);
	return req_send_json(r, 422, text, strlen(text));
}

bool req_stream_start(struct req *r, int status, const char *content_type)
{
	if (!may_answer(r))
		return false;
	tell_row(r, status, "", 0);
	req_add_header(r, "X-Accel-Buffering", "no");
	write_head(r, status, content_type, -1);
	r->io->streaming = true;
	if (FCGX_FFlush(r->io->fcgi->out) < 0)
		r->io->gone = true;
	return !r->io->gone;
}

bool req_stream_write(struct req *r, const void *data, size_t len)
{
	if (r->io->gone)
		return false;
	audited_response(r, data, len);
	if (FCGX_PutStr(data, (int)len, r->io->fcgi->out) < 0 ||
	    FCGX_FFlush(r->io->fcgi->out) < 0)
		r->io->gone = true;
	return !r->io->gone;
}

bool req_stream_offer(struct req *r, const void *data, size_t len)
{
	if (!r->io->rest)
		r->io->rest = buf_in(r->arena, 0);
	if (!r->io->gone && !record_offer(r->io->fcgi, data, len, r->io->rest))
		r->io->gone = true;
	return !r->io->gone;
}

ssize_t req_stream_drain(struct req *r, bool wait)
{
	ssize_t left = r->io->rest && !r->io->gone ? record_drain(r->io->fcgi, r->io->rest, wait) : 0;

	if (left < 0)
		r->io->gone = true;
	return r->io->gone ? -1 : left;
}

int req_client_fd(struct req *r)
{
	return r->io->fcgi->ipcFd;
}

/* nginx closes the connection, or sends FCGI_ABORT_REQUEST, when the client has gone: either makes
 * the socket readable, which a running request's socket otherwise never is. */
bool req_stream_open(struct req *r)
{
	struct pollfd p = { .fd = req_client_fd(r), .events = POLLIN };

	if (!r->io->gone && poll(&p, 1, 0) > 0)
		r->io->gone = true;
	return !r->io->gone;
}

bool response_gone(const struct req *r)
{
	return r->io->gone;
}
