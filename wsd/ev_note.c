/* ev_note - join-note: hear about changes of a note. */

#include "access/access.h"
#include "wsd/handlers.h"

enum outcome ev_join_note(struct event *ev)
{
	const char *note;
	struct rows *rows;
	struct user u;
	int rc;

	if (!event_object(ev))
		return EV_FAIL;
	rc = identity_check_jwt(ev, event_text(ev, "auth.token"), Q_AUTH_USER, &u, NULL);
	if (rc > 0 && !u.is_admin)
		rc = access_permitted(ev->arena, ev->db, config_get_in(ev->arena), &u,
				      "features.notes");
	if (rc <= 0)
		return rc < 0 ? EV_FAIL : EV_ACK;
	note = event_text(ev, "note_id");
	if (!note)
		return EV_FAIL;
	rc = db_run(ev->db, ev->arena, &rows, Q_REALTIME_NOTE_ACCESS, note, u.id,
		    u.is_admin ? "true" : "false");
	if (rc > 0)
		event_join(ev, arena_printf(ev->arena, "note:%s", rows_text(rows, 0, 0)));
	return rc < 0 ? EV_FAIL : EV_ACK;
}
