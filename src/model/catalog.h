#ifndef OW_MODEL_CATALOG_H
#define OW_MODEL_CATALOG_H

/*
 * catalog - the list of models that a process holds, ready to be sent.
 *
 * Made of the providers' lists (fetched, shared with the other processes through Redis, and
 * fetched again behind an answer when they are older than MODELS_CACHE_TTL), the arena models and
 * the rows of the table `model`.  A new one replaces it when a setting or a row changes
 * (model_changed()).  A reader holds one state for as long as its arena lasts.
 * Source: the reference's answers to GET /api/models.
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"
#include "provider/connection.h"

struct db;

/* A model as its provider lists it, whatever a row makes of it. */
struct base_model {
	const char *id;
	enum connection_kind kind;
	const size_t *places;		/* of the connections that have it: one, of Ollama's servers several */
	size_t place_count;
	bool pipeline;			/* served by a pipelines server, which is told who asks */
	const char *json;		/* OpenAI: the item of the list; Ollama: the server's description */
	size_t len;
};

struct catalog_entry {
	const char *id, *name, *owned_by;
	const char *base_id;		/* of a preset; NULL */
	const char *owner;		/* of its row; NULL without one */
	bool has_row, arena, listed;
	const char *json;		/* the item of GET /api/models */
	size_t len;
	bool ollama;
	const char *params, *meta;	/* JSON objects, whole; never NULL */
};

struct catalog {
	struct catalog_entry *entries;	/* in the order of the list */
	size_t count;
	const char *all;		/* the answer that holds every model */
	size_t all_len;
	const char *base;		/* the providers' models: {"data": […]} */
	size_t base_len;
	struct base_model *bases;	/* in the order of the providers' lists */
	size_t base_count;
};

/* The present catalog; NULL when the database failed (db_error(db)).  `refresh`: ask the providers
 * first. */
const struct catalog *catalog_get(struct arena *a, struct db *db, const struct config *c, bool refresh);

/* The model of an id in the present catalog, *out.  One that is missed may have come meanwhile: the providers are
 * asked again unless they were within the last 2 s.  NULL: there is none, or *out is NULL and the database failed. */
const struct catalog_entry *catalog_look_up(struct arena *a, struct db *db, const struct config *c, const char *id,
					    const struct catalog **out);

/* Ask the providers before the first request does; returns at once. */
void catalog_warm(void);

/* Before config_shutdown(): what still runs leaves the settings alone. */
void catalog_shutdown(void);

/* What has changed at a provider is to be seen at once: the next catalog_get() of this process asks
 * them all. */
void catalog_outdated(void);

const struct catalog_entry *catalog_find(const struct catalog *cat, const char *id);
const struct base_model *catalog_base(const struct catalog *cat, enum connection_kind kind, const char *id);

/* What an account may use. */
struct catalog_access {
	const struct user *user;
	bool all;			/* no need to look */
	struct json_object *models;	/* ids that a grant opens, as keys */
	struct json_object *groups;	/* ids of its groups, as keys */
};

/* Asks the database unless `all` holds; false when it failed. */
bool catalog_access(struct arena *a, struct db *db, const struct user *u, struct catalog_access *out);

bool catalog_may_see(const struct catalog_access *who, const struct catalog_entry *e);

/* The same, and for every model below a preset. */
bool catalog_may_use(const struct catalog_access *who, const struct catalog *cat,
		     const struct catalog_entry *e);

/* A row changed: all processes make their catalogs anew.  -1: db_error(db). */
int model_changed(struct db *db, struct arena *a);

#endif
