/* ev_channel - join-channels, and events:channel of members: typing, last_read_at. */

#include "access/access.h"
#include "json/scan.h"
#include "realtime/publish.h"
#include "wsd/handlers.h"
#include "wsd/socketio.h"

enum { COL_CHANNELS = SESSION_COLUMNS + 1, CHANNELS_MAX = 2000, TYPING_MAX = 64 * 1024 };

int join_channels(struct event *ev, const struct user *u, const char *ids)
{
	const struct config *c = config_get_in(ev->arena);
	struct str list = str_of(ids), id;
	const char *at = NULL;
	int n = 0, rc = 1;

	if (!list.n)
		return 1;
	if (!u->is_admin)
		rc = access_permitted(ev->arena, ev->db, c, u, "features.channels");
	if (rc <= 0)
		return rc;
	while (n++ < CHANNELS_MAX && json_each_item(list, &at, &id))
		if (json_raw_is_string(id))
			event_join(ev, arena_printf(ev->arena, "channel:%s",
						    json_raw_text(ev->arena, id)));
	return 1;
}

enum outcome ev_join_channels(struct event *ev)
{
	struct rows *rows;
	struct user u;
	int rc;

	if (!event_object(ev))
		return EV_FAIL;
	rc = identity_check_jwt(ev, event_text(ev, "auth.token"), Q_REALTIME_JOIN, &u, &rows);
	if (rc > 0)
		rc = join_channels(ev, &u, rows_text(rows, 0, COL_CHANNELS));
	return rc < 0 ? EV_FAIL : EV_ACK;
}

/* Strangers to the room are not listened to. */
bool ev_channel_before(struct event *ev)
{
	const char *id = event_text(ev, "channel_id");

	if (!event_object(ev) || !id)
		return false;
	ev->in_room = room_has(&ev->sock->member, arena_printf(ev->arena, "channel:%s", id));
	return !ev->in_room;
}

/* The whole room hears it, the typist too. */
static void relay_typing(struct event *ev, const char *channel, struct str data)
{
	struct buf *b = buf_in(ev->arena, 0);
	struct str message_id = STR("null");

	event_raw(ev, "message_id", &message_id);
	buf_adds(b, "{\"channel_id\":");
	buf_json(b, channel);
	buf_adds(b, ",\"message_id\":");
	buf_addstr(b, message_id);
	buf_adds(b, ",\"data\":");
	buf_addstr(b, data);
	buf_adds(b, ",\"user\":{\"id\":");
	buf_json(b, ev->who->user_id);
	buf_adds(b, ",\"name\":");
	buf_json(b, ev->who->name);
	buf_adds(b, ",\"role\":");
	buf_json(b, ev->who->role);
	buf_adds(b, "}}");
	publish_event(ev->arena, arena_printf(ev->arena, "channel:%s", channel), "events:channel",
		      buf_text(b), NULL);
}

enum outcome ev_channel(struct event *ev)
{
	const char *channel = event_text(ev, "channel_id"), *type = event_text(ev, "data.type");
	struct rows *rows;
	struct str data;
	int rc;

	if (!channel || !type || !event_raw(ev, "data", &data) || ev->arg.n > TYPING_MAX)
		return EV_FAIL;
	rc = identity_check(ev);
	if (rc <= 0)
		return session_outcome(rc);
	if (text_eq(type, "typing"))
		relay_typing(ev, channel, data);
	else if (text_eq(type, "last_read_at"))
		db_run(ev->db, ev->arena, &rows, Q_REALTIME_CHANNEL_READ, channel, ev->who->user_id);
	return EV_ACK;
}
