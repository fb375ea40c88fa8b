/* ev_session - connect, user-join, heartbeat, usage, and the streams of direct connections. */

#include "json/scan.h"
#include "realtime/publish.h"
#include "wsd/handlers.h"
#include "wsd/state.h"

enum { COL_ENTRY = SESSION_COLUMNS, COL_CHANNELS, MODEL_MAX = 512 };

/* The socket is the account's from now on. */
static void enter(struct event *ev, const struct user *u, const char *entry)
{
	ev->became = identity_new(u);
	ev->checked = true;
	ev->pooled = entry && state_session_put(ev->arena, ev->sid, entry, ev->chat_ids);
	event_join(ev, arena_printf(ev->arena, "user:%s", u->id));
}

enum outcome ev_connect(struct event *ev)
{
	struct rows *rows;
	struct user u;

	if (identity_check_jwt(ev, event_text(ev, "token"), Q_REALTIME_ENTRY, &u, &rows) > 0)
		enter(ev, &u, rows_text(rows, 0, COL_ENTRY));
	return EV_ACK;
}

enum outcome ev_user_join(struct event *ev)
{
	struct buf *reply;
	struct rows *rows;
	struct user u;
	int rc;

	if (!event_object(ev))
		return EV_FAIL;
	rc = identity_check_jwt(ev, event_text(ev, "auth.token"), Q_REALTIME_JOIN, &u, &rows);
	if (rc <= 0)
		return rc < 0 ? EV_FAIL : EV_ACK;
	enter(ev, &u, rows_text(rows, 0, COL_ENTRY));
	if (join_channels(ev, &u, rows_text(rows, 0, COL_CHANNELS)) < 0)
		return EV_FAIL;
	reply = buf_in(ev->arena, 0);
	buf_adds(reply, "{\"id\":");
	buf_json(reply, u.id);
	buf_adds(reply, ",\"name\":");
	buf_json(reply, u.name);
	buf_addc(reply, '}');
	ev->reply = buf_text(reply);
	return EV_ACK;
}

enum outcome ev_heartbeat(struct event *ev)
{
	const char *entry = NULL;
	struct rows *rows;
	int rc;

	if (ev->args != 1)
		return EV_FAIL;
	rc = identity_check_entry(ev, &entry);
	if (rc <= 0)
		return session_outcome(rc);
	ev->pooled = entry && state_session_put(ev->arena, ev->sid, entry, ev->chat_ids);
	db_run(ev->db, ev->arena, &rows, Q_REALTIME_SEEN, ev->who->user_id);
	return EV_ACK;
}

enum outcome ev_usage(struct event *ev)
{
	struct str raw;
	const char *model;
	int rc;

	if (ev->args != 1)
		return EV_FAIL;
	rc = identity_check(ev);
	if (rc <= 0)
		return session_outcome(rc);
	if (!event_raw(ev, "model", &raw))
		return EV_FAIL;
	model = json_raw_is_string(raw) ? json_raw_text(ev->arena, raw)
					: arena_strndup(ev->arena, raw.p, raw.n);
	if (text_empty(model) || strlen(model) > MODEL_MAX || strchr("{[tfn", *raw.p))
		return EV_FAIL;
	state_usage_put(ev->arena, ev->sid, model);
	ev->used_model = true;
	return EV_ACK;
}

enum outcome ev_stream(struct event *ev)
{
	int rc = identity_check(ev);
	size_t n;

	if (rc <= 0)
		return session_outcome(rc);
	n = strlen(ev->who->user_id);
	if (strncmp(ev->name, ev->who->user_id, n) != 0 || ev->name[n] != ':')
		return EV_ACK;
	if (ev->args != 1)
		return EV_FAIL;
	publish_stream_put(ev->arena, ev->name, ev->arg.p, ev->arg.n);
	return EV_ACK;
}
