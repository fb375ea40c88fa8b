#include "config/config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/env.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "cache/redis.h"
#include "config/seed.h"
#include "db/db.h"

enum { FOLLOW_POLL_MS = 1000 };

struct value {
	const char *json;
	const char *text;
	int64_t i;
	double f;
	bool b;
};

struct config {
	atomic_int refs;
	uint64_t generation;
	struct arena *arena;
	struct map *rows;		/* dotted name → JSON text in the arena */
	struct value values[CK_COUNT];
	_Atomic(char *) derived[CONFIG_SLOT_COUNT];
};

static struct {
	pthread_mutex_t lock;
	struct config *now;
	uint64_t generations;
	bool persistent;
	bool loaded;			/* from the table, not only from the environment */
	atomic_bool stop;
	pthread_t follower;
	bool following;
	char *overlay;			/* JSON text: changes of keys that the table does not keep */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void config_put(void *p)
{
	struct config *c = p;

	if (atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	for (int i = 0; i < CONFIG_SLOT_COUNT; i++)
		free(atomic_load(&c->derived[i]));
	map_free(c->rows, NULL);
	arena_free(c->arena);
	free(c);
}

const struct config *config_get_in(struct arena *a)
{
	struct config *c;

	pthread_mutex_lock(&state.lock);
	c = state.now;
	atomic_fetch_add(&c->refs, 1);
	pthread_mutex_unlock(&state.lock);
	arena_defer(a, config_put, c);
	return c;
}

static void read_value(struct config *c, struct value *v, struct json_object *o)
{
	v->json = arena_strdup(c->arena, json_print(o));
	v->text = json_str(o) ? arena_strdup(c->arena, json_str(o)) : "";
	v->b = json_is(o, json_type_boolean) && json_object_get_boolean(o);
	v->i = INT64_MIN;
	if (json_is(o, json_type_int) || json_is(o, json_type_double)) {
		v->i = json_object_get_int64(o);
		v->f = json_object_get_double(o);
	}
}

static struct json_object *overlay_copy(struct arena *a)
{
	char *text;

	pthread_mutex_lock(&state.lock);
	text = arena_strdup(a, state.overlay ? state.overlay : "{}");
	pthread_mutex_unlock(&state.lock);
	return json_parse_text(a, text);
}

/* A snapshot of rows { key: value }, with environment and defaults where a row is missing. */
static struct config *snapshot_new(struct json_object *rows)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct arena *scratch = arena_new();
	struct json_object *overlay = overlay_copy(scratch);

	atomic_init(&c->refs, 1);
	c->arena = arena_new();
	c->rows = map_new();
	for (int i = 0; i < CK_COUNT; i++) {
		const struct config_def *def = &config_defs[i];
		struct json_object *o = NULL;

		if (json_object_object_get_ex(config_is_persisted(def) ? rows : overlay,
					      def->key, &o))
			read_value(c, &c->values[i], o);
		else
			read_value(c, &c->values[i], config_seed_value(scratch, def));
		map_set(c->rows, def->key, arena_strdup(c->arena, c->values[i].json));
	}
	json_object_object_foreach(rows, key, row) {
		if (!map_get(c->rows, key))
			map_set(c->rows, key, arena_strdup(c->arena, json_print(row)));
	}
	arena_free(scratch);
	return c;
}

static void replace(struct json_object *rows)
{
	struct config *c = snapshot_new(rows), *old;

	pthread_mutex_lock(&state.lock);
	old = state.now;
	c->generation = ++state.generations;
	state.now = c;
	pthread_mutex_unlock(&state.lock);
	if (old)
		config_put(old);
}

static struct json_object *rows_tree(struct arena *a, const struct rows *rows)
{
	struct json_object *all = json_new_object(a);

	for (size_t i = 0; i < rows_count(rows); i++) {
		struct json_object *v = json_parse_text(a, rows_text(rows, i, 1));

		json_set(all, rows_text(rows, i, 0), json_is(v, json_type_null) ? NULL : json_ref(v));
	}
	return all;
}

static struct json_object *read_rows(struct arena *a, struct db *db)
{
	struct rows *rows;

	return db_run(db, a, &rows, Q_CONFIG_ALL) < 0 ? NULL : rows_tree(a, rows);
}

/* Reading and replacing are one step: else what was read before a change could replace what was read
 * after it. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static bool load(struct db *db)
{
	struct arena *a = arena_new();
	struct json_object *rows;

	pthread_mutex_lock(&loading);
	rows = read_rows(a, db);
	if (rows)
		replace(rows);
	pthread_mutex_unlock(&loading);
	arena_free(a);
	return rows != NULL;
}

/* Store, and take the new snapshot, in one round trip. */
static bool store_rows(struct arena *a, struct db *db, struct json_object *changes)
{
	const char *const params[] = { json_print(changes) };
	struct rows *rows;
	bool ok;

	pthread_mutex_lock(&loading);
	ok = db_run_two(db, a, Q_CONFIG_STORE, params, NULL, Q_CONFIG_ALL, NULL, &rows) > 0;
	if (ok)
		replace(rows_tree(a, rows));
	pthread_mutex_unlock(&loading);
	return ok;
}

static bool load_first(void)
{
	struct arena *a = arena_new();
	struct db *db = db_get_in(a);
	bool ok = true;

	if (env_bool("RESET_CONFIG_ON_START", false) && !state.loaded)
		ok = db_run(db, a, NULL, Q_CONFIG_CLEAR) >= 0;
	ok = ok && db_run(db, a, NULL, Q_CONFIG_SEED, json_print(config_seed_all(a))) >= 0;
	ok = ok && load(db);
	state.loaded = ok;
	arena_free(a);
	return ok;
}

static void reload(void)
{
	struct db *db;

	if (!state.loaded) {
		load_first();
		return;
	}
	db = db_get();
	load(db);
	db_put(db);
}

/* Read the channel until the connection ends; each message means: load again. */
static void follow_link(struct redis_link *l)
{
	struct arena *a = arena_new();
	int rc = redis_link_run(l, a, NULL, "SUBSCRIBE", redis_key(a, "config"));

	if (rc >= 0)
		reload();	/* what changed while nobody listened */
	while (rc >= 0 && !atomic_load(&state.stop)) {
		rc = redis_link_read(l, a, NULL);
		if (rc > 0 || !state.loaded)
			reload();
		arena_reset(a);
	}
	arena_free(a);
}

static void *follow(void *unused)
{
	(void)unused;
	while (!atomic_load(&state.stop)) {
		struct redis_link *l = redis_link_open(FOLLOW_POLL_MS);

		if (!l) {
			if (!state.loaded)
				reload();
			sleep_ms(FOLLOW_POLL_MS);
			continue;
		}
		follow_link(l);
		redis_link_close(l);
	}
	return NULL;
}

bool config_setup(bool follow_changes)
{
	struct json_object *none = json_object_new_object();

	replace(none);
	json_object_put(none);
	state.persistent = env_bool("ENABLE_PERSISTENT_CONFIG", true);
	if (!state.persistent) {
		state.loaded = true;
		return true;
	}
	load_first();
	if (follow_changes && pthread_create(&state.follower, NULL, follow, NULL) == 0)
		state.following = true;
	return state.loaded;
}

void config_shutdown(void)
{
	atomic_store(&state.stop, true);
	if (state.following)
		pthread_join(state.follower, NULL);
	if (state.now)
		config_put(state.now);
	state.now = NULL;
}

const char *config_json(const struct config *c, enum config_key key)
{
	return c->values[key].json;
}

const char *config_text(const struct config *c, enum config_key key)
{
	return c->values[key].text;
}

bool config_bool(const struct config *c, enum config_key key)
{
	return c->values[key].b;
}

int64_t config_i64(const struct config *c, enum config_key key, int64_t def)
{
	return c->values[key].i == INT64_MIN ? def : c->values[key].i;
}

double config_f64(const struct config *c, enum config_key key, double def)
{
	return c->values[key].i == INT64_MIN ? def : c->values[key].f;
}

struct json_object *config_tree(struct arena *a, const struct config *c, enum config_key key)
{
	return json_parse_text(a, c->values[key].json);
}

const char *config_row(const struct config *c, const char *key)
{
	return map_get(c->rows, key);
}

/* SQL's LIKE; at most one step back per character, as only the last % can need one. */
static bool like(const char *s, const char *p)
{
	const char *star = NULL, *from = s;

	while (*s) {
		if (*p == '%') {
			star = ++p;
			from = s;
		} else if (*p && (*p == '_' || *p == *s)) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*p == '%')
		p++;
	return !*p;
}

struct json_object *config_rows_like(struct arena *a, const struct config *c, const char *pattern)
{
	struct json_object *all = json_new_object(a);
	size_t at = 0;
	const char *key;
	void *value;

	while (map_next(c->rows, &at, &key, &value))
		if (like(key, pattern))
			json_set(all, key, json_ref(json_parse_text(a, value)));
	return all;
}

uint64_t config_generation(const struct config *c)
{
	return c->generation;
}

struct config_derived config_derive(const struct config *snapshot, enum config_slot slot,
				    char *(*make)(const struct config *c))
{
	/* A snapshot is immutable but for its slots. */
	struct config *c = (struct config *)(uintptr_t)snapshot;
	char *text = atomic_load(&c->derived[slot]);

	if (!text) {
		char *mine = make(snapshot);

		if (atomic_compare_exchange_strong(&c->derived[slot], &text, mine))
			text = mine;
		else
			free(mine);
	}
	return (struct config_derived){ text, strlen(text) };
}

int config_find(const char *key)
{
	int low = 0, high = CK_COUNT - 1;

	while (low <= high) {
		int mid = (low + high) / 2;
		int order = strcmp(key, config_defs[mid].key);

		if (order == 0)
			return mid;
		if (order < 0)
			high = mid - 1;
		else
			low = mid + 1;
	}
	return -1;
}

/* Without a table the changes are laid over the present snapshot. */
static void store_in_memory(struct arena *a, struct json_object *changes)
{
	const struct config *c = config_get_in(a);
	struct json_object *all = json_new_object(a);
	size_t at = 0;
	const char *key;
	void *value;

	while (map_next(c->rows, &at, &key, &value))
		json_set(all, key, json_ref(json_parse_text(a, value)));
	json_object_object_foreach(changes, k, v) {
		json_set(all, k, json_ref(v));
	}
	replace(all);
}

/* Keys that the table does not keep change in this process, until it ends.  The others. */
static struct json_object *store_overlay(struct arena *a, struct json_object *changes)
{
	struct json_object *rest = json_new_object(a), *overlay = overlay_copy(a);

	json_object_object_foreach(changes, name, value) {
		int k = config_find(name);

		json_set(k < 0 || config_is_persisted(&config_defs[k]) ? rest : overlay, name,
			 json_ref(value));
	}
	pthread_mutex_lock(&state.lock);
	free(state.overlay);
	state.overlay = xstrdup(json_print(overlay));
	pthread_mutex_unlock(&state.lock);
	return rest;
}

int config_store(struct db *db, struct arena *a, struct json_object *changes)
{
	if (!state.persistent) {
		store_in_memory(a, changes);
		return 1;
	}
	changes = store_overlay(a, changes);
	if (!store_rows(a, db, changes))
		return -1;
	redis_run(a, NULL, "PUBLISH", redis_key(a, "config"), "changed");
	return 1;
}

int config_store_policy(struct db *db, struct arena *a, struct json_object *changes, struct rows **ended)
{
	changes = store_overlay(a, changes);
	if (db_run(db, a, ended, Q_CONFIG_STORE_POLICY, json_print(changes)) < 0 || !load(db))
		return -1;
	redis_run(a, NULL, "PUBLISH", redis_key(a, "config"), "changed");
	return 1;
}

bool config_persistent(void)
{
	return state.persistent;
}

int config_store_one(struct db *db, struct arena *a, enum config_key key, struct json_object *value)
{
	struct json_object *changes = json_new_object(a);

	json_set(changes, config_defs[key].key, json_ref(value));
	return config_store(db, a, changes);
}
