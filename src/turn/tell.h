#ifndef OW_TURN_TELL_H
#define OW_TURN_TELL_H

/*
 * tell - events about the answer that stay with it: what the turn does (status), what it drew on
 * (source, citation), files and embedded pages.  They are stored in the message at once and sent at once.
 * Source: contract/chat-completions.md, section 4; contract/socketio.md, section 5.
 */

#include "turn/turn.h"

/* `data` is the event's object. */
void turn_tell(struct turn *t, const char *type, struct json_object *data);

/* status { action, …, done } with what else is in `data` (an object of the caller's, or NULL). */
void turn_tell_status(struct turn *t, const char *action, bool done, struct json_object *data);

/* A page of the web that the answer draws on; title NULL: its address. */
void turn_tell_page(struct turn *t, const char *url, const char *title);

/* A list of the message that was stored otherwise: events add to it. */
void turn_keep(struct turn *t, const char *field, struct json_object *list);

#endif
