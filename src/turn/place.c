#include "turn/place.h"

#include "base/clock.h"
#include "chat/message.h"
#include "db/db.h"

enum { C_OWNER, C_DOC, C_TITLE, C_FOLDER, C_VARIABLES };

static const char not_found[] = "We could not find what you're looking for :/";
static const char id_taken[] = "Message already exists or has an invalid ID.";

int place_refuse(struct turn_accept *out, int status, const char *detail)
{
	out->status = status;
	out->detail = detail;
	return 0;
}

/* Give up the transaction and refuse. */
static int leave(struct db *db, struct turn_accept *out, int status, const char *detail)
{
	db_rollback(db);
	return place_refuse(out, status, detail);
}

static struct json_object *answer_meta(struct json_object *answer)
{
	struct json_object *meta = json_object_new_object();

	json_set_text(meta, "task_id", json_text(answer, "task_id", NULL));
	return meta;
}

static struct json_object *new_answer(struct placing *p, struct json_object *answer, bool follows)
{
	struct json_object *m = json_object_new_object();

	json_set_text(m, "id", json_text(answer, "message_id", NULL));
	json_set_text(m, "parentId", json_text(p->user_message, "id", NULL));
	json_set(m, "childrenIds", json_object_new_array());
	json_set_text(m, "role", "assistant");
	json_set_text(m, "content", "");
	json_set_bool(m, "done", false);
	json_set_text(m, "model", json_text(answer, "model_id", NULL));
	if (follows || json_get(answer, "modelIdx"))
		json_set(m, "modelIdx", json_ref(json_get(answer, "modelIdx")));
	json_set_i64(m, "timestamp", time_s());
	if (follows)
		json_set_text(m, "user_id", p->user->id);
	if (json_text(answer, "task_id", NULL))
		json_set(m, "meta", answer_meta(answer));
	return m;
}

static void sign(struct placing *p, struct json_object *message)
{
	struct json_object *by = json_object_new_object();

	json_set_text(message, "user_id", p->user->id);
	json_set_text(by, "id", p->user->id);
	json_set_text(by, "name", p->user->name);
	json_set(message, "user", by);
}

static struct json_object *answer_ids(struct placing *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_len(p->answers); i++)
		if (json_text(json_item(p->answers, i), "message_id", NULL))
			json_object_array_add(list, json_object_new_string(
				json_text(json_item(p->answers, i), "message_id", "")));
	return list;
}

static struct json_object *model_ids(struct placing *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_len(p->answers); i++)
		json_object_array_add(list, json_ref(json_get(json_item(p->answers, i), "model_id")));
	return list;
}

static struct json_object *legacy_list(struct placing *p)
{
	struct json_object *list = json_object_new_array(), *m;

	if (!json_text(p->user_message, "id", NULL))
		return list;
	m = json_copy(p->arena, p->user_message);
	for (const char *const *k = (const char *const[]){ "id", "parentId", "childrenIds", "timestamp",
							   "models", "files", "done", "meta", NULL }; *k; k++)
		json_del(m, *k);
	json_object_array_add(list, json_ref(m));
	return list;
}

static struct json_object *new_document(struct placing *p, struct json_object *messages,
					const char *current, const char *title)
{
	struct json_object *doc = json_new_object(p->arena), *history = json_object_new_object();
	struct json_object *files = json_get(p->form, "files");

	json_set_text(doc, "id", p->chat_id);
	json_set_text(doc, "title", title);
	json_set(doc, "models", model_ids(p));
	json_set_text(history, "currentId", current);
	json_set(history, "messages", json_ref(messages));
	json_set(doc, "history", history);
	json_set(doc, "messages", legacy_list(p));
	json_set(doc, "files", files ? json_ref(files) : json_object_new_array());
	json_set(doc, "tags", json_object_new_array());
	json_set_i64(doc, "timestamp", time_ms());
	return doc;
}

/* JSON text without NULs, as everything that is stored. */
static const char *clean(struct arena *a, struct json_object *o)
{
	const char *text = json_print(o);

	return json_strip_nul(a, text, strlen(text));
}

/* Which files the question brought.  1, or -1. */
static int note_files(struct placing *p, struct db *db)
{
	struct json_object *files = json_get(p->user_message, "files");
	struct rows *rows;

	if (!json_len(files))
		return 1;
	return db_run(db, p->arena, &rows, Q_TURN_CHAT_FILES, p->chat_id,
		      json_text(p->user_message, "id", NULL), p->user->id, clean(p->arena, files),
		      p->user->is_admin ? "t" : "f") < 0 ? -1 : 1;
}

int place_new_chat(struct placing *p, struct db *db, struct turn_accept *out)
{
	struct json_object *messages = json_new_object(p->arena), *vars = json_get(p->form, "chat_variables");
	const char *id = json_text(p->user_message, "id", NULL), *current = out->first_message_id;
	const char *title = text_empty(out->title) ? "New Chat" : out->title;
	struct rows *rows;
	int rc;

	if (p->folder_id) {
		rc = db_run(db, p->arena, &rows, Q_TURN_FOLDER_WRITABLE, p->folder_id, p->user->id);
		if (rc <= 0)
			return rc < 0 ? -1 : place_refuse(out, 404, not_found);
	}
	if (id) {
		json_set(p->user_message, "childrenIds", answer_ids(p));
		sign(p, p->user_message);
		json_set(messages, id, json_ref(p->user_message));
	}
	for (size_t i = 0; i < json_len(p->answers); i++) {
		struct json_object *answer = json_item(p->answers, i);

		if (json_text(answer, "message_id", NULL))
			json_set(messages, json_text(answer, "message_id", ""), new_answer(p, answer, false));
	}
	if (!current)
		current = id;
	rc = db_run(db, p->arena, &rows, Q_CHAT_CREATE, p->chat_id, p->user->id, title,
		    clean(p->arena, new_document(p, messages, current, title)), p->folder_id, NULL,
		    json_is(vars, json_type_object) ? clean(p->arena, vars) : NULL, NULL, NULL, current, NULL,
		    NULL, clean(p->arena, messages));
	out->folder_id = p->folder_id;
	if (rc > 0)
		return note_files(p, db);
	return rc < 0 ? -1 : place_refuse(out, 404, not_found);
}

static bool may_fill(struct placing *p, struct json_object *reply, const char *owner)
{
	return strcmp(json_text(reply, "role", ""), "assistant") == 0 && !json_flag(reply, "done", false) &&
	       text_empty(json_text(reply, "content", NULL)) && !json_len(json_get(reply, "output")) &&
	       text_eq(json_text(reply, "user_id", owner), p->user->id) &&
	       (!p->user_message ||
		text_eq(json_text(reply, "parentId", NULL), json_text(p->user_message, "id", NULL)));
}

/* Are all ids given, different, and free (or those of answers prepared by this account)? */
static bool ids_fit(struct placing *p, struct str doc, const char *owner)
{
	size_t n = json_len(p->answers);

	for (size_t i = 0; i < n; i++) {
		const char *id = json_text(json_item(p->answers, i), "message_id", NULL);
		struct json_object *reply;

		if (text_empty(id) || text_eq(id, json_text(p->user_message, "id", NULL)))
			return false;
		for (size_t k = 0; k < i; k++)
			if (text_eq(id, json_text(json_item(p->answers, k), "message_id", NULL)))
				return false;
		reply = message_get(p->arena, doc, id);
		if (reply && !may_fill(p, reply, owner))
			return false;
	}
	return n && (!p->user_message || !text_empty(json_text(p->user_message, "id", NULL)));
}

static void add_child(struct json_object *message, const char *id)
{
	struct json_object *children = json_get(message, "childrenIds");

	if (!json_is(children, json_type_array)) {
		children = json_object_new_array();
		json_set(message, "childrenIds", children);
	}
	for (size_t i = 0; i < json_len(children); i++)
		if (text_eq(json_str(json_item(children, i)), id))
			return;
	json_object_array_add(children, json_object_new_string(id));
}

/* The question as somebody other than the chat's owner may send it. */
static struct json_object *guest_message(struct placing *p)
{
	struct json_object *m = json_new_object(p->arena);

	for (const char *const *k = (const char *const[]){ "content", "files", "models", NULL }; *k; k++)
		if (json_has(p->user_message, *k))
			json_set(m, *k, json_ref(json_get(p->user_message, *k)));
	return m;
}

static struct json_object *question(struct placing *p, struct json_object *existing, const char *owner)
{
	struct json_object *m = existing;

	if (existing) {
		if (json_has(p->user_message, "models") &&
		    text_eq(json_text(existing, "user_id", owner), p->user->id))
			json_set(m, "models", json_ref(json_get(p->user_message, "models")));
		return m;
	}
	m = strcmp(owner, p->user->id) == 0 ? json_copy(p->arena, p->user_message) : guest_message(p);
	json_set(m, "id", json_ref(json_get(p->user_message, "id")));
	json_set(m, "parentId", json_ref(json_get(p->user_message, "parentId")));
	json_set_text(m, "role", "user");
	json_set(m, "childrenIds", json_object_new_array());
	json_set_i64(m, "timestamp", time_s());
	sign(p, m);
	return m;
}

/* The messages that change, by id; NULL when refused. */
static struct json_object *changes_of(struct placing *p, struct str doc, const char *owner,
				      struct db *db, struct turn_accept *out)
{
	struct json_object *changes = json_new_object(p->arena), *existing, *m = NULL, *parent = NULL;
	const char *id = json_text(p->user_message, "id", NULL), *parent_id;

	if (!ids_fit(p, doc, owner)) {
		leave(db, out, 409, id_taken);
		return NULL;
	}
	if (p->user_message) {
		existing = message_get(p->arena, doc, id);
		if (existing && strcmp(json_text(existing, "role", ""), "user") != 0) {
			leave(db, out, 403, "You can only regenerate replies to user messages.");
			return NULL;
		}
		parent_id = json_text(existing ? existing : p->user_message, "parentId", NULL);
		parent = parent_id ? message_get(p->arena, doc, parent_id) : NULL;
		if (parent_id && !parent) {
			leave(db, out, 409, "Parent message no longer exists.");
			return NULL;
		}
		if (parent) {
			add_child(parent, id);
			json_set(changes, parent_id, json_ref(parent));
		}
		m = question(p, existing, owner);
		json_set(changes, id, json_ref(m));
	}
	for (size_t i = 0; i < json_len(p->answers); i++) {
		struct json_object *answer = json_item(p->answers, i);

		if (m)
			add_child(m, json_text(answer, "message_id", ""));
		json_set(changes, json_text(answer, "message_id", ""), new_answer(p, answer, true));
	}
	return changes;
}

static void note_for_viewers(struct placing *p, struct json_object *changes, const char *current,
			     struct turn_accept *out)
{
	struct json_object *o = json_new_object(p->arena), *shown = json_copy(p->arena, changes);

	json_object_object_foreach(shown, id, m) {
		(void)id;
		json_del(m, "meta");
	}
	json_set(o, "messages", json_ref(shown));
	json_set_text(o, "currentId", current);
	out->shown = json_print(o);
}

/* Members of the document that the request of its owner sets. */
static struct json_object *chat_fields(struct placing *p)
{
	struct json_object *fields = json_new_object(p->arena), *models = json_get(p->user_message, "models");
	struct json_object *files = json_get(p->form, "files");

	json_set(fields, "models", json_len(models) ? json_ref(models) : model_ids(p));
	if (files)
		json_set(fields, "files", json_ref(files));
	return fields;
}

/* The answer to be continued must be the caller's own; it is open again. */
static struct json_object *continued(struct placing *p, struct str doc, const char *owner,
				     struct db *db, struct turn_accept *out)
{
	struct json_object *m = message_get(p->arena, doc, p->answer_id);
	struct json_object *changes = json_new_object(p->arena), *fields, *meta;

	if (!m || !text_eq(json_text(m, "user_id", owner), p->user->id)) {
		leave(db, out, 403, "You do not have permission to access this resource. "
		      "Please contact your administrator for assistance.");
		return NULL;
	}
	for (size_t i = 0; i < json_len(p->answers); i++)
		if (!text_eq(json_text(json_item(p->answers, i), "message_id", NULL), p->answer_id)) {
			leave(db, out, 400, "Invalid response ID.");
			return NULL;
		}
	p->parent_of_answer = json_text(m, "parentId", NULL);
	fields = json_object_new_object();
	meta = json_copy(p->arena, json_get(m, "meta"));
	if (!json_is(meta, json_type_object))
		meta = json_new_object(p->arena);
	json_set(meta, "task_id", json_ref(json_get(json_item(p->answers, 0), "task_id")));
	json_set(fields, "meta", json_ref(meta));
	json_set(changes, p->answer_id, fields);
	return changes;
}

/* The rows to write are of whole messages. */
static struct json_object *whole(struct placing *p, const char *doc, struct json_object *changes)
{
	struct json_object *all = json_new_object(p->arena);

	json_object_object_foreach(changes, id, m) {
		(void)m;
		json_set(all, id, json_ref(message_get(p->arena, str_of(doc), id)));
	}
	return all;
}

int place_in_chat(struct placing *p, struct db *db, struct turn_accept *out)
{
	struct json_object *changes, *vars = json_get(p->form, "chat_variables"), *all;
	size_t n = json_len(p->answers);
	const char *owner, *text, *current;
	struct rows *rows;
	struct str doc;
	bool own;
	int rc;

	if (!db_begin(db))
		return -1;
	rc = db_run(db, p->arena, &rows, Q_TURN_LOCK, p->chat_id, p->user->id);
	if (rc <= 0)
		return rc < 0 ? -1 : leave(db, out, 404, not_found);
	owner = rows_text(rows, 0, C_OWNER);
	own = strcmp(owner, p->user->id) == 0;
	p->owner = owner;
	p->variables = own ? rows_text(rows, 0, C_VARIABLES) : NULL;
	doc = (struct str){ rows_text(rows, 0, C_DOC), rows_len(rows, 0, C_DOC) };
	out->folder_id = p->folder_id ? p->folder_id : rows_text(rows, 0, C_FOLDER);
	p->drop_chat_tasks = !own;
	changes = p->answer_id ? continued(p, doc, owner, db, out) : changes_of(p, doc, owner, db, out);
	if (!changes)
		return 0;
	current = p->answer_id ? NULL : json_text(json_item(p->answers, n - 1), "message_id", NULL);
	text = message_put(p->arena, doc, changes, current, own ? chat_fields(p) : NULL);
	if (!text)
		return leave(db, out, 404, not_found);
	text = json_strip_nul(p->arena, text, strlen(text));
	all = whole(p, text, changes);
	rc = db_run(db, p->arena, &rows, Q_TURN_STORE, p->chat_id, text, current,
		    p->answer_id ? "f" : "t", clean(p->arena, all),
		    own && json_is(vars, json_type_object) ? clean(p->arena, vars) : NULL);
	if (rc <= 0 || note_files(p, db) < 0 || !db_commit(db))
		return -1;
	if (!p->answer_id)
		note_for_viewers(p, all, current, out);
	return 1;
}
