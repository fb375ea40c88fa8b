#include "turn/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "chat/message.h"
#include "db/db.h"

enum { PAUSE_MS = 500 };

enum { C_OWNER, C_DOC, C_TITLE, C_FOLDER };

static bool passing(const struct db *db)
{
	enum db_fault f = db_error(db);

	return f == DB_DOWN || f == DB_BUSY || f == DB_CONFLICT;
}

/* 1 stored, 0 no such chat, -1 failed. */
static int put(struct db *db, struct turn *t, const char *id, struct json_object *fields, bool touch,
	       const char **title)
{
	struct json_object *changes = json_new_object(t->arena), *row = json_new_object(t->arena), *m;
	struct rows *rows;
	const char *doc;
	int rc;

	if (!db_begin(db))
		return -1;
	rc = db_run(db, t->arena, &rows, Q_TURN_LOCK_OWN, t->chat_id);
	if (rc <= 0)
		return rc;
	json_set(changes, id, json_ref(fields));
	doc = message_put(t->arena, (struct str){ rows_text(rows, 0, C_DOC), rows_len(rows, 0, C_DOC) },
			  changes, NULL, NULL);
	doc = doc ? json_strip_nul(t->arena, doc, strlen(doc)) : NULL;
	m = doc ? message_get(t->arena, str_of(doc), id) : NULL;
	if (!m)
		return 0;
	if (title)
		*title = rows_text(rows, 0, C_TITLE);
	json_set(row, id, json_ref(m));
	rc = db_run(db, t->arena, &rows, Q_TURN_STORE, t->chat_id, doc, NULL, touch ? "t" : "f",
		    json_print(row), NULL);
	return rc > 0 && db_commit(db) ? 1 : -1;
}

bool store_fields(struct turn *t, const char *id, struct json_object *fields, bool touch, const char **title)
{
	int64_t until = mono_ms() + STORE_RETRY_MS;

	for (;;) {
		struct db *db = db_get();
		int rc = put(db, t, id, fields, touch, title);
		bool again = rc < 0 && passing(db) && mono_ms() < until;

		if (rc <= 0)
			db_rollback(db);
		if (rc < 0 && !again)
			log_error("turn_not_stored", "chat=%s message=%s error=\"%s\"", t->chat_id, id,
				  db_message(db));
		db_put(db);
		if (!again)
			return rc > 0;
		sleep_ms(PAUSE_MS);
	}
}

bool store_message(struct turn *t, struct json_object *fields, bool touch, const char **title)
{
	return store_fields(t, t->message_id, fields, touch, title);
}

int store_run(struct turn *t, struct rows **out, enum query q, const char *p1, const char *p2)
{
	const char *const params[] = { p1, p2 };
	int64_t until = mono_ms() + STORE_RETRY_MS;

	for (;;) {
		struct db *db = db_get();
		int rc = db_run_v(db, t->arena, out, q, query_params(q), params);
		bool again = rc < 0 && passing(db) && mono_ms() < until;

		db_put(db);
		if (!again)
			return rc;
		sleep_ms(PAUSE_MS);
	}
}

struct json_object *store_read(struct turn *t, const char *message_id)
{
	struct rows *rows;

	if (text_empty(message_id) || store_run(t, &rows, Q_TURN_DOCUMENT, t->chat_id, NULL) <= 0)
		return NULL;
	return message_get(t->arena, (struct str){ rows_text(rows, 0, 0), rows_len(rows, 0, 0) }, message_id);
}
