#ifndef OW_CONFIG_H
#define OW_CONFIG_H

/*
 * config - the persisted settings: one row per key of the table `config`.
 *
 * All keys with their environment variable, type and default stand in
 * config/keys.c, made from tests/contract/config-keys.json.  A process holds one
 * immutable snapshot of the table; it is replaced when Redis says that a row changed
 * (channel "<prefix>:config") and at once in the process that made the change.
 * A reader takes a reference for as long as its request lasts, so that one request sees
 * one state.
 *
 * Precedence (config-keys.json, "rules"): a row wins over the environment, which wins over
 * the default; rows that are missing are seeded at start.  ENABLE_PERSISTENT_CONFIG=false
 * leaves the table alone: environment and defaults, changes live in memory.
 */

#include "base/arena.h"
#include "config/keys.h"
#include "json/json.h"

struct db;
struct rows;
struct config;

enum config_type { CT_STRING, CT_BOOL, CT_INT, CT_FLOAT, CT_LIST, CT_OBJECT, CT_JSON };

struct config_def {
	const char *key;		/* "ui.enable_signup" */
	const char *env[2];		/* variables, first one wins */
	enum config_type type;
	bool nullable;
	const char *def;		/* JSON text */
	bool oauth_only;		/* persisted only with ENABLE_OAUTH_PERSISTENT_CONFIG */
};

extern const struct config_def config_defs[CK_COUNT];

/* The switches of user.permissions that have a variable of their own; ends with NULL. */
struct config_permission {
	const char *path;		/* "workspace.models" */
	const char *env;		/* "USER_PERMISSIONS_WORKSPACE_MODELS_ACCESS" */
};

extern const struct config_permission config_permissions[];

/* Seed missing rows, load the snapshot, start the thread that follows changes.
 * False when PostgreSQL cannot be reached: the snapshot then holds environment and
 * defaults, and is loaded as soon as it can be. */
bool config_setup(bool follow);
void config_shutdown(void);

/* The present snapshot; it goes with the arena. */
const struct config *config_get_in(struct arena *a);

/* Values.  Text of a key that holds no string is "". */
const char *config_json(const struct config *c, enum config_key key);	/* JSON text, never NULL */
const char *config_text(const struct config *c, enum config_key key);
bool config_bool(const struct config *c, enum config_key key);
int64_t config_i64(const struct config *c, enum config_key key, int64_t def);
double config_f64(const struct config *c, enum config_key key, double def);
struct json_object *config_tree(struct arena *a, const struct config *c, enum config_key key);

/* Any row by its dotted name, also one that is not in the table of keys; NULL when absent. */
const char *config_row(const struct config *c, const char *key);

/* All rows whose dotted name fits the pattern of SQL's LIKE (% and _, no escapes). */
struct json_object *config_rows_like(struct arena *a, const struct config *c, const char *pattern);

/* A number that changes with every new snapshot: caches of derived answers compare it. */
uint64_t config_generation(const struct config *c);

/*
 * What is derived from a snapshot and dear to make, such as the text of /api/config: made once per
 * snapshot at its first use, shared by all threads, gone with the snapshot.  `make` returns memory
 * of malloc(); two threads may make it at the same time, one result is kept.
 */
enum config_slot {
	CONFIG_SLOT_PERMISSIONS,	/* user.permissions with what it lacks filled in */
	CONFIG_SLOT_APP_ANON,		/* /api/config: visitor, other roles, pending, verified */
	CONFIG_SLOT_APP_OTHER,
	CONFIG_SLOT_APP_PENDING,
	CONFIG_SLOT_APP_USER,
	CONFIG_SLOT_COUNT,
};

struct config_derived {
	const char *text;
	size_t len;
};

struct config_derived config_derive(const struct config *c, enum config_slot slot,
				    char *(*make)(const struct config *c));

/* The key of a dotted name, or -1. */
int config_find(const char *key);

/* Store an object { "dotted.key": value, ... } in one transaction, tell the other processes,
 * and replace our snapshot before returning.  1 done, -1 failed (db_error(db)). */
int config_store(struct db *db, struct arena *a, struct json_object *changes);
/* The same for changes of the policy of second factors, which end the sessions of all accounts: *ended are
 * the ids of those, no rows when the policy stays what it was.  Only where settings are persistent. */
int config_store_policy(struct db *db, struct arena *a, struct json_object *changes, struct rows **ended);
bool config_persistent(void);		/* false with ENABLE_PERSISTENT_CONFIG=false */
int config_store_one(struct db *db, struct arena *a, enum config_key key, struct json_object *value);

#endif
