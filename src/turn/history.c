#include "turn/history.h"

#include "chat/message.h"
#include "db/db.h"
#include "turn/messages.h"
#include "turn/prepare.h"
#include "turn/store.h"
#include "turn/tool_messages.h"

static bool is_picture(struct json_object *file)
{
	const char *type = json_text(file, "content_type", NULL);

	return text_eq(json_text(file, "type", NULL), "image") ||
	       (text_starts(type, "image/") && !text_starts(type, "image/svg"));
}

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

		if (!is_picture(f) || text_empty(at))
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

/* An attached file, for a model that can open it with a tool. */
static void add_file_tag(struct buf *b, struct json_object *file)
{
	static const char *const names[] = { "url", "content_type", "name" };
	const char *url = json_text(file, "url", NULL), *id = json_text(file, "id", NULL);

	if (text_starts(url, "data:") || (!url && !(id && text_eq(json_text(file, "type", NULL), "chat"))))
		return;
	buf_printf(b, "<file type=\"%s\" id=\"%s\"", json_text(file, "type", "file"), id ? id : url);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!text_empty(json_text(file, names[i], NULL)))
			buf_printf(b, " %s=\"%s\"", names[i], json_text(file, names[i], ""));
	buf_adds(b, "/>\n");
}

/* The content with a list of the message's files before it. */
static struct json_object *with_files(struct turn *t, struct json_object *content, struct json_object *files)
{
	struct buf *b = buf_in(t->arena, 0);
	struct json_object *parts, *text;
	const char *tags;

	for (size_t i = 0; i < json_len(files); i++)
		add_file_tag(b, json_item(files, i));
	if (!b->len)
		return json_ref(content);
	tags = arena_printf(t->arena, "<attached_files>\n%s</attached_files>\n\n", buf_text(b));
	if (!json_is(content, json_type_array))
		return json_object_new_string(arena_printf(t->arena, "%s%s", tags,
							   json_str(content) ? json_str(content) : ""));
	parts = json_object_new_array();
	text = json_object_new_object();
	json_set_text(text, "type", "text");
	json_set_text(text, "text", tags);
	json_object_array_add(parts, text);
	for (size_t i = 0; i < json_len(content); i++)
		json_object_array_add(parts, json_ref(json_item(content, i)));
	return parts;
}

/* What is ours in a message, and no provider's business. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = { "id", "output", "model", "contextSummary", "usage", "meta", "files" };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return false;
}

static struct json_object *for_provider(struct turn *t, struct json_object *stored)
{
	struct json_object *m = json_new_object(t->arena), *files = json_get(stored, "files"), *parts;

	json_object_object_foreach(stored, key, v) {
		if (!is_ours(key))
			json_set(m, key, json_ref(v));
	}
	if (!json_get(m, "content") && !json_get(m, "tool_calls"))
		json_set_text(m, "content", "");
	if (!text_eq(json_text(m, "role", NULL), "user") || !json_len(files))
		return m;
	if (json_str(json_get(m, "content")) && (parts = with_pictures(json_get(m, "content"), files)))
		json_set(m, "content", parts);
	if (t->own_chat && !t->given_tools && turn_builtin_tools(t))
		json_set(m, "content", with_files(t, json_get(m, "content"), files));
	return m;
}

bool history_replay(struct turn *t)
{
	struct json_object *list = json_get(t->form, "messages"), *out = json_new_array(t->arena);

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i), *output = json_get(m, "output");

		if (text_eq(json_text(m, "role", NULL), "assistant") && json_len(output) &&
		    (tool_messages_add(out, output, 0) || text_eq(json_text(m, "content", NULL), "")))
			continue;
		json_object_array_add(out, json_ref(for_provider(t, m)));
	}
	json_set(t->form, "messages", json_ref(out));
	return true;
}

static struct str document(const struct rows *rows)
{
	return (struct str){ rows_text(rows, 0, 0), rows_len(rows, 0, 0) };
}

struct json_object *history_branch(struct turn *t, const char *message_id)
{
	struct rows *rows;

	if (store_run(t, &rows, Q_TURN_DOCUMENT, t->chat_id, NULL) <= 0)
		return NULL;
	return message_branch(t->arena, document(rows), message_id);
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
	return message_branch(t->arena, document(rows), t->user_message_id);
}

/* Put a stored message behind the others, with the members that a request is made of; an answer that
 * says nothing is left out. */
static void add_stored(struct turn *t, struct json_object *messages, struct json_object *stored)
{
	static const char *const names[] = { "id", "role", "content", "output", "files", "contextSummary",
					     "usage", "model", "meta" };
	struct json_object *m = json_new_object(t->arena);

	if (text_eq(json_text(stored, "role", NULL), "assistant") && !json_len(json_get(stored, "output")) &&
	    text_empty(messages_text(stored)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (json_get(stored, names[i]))
			json_set(m, names[i], json_ref(json_get(stored, names[i])));
	json_object_array_add(messages, json_ref(m));
}

/* An answer that is continued, or one that is to be revised, ends what the provider sees. */
static void add_answer(struct turn *t, struct db *db, struct json_object *messages, const char *id)
{
	struct json_object *m;
	struct rows *rows;

	if (text_empty(id) || db_run(db, t->arena, &rows, Q_TURN_DOCUMENT, t->chat_id) <= 0)
		return;
	m = message_get(t->arena, document(rows), id);
	if (m)
		add_stored(t, messages, m);
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
		add_stored(t, messages, json_item(branch, i));
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
