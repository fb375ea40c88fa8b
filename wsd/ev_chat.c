/* ev_chat - events:chat: join, leave, typing in the room of a chat, and last_read_at. */

#include "base/env.h"
#include "json/scan.h"
#include "realtime/publish.h"
#include "wsd/handlers.h"
#include "wsd/socketio.h"
#include "wsd/state.h"

enum { CHAT_ID_MAX = 128, CHATS_OPEN_MAX = 64 };

/* A stored chat's id: no temporary one, and nothing that would need quoting. */
static bool saved_chat(const char *id)
{
	return !text_empty(id) && strlen(id) <= CHAT_ID_MAX && !strpbrk(id, "\"\\[]\n ") &&
	       !text_starts(id, "local:") && !text_starts(id, "temporary:") &&
	       !text_starts(id, "channel:");
}

static const char *room_of(struct event *ev, const char *chat)
{
	return arena_printf(ev->arena, "chat:%s", chat);
}

bool ev_chat_before(struct event *ev)
{
	const char *id = event_text(ev, "chat_id");

	ev->in_room = id && room_has(&ev->sock->member, room_of(ev, id));
	return false;
}

static int may(struct event *ev, const char *chat, const char *permission)
{
	bool admin_reads = env_bool("ENABLE_ADMIN_CHAT_ACCESS", true);
	struct rows *rows;
	int rc = db_run(ev->db, ev->arena, &rows, Q_REALTIME_CHAT_ACCESS, chat, ev->who->user_id,
			permission, admin_reads ? "true" : "false");

	return rc > 0 ? rows_bool(rows, 0, 0) : rc;
}

static enum outcome answer(struct event *ev, bool yes)
{
	ev->reply = yes ? "true" : "false";
	return EV_ACK;
}

static enum outcome typing(struct event *ev, const char *chat)
{
	struct str flag;
	struct buf *b;

	if (!saved_chat(chat) || !event_raw(ev, "data.data.typing", &flag) ||
	    !(str_eq(flag, "true") || str_eq(flag, "false")) || !ev->in_room ||
	    may(ev, chat, "write") <= 0)
		return answer(ev, false);
	b = buf_in(ev->arena, 0);
	buf_adds(b, "{\"chat_id\":");
	buf_json(b, chat);
	buf_adds(b, ",\"user_id\":");
	buf_json(b, ev->who->user_id);
	buf_adds(b, ",\"user\":{\"id\":");
	buf_json(b, ev->who->user_id);
	buf_adds(b, ",\"name\":");
	buf_json(b, ev->who->name);
	buf_adds(b, "},\"shared\":true,\"data\":{\"type\":\"typing\",\"data\":{\"typing\":");
	buf_addstr(b, flag);
	buf_adds(b, "}}}");
	publish_event(ev->arena, room_of(ev, chat), "events", buf_text(b), ev->sid);
	return answer(ev, true);
}

/* The list of open chats with one more or one less; *count is its length. */
static const char *changed_chats(struct event *ev, const char *chat, bool open, size_t *count)
{
	struct buf *b = buf_in(ev->arena, 0);
	struct str list = str_of(ev->chat_ids), id;
	const char *at = NULL;

	*count = 0;
	buf_addc(b, '[');
	while (json_each_item(list, &at, &id)) {
		if (json_raw_eq(id, chat))
			continue;
		if ((*count)++)
			buf_addc(b, ',');
		buf_addstr(b, id);
	}
	if (open) {
		if ((*count)++)
			buf_addc(b, ',');
		buf_json(b, chat);
	}
	buf_addc(b, ']');
	return buf_text(b);
}

/* The room has it or lost it; now tell everybody in it who is there. */
static enum outcome tell_presence(struct event *ev)
{
	const char *chat = event_text(ev, "chat_id");
	bool open = text_eq(event_text(ev, "data.type"), "join");

	if (state_chat_view(ev->arena, ev->sid, ev->who, chat, open, ev->chat_ids) > 0 || !open)
		return answer(ev, true);
	event_leave(ev, room_of(ev, chat));
	return answer(ev, false);
}

static enum outcome open_chat(struct event *ev, const char *chat, bool open)
{
	const char *chats;
	size_t count;

	if (!saved_chat(chat) || (open && may(ev, chat, "read") <= 0))
		return answer(ev, false);
	chats = changed_chats(ev, chat, open, &count);
	if (count > CHATS_OPEN_MAX)
		return answer(ev, false);
	ev->chat_ids = chats;
	if (open)
		event_join(ev, room_of(ev, chat));
	else
		event_leave(ev, room_of(ev, chat));
	ev->then = tell_presence;
	return EV_ACK;
}

static enum outcome read_chat(struct event *ev, const char *chat)
{
	struct buf *b;
	struct rows *rows;

	if (!chat)
		return EV_FAIL;
	if (db_run(ev->db, ev->arena, &rows, Q_REALTIME_CHAT_READ, chat, ev->who->user_id) <= 0)
		return EV_ACK;
	b = buf_in(ev->arena, 0);
	buf_adds(b, "{\"chat_id\":");
	buf_json(b, chat);
	buf_adds(b, ",\"data\":{\"type\":\"chat:list\",\"data\":{\"chat_id\":");
	buf_json(b, chat);
	buf_printf(b, ",\"last_read_at\":%" PRId64, rows_i64(rows, 0, 0, 0));
	if (rows_text(rows, 0, 1))
		buf_printf(b, ",\"folder_unread_counts\":%s", rows_text(rows, 0, 1));
	buf_adds(b, "}}}");
	publish_event(ev->arena, arena_printf(ev->arena, "user:%s", ev->who->user_id), "events",
		      buf_text(b), NULL);
	return EV_ACK;
}

enum outcome ev_chat(struct event *ev)
{
	const char *chat = event_text(ev, "chat_id"), *type = event_text(ev, "data.type");
	struct str data;
	int rc;

	if (ev->args != 1)
		return EV_FAIL;
	rc = identity_check(ev);
	if (rc <= 0)
		return session_outcome(rc);
	if (!event_object(ev) || (event_raw(ev, "data", &data) && *data.p != '{'))
		return EV_FAIL;
	if (text_eq(type, "typing"))
		return typing(ev, chat);
	if (text_eq(type, "join") || text_eq(type, "leave"))
		return open_chat(ev, chat, text_eq(type, "join"));
	return text_eq(type, "last_read_at") ? read_chat(ev, chat) : EV_ACK;
}
