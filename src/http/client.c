#include "http/client.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "http/call.h"

enum {
	IDLE_MAX = 64, ROUND_MS = 1000,
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

static struct {
	pthread_mutex_t lock;
	struct handle *idle;
	int count;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

void http_setup(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		die("curl_setup", "why=\"libcurl cannot be used\"");
	call_setup();
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

bool http_crowded(void)
{
	return atomic_load(&paced_calls) >= PACE_FROM;
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
		call_end(c, HTTP_CANCELLED, NULL);
	return true;
}

/* One round: let libcurl work, then wait for the sockets, the cancel descriptor or the clock. */
static void round_of(struct handle *h, struct call *c)
{
	struct curl_waitfd cancel = { .fd = c->req->cancel_fd, .events = CURL_WAIT_POLLIN };
	bool cancellable = c->req->cancel_fd >= 0;
	int running = 0;

	curl_multi_perform(h->multi, &running);
	call_take_messages(h->multi);
	if (c->req->on_round && !c->req->on_round(c->req->ctx) && !c->finished)
		call_end(c, HTTP_ABORTED, NULL);
	if (c->finished)
		return;
	if (rest(c))
		return;
	curl_multi_poll(h->multi, &cancel, cancellable ? 1 : 0, ROUND_MS, NULL);
	if (cancellable && cancel.revents)
		call_end(c, HTTP_CANCELLED, NULL);
	else if (call_idle_too_long(c))
		call_end(c, HTTP_FAILED, "The service sent nothing for too long.");
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
	call_free(&c);
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
		call_take_messages(multi);
		if (!running || left <= 0)
			break;
		curl_multi_poll(multi, NULL, 0, left < ROUND_MS ? (int)left : ROUND_MS, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		if (!calls[i].finished) {
			call_end(&calls[i], HTTP_FAILED, "The service did not answer in time.");
			out[i].timed_out = true;
		}
		curl_multi_remove_handle(multi, calls[i].easy);
		curl_easy_cleanup(calls[i].easy);
		call_free(&calls[i]);
	}
	curl_multi_cleanup(multi);
}
