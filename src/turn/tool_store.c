#include "turn/tool_store.h"

#include "chat/message.h"
#include "db/db.h"
#include "turn/tool_messages.h"

enum { C_OWNER, C_DOC };

static bool waits(const char *status)
{
	static const char *const list[] = { "pending", "queued", "requires_approval", "in_progress" };

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (strcmp(status, list[i]) == 0)
			return true;
	return false;
}

struct json_object *tool_pending(struct arena *a, struct json_object *output)
{
	struct json_object *list = json_new_array(a);

	for (size_t i = 0; i < json_len(output); i++) {
		struct json_object *item = json_item(output, i);

		if (text_eq(json_text(item, "type", NULL), "function_call") && waits(json_text(item, "status", "")) &&
		    !tool_has_result(output, json_text(item, "call_id", json_text(item, "id", NULL))))
			json_object_array_add(list, json_ref(item));
	}
	return list;
}

static int leave(struct db *db, int rc)
{
	db_rollback(db);
	return rc;
}

static int store(struct db *db, struct tool_edit *e)
{
	struct json_object *changes = json_new_object(e->arena), *row = json_new_object(e->arena);
	struct json_object *fields = json_object_new_object();
	static const char *const parts[] = { "output", "done", "meta" };
	const char *doc;
	struct rows *rows;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (json_has(e->message, parts[i]))
			json_set(fields, parts[i], json_ref(json_get(e->message, parts[i])));
	json_set(changes, e->message_id, fields);
	json_set(row, e->message_id, json_ref(e->message));
	doc = message_put(e->arena, e->document, changes, NULL, NULL);
	if (!doc)
		return leave(db, 0);
	doc = json_strip_nul(e->arena, doc, strlen(doc));
	rc = db_run(db, e->arena, &rows, Q_TURN_STORE, e->chat_id, doc, NULL, "f",
		    json_strip_nul(e->arena, json_print(row), strlen(json_print(row))), NULL);
	return rc > 0 && db_commit(db) ? 1 : -1;
}

int tool_edit(struct db *db, struct tool_edit *e)
{
	struct rows *rows;
	int rc;

	e->owner = NULL;
	e->message = NULL;
	if (!db_begin(db))
		return -1;
	rc = e->user_id ? db_run(db, e->arena, &rows, Q_TURN_LOCK, e->chat_id, e->user_id)
			: db_run(db, e->arena, &rows, Q_TURN_LOCK_OWN, e->chat_id);
	if (rc <= 0)
		return rc < 0 ? -1 : leave(db, 0);
	e->owner = rows_text(rows, 0, C_OWNER);
	e->document = (struct str){ rows_text(rows, 0, C_DOC), rows_len(rows, 0, C_DOC) };
	e->message = message_get(e->arena, e->document, e->message_id);
	if (!e->message || !e->change(e, e->message))
		return leave(db, 0);
	return store(db, e);
}
