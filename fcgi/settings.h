#ifndef OW_FCGI_SETTINGS_H
#define OW_FCGI_SETTINGS_H

/*
 * settings - endpoints over the table of settings, made of tables.
 *
 *	static const struct field evaluations_view[] = {
 *		{ "ENABLE_EVALUATION_ARENA_MODELS", T_BOOL | T_NULL, F_KEEP_NULL,
 *		  .config = "evaluation.arena.enable" },
 *		...
 *		SCHEMA_END
 *	};
 *	{ "GET", "/api/v1/evaluations/config", ADMIN, settings_get, .view = evaluations_view },
 *	{ "POST", "/api/v1/evaluations/config", ADMIN, settings_set, evaluations_view },
 *
 * One table is the answer of the GET, the schema of the POST, and what is stored where.  A field
 * that is absent from the body takes its `def`, without one the setting stays as it is; with
 * F_KEEP_NULL null leaves it too.  A T_MODEL with `sub` is an object of further settings.  A field
 * that stands for no setting shows its `def`.
 */

#include "fcgi/request.h"

/* Answer with the settings of the route's `view`, or of its body's table. */
int settings_get(struct req *r);

/* Store what the body gives, and answer as settings_get(). */
int settings_set(struct req *r);

/* The parts, for an endpoint that has to look at a value in between: the changes that a checked
 * body means ({ "dotted.key": value }, belongs to the request) … */
struct json_object *settings_changes(struct req *r, const struct field *view,
				     struct json_object *body);
/* … store them; false: answered.  r->cfg is then the new snapshot.  Unless the row or the handler tells
 * an event of its own, "config.updated" is told … */
bool settings_store(struct req *r, struct json_object *changes);
/* … an event with the names of the settings: their values may be secrets … */
void settings_tell(struct req *r, const char *event, const char *subject, struct json_object *changes);
/* … or, where the policy of second factors may be among them: by a person's session only, and a change of it
 * ends all sessions of all accounts (*changed) … */
bool settings_store_policy(struct req *r, struct json_object *changes, bool *changed);
/* … and the view as JSON text appended. */
void settings_show(struct req *r, struct buf *b, const struct field *view);


#endif
