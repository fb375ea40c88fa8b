#include "http/call.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/str.h"
#include "http/public.h"

enum {
	BUFFER_BYTES = 16 * 1024,
	AT_ONCE = 256 * 1024,	/* bytes for a sink that may be slow, before it is asked what it took */
};

static struct {
	bool verify;
	const char *ca_file;
} settings = { .verify = true };

void call_setup(void)
{
	settings.verify = env_bool("AIOHTTP_CLIENT_SESSION_SSL", true);
	settings.ca_file = env_str("AIOHTTP_CLIENT_SSL_CERT_FILE", "");
}

void call_secure(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, settings.verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, settings.verify ? 2L : 0L);
	if (*settings.ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file);
}

static size_t fail_write(struct call *c, enum http_end end)
{
	c->out->end = end;
	return CURL_WRITEFUNC_ERROR;
}

/* The first byte of the body: the head is complete. */
static void start(struct call *c, struct str first)
{
	const char *type = NULL;
	long status = 0;

	c->started = true;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
	c->out->status = (int)status;
	c->out->type = arena_strdup(c->arena, type ? type : "");
	c->streaming = c->req->on_data &&
		       (!c->req->on_start || c->req->on_start(c->req->ctx, c->out->status, c->out->type, first));
}

static size_t on_write(char *data, size_t size, size_t n, void *ctx)
{
	struct call *c = ctx;

	n *= size;
	c->last_byte = mono_ms();
	c->held = c->streaming && c->req->drain && c->got > AT_ONCE;
	if (c->held)
		return CURL_WRITEFUNC_PAUSE;
	c->got += n;
	if (!c->started)
		start(c, (struct str){ data, n });
	if (c->streaming)
		return c->req->on_data(c->req->ctx, data, n) ? n : fail_write(c, HTTP_ABORTED);
	buf_add(c->out->body, data, n);
	return c->out->body->full ? fail_write(c, HTTP_TOO_LARGE) : n;
}

/* The value of a header of that name, for the arena; else what was there. */
static const char *header_value(struct call *c, struct str name, const char *wanted, struct str value,
				const char *was)
{
	if (name.n != strlen(wanted) || strncasecmp(name.p, wanted, name.n) != 0)
		return was;
	return arena_strndup(c->arena, value.p, value.n);
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct call *c = ctx;
	struct http_answer *out = c->out;
	struct str line = { data, size * n }, name = str_split(&line, ':');
	const char *length;

	if (out->head && str_starts((struct str){ data, size * n }, "HTTP/"))
		buf_reset(out->head);	/* of the last answer, not of an interim one */
	if (out->head)
		buf_add(out->head, data, size * n);
	line = str_trim(line);
	out->retry_after = header_value(c, name, "Retry-After", line, out->retry_after);
	out->retry_after_ms = header_value(c, name, "Retry-After-Ms", line, out->retry_after_ms);
	out->location = header_value(c, name, "Location", line, out->location);
	length = header_value(c, name, "Content-Length", line, NULL);
	text_to_i64(length, 0, INT64_MAX, &out->length);
	return size * n;
}

static void set_body(struct call *c)
{
	const struct http_request *req = c->req;

	if (strcmp(req->method, "HEAD") == 0)
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);	/* or it waits for the body that is announced */
	if (req->body) {
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, req->body);
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
	}
	if (strcmp(req->method, "GET") != 0 && (strcmp(req->method, "POST") != 0 || !req->body))
		curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, req->method);
}

/* libcurl takes "Name:" as a wish not to send it, and "Name;" as an empty one. */
static void append_header(struct call *c, const char *line)
{
	size_t n = strcspn(line, ":");
	bool empty = line[n] && !line[n + 1 + strspn(line + n + 1, " \t")];

	c->headers = curl_slist_append(c->headers,
				       empty ? arena_printf(c->arena, "%.*s;", (int)n, line) : line);
}

/* Looked at when the connection is made, so that no answer of a name server comes in between. */
static curl_socket_t open_public(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	(void)ctx;
	(void)purpose;
	if (!address_is_public(&to->addr))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void prepare(struct call *c)
{
	CURL *e = c->easy;

	for (const char *const *h = c->req->headers; h && *h; h++)
		append_header(c, *h);
	c->headers = curl_slist_append(c->headers, "Expect:");
	curl_easy_setopt(e, CURLOPT_URL, c->req->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)c->req->timeout_ms);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	if (c->req->public_only) {
		curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);	/* none that others opened */
	}
	call_secure(e);
	set_body(c);
}

void call_init(struct call *c, struct arena *a, const struct http_request *req,
	       struct http_answer *out, CURL *easy)
{
	memset(c, 0, sizeof(*c));
	memset(out, 0, sizeof(*out));
	out->type = "";
	out->body = buf_in(a, req->max_body ? req->max_body : HTTP_BODY_MAX);
	out->head = req->keep_head ? buf_in(a, HTTP_HEAD_MAX) : NULL;
	c->arena = a;
	c->req = req;
	c->out = out;
	c->easy = easy;
	c->last_byte = mono_ms();
	prepare(c);
}

static void call_finish(struct call *c, CURLcode rc)
{
	c->finished = true;
	if (rc == CURLE_OK) {
		if (!c->started)
			start(c, (struct str){ "", 0 });
		return;
	}
	if (c->out->end == HTTP_DONE)
		c->out->end = HTTP_FAILED;
	c->out->timed_out = rc == CURLE_OPERATION_TIMEDOUT;
	c->out->error = arena_strdup(c->arena, c->error[0] ? c->error : curl_easy_strerror(rc));
}

void call_take_messages(CURLM *multi)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left))) {
		struct call *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		call_finish(c, m->data.result);
	}
}

bool call_idle_too_long(const struct call *c)
{
	return c->req->idle_ms && mono_ms() - c->last_byte > c->req->idle_ms;
}

void call_end(struct call *c, enum http_end end, const char *error)
{
	c->finished = true;
	c->out->end = end;
	c->out->error = error;
}

void call_free(struct call *c)
{
	curl_slist_free_all(c->headers);
}
