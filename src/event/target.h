#ifndef OW_EVENT_TARGET_H
#define OW_EVENT_TARGET_H

/*
 * target - where an account wants its notifications, in its settings under `notifications`:
 *
 *	{ targets: [{ id, type: "webhook", enabled, events, delivery: "away"|"always", config: { url },
 *	              created_at, updated_at }], default_target_id }
 *
 * A function that changes something gets the notifications (targets_load()), changes them in place, and
 * returns the target concerned; NULL with *why, a text for the client.  Ids are compared without case.
 * Source: contract/notes-identity.md, "Accounts"; recorded answers.
 */

#include "base/arena.h"
#include "json/json.h"

enum { TARGETS_MAX = 100 };

/* The notifications in an account's settings (JSON text, may be NULL): with a list of targets, the older
 * webhook_url become one of them. */
struct json_object *targets_load(struct arena *a, const char *settings);

/* As answers show them: the address masked, with is_default. */
struct json_object *target_shown(struct arena *a, struct json_object *notifications,
				 struct json_object *target);
struct json_object *targets_shown(struct arena *a, struct json_object *notifications);

/* "" as id: the default one.  NULL: no such target. */
struct json_object *target_find(struct json_object *notifications, const char *id);

struct json_object *target_create(struct arena *a, struct json_object *notifications,
				  struct json_object *form, const char **why);
struct json_object *target_update(struct arena *a, struct json_object *notifications, const char *id,
				  struct json_object *form, const char **why);
bool target_delete(struct arena *a, struct json_object *notifications, const char *id);
struct json_object *target_make_default(struct json_object *notifications, const char *id);

/* Does the target want the event of an account that is (not) there right now? */
bool target_wants(struct json_object *target, const char *event, bool active);

#endif
