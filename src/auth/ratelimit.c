#include "auth/ratelimit.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "cache/redis.h"

enum { BUCKET_S = 60, BUCKETS_MAX = 16, MEMORY_MAX = 65536 };

struct buckets {
	int64_t newest;			/* minute of counts[0] */
	int64_t counts[BUCKETS_MAX];	/* counts[i]: i minutes before */
};

static struct {
	pthread_mutex_t lock;
	struct map *keys;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void shift(struct buckets *b, int64_t now)
{
	int64_t by = now - b->newest;

	if (by <= 0)
		return;
	for (int64_t i = BUCKETS_MAX - 1; i >= 0; i--)
		b->counts[i] = i - by >= 0 ? b->counts[i - by] : 0;
	b->newest = now;
}

static int64_t count_memory(const char *key, int64_t now, int64_t buckets)
{
	struct buckets *b;
	int64_t total = 0;

	pthread_mutex_lock(&memory.lock);
	if (memory.keys && map_count(memory.keys) >= MEMORY_MAX) {
		map_free(memory.keys, free);
		memory.keys = NULL;
	}
	if (!memory.keys)
		memory.keys = map_new();
	b = map_get(memory.keys, key);
	if (!b) {
		b = xcalloc(1, sizeof(*b));
		b->newest = now;
		map_set(memory.keys, key, b);
	}
	shift(b, now);
	b->counts[0]++;
	for (int64_t i = 0; i <= buckets && i < BUCKETS_MAX; i++)
		total += b->counts[i];
	pthread_mutex_unlock(&memory.lock);
	return total;
}

/* INCR, EXPIRE and MGET in one round trip; -1 when Redis is away. */
static int64_t count_redis(struct arena *a, const char *key, int64_t now, int64_t buckets,
			   int64_t window)
{
	const char *argv[BUCKETS_MAX + 1] = { "MGET" };
	struct redis_batch *batch;
	struct redis_reply **replies;
	int64_t total = 0;

	if (!redis_configured())
		return -1;
	for (int64_t i = 0; i <= buckets; i++)
		argv[i + 1] = redis_key(a, "ratelimit:%s:%" PRId64, key, now - i);
	batch = redis_batch_new(a);
	redis_batch_add(batch, "INCR", argv[1]);
	redis_batch_add(batch, "EXPIRE", argv[1], arena_i64(a, window + BUCKET_S));
	redis_batch_add_argv(batch, (int)buckets + 2, argv, NULL);
	if (redis_batch_run(batch, a, &replies) <= 0)
		return -1;
	for (int64_t i = 0; i <= buckets; i++) {
		int64_t n;

		if (text_to_i64(reply_text(reply_item(replies[2], (size_t)i)), 0, INT32_MAX, &n))
			total += n;
	}
	return total;
}

bool rate_limited(struct arena *a, const struct rate_limit *limit, const char *key)
{
	int64_t now = time_s() / BUCKET_S, buckets = limit->window / BUCKET_S;
	int64_t total = count_redis(a, key, now, buckets, limit->window);

	if (total < 0)
		total = count_memory(key, now, buckets);
	return total > limit->attempts;
}
