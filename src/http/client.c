#include "http/client.h"

#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/str.h"
#include "http/public.h"

enum {
	IDLE_MAX = 64, ROUND_MS = 1000, BUFFER_BYTES = 16 * 1024,
	/* Streams of this process, and the rest of each: not in its first rounds, nor after a round that
	 * brought many bytes. */
	PACE_FROM = 4, PACE_MS = 20, PACE_MANY_FROM = 40, PACE_MANY_MS = 25, PACE_AFTER = 3, PACE_BELOW = 4096,
};

static atomic_int paced_calls;

/* A multi handle keeps its connections; with its easy handle it is used by one call at a time. */
struct handle {
	CURLM *multi;
	CURL *easy;
	struct handle *next;
};

struct call {
	struct arena *arena;
	const struct http_request *req;
	struct http_answer *out;
	CURL *easy;
	struct curl_slist *headers;
	bool started, streaming;
	bool finished;
	size_t got;		/* bytes of this round */
	int rounds;		/* of a paced call, that brought something */
	int64_t last_byte;
	char error[CURL_ERROR_SIZE];
};

static struct {
	pthread_mutex_t lock;
	struct handle *idle;
	int count;
	bool verify;
	const char *ca_file;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .verify = true };

void http_setup(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		die("curl_setup", "why=\"libcurl cannot be used\"");
	pool.verify = env_bool("AIOHTTP_CLIENT_SESSION_SSL", true);
	pool.ca_file = env_str("AIOHTTP_CLIENT_SSL_CERT_FILE", "");
}

static struct handle *borrow(void)
{
	struct handle *h;

	pthread_mutex_lock(&pool.lock);
	h = pool.idle;
	if (h) {
		pool.idle = h->next;
		pool.count--;
	}
	pthread_mutex_unlock(&pool.lock);
	if (h)
		return h;
	h = xcalloc(1, sizeof(*h));
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy)
		die("curl_setup", "why=\"out of memory\"");
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 2L);
	return h;
}

static void give_back(struct handle *h)
{
	curl_easy_reset(h->easy);
	pthread_mutex_lock(&pool.lock);
	if (pool.count < IDLE_MAX) {
		h->next = pool.idle;
		pool.idle = h;
		pool.count++;
		h = NULL;
	}
	pthread_mutex_unlock(&pool.lock);
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	free(h);
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
	c->got += n;
	if (!c->started)
		start(c, (struct str){ data, n });
	if (c->streaming)
		return c->req->on_data(c->req->ctx, data, n) ? n : fail_write(c, HTTP_ABORTED);
	buf_add(c->out->body, data, n);
	return c->out->body->full ? fail_write(c, HTTP_TOO_LARGE) : n;
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct call *c = ctx;
	struct str line = { data, size * n }, name = str_split(&line, ':');

	if (c->out->head && str_starts((struct str){ data, size * n }, "HTTP/"))
		buf_reset(c->out->head);	/* of the last answer, not of an interim one */
	if (c->out->head)
		buf_add(c->out->head, data, size * n);
	line = str_trim(line);
	if (name.n == 11 && strncasecmp(name.p, "Retry-After", 11) == 0)
		c->out->retry_after = arena_strndup(c->arena, line.p, line.n);
	else if (name.n == 14 && strncasecmp(name.p, "Retry-After-Ms", 14) == 0)
		c->out->retry_after_ms = arena_strndup(c->arena, line.p, line.n);
	return size * n;
}

const char *http_header(struct arena *a, const struct http_answer *answer, const char *name)
{
	struct str rest = { answer->head ? buf_text(answer->head) : "", answer->head ? answer->head->len : 0 };

	while (rest.p) {
		struct str line = str_split(&rest, '\n'), key = str_split(&line, ':');

		if (key.n == strlen(name) && strncasecmp(key.p, name, key.n) == 0 && line.p) {
			line = str_trim(line);
			return arena_strndup(a, line.p, line.n);
		}
	}
	return NULL;
}

static void set_body(struct call *c)
{
	const struct http_request *req = c->req;

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
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, pool.verify ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, pool.verify ? 2L : 0L);
	if (*pool.ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, pool.ca_file);
	set_body(c);
}

static void call_init(struct call *c, struct arena *a, const struct http_request *req,
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

static void take_messages(CURLM *multi)
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

static bool idle_too_long(const struct call *c)
{
	return c->req->idle_ms && mono_ms() - c->last_byte > c->req->idle_ms;
}

static void end_call(struct call *c, enum http_end end, const char *error)
{
	c->finished = true;
	c->out->end = end;
	c->out->error = error;
}

/* How long a stream rests while that many run.  A person reads no faster, and the more run the
 * scarcer the processor is. */
static int pace_ms(int streams)
{
	return streams < PACE_FROM ? 0 : streams < PACE_MANY_FROM ? PACE_MS : PACE_MANY_MS;
}

/* Let some data collect: true when it rested, and the next round may find some. */
static bool rest(struct call *c)
{
	struct pollfd p = { .fd = c->req->cancel_fd, .events = POLLIN };
	bool trickles = c->got && c->got < PACE_BELOW;
	int ms = c->req->paced && c->streaming && trickles ? pace_ms(atomic_load(&paced_calls)) : 0;

	c->got = 0;
	if (!ms || ++c->rounds <= PACE_AFTER)
		return false;
	if (poll(&p, 1, ms) > 0)
		end_call(c, HTTP_CANCELLED, NULL);
	return true;
}

/* One round: let libcurl work, then wait for the sockets, the cancel descriptor or the clock. */
static void round_of(struct handle *h, struct call *c)
{
	struct curl_waitfd cancel = { .fd = c->req->cancel_fd, .events = CURL_WAIT_POLLIN };
	bool cancellable = c->req->cancel_fd >= 0;
	int running = 0;

	curl_multi_perform(h->multi, &running);
	take_messages(h->multi);
	if (c->req->on_round && !c->req->on_round(c->req->ctx) && !c->finished)
		end_call(c, HTTP_ABORTED, NULL);
	if (c->finished)
		return;
	if (rest(c))
		return;
	curl_multi_poll(h->multi, &cancel, cancellable ? 1 : 0, ROUND_MS, NULL);
	if (cancellable && cancel.revents)
		end_call(c, HTTP_CANCELLED, NULL);
	else if (idle_too_long(c))
		end_call(c, HTTP_FAILED, "The service sent nothing for too long.");
}

bool http_run(struct arena *a, const struct http_request *req, struct http_answer *out)
{
	struct handle *h = borrow();
	struct call c;

	call_init(&c, a, req, out, h->easy);
	atomic_fetch_add(&paced_calls, req->paced);
	curl_multi_add_handle(h->multi, h->easy);
	while (!c.finished)
		round_of(h, &c);
	atomic_fetch_sub(&paced_calls, req->paced);
	curl_multi_remove_handle(h->multi, h->easy);
	curl_slist_free_all(c.headers);
	give_back(h);
	return out->end == HTTP_DONE;
}

void http_run_all(struct arena *a, const struct http_request *reqs, struct http_answer *out, size_t n,
		  int64_t timeout_ms)
{
	struct call *calls = arena_calloc(a, n + 1, sizeof(*calls));
	int64_t until = mono_ms() + timeout_ms;
	CURLM *multi = curl_multi_init();
	int running = 1;

	for (size_t i = 0; i < n; i++) {
		call_init(&calls[i], a, &reqs[i], &out[i], curl_easy_init());
		curl_multi_add_handle(multi, calls[i].easy);
	}
	while (running) {
		int64_t left = until - mono_ms();

		curl_multi_perform(multi, &running);
		take_messages(multi);
		if (!running || left <= 0)
			break;
		curl_multi_poll(multi, NULL, 0, left < ROUND_MS ? (int)left : ROUND_MS, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		if (!calls[i].finished) {
			end_call(&calls[i], HTTP_FAILED, "The service did not answer in time.");
			out[i].timed_out = true;
		}
		curl_multi_remove_handle(multi, calls[i].easy);
		curl_easy_cleanup(calls[i].easy);
		curl_slist_free_all(calls[i].headers);
	}
	curl_multi_cleanup(multi);
}
