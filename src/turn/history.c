#include "turn/history.h"

#include "chat/message.h"
#include "db/db.h"
#include "turn/messages.h"
#include "turn/store.h"
#include "turn/tool_messages.h"

enum { BRANCH_MAX = 100000 };

/* Text and pictures of a user's message as content parts. */
static struct json_object *with_pictures(struct json_object *content, struct json_object *files)
{
	struct json_object *parts = json_object_new_array(), *text = json_object_new_object();
	size_t pictures = 0;

	json_set_text(text, "type", "text");
	json_set(text, "text", json_ref(content));
	json_object_array_add(parts, text);
	for (size_t i = 0; i < json_len(files); i++) {
		struct json_object *f = json_item(files, i), *part, *url;
		const char *at = json_text(f, "url", NULL);

		if (strcmp(json_text(f, "type", ""), "image") != 0 || text_empty(at))
			continue;
		part = json_object_new_object();
		url = json_object_new_object();
		json_set_text(url, "url", at);
		json_set_text(part, "type", "image_url");
		json_set(part, "image_url", url);
		json_object_array_add(parts, part);
		pictures++;
	}
	if (pictures)
		return parts;
	json_object_put(parts);
	return NULL;
}

static struct json_object *for_provider(struct json_object *stored)
{
	struct json_object *m = json_object_new_object(), *content = json_get(stored, "content");
	struct json_object *parts = NULL;

	json_set_text(m, "role", json_text(stored, "role", "user"));
	if (json_str(content) && strcmp(json_text(stored, "role", ""), "user") == 0)
		parts = with_pictures(content, json_get(stored, "files"));
	json_set(m, "content", parts ? parts : content ? json_ref(content) : json_object_new_string(""));
	return m;
}

/* A stored message; an answer made of items (calls of tools and their results) is several. */
static void add_stored(struct json_object *messages, struct json_object *stored)
{
	struct json_object *output = json_get(stored, "output"), *content = json_get(stored, "content");

	if (strcmp(json_text(stored, "role", ""), "assistant") == 0 && json_len(output) &&
	    (tool_messages_add(messages, output, 0) || text_eq(json_str(content), "")))
		return;
	json_object_array_add(messages, for_provider(stored));
}

/* Rows are missing: follow parentId through the document. */
static struct json_object *branch_of_document(struct turn *t, const char *text, const char *id)
{
	struct json_object *doc = json_parse_text(t->arena, text);
	struct json_object *all = json_get(json_get(doc, "history"), "messages");
	struct json_object *back = json_new_array(t->arena), *branch = json_new_array(t->arena);

	for (size_t n = 0; id && json_get(all, id) && n < BRANCH_MAX; n++) {
		struct json_object *m = json_get(all, id);

		json_object_array_add(back, json_ref(m));
		id = json_text(m, "parentId", NULL);
	}
	for (size_t i = json_len(back); i-- > 0;)
		json_object_array_add(branch, json_ref(json_item(back, i)));
	return branch;
}

struct json_object *history_branch(struct turn *t, const char *message_id)
{
	struct rows *rows;

	if (store_run(t, &rows, Q_TURN_DOCUMENT, t->chat_id, NULL) <= 0)
		return NULL;
	return branch_of_document(t, rows_text(rows, 0, 0), message_id);
}

static struct json_object *load_branch(struct turn *t, struct db *db)
{
	struct rows *rows;

	if (db_run(db, t->arena, &rows, Q_TURN_BRANCH, t->chat_id, t->user_message_id) < 0)
		return NULL;
	if (rows_text(rows, 0, 0) && rows_bool(rows, 0, 1))
		return json_parse_text(t->arena, rows_text(rows, 0, 0));
	if (db_run(db, t->arena, &rows, Q_TURN_DOCUMENT, t->chat_id) <= 0)
		return NULL;
	return branch_of_document(t, rows_text(rows, 0, 0), t->user_message_id);
}

/* An answer that is continued, or one that is to be revised, ends what the provider sees. */
static void add_answer(struct turn *t, struct db *db, struct json_object *messages, const char *id)
{
	struct json_object *m;
	struct rows *rows;

	if (text_empty(id) || db_run(db, t->arena, &rows, Q_TURN_DOCUMENT, t->chat_id) <= 0)
		return;
	m = message_get(t->arena, str_of(rows_text(rows, 0, 0)), id);
	if (json_len(json_get(m, "output")) || !text_empty(json_text(m, "content", NULL)))
		add_stored(messages, m);
}

bool history_load(struct turn *t)
{
	struct json_object *system = messages_system(json_get(t->form, "messages"));
	struct json_object *messages = json_new_array(t->arena), *branch;
	struct db *db = db_get();

	branch = load_branch(t, db);
	if (system)
		json_object_array_add(messages, json_ref(system));
	for (size_t i = 0; i < json_len(branch); i++)
		add_stored(messages, json_item(branch, i));
	if (!text_eq(json_text(t->spec, "resume", NULL), "tools"))	/* its calls have to run first */
		add_answer(t, db, messages, json_text(t->spec, "assistant_message_id", NULL));
	add_answer(t, db, messages, json_text(t->spec, "regeneration_message_id", NULL));
	db_put(db);
	if (branch)
		json_set(t->form, "messages", json_ref(messages));
	return branch != NULL;
}

void history_add_hint(struct turn *t)
{
	const char *hint = json_text(t->spec, "regeneration_prompt", NULL);

	if (!text_empty(hint))
		messages_push(json_get(t->form, "messages"), "user", hint);
}
