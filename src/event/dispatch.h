#ifndef OW_EVENT_DISPATCH_H
#define OW_EVENT_DISPATCH_H

/* dispatch - who hears of an event: webhooks of the administrator, notification targets of accounts. */

#include "json/json.h"

/* Put a message on its way to each of them (event/deliver.h).  `job`: { event (event/event.h), webhooks: those
 * that want it (event/webhook.h), accounts: shall notification targets hear of it? } */
void event_dispatch(struct arena *a, struct json_object *job);

/* The accounts an event is about: its actor, its subject, user_id and user_ids of its data. */
struct json_object *event_users(struct arena *a, struct json_object *event);

/* Is an event of these accounts (ids) and their groups (ids) meant by a webhook's targets?  NULL
 * targets: always; none: events without an account only. */
bool event_meant(struct json_object *targets, struct json_object *users, struct json_object *groups);

#endif
