#include "turn/tasks.h"

#include "db/db.h"
#include "turn/events.h"
#include "turn/store.h"
#include "turn/task.h"

enum { FOLLOW_UPS_MAX = 5, FOLLOW_UP_MAX = 400 };

/* The chat's messages up to the answer; of a temporary chat those of the request and the answer. */
static struct json_object *load_messages(struct turn *t)
{
	struct json_object *list, *m;
	struct buf *text;
	struct rows *rows;

	if (t->saved) {
		if (store_run(t, &rows, Q_TURN_BRANCH, t->chat_id, t->message_id) <= 0)
			return NULL;
		return json_parse_text(t->arena, rows_text(rows, 0, 0));
	}
	list = json_copy(t->arena, json_get(t->form, "messages"));
	text = buf_in(t->arena, 0);
	output_content(text, &t->out);
	m = json_object_new_object();
	json_set_text(m, "role", "assistant");
	json_set_text(m, "content", buf_text(text));
	if (json_is(list, json_type_array))
		json_object_array_add(list, m);
	else
		json_object_put(m);
	return list;
}

/* Up to five different questions; what is too long for a button is left out. */
static struct json_object *usable(struct turn *t, struct json_object *given)
{
	struct json_object *list = json_new_array(t->arena);

	for (size_t i = 0; i < json_len(given) && json_len(list) < FOLLOW_UPS_MAX; i++) {
		const char *raw = json_str(json_item(given, i));
		struct str s = str_trim(str_of(raw));
		bool known = !s.n || s.n > FOLLOW_UP_MAX;

		if (!raw)
			return json_new_array(t->arena);	/* not what was asked for */
		for (size_t k = 0; k < json_len(list); k++)
			known = known || str_eq(s, json_str(json_item(list, k)));
		if (!known)
			json_object_array_add(list, json_object_new_string_len(s.p, (int)s.n));
	}
	return list;
}

static void follow_ups(struct turn *t, struct json_object *messages)
{
	struct json_object *o = NULL, *list, *data = json_new_object(t->arena), *fields;

	struct template_input in = { .messages = messages };

	if (config_bool(t->cfg, CK_TASK_FOLLOW_UP_ENABLE))
		o = task_object(t->arena, task_ask(t, TASK_FOLLOW_UPS, &in));
	list = usable(t, json_get(o, "follow_ups"));
	json_set(data, "follow_ups", json_ref(list));
	turn_emit(t, "chat:message:follow_ups", json_print(data));
	turn_flush(t);
	if (!t->saved)
		return;
	fields = json_new_object(t->arena);
	json_set(fields, "followUps", json_ref(list));
	store_message(t, fields, false, NULL);
}

static const char *first_text(struct json_object *messages)
{
	struct json_object *content = json_get(json_item(messages, 0), "content");

	if (json_str(content))
		return json_str(content);
	return json_text(json_item(content, 0), "text", "");
}

/* wanted: ask the model; else the first message names the chat, when there is no other yet. */
static void title(struct turn *t, struct json_object *messages, bool wanted)
{
	struct json_object *o = NULL;
	struct rows *rows;
	const char *text = NULL;
	struct template_input in = { .messages = messages };
	struct buf *b;

	if (!wanted && json_len(messages) != 2)
		return;
	if (wanted && config_bool(t->cfg, CK_TASK_TITLE_ENABLE))
		o = task_object(t->arena, task_ask(t, TASK_TITLE, &in));
	text = json_text(o, "title", NULL);
	if (text_empty(text))
		text = first_text(messages);
	store_run(t, &rows, Q_TURN_TITLE, t->chat_id, text);
	b = buf_in(t->arena, 0);
	buf_json(b, text);
	turn_emit(t, "chat:title", buf_text(b));
	turn_flush(t);
}

static void tags(struct turn *t, struct json_object *messages)
{
	struct template_input in = { .messages = messages };
	struct json_object *o, *list;
	struct rows *rows;

	if (!config_bool(t->cfg, CK_TASK_TAGS_ENABLE))
		return;
	o = task_object(t->arena, task_ask(t, TASK_TAGS, &in));
	list = json_get(o, "tags");
	if (!json_is(list, json_type_array))
		return;
	for (size_t i = 0; i < json_len(list); i++)
		if (!json_str(json_item(list, i)))
			return;
	if (store_run(t, &rows, Q_TURN_TAGS, t->chat_id, json_print(list)) < 0)
		return;
	turn_emit(t, "chat:tags", json_print(list));
	turn_flush(t);
}

void tasks_after(struct turn *t)
{
	struct json_object *wanted = json_get(t->spec, "tasks"), *messages;

	if (!json_is(wanted, json_type_object) || !json_object_object_length(wanted))
		return;
	messages = load_messages(t);
	if (!json_len(messages))
		return;
	if (json_flag(wanted, "follow_up_generation", false))
		follow_ups(t, messages);
	if (!t->saved)
		return;
	if (json_has(wanted, "title_generation"))
		title(t, messages, json_flag(wanted, "title_generation", false));
	if (json_flag(wanted, "tags_generation", false))
		tags(t, messages);
}

void tasks_first_title(struct turn *t)
{
	struct json_object *messages = load_messages(t);
	struct db *db = db_get();
	int rc = model_resolve(t->arena, db, t->cfg, &t->user, json_text(t->spec, "model", ""), &t->model);

	db_put(db);
	if (rc > 0 && json_len(messages))
		title(t, messages, true);
}
