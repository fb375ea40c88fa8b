#ifndef OW_EVENT_EVENT_H
#define OW_EVENT_EVENT_H

/*
 * event - something happened that webhooks and notification targets may want to hear of.
 *
 * event_publish() costs nothing where nobody listens.  Else the event becomes a job of the runner, with
 * the webhooks that listen at that moment: one that was set up just before is not missed.  The runner looks
 * whom the event is about (event/dispatch.h) and delivers it (event/deliver.h): the caller never waits for
 * the outside.  A Redis that cannot be reached loses the event; that is logged.
 *
 * On the wire: { schema, id, event, resource, operation, created_at (seconds), instance_id, version,
 * source, actor: null | { type, id, name, email, role }, subject: null | { type, id }, data, message }.
 * Values under keys that look like secrets are left out; texts are cut at EVENT_TEXT_MAX characters.
 * Source: contract/notes-identity.md, "Events and webhooks".
 */

#include "auth/session.h"
#include "config/config.h"

enum { EVENT_TEXT_MAX = 1000 };

struct event {
	const char *name;		/* of event/catalog.h */
	const struct user *actor;	/* NULL: nobody */
	const char *subject_type;	/* NULL: the event's resource */
	const char *subject_id;		/* NULL: none */
	const char *source;		/* NULL: "api" */
	struct json_object *data;	/* NULL: {} */
	const char *message;		/* NULL: the catalogue's, where one is shown */
};

/* Does anybody listen?  Before something dear is put together for an event. */
bool event_wanted(struct arena *a, const struct config *cfg, const char *name);

void event_publish(struct arena *a, const struct config *cfg, const struct event *e);

/* The event as it is sent; for tests. */
struct json_object *event_build(struct arena *a, const struct event *e);

/* The events of personal notification targets; ends with NULL. */
extern const char *const event_notifications[];

/* Do personal notification targets hear of it? */
bool event_is_notification(const char *name);

#endif
