#include "turn/tasks.h"

#include "db/db.h"
#include "http/client.h"
#include "turn/events.h"
#include "turn/payload.h"
#include "turn/prompt.h"
#include "turn/prompts.h"
#include "turn/store.h"

enum { TITLE_TOKENS = 1000 };

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

/* The model for small jobs: by setting, else the chat's own. */
static bool task_model(struct turn *t, struct model *out)
{
	bool local = strcmp(t->model.owned_by ? t->model.owned_by : "", "ollama") == 0;
	const char *id = config_text(t->cfg, local ? CK_TASK_MODEL_DEFAULT : CK_TASK_MODEL_EXTERNAL);
	struct db *db;
	int rc;

	*out = t->model;
	if (text_empty(id))
		return true;
	db = db_get();
	rc = model_resolve(t->arena, db, t->cfg, &t->user, id, out);
	db_put(db);
	if (rc <= 0)
		*out = t->model;
	return true;
}

/* Ask the model; its text, or NULL. */
static const char *ask(struct turn *t, const char *prompt, int64_t max_tokens)
{
	struct json_object *body = json_new_object(t->arena), *list = json_object_new_array();
	struct json_object *m = json_object_new_object(), *answer, *message;
	struct caller who = payload_caller(t);
	struct http_request req;
	struct http_answer out;
	struct model model;
	const char *text;

	task_model(t, &model);
	json_set_text(m, "role", "user");
	json_set_text(m, "content", prompt);
	json_object_array_add(list, m);
	json_set_text(body, "model", model.provider_id);
	json_set(body, "messages", list);
	json_set_bool(body, "stream", false);
	if (max_tokens)
		json_set_i64(body, "max_tokens", max_tokens);
	if (upstream_request(t->arena, &model, &who, body, &req))
		return NULL;
	req.cancel_fd = t->cancel_fd;
	if (!http_run(t->arena, &req, &out) || out.status >= 400)
		return NULL;
	answer = upstream_result(t->arena, upstream_dialect(&model.connection),
				 json_parse(t->arena, buf_text(out.body), out.body->len, NULL));
	message = json_get(json_item(json_get(answer, "choices"), 0), "message");
	text = json_text(message, "content", NULL);
	return text_empty(text) ? json_text(message, "reasoning_content", NULL) : text;
}

/* The object between the first { and the last } of a reply. */
static struct json_object *object_in(struct turn *t, const char *text)
{
	const char *open = text ? strchr(text, '{') : NULL, *close = text ? strrchr(text, '}') : NULL;

	if (!open || !close || close < open)
		return NULL;
	return json_parse(t->arena, open, (size_t)(close + 1 - open), NULL);
}

static struct json_object *generate(struct turn *t, enum config_key setting, const char *built_in,
				    struct json_object *messages, int64_t max_tokens)
{
	const char *text = config_text(t->cfg, setting);
	struct prompt_values values;

	text = prompts_messages(t->arena, text_empty(text) ? built_in : text, messages);
	if (strstr(text, "{{")) {
		prompt_values_load(t, &values);
		values.client = NULL;
		text = prompt_fill(t->arena, &values, text);
	}
	return object_in(t, ask(t, text, max_tokens));
}

static void follow_ups(struct turn *t, struct json_object *messages)
{
	struct json_object *o = NULL, *list, *data = json_new_object(t->arena), *fields;

	if (config_bool(t->cfg, CK_TASK_FOLLOW_UP_ENABLE))
		o = generate(t, CK_TASK_FOLLOW_UP_PROMPT_TEMPLATE, prompt_follow_ups, messages, 0);
	list = json_get(o, "follow_ups");
	if (!json_is(list, json_type_array))
		list = json_new_array(t->arena);
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
	struct buf *b;

	if (!wanted && json_len(messages) != 2)
		return;
	if (wanted && config_bool(t->cfg, CK_TASK_TITLE_ENABLE))
		o = generate(t, CK_TASK_TITLE_PROMPT_TEMPLATE, prompt_title, messages, TITLE_TOKENS);
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
	struct json_object *o, *list;
	struct rows *rows;

	if (!config_bool(t->cfg, CK_TASK_TAGS_ENABLE))
		return;
	o = generate(t, CK_TASK_TAGS_PROMPT_TEMPLATE, prompt_tags, messages, 0);
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
		title(t, messages, json_flag(t->spec, "title_generation", false));
}
