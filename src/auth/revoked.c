#include "auth/revoked.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "cache/redis.h"

enum { READ_MS = 1000, PRUNE_EVERY_MS = 60000, KEEP_USER_S = 28 * 86400 };

/* jti → when it expires; user id → revoked_at.  Times are pointers' values: no memory of their own. */
static struct {
	pthread_mutex_t lock;
	struct map *tokens, *users;
	atomic_bool current, stop;
	bool running;
	pthread_t thread;
} copy = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note(struct map *m, const char *key, int64_t at)
{
	pthread_mutex_lock(&copy.lock);
	if (m && at > 0)
		map_set(m, key, (void *)(uintptr_t)at);
	pthread_mutex_unlock(&copy.lock);
}

/* "token <jti> <exp>" or "user <id> <at>" */
static void take_message(struct arena *a, const char *text)
{
	struct str rest = str_of(text), kind = str_split(&rest, ' '), key = str_split(&rest, ' ');
	int64_t at;

	if (!key.n || !str_to_i64(rest, 1, INT64_MAX, &at))
		return;
	note(str_eq(kind, "token") ? copy.tokens : copy.users, arena_strndup(a, key.p, key.n), at);
}

/* One key as SCAN gives it. */
static void take_key(struct arena *a, const char *key)
{
	const char *tail = key + strlen(redis_prefix()) + 1;
	struct redis_reply *r = NULL;
	const char *colon = strrchr(tail, ':');
	bool token = text_starts(tail, "auth:token:");

	if (!colon || (!token && !text_starts(tail, "auth:user:")))
		return;
	tail += token ? strlen("auth:token:") : strlen("auth:user:");
	if (tail >= colon)
		return;
	tail = arena_strndup(a, tail, (size_t)(colon - tail));
	if (token && redis_run(a, &r, "TTL", key) > 0)
		note(copy.tokens, tail, time_s() + reply_int(r, 0));
	else if (!token && redis_run(a, &r, "GET", key) > 0)
		note(copy.users, tail, reply_int(r, 0));
}

static bool read_all(struct arena *a)
{
	const char *cursor = "0";

	do {
		struct redis_reply *r = NULL;
		const struct redis_reply *keys;

		if (redis_run(a, &r, "SCAN", cursor, "MATCH", redis_key(a, "auth:*"), "COUNT", "1000") <= 0)
			return false;
		cursor = reply_text(reply_item(r, 0));
		keys = reply_item(r, 1);
		for (size_t i = 0; i < reply_len(keys); i++)
			take_key(a, reply_text(reply_item(keys, i)));
	} while (cursor && strcmp(cursor, "0") != 0);
	return cursor != NULL;
}

/* What has expired need not be remembered. */
static void prune(struct map *m, int64_t before)
{
	const char *old[256], *key;
	size_t at = 0, n = 0;
	void *value;

	pthread_mutex_lock(&copy.lock);
	while (n < ARRAY_SIZE(old) && map_next(m, &at, &key, &value))
		if ((int64_t)(uintptr_t)value < before)
			old[n++] = key;
	while (n)
		map_del(m, old[--n]);
	pthread_mutex_unlock(&copy.lock);
}

static void follow_link(struct redis_link *l)
{
	struct arena *a = arena_new();
	int64_t pruned = mono_ms();
	int rc = redis_link_run(l, a, NULL, "SUBSCRIBE", redis_key(a, "auth:revoked"));

	if (rc >= 0 && read_all(a))
		atomic_store(&copy.current, true);
	while (rc >= 0 && atomic_load(&copy.current) && !atomic_load(&copy.stop)) {
		struct redis_reply *r = NULL;

		arena_reset(a);
		rc = redis_link_read(l, a, &r);
		if (rc > 0 && reply_text(reply_item(r, 2)))
			take_message(a, reply_text(reply_item(r, 2)));
		if (mono_ms() - pruned > PRUNE_EVERY_MS) {
			pruned = mono_ms();
			prune(copy.tokens, time_s());
			prune(copy.users, time_s() - KEEP_USER_S);
		}
	}
	atomic_store(&copy.current, false);
	arena_free(a);
}

static void *follow(void *unused)
{
	(void)unused;
	while (!atomic_load(&copy.stop)) {
		struct redis_link *l = redis_link_open(READ_MS);

		if (l)
			follow_link(l);
		redis_link_close(l);
		if (!atomic_load(&copy.stop))
			sleep_ms(READ_MS / 4);
	}
	return NULL;
}

void revoked_follow(void)
{
	if (!redis_configured())
		return;
	copy.tokens = map_new();
	copy.users = map_new();
	copy.running = pthread_create(&copy.thread, NULL, follow, NULL) == 0;
}

void revoked_shutdown(void)
{
	atomic_store(&copy.stop, true);
	if (copy.running)
		pthread_join(copy.thread, NULL);
	map_free(copy.tokens, NULL);
	map_free(copy.users, NULL);
	copy.tokens = copy.users = NULL;
}

static bool in_copy(const struct token *t)
{
	int64_t revoked_at;
	bool yes;

	pthread_mutex_lock(&copy.lock);
	revoked_at = (int64_t)(uintptr_t)map_get(copy.users, t->id);
	yes = map_get(copy.tokens, t->jti) || (revoked_at && t->iat <= revoked_at);
	pthread_mutex_unlock(&copy.lock);
	return yes;
}

bool revoked_check(struct arena *a, const struct token *t)
{
	struct redis_reply *r = NULL;

	if (!redis_configured() || !t->jti)
		return false;
	if (atomic_load(&copy.current))
		return in_copy(t);
	if (redis_run(a, &r, "MGET", redis_key(a, "auth:token:%s:revoked", t->jti),
		      redis_key(a, "auth:user:%s:revoked_at", t->id)) <= 0)
		return false;
	return !reply_is_nil(reply_item(r, 0)) || t->iat <= reply_int(reply_item(r, 1), -1);
}

void revoked_add_token(struct arena *a, const struct token *t)
{
	int64_t left = t->exp - time_s();
	struct redis_batch *b;

	if (!t->jti || !t->exp || left <= 0 || !redis_configured())
		return;
	note(copy.tokens, t->jti, t->exp);
	b = redis_batch_new(a);
	redis_batch_add(b, "SET", redis_key(a, "auth:token:%s:revoked", t->jti), "1", "EX",
			arena_i64(a, left));
	redis_batch_add(b, "PUBLISH", redis_key(a, "auth:revoked"),
			arena_printf(a, "token %s %" PRId64, t->jti, t->exp));
	redis_batch_run(b, a, NULL);
}

void revoked_add_user(struct arena *a, const char *user_id, int64_t lifetime)
{
	const char *now = arena_i64(a, time_s());
	struct redis_batch *b;

	if (!redis_configured())
		return;
	note(copy.users, user_id, time_s());
	b = redis_batch_new(a);
	redis_batch_add(b, "SET", redis_key(a, "auth:user:%s:revoked_at", user_id), now, "EX",
			arena_i64(a, lifetime > 0 ? lifetime : KEEP_USER_S));
	redis_batch_add(b, "PUBLISH", redis_key(a, "auth:revoked"),
			arena_printf(a, "user %s %s", user_id, now));
	redis_batch_run(b, a, NULL);
}
