#include "channel/channel.h"

#include "json/scan.h"
#include "realtime/publish.h"

#define EVENT "events:channel"

static const char *room_of(struct arena *a, const char *id)
{
	return arena_printf(a, "channel:%s", id);
}

void channel_tell(struct arena *a, const char *id, struct str events)
{
	const char *at = NULL, *room = room_of(a, id);
	struct str event;

	while (json_each_item(events, &at, &event))
		if (event.n && *event.p == '{')
			publish_event(a, room, EVENT, arena_strndup(a, event.p, event.n), NULL);
}

void channel_enter(struct arena *a, const char *id, struct str users)
{
	const char *at = NULL, *room = room_of(a, id);
	struct str raw;

	while (json_each_item(users, &at, &raw)) {
		const char *user = json_raw_text(a, raw);

		if (text_empty(user))
			continue;
		user = arena_printf(a, "user:%s", user);
		publish_event(a, user, EVENT, "{\"data\":{\"type\":\"channel:created\"}}", NULL);
		publish_join(a, user, room);
	}
}

void channel_leave(struct arena *a, const char *id, struct str users)
{
	const char *at = NULL, *room = room_of(a, id);
	struct str raw;

	while (json_each_item(users, &at, &raw)) {
		const char *user = json_raw_text(a, raw);

		if (!text_empty(user))
			publish_leave(a, arena_printf(a, "user:%s", user), room);
	}
}

void channel_close(struct arena *a, const char *id)
{
	const char *room = room_of(a, id);

	publish_leave(a, room, room);
}
