#include "fcgi/events.h"

#include "event/event.h"

struct event_note {
	struct event_note *next;
	const char *name, *subject;
	struct json_object *data;
};

void req_event(struct req *r, const char *name, const char *subject, struct json_object *data)
{
	struct event_note *n = arena_alloc(r->arena, sizeof(*n)), **end = &r->events;

	*n = (struct event_note){ NULL, name, subject, data };
	while (*end)
		end = &(*end)->next;
	*end = n;
}

/* What is known as one thing although its names are many. */
static const char *subject_type(const char *event)
{
	return text_starts(event, "config.") ? "config" : text_starts(event, "auth.") ? "user" : NULL;
}

void events_flush(struct req *r)
{
	if (r->status >= 400)
		return;
	for (const struct event_note *n = r->events; n; n = n->next) {
		struct event e = {
			.name = n->name, .actor = r->has_user ? &r->user : NULL, .data = n->data,
			.subject_type = n->subject ? subject_type(n->name) : NULL, .subject_id = n->subject,
			.source = r->route && r->route->guard == SCIM ? "scim" : NULL,
		};

		event_publish(r->arena, r->cfg, &e);
	}
}
