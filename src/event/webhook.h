#ifndef OW_EVENT_WEBHOOK_H
#define OW_EVENT_WEBHOOK_H

/*
 * webhook - the administrator's webhooks, in the setting `events.webhooks`:
 *
 *	[{ id, name, url, enabled, events: ["user.created", "group.*", "*"],
 *	   targets: null | [{ type: "user"|"group", id }], created_at, updated_at }]
 *
 * Source: contract/notes-identity.md, "Events and webhooks".
 */

#include "config/config.h"

#define WEBHOOK_DEFAULT_ID "default"	/* the one of the older setting `webhook_url` */

/* All of them; entries that are none are left out.  The older setting counts as one. */
struct json_object *webhook_list(struct arena *a, const struct config *cfg);

struct json_object *webhook_find(struct json_object *list, const char *id);	/* NULL: none */

/* The webhook as it is stored; NULL with *why (a text for the client): something is wrong with it. */
struct json_object *webhook_normal(struct arena *a, struct json_object *given, const char **why);

/* The same of what a client gives: its address must be one that may be asked (http/target.h). */
struct json_object *webhook_checked(struct arena *a, struct json_object *given, const char **why);

/* Is it on, and does it want the event? */
bool webhook_wants(struct json_object *hook, const char *event);

#endif
