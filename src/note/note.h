#ifndef OW_NOTE_H
#define OW_NOTE_H

/*
 * note - what a note may hold, and who hears of its changes.
 *
 * data: { content: { md, html, json }, versions: [content …], files: [{ type, id … }] }.
 * Source: contract/notes-workspace.md, "Notes"; recorded answers.
 */

#include "json/json.h"

enum { NOTE_VERSIONS_MAX = 200 };

/*
 * Bring the `data` of a note's form into shape: what is no object becomes its text, `content.md` is always
 * text, and of `versions` the newest NOTE_VERSIONS_MAX stay.  The form is changed.
 */
void note_clean(struct arena *a, struct json_object *form);

/* What a conversation beside the note is told of it. */
const char *note_system_prompt(struct arena *a, const char *id);

/* Tell those who have the note open what changed: `event` is the note as JSON text. */
void note_announce(struct arena *a, const char *id, const char *event);

/* Put accounts (a JSON list of ids) out of the note's rooms; NULL: everybody. */
void note_leave(struct arena *a, const char *id, const char *users);

#endif
