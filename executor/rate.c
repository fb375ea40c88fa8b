#include "executor/rate.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"

enum { BUCKETS_MAX = 65536, SWEEP_EVERY_MS = 60000 };

struct bucket {
	double tokens;
	int64_t at_ms;
};

static struct map *buckets;
static int64_t swept_ms;

static void refill(struct bucket *b, int per_minute, int burst)
{
	int64_t now = mono_ms();

	b->tokens += (double)(now - b->at_ms) * per_minute / 60000.0;
	if (b->tokens > burst)
		b->tokens = burst;
	b->at_ms = now;
}

/* A full bucket is as good as none. */
static void sweep(int per_minute, int burst)
{
	struct map *kept = map_new();
	size_t at = 0;
	const char *key;
	void *value;

	while (map_next(buckets, &at, &key, &value)) {
		struct bucket *b = value;

		refill(b, per_minute, burst);
		if (b->tokens >= burst)
			free(b);
		else
			map_set(kept, key, b);
	}
	map_free(buckets, NULL);
	buckets = kept;
	swept_ms = mono_ms();
}

int rate_take(const char *key, int per_minute, int burst)
{
	struct bucket *b;

	if (per_minute == 0)
		return 0;
	if (!buckets)
		buckets = map_new();
	if (mono_ms() - swept_ms > SWEEP_EVERY_MS || map_count(buckets) >= BUCKETS_MAX)
		sweep(per_minute, burst);
	b = map_get(buckets, key);
	if (!b) {
		if (map_count(buckets) >= BUCKETS_MAX)
			return 1;
		b = xcalloc(1, sizeof(*b));
		b->tokens = burst;
		b->at_ms = mono_ms();
		map_set(buckets, key, b);
	}
	refill(b, per_minute, burst);
	if (b->tokens >= 1) {
		b->tokens -= 1;
		return 0;
	}
	return (int)((1 - b->tokens) * 60.0 / per_minute) + 1;
}
