#include "model/catalog.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/map.h"
#include "cache/redis.h"
#include "db/db.h"
#include "model/compose.h"
#include "model/fetch.h"

enum {
	GRACE_MS = 2500,		/* how long a request waits for slow providers */
	AGAIN_MS = 2000,		/* how soon they may be asked again for a model that is missed */
	REFRESH_STACK = 1024 * 1024,
};

#define SHARED_KEY "owui:models:base"

struct held {
	atomic_int refs;
	uint64_t generation;		/* of the settings that it was made with */
	struct arena *arena;
	struct map *by_id;
	struct map *bases[2];		/* by kind */
	struct catalog catalog;		/* last: handed out */
};

static struct {
	pthread_mutex_t lock;		/* of `now` and `refreshing` */
	pthread_mutex_t making;		/* of the rest: one makes, others wait */
	struct held *now;
	bool refreshing;
	bool stopped;			/* the settings are going away: with `making` */
	char *base;			/* JSON text of the providers' list */
	char *digest;			/* of the connections that it came from */
	_Atomic int64_t fetched_ms;	/* mono_ms() */
	atomic_bool outdated;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .making = PTHREAD_MUTEX_INITIALIZER };

static void held_put(void *p)
{
	struct held *h = p;

	if (atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	map_free(h->by_id, NULL);
	map_free(h->bases[CONNECTION_OPENAI], NULL);
	map_free(h->bases[CONNECTION_OLLAMA], NULL);
	arena_free(h->arena);
	free(h);
}

static int64_t fresh_ms(void)
{
	return env_int("MODELS_CACHE_TTL", 10, 1, 86400) * 1000;
}

static void keep_base(const char *base, const char *digest)
{
	free(state.base);
	free(state.digest);
	state.base = xstrdup(base);
	state.digest = xstrdup(digest);
	state.fetched_ms = mono_ms();
}

/* The list that another process fetched from the same connections a moment ago. */
static const char *shared_base(struct arena *a, const char *digest)
{
	struct redis_reply *reply;
	struct json_object *o;

	if (!redis_configured() || redis_run(a, &reply, "GET", redis_key(a, SHARED_KEY)) <= 0)
		return NULL;
	o = json_parse_text(a, reply_text(reply));
	if (!text_eq(json_text(o, "digest", NULL), digest) ||
	    json_i64(o, "at", 0) < time_ms() - fresh_ms())
		return NULL;
	return json_print(json_get(o, "models"));
}

static void share_base(struct arena *a, const char *base, const char *digest)
{
	const char *text = arena_printf(a, "{\"digest\":\"%s\",\"at\":%" PRId64 ",\"models\":%s}", digest,
					time_ms(), base);

	if (redis_configured())
		redis_run(a, NULL, "SET", redis_key(a, SHARED_KEY), text, "EX", "60");
}

static int64_t list_timeout_ms(void)
{
	return env_int("AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST", 10, 1, 600) * 1000;
}

/* A list that came out empty does not replace one of the same connections. */
static void keep_list(struct json_object *list, const char *digest)
{
	if (json_len(list) || !text_eq(state.digest, digest))
		keep_base(json_print(list), digest);
	else
		state.fetched_ms = mono_ms();
}

/* With `making` held; true when every provider has answered. */
static bool fetch_base(struct arena *a, const struct config *c, const char *digest)
{
	struct fetch *f = fetch_new(a, c);
	bool all = fetch_ask(f, GRACE_MS, true);

	keep_list(fetch_items(f), digest);
	if (all)
		share_base(a, state.base, digest);
	return all;
}

/* With `making` held: a catalog of what is there, put in place of the old one. */
static bool make(struct arena *a, struct db *db, const struct config *c)
{
	struct held *h = xcalloc(1, sizeof(*h)), *old;
	struct rows *rows;

	if (db_run(db, a, &rows, Q_MODEL_ROWS) < 0) {
		free(h);
		return false;
	}
	atomic_init(&h->refs, 1);
	h->arena = arena_new();
	h->generation = config_generation(c);
	h->by_id = map_new();
	catalog_compose(h->arena, c, state.base, rows, &h->catalog);
	for (size_t i = 0; i < h->catalog.count; i++)
		map_set(h->by_id, h->catalog.entries[i].id, &h->catalog.entries[i]);
	h->bases[CONNECTION_OPENAI] = map_new();
	h->bases[CONNECTION_OLLAMA] = map_new();
	for (size_t i = 0; i < h->catalog.base_count; i++)
		map_set(h->bases[h->catalog.bases[i].kind], h->catalog.bases[i].id, &h->catalog.bases[i]);
	pthread_mutex_lock(&state.lock);
	old = state.now;
	state.now = h;
	pthread_mutex_unlock(&state.lock);
	if (old)
		held_put(old);
	return true;
}

static const struct config *settings(struct arena *a)
{
	const struct config *c;

	pthread_mutex_lock(&state.making);
	c = state.stopped ? NULL : config_get_in(a);
	pthread_mutex_unlock(&state.making);
	return c;
}

/* A list of connections that are the settings no more is of no use to anybody. */
static void publish(struct arena *a, struct json_object *list, const char *digest, bool all)
{
	struct db *db;

	pthread_mutex_lock(&state.making);
	if (!state.stopped && text_eq(connections_digest(a, config_get_in(a)), digest)) {
		keep_list(list, digest);
		if (all)
			share_base(a, state.base, digest);
		db = db_get();
		make(a, db, config_get_in(a));
		db_put(db);
	}
	pthread_mutex_unlock(&state.making);
}

/* What the quick ones have is there at once; then the slow ones get their time. */
static void refresh(struct arena *a, const struct config *c)
{
	const char *digest = connections_digest(a, c);
	struct fetch *f = fetch_new(a, c);
	bool all = fetch_ask(f, GRACE_MS, true);

	publish(a, fetch_items(f), digest, all);
	if (all)
		return;
	fetch_ask(f, list_timeout_ms(), false);
	publish(a, fetch_items(f), digest, true);
}

static void *refresh_thread(void *unused)
{
	struct arena *a = arena_new();
	const struct config *c = settings(a);

	(void)unused;
	if (c)
		refresh(a, c);
	pthread_mutex_lock(&state.lock);
	state.refreshing = false;
	pthread_mutex_unlock(&state.lock);
	arena_free(a);
	return NULL;
}

/* Ask the providers behind the answer, with all the time that they may take. */
static void refresh_later(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool mine;

	pthread_mutex_lock(&state.lock);
	mine = !state.refreshing;
	state.refreshing = true;
	pthread_mutex_unlock(&state.lock);
	if (!mine)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, REFRESH_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, refresh_thread, NULL) != 0) {
		log_warn("model_refresh", "error=\"no thread\"");
		pthread_mutex_lock(&state.lock);
		state.refreshing = false;
		pthread_mutex_unlock(&state.lock);
	}
	pthread_attr_destroy(&attr);
}

static struct held *take_now(uint64_t generation)
{
	struct held *h;

	pthread_mutex_lock(&state.lock);
	h = state.now && state.now->generation >= generation ? state.now : NULL;
	if (h)
		atomic_fetch_add(&h->refs, 1);
	pthread_mutex_unlock(&state.lock);
	return h;
}

/* Bring base and catalog up to the settings; true with the catalog in place. */
static bool bring_up(struct arena *a, struct db *db, const struct config *c, bool refresh)
{
	const char *digest = connections_digest(a, c), *shared;
	int64_t asked_ms = mono_ms();
	bool same, all = true, ok;
	struct held *h;

	pthread_mutex_lock(&state.making);
	refresh = refresh && state.fetched_ms < asked_ms;	/* else another one has just done it */
	h = refresh ? NULL : take_now(config_generation(c));
	if (h) {			/* another one was quicker */
		held_put(h);
		pthread_mutex_unlock(&state.making);
		return true;
	}
	same = text_eq(state.digest, digest);
	shared = refresh || same ? NULL : shared_base(a, digest);
	if (shared)
		keep_base(shared, digest);
	else if (refresh || !same)
		all = fetch_base(a, c, digest);
	ok = make(a, db, c);
	pthread_mutex_unlock(&state.making);
	if (!all)
		refresh_later();
	return ok;
}

void catalog_warm(void)
{
	refresh_later();
}

void catalog_shutdown(void)
{
	pthread_mutex_lock(&state.making);
	state.stopped = true;
	pthread_mutex_unlock(&state.making);
}

const struct catalog *catalog_get(struct arena *a, struct db *db, const struct config *c, bool refresh)
{
	struct held *h;

	refresh = atomic_exchange(&state.outdated, false) || refresh;
	h = refresh ? NULL : take_now(config_generation(c));
	if (!h) {
		if (!bring_up(a, db, c, refresh))
			return NULL;
		h = take_now(0);
	}
	arena_defer(a, held_put, h);
	if (mono_ms() - state.fetched_ms > fresh_ms())
		refresh_later();
	return &h->catalog;
}

const struct catalog_entry *catalog_look_up(struct arena *a, struct db *db, const struct config *c, const char *id,
					    const struct catalog **out)
{
	const struct catalog *cat = catalog_get(a, db, c, false);
	const struct catalog_entry *e = cat ? catalog_find(cat, id) : NULL;

	if (cat && !e && mono_ms() - state.fetched_ms > AGAIN_MS) {
		cat = catalog_get(a, db, c, true);
		e = cat ? catalog_find(cat, id) : NULL;
	}
	*out = cat;
	return e;
}

void catalog_outdated(void)
{
	atomic_store(&state.outdated, true);
}

static const struct held *held_of(const struct catalog *cat)
{
	return (const void *)((const char *)cat - offsetof(struct held, catalog));
}

const struct catalog_entry *catalog_find(const struct catalog *cat, const char *id)
{
	return map_get(held_of(cat)->by_id, id);
}

const struct base_model *catalog_base(const struct catalog *cat, enum connection_kind kind, const char *id)
{
	return map_get(held_of(cat)->bases[kind], id);
}

bool catalog_access(struct arena *a, struct db *db, const struct user *u, struct catalog_access *out)
{
	struct rows *rows;

	out->user = u;
	out->all = env_bool("BYPASS_MODEL_ACCESS_CONTROL", false) ||
		   (u->is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true));
	out->models = json_new_object(a);
	out->groups = json_new_object(a);
	if (out->all)
		return true;
	if (db_run(db, a, &rows, Q_MODEL_ACCESS, u->id) < 0)
		return false;
	for (size_t i = 0; i < rows_count(rows); i++)
		json_set_bool(*rows_text(rows, i, 0) == 'm' ? out->models : out->groups,
			      rows_text(rows, i, 1), true);
	return true;
}

/* Arena models carry their grants in the settings. */
static bool arena_open(const struct catalog_access *who, const struct catalog_entry *e)
{
	struct arena *a = arena_new();
	struct json_object *grants = json_get(json_parse_text(a, e->meta), "access_grants");
	bool open = !json_len(grants) && who->user->is_admin;

	for (size_t i = 0; !open && i < json_len(grants); i++) {
		struct json_object *g = json_item(grants, i);
		const char *type = json_text(g, "principal_type", ""), *id = json_text(g, "principal_id", "");

		if (strcmp(json_text(g, "permission", ""), "read") != 0)
			continue;
		if (strcmp(type, "user") == 0)
			open = strcmp(id, "*") == 0 || strcmp(id, who->user->id) == 0;
		else if (strcmp(type, "group") == 0)
			open = json_has(who->groups, id);
	}
	arena_free(a);
	return open;
}

bool catalog_may_see(const struct catalog_access *who, const struct catalog_entry *e)
{
	if (who->all)
		return true;
	if (e->arena)
		return arena_open(who, e);
	if (!e->has_row)
		return who->user->is_admin;
	return text_eq(e->owner, who->user->id) || json_has(who->models, e->id);
}

bool catalog_may_use(const struct catalog_access *who, const struct catalog *cat,
		     const struct catalog_entry *e)
{
	for (int hops = 0; !who->all && hops < 32; hops++) {
		if (!catalog_may_see(who, e))
			return false;
		if (!e->base_id)
			return true;
		e = catalog_find(cat, e->base_id);
		if (!e)
			return who->user->is_admin;
	}
	return who->all;
}

/* A change of rows is told as a change of settings: every process then makes its catalog anew. */
int model_changed(struct db *db, struct arena *a)
{
	return config_store(db, a, json_new_object(a));
}
