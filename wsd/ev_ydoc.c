/* ev_ydoc - notes that several people edit at once: ydoc:document:join, state, update, leave, and
 * ydoc:awareness:update.  See contract/socketio.md, section 8. */

#include "access/access.h"
#include "json/json.h"
#include "json/splice.h"
#include "note/document.h"
#include "note/note.h"
#include "realtime/publish.h"
#include "wsd/handlers.h"
#include "wsd/socketio.h"

enum { AWARENESS_MAX = 256 * 1024 };

static const char *doc_of(struct event *ev)
{
	return document_id(ev->arena, event_text(ev, "document_id"));
}

static const char *room_of(struct event *ev, const char *doc)
{
	return arena_printf(ev->arena, "doc_%s", doc);
}

/* Members only. */
bool ev_ydoc_before(struct event *ev)
{
	const char *doc = doc_of(ev);

	ev->in_room = doc && room_has(&ev->sock->member, room_of(ev, doc));
	return !ev->in_room;
}

/* May the account use the document's note?  1, 0, -1; documents that belong to no note are free. */
static int may(struct event *ev, const char *doc, enum query q)
{
	const char *note = document_note(doc);
	struct user u = { .id = ev->who->user_id, .role = ev->who->role, .is_admin = ev->who->is_admin };
	struct rows *rows;
	int rc = 1;

	if (!note)
		return 1;
	if (!u.is_admin)
		rc = access_permitted(ev->arena, ev->db, config_get_in(ev->arena), &u, "features.notes");
	return rc <= 0 ? rc : db_run(ev->db, ev->arena, &rows, q, note, u.id, u.is_admin ? "t" : "f");
}

static void add_member(struct buf *b, struct event *ev, const char *key, const char *def)
{
	struct str raw;

	json_member(b, key);
	if (event_raw(ev, key, &raw))
		buf_addstr(b, raw);
	else
		buf_json(b, def);
}

static struct buf *about(struct event *ev, const char *doc)
{
	struct buf *b = buf_in(ev->arena, 0);

	buf_adds(b, "{\"document_id\":");
	buf_json(b, doc);
	return b;
}

static enum outcome tell_joined(struct event *ev)
{
	const char *doc = doc_of(ev);
	struct buf *b = about(ev, doc);

	add_member(b, ev, "user_id", ev->sid);
	add_member(b, ev, "user_name", "Anonymous");
	add_member(b, ev, "user_color", "#000000");
	buf_addc(b, '}');
	publish_event(ev->arena, room_of(ev, doc), "ydoc:user:joined", buf_text(b), ev->sid);
	return EV_ACK;
}

/* What the note holds, for a document that nobody has open. */
static const char *content_of(struct event *ev, const char *doc)
{
	const char *note = document_note(doc), *text = NULL;
	struct rows *rows;

	if (note && db_run(ev->db, ev->arena, &rows, Q_REALTIME_NOTE_CONTENT, note) > 0)
		text = rows_text(rows, 0, 0);
	return text ? text : "null";
}

enum outcome ev_ydoc_join(struct event *ev)
{
	const char *doc = doc_of(ev), *state;
	struct buf *b;
	bool any;
	int rc = identity_check(ev);

	if (rc <= 0)
		return session_outcome(rc);
	if (!doc || may(ev, doc, Q_REALTIME_NOTE_ACCESS) <= 0 || document_join(ev->arena, doc, ev->sid) <= 0)
		return EV_ACK;
	state = document_state(ev->arena, doc, &any);
	if (!state)
		return EV_ACK;
	event_join(ev, room_of(ev, doc));
	b = about(ev, doc);
	buf_printf(b, ",\"state\":%s,\"content\":%s}", state, content_of(ev, doc));
	publish_event(ev->arena, ev->sid, "ydoc:document:state", buf_text(b), NULL);
	ev->then = tell_joined;
	return EV_ACK;
}

enum outcome ev_ydoc_state(struct event *ev)
{
	const char *doc = doc_of(ev), *state;
	struct buf *b = about(ev, doc);
	bool any;

	state = document_state(ev->arena, doc, &any);
	if (!state || !any)
		return EV_ACK;
	buf_printf(b, ",\"state\":%s,\"sessions\":%s}", state, document_sessions(ev->arena, doc));
	publish_event(ev->arena, ev->sid, "ydoc:document:state", buf_text(b), NULL);
	return EV_ACK;
}

/* The text of the note as the editor sees it. */
static void save(struct event *ev, const char *doc, struct str data)
{
	const char *note = document_note(doc);
	struct json_object *form = json_new_object(ev->arena);
	const char *text;
	struct rows *rows;

	json_set(form, "data", json_ref(json_parse(ev->arena, data.p, data.n, NULL)));
	if (!note || !json_is(json_get(form, "data"), json_type_object))
		return;
	note_clean(ev->arena, form);
	text = json_print(form);
	db_run(ev->db, ev->arena, &rows, Q_NOTE_UPDATE, ev->who->user_id, ev->who->is_admin ? "t" : "f", note,
	       json_strip_nul(ev->arena, text, strlen(text)));
}

static void relay_update(struct event *ev, const char *doc, struct str update)
{
	struct buf *b = about(ev, doc);

	add_member(b, ev, "user_id", ev->sid);
	buf_adds(b, ",\"update\":");
	buf_addstr(b, update);
	buf_adds(b, ",\"socket_id\":");
	buf_json(b, ev->sid);
	buf_addc(b, '}');
	publish_event(ev->arena, room_of(ev, doc), "ydoc:document:update", buf_text(b), ev->sid);
}

/* The first writer's text counts; the others get what there is. */
static enum outcome initialize(struct event *ev, const char *doc, struct str update)
{
	int rc = document_add(ev->arena, doc, update, true);
	bool any;

	if (rc > 0)
		ev->reply = arena_strndup(ev->arena, update.p, update.n);
	else if (!rc)
		ev->reply = document_state(ev->arena, doc, &any);
	return EV_ACK;
}

enum outcome ev_ydoc_update(struct event *ev)
{
	const char *doc = doc_of(ev);
	struct str update, data, first;
	int rc = identity_check(ev);

	if (rc <= 0)
		return session_outcome(rc);
	if (!event_raw(ev, "update", &update) || may(ev, doc, Q_REALTIME_NOTE_WRITE) <= 0)
		return EV_ACK;
	if (event_raw(ev, "initialize", &first) && str_eq(first, "true"))
		return initialize(ev, doc, update);
	if (document_add(ev->arena, doc, update, false) <= 0)
		return EV_ACK;
	relay_update(ev, doc, update);
	if (event_raw(ev, "data", &data))
		save(ev, doc, data);
	return EV_ACK;
}

enum outcome ev_ydoc_awareness(struct event *ev)
{
	const char *doc = doc_of(ev);
	struct buf *b = about(ev, doc);
	struct str update;
	int rc = identity_check(ev);

	if (rc <= 0)
		return session_outcome(rc);
	if (!event_raw(ev, "update", &update) || update.n > AWARENESS_MAX)
		return EV_ACK;
	buf_adds(b, ",\"user_id\":");
	buf_json(b, ev->who->user_id);
	buf_adds(b, ",\"update\":");
	buf_addstr(b, update);
	buf_addc(b, '}');
	publish_event(ev->arena, room_of(ev, doc), "ydoc:awareness:update", buf_text(b), ev->sid);
	return EV_ACK;
}

enum outcome ev_ydoc_leave(struct event *ev)
{
	const char *doc = doc_of(ev);
	struct buf *b = about(ev, doc);
	int rc = identity_check(ev);

	if (rc <= 0)
		return session_outcome(rc);
	buf_adds(b, ",\"user_id\":");
	buf_json(b, ev->who->user_id);
	buf_addc(b, '}');
	document_leave(ev->arena, doc, ev->sid);
	event_leave(ev, room_of(ev, doc));
	publish_event(ev->arena, room_of(ev, doc), "ydoc:user:left", buf_text(b), ev->sid);
	return EV_ACK;
}
