#ifndef OW_EVENT_MESSAGE_H
#define OW_EVENT_MESSAGE_H

/*
 * message - an event in the form that the service behind an address understands.
 *
 * Slack, Google Chat, Discord and Teams have forms of their own; everybody else gets `data` as it is.
 * Source: contract/notes-identity.md, "Events and webhooks"; the services' documentation of incoming
 * webhooks.
 */

#include "json/json.h"

struct message {
	const char *text;		/* what happened, in a line */
	const char *description;	/* NULL: none */
	struct json_object *data;	/* the event, or what a notification is about */
};

/* The body of the POST; it belongs to the arena. */
const char *message_body(struct arena *a, const char *url, const struct message *m);

/* What a webhook is told of an event (event/event.h), … */
struct message message_of_event(struct arena *a, struct json_object *event);

/* … and a personal notification target. */
struct message message_of_notification(struct arena *a, struct json_object *event);

#endif
