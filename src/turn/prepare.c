#include "turn/prepare.h"

#include "db/db.h"
#include "turn/browser.h"
#include "turn/code.h"
#include "turn/compact.h"
#include "turn/features.h"
#include "turn/files.h"
#include "turn/filters.h"
#include "turn/history.h"
#include "turn/images.h"
#include "turn/messages.h"
#include "turn/pairs.h"
#include "turn/params.h"
#include "turn/payload.h"
#include "turn/prompt.h"
#include "turn/skills.h"
#include "turn/tool_prepare.h"

/* Fields of the web UI in a completion request; the provider never sees them. */
static const struct {
	const char *name;
	bool kept;			/* a step reads it */
} own_fields[] = {
	{ "params", true }, { "files", true }, { "tool_ids", true }, { "skill_ids", true },
	{ "terminal_id", true }, { "features", true }, { "variables", true }, { "filter_ids", true },
	{ "tool_servers", true }, { "chat_variables", true }, { "folder_id", true },
	{ "regeneration_prompt", true }, { "regeneration_message_id", true },
	{ "assistant_message_id", true }, { "session_id", true }, { "automation_id", true },
	{ "metadata", false }, { "model_item", false }, { "background_tasks", false }, { "chat_id", false },
	{ "id", false }, { "parent_id", false }, { "message_ids", false }, { "user_message", false },
	{ "parent_message", false }, { "new_chat", false }, { "prompt", false },
};

void turn_take_fields(struct json_object *form, struct json_object *spec)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_fields); i++) {
		const char *name = own_fields[i].name;

		if (own_fields[i].kept && json_get(form, name) && !json_has(spec, name))
			json_set(spec, name, json_ref(json_get(form, name)));
		json_del(form, name);
	}
}

bool turn_refuse(struct turn *t, int status, const char *why)
{
	t->failure = why;
	t->failure_status = status;
	return false;
}

bool turn_capability(const struct turn *t, const char *name)
{
	return json_flag(json_get(t->model.meta, "capabilities"), name, true);
}

bool turn_builtin_tools(const struct turn *t)
{
	return !text_empty(t->session_id) && t->native_tools && turn_capability(t, "builtin_tools");
}

/* Access is looked at here again: a job may have waited.  An arena model chooses who answers. */
static bool choose_model(struct turn *t)
{
	const char *id = json_text(t->spec, "model", "");
	struct db *db;
	int rc;

	if (t->model.id || browser_model(t->arena, json_get(t->spec, "model_item"), id, &t->model))
		return true;	/* the request has just been checked, or the user's browser asks */
	db = db_get();
	rc = model_resolve(t->arena, db, t->cfg, &t->user, id, &t->model);
	db_put(db);
	if (rc < 0)
		return turn_refuse(t, 503, "The database cannot be reached.");
	return rc || turn_refuse(t, 400, "Model not found");
}

/* The request's params over the model's; what steers us is noted, the rest goes into the form. */
static bool merge_params(struct turn *t)
{
	t->given_tools = json_has(t->form, "tools");
	if (!params_merge(t))
		return false;
	t->detect_code = code_detected(t);
	params_apply(t);
	return true;
}

/* The branch of a stored chat; other callers send their messages along. */
static bool load_history(struct turn *t)
{
	if (t->saved && !history_load(t))
		return turn_refuse(t, 500, "The messages of this chat cannot be read.");
	if (!json_is(json_get(t->form, "messages"), json_type_array))
		json_set(t->form, "messages", json_object_new_array());
	history_add_hint(t);
	return true;
}

/* The chat's own prompt: placeholders are filled. */
static bool fill_chat_prompt(struct turn *t)
{
	struct json_object *m = messages_system(json_get(t->form, "messages"));

	if (m && messages_text(m))
		json_set_text(m, "content", prompt_resolve(t, messages_text(m)));
	return true;
}

static bool pair_tools(struct turn *t)
{
	json_set(t->form, "messages", json_ref(pairs_complete(t->arena, json_get(t->form, "messages"))));
	return true;
}

/* The model's prompt stands before everything that was said so far. */
static bool add_model_prompt(struct turn *t)
{
	const char *own = json_text(t->model.params, "system", NULL);

	if (!text_empty(own))
		messages_add_system(t->arena, json_get(t->form, "messages"), prompt_resolve(t, own), false);
	return true;
}

/* What pipelines were told about the request is not for the provider. */
static bool drop_own_fields(struct turn *t)
{
	turn_take_fields(t->form, t->spec);
	return true;
}

static bool finish_body(struct turn *t)
{
	if (t->model.direct)
		json_set_text(t->form, "model", t->model.id);
	else
		payload_finish(t);
	return true;
}

/* The order of the contract; a step of another area is added in its place. */
static bool (*const steps[])(struct turn *t) = {
	choose_model,
	merge_params,
	load_history,
	compact_messages,
	history_replay,
	pair_tools,
	fill_chat_prompt,
	images_inline,
	features_add_folder,
	filters_inlet,
	features_add,
	skills_add,
	tool_prepare,
	files_load,
	files_apply_sources,
	/* filter request */
	add_model_prompt,
	finish_body,
};

static bool (*const task_steps[])(struct turn *t) = {
	filters_inlet,
	drop_own_fields,
	merge_params,
	add_model_prompt,
	finish_body,
};

static bool run(struct turn *t, bool (*const *step)(struct turn *t), size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!step[i](t))
			return false;
	return true;
}

bool turn_prepare(struct turn *t)
{
	return run(t, steps, ARRAY_SIZE(steps));
}

bool turn_prepare_task(struct turn *t)
{
	return run(t, task_steps, ARRAY_SIZE(task_steps));
}
