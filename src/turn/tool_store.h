#ifndef OW_TURN_TOOL_STORE_H
#define OW_TURN_TOOL_STORE_H

/*
 * tool_store - change the items of a stored answer, one change at a time.
 *
 * An answer that waits for the user lives in the database alone: the resolve route and the turn that it
 * starts may meet there, so each looks and changes in one transaction, under the chat's lock.
 */

#include "json/json.h"

struct db;

/* What a change sees. */
struct tool_edit {
	struct arena *arena;
	const char *chat_id, *message_id;
	const char *user_id;		/* must be able to write to the chat; NULL: let in before */
	/* Change `message` (output, done, meta) in place; false leaves it as it was. */
	bool (*change)(struct tool_edit *e, struct json_object *message);
	void *ctx;

	const char *owner;		/* out: of the chat */
	struct str document;		/* out: as it was */
	struct json_object *message;	/* out: as it is now; NULL: there is no such message */
};

/* 1 changed, 0 left (e->owner NULL: no such chat, or not for the account), -1 the database failed. */
int tool_edit(struct db *db, struct tool_edit *e);

/* The calls of a list that wait or run: without a result. */
struct json_object *tool_pending(struct arena *a, struct json_object *output);

#endif
