#ifndef OW_MODEL_H
#define OW_MODEL_H

/*
 * model - the models that accounts can talk to: those of the connected providers, and the presets of
 * the table `model` on top of them.
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"
#include "provider/connection.h"

struct db;

/* A model as a turn needs it; everything lives in the arena of the look-up. */
struct model {
	const char *id;			/* as the client names it */
	const char *name;
	const char *owned_by;		/* "openai", "ollama", "arena" … */
	const char *provider_id;	/* what the provider is asked for: of the base, without prefix */
	struct connection connection;	/* where it is asked */
	bool pipeline;			/* its server is told who asks */
	bool direct;			/* the user's browser asks it: no connection of ours */
	struct json_object *params;	/* of the preset or of the model's own row over the default params
					 * (models.default_params): an object, never NULL */
	struct json_object *meta;	/* likewise, with the default metadata */
	bool has_base;			/* a preset on top of another model */
	const char *selected_id;	/* what an arena model stood for this time; else NULL */
};

/* Look a model up for an account, with its access: 1 found, 0 unknown or not for this account,
 * -1 failed (db_error(db)). */
int model_resolve(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		  const char *id, struct model *out);

enum model_found { MODEL_FAILED = -1, MODEL_UNKNOWN, MODEL_FOUND, MODEL_DENIED };

/* Look a model up as the providers' own routes do: by its row or as the provider lists it, also where a
 * setting hides it.  An account that is no administrator needs a grant for the row.  `place`: of the
 * connection that is wanted, -1 for any that has the model; an administrator may name one that does not
 * list it.  out->params are those of the model's row alone.  MODEL_FAILED: db_error(db). */
enum model_found model_locate(struct arena *a, struct db *db, const struct config *c, const struct user *u,
			    const char *id, enum connection_kind kind, int64_t place, struct model *out);

struct base_model;

/* A connection that has the model; false: there is none any more. */
bool model_connection(struct arena *a, const struct config *c, const struct base_model *base,
		      struct connection *out);

#endif
