#ifndef OW_MODEL_H
#define OW_MODEL_H

/*
 * model - the models that accounts can talk to: those of the connected providers, and the presets of
 * the table `model` on top of them.
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"

struct db;

/* A model as a turn needs it; everything lives in the arena of the look-up. */
struct model {
	const char *id;			/* as the client names it */
	const char *name;
	const char *owned_by;		/* "openai", "ollama", "arena" … */
	const char *provider_id;	/* what the provider is asked for: of the base, without prefix */
	const char *base_url;		/* of the connection, no slash behind */
	const char *key;		/* of the connection; may be "" */
	struct json_object *connection;	/* the connection's settings (openai.api_configs), may be NULL */
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

#endif
