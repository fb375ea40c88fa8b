#include "event/deliver.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/redis.h"
#include "http/client.h"
#include "http/public.h"
#include "http/target.h"
#include "json/json.h"

enum {
	BATCH = 16, ROUND_MS = 2000, TIMEOUT_MS = 10000, LEASE_MS = 60000, ANSWER_MAX = 64 * 1024,
	STACK_BYTES = 256 * 1024,
};

#define KEY "owui:deliveries"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queued = PTHREAD_COND_INITIALIZER;
static bool more;

static const char *const headers[] = { "Content-Type: application/json", NULL };

static struct http_request post(const char *url, const char *body)
{
	return (struct http_request){
		.method = "POST", .url = url, .headers = headers, .body = body, .body_len = strlen(body),
		.timeout_ms = TIMEOUT_MS, .cancel_fd = -1, .max_body = ANSWER_MAX,
		.public_only = !local_fetch_allowed(),
	};
}

bool deliver_now(struct arena *a, const char *url, const char *body)
{
	struct http_request req = post(url, body);
	struct http_answer answer;

	return target_allowed(url) && http_run(a, &req, &answer) && answer.status >= 200 && answer.status < 300;
}

bool deliver_queue(struct arena *a, const char *id, const char *url, const char *body)
{
	static const char script[] =
		"if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end "
		"redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2]) return 1";
	struct json_object *o = json_new_object(a);
	struct redis_reply *r;

	json_set_text(o, "id", id);
	json_set_text(o, "url", url);
	json_set_text(o, "body", body);
	json_set_i64(o, "tries", 0);
	if (redis_run(a, &r, "EVAL", script, "1", redis_key(a, KEY), arena_i64(a, time_ms()), json_print(o),
		      arena_i64(a, DELIVER_MAX)) <= 0 || reply_int(r, 0) != 1) {
		log_warn("delivery_refused", "id=%s", id);
		return false;
	}
	pthread_mutex_lock(&lock);
	more = true;
	pthread_cond_signal(&queued);
	pthread_mutex_unlock(&lock);
	return true;
}

int64_t deliver_pause(int tries)
{
	return tries < 1 || tries >= DELIVER_TRIES ? 0 : (int64_t)DELIVER_FIRST_MS << (tries - 1);
}

static bool worth_another(const struct http_answer *answer)
{
	return answer->end != HTTP_DONE || answer->status >= 500 || answer->status == 408 ||
	       answer->status == 429;
}

/* One message has been tried: it goes, or comes back later. */
static void settle(struct arena *a, struct redis_batch *b, const char *member, struct json_object *o,
		   const struct http_answer *answer)
{
	int tries = (int)json_i64(o, "tries", 0) + 1;
	int64_t pause = worth_another(answer) ? deliver_pause(tries) : 0;
	bool taken = answer->end == HTTP_DONE && answer->status >= 200 && answer->status < 300;

	redis_batch_add(b, "ZREM", redis_key(a, KEY), member);
	if (taken)
		return;
	log_warn(pause ? "delivery_delayed" : "delivery_failed", "id=%s tries=%d status=%d",
		 json_text(o, "id", ""), tries, answer->status);
	if (!pause)
		return;
	json_set_i64(o, "tries", tries);
	redis_batch_add(b, "ZADD", redis_key(a, KEY), arena_i64(a, time_ms() + pause), json_print(o));
}

/* Take what is due and hold it for LEASE_MS. */
static size_t take(struct arena *a, struct redis_reply **due)
{
	static const char script[] =
		"local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3]) "
		"for _, m in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], m) end return due";

	if (redis_run(a, due, "EVAL", script, "1", redis_key(a, KEY), arena_i64(a, time_ms()),
		      arena_i64(a, time_ms() + LEASE_MS), arena_i64(a, BATCH)) <= 0)
		return 0;
	return reply_len(*due);
}

/* Deliver one batch; false when there was none. */
static bool deliver_due(struct arena *a)
{
	struct http_request reqs[BATCH];
	struct http_answer answers[BATCH];
	struct json_object *items[BATCH];
	const char *members[BATCH];
	struct redis_batch *b = redis_batch_new(a);
	struct redis_reply *due;
	size_t n = take(a, &due), used = 0;

	for (size_t i = 0; i < n && used < BATCH; i++) {
		const char *member = reply_text(reply_item(due, i));
		struct json_object *o = json_parse_text(a, member);
		const char *url = json_text(o, "url", NULL), *body = json_text(o, "body", NULL);

		if (!url || !body || !target_allowed(url)) {
			redis_batch_add(b, "ZREM", redis_key(a, KEY), member);
			log_warn("delivery_refused", "id=%s", json_text(o, "id", ""));
			continue;
		}
		items[used] = o;
		members[used] = member;
		reqs[used++] = post(url, body);
	}
	if (used)
		http_run_all(a, reqs, answers, used, TIMEOUT_MS);
	for (size_t i = 0; i < used; i++)
		settle(a, b, members[i], items[i], &answers[i]);
	if (redis_batch_count(b))
		redis_batch_run(b, a, NULL);
	return n > 0;
}

static void rest(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ROUND_MS / 1000;
	pthread_mutex_lock(&lock);
	while (!more && pthread_cond_timedwait(&queued, &lock, &until) == 0)
		;
	more = false;
	pthread_mutex_unlock(&lock);
}

static void *deliverer(void *arg UNUSED)
{
	struct arena *a = arena_new();

	for (;;) {
		bool busy = deliver_due(a);

		arena_reset(a);
		if (!busy)
			rest();
	}
	return NULL;
}

void deliver_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, deliverer, NULL) != 0)
		die("deliver_thread", "why=\"no thread\"");
	pthread_attr_destroy(&attr);
}
