#include "turn/task.h"

#include "base/log.h"
#include "db/db.h"
#include "http/client.h"
#include "model/catalog.h"
#include "provider/upstream.h"
#include "turn/browser.h"
#include "turn/messages.h"
#include "turn/payload.h"
#include "turn/prepare.h"
#include "turn/prompts.h"

enum { SHORT_TOKENS = 1000, EMOJI_TOKENS = 4 };

static const struct {
	const char *name;		/* as pipelines servers know it */
	int setting;			/* of its template; -1: it has none */
	const char *built_in;
	bool own_model;			/* the task model is not asked */
} tasks[] = {
	[TASK_TITLE] = { "title_generation", CK_TASK_TITLE_PROMPT_TEMPLATE, prompt_title, false },
	[TASK_FOLLOW_UPS] = { "follow_up_generation", CK_TASK_FOLLOW_UP_PROMPT_TEMPLATE, prompt_follow_ups,
			      false },
	[TASK_TAGS] = { "tags_generation", CK_TASK_TAGS_PROMPT_TEMPLATE, prompt_tags, false },
	[TASK_IMAGE_PROMPT] = { "image_prompt_generation", CK_TASK_IMAGE_PROMPT_TEMPLATE, prompt_image, false },
	[TASK_QUERIES] = { "query_generation", CK_TASK_QUERY_PROMPT_TEMPLATE, prompt_queries, false },
	[TASK_AUTOCOMPLETE] = { "autocomplete_generation", CK_TASK_AUTOCOMPLETE_PROMPT_TEMPLATE,
				prompt_autocomplete, false },
	[TASK_EMOJI] = { "emoji_generation", -1, prompt_emoji, false },
	[TASK_MERGE] = { "moa_response_generation", -1, prompt_merge, true },
	[TASK_SUMMARY] = { "context_compaction", CK_CHAT_CONTEXT_COMPACTION_PROMPT_TEMPLATE, prompt_summary,
			   false },
	[TASK_TOOLS] = { "function_calling", CK_TASK_TOOLS_PROMPT_TEMPLATE, prompt_tools, false },
};

static bool is_local(struct arena *a, const struct catalog_entry *e)
{
	struct json_object *o = json_parse(a, e->json, e->len, NULL);

	return text_eq(json_text(o, "connection_type", text_eq(e->owned_by, "ollama") ? "local" : ""), "local");
}

/* Which model does the job; NULL: the one that was named is not known. */
static const char *choose(struct arena *a, const struct config *c, const struct catalog *cat,
			  enum task_kind kind, const char *id)
{
	const struct catalog_entry *e = catalog_find(cat, id);
	const char *other;

	if (!e)
		return NULL;
	if (kind == TASK_SUMMARY)
		other = config_text(c, CK_CHAT_CONTEXT_COMPACTION_MODEL);
	else
		other = config_text(c, is_local(a, e) ? CK_TASK_MODEL_DEFAULT : CK_TASK_MODEL_EXTERNAL);
	return tasks[kind].own_model || text_empty(other) || !catalog_find(cat, other) ? id : other;
}

static bool find_model(struct turn *t, enum task_kind kind, const char *id)
{
	bool own_model = t->model.direct && text_eq(id, t->model.id) &&
			 (tasks[kind].own_model || text_empty(config_text(t->cfg, CK_TASK_MODEL_EXTERNAL)));
	struct db *db;
	const struct catalog *cat;
	const char *chosen;
	int rc;

	if (own_model)
		return true;	/* the user's browser asks */
	db = db_get();
	cat = catalog_get(t->arena, db, t->cfg, false);
	if (t->model.direct)
		id = config_text(t->cfg, CK_TASK_MODEL_EXTERNAL);
	chosen = cat && id ? choose(t->arena, t->cfg, cat, kind, id) : NULL;
	rc = chosen ? model_resolve(t->arena, db, t->cfg, &t->user, chosen, &t->model) : 0;
	db_put(db);
	if (!cat || rc < 0)
		return turn_refuse(t, 503, "The database cannot be reached.");
	if (!chosen)
		return turn_refuse(t, 404, "Model '' was not found");
	return rc || turn_refuse(t, 400, "An internal error has occurred.");
}

/* Limits of the setting "task.model.params", else those of the kind. */
static struct json_object *task_params(struct turn *t, enum task_kind kind)
{
	struct json_object *set = config_tree(t->arena, t->cfg, CK_TASK_MODEL_PARAMS);
	struct json_object *params = json_new_object(t->arena);

	if (kind == TASK_EMOJI) {
		json_set_i64(params, "max_tokens", EMOJI_TOKENS);
		return params;
	}
	if (json_is(set, json_type_object)) {
		json_object_object_foreach(set, key, v) {
			if (v && !text_eq(json_str(v), "") && !tasks[kind].own_model)
				json_set(params, key, json_ref(v));
		}
	}
	if ((kind == TASK_TITLE || kind == TASK_SUMMARY) && !json_object_object_length(params))
		json_set_i64(params, "max_tokens", json_i64(t->model.params, "max_tokens", SHORT_TOKENS));
	return params;
}

static struct json_object *metadata(struct turn *t, enum task_kind kind)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "task", tasks[kind].name);
	json_set_text(o, "chat_id", t->chat_id);
	json_set_text(o, "user_id", t->user.id);
	return o;
}

bool task_prepare(struct turn *t, enum task_kind kind, const char *id, const struct template_input *in,
		  bool stream)
{
	const char *text = tasks[kind].setting >= 0 ? config_text(t->cfg, (enum config_key)tasks[kind].setting) : "";
	struct json_object *list = json_object_new_array(), *spec;

	t->form = json_new_object(t->arena);
	json_set(t->form, "messages", list);
	if (!find_model(t, kind, id))
		return false;
	if (!str_trim(str_of(text)).n)
		text = tasks[kind].built_in;
	messages_push(list, in->question ? "system" : "user",
		      template_fill(t->arena, text, in, in->question ? NULL : prompt_values_of(t)));
	if (in->question)
		messages_push(list, "user", in->question);
	json_set_bool(t->form, "stream", stream);
	json_set(t->form, "metadata", metadata(t, kind));
	spec = json_new_object(t->arena);
	json_set(spec, "model_item", json_ref(json_get(t->spec, "model_item")));
	t->spec = spec;
	json_set(t->spec, "params", json_ref(task_params(t, kind)));
	return turn_prepare_task(t);
}

static const char *answer_text(struct turn *t, const struct http_answer *out)
{
	struct json_object *answer = json_parse(t->arena, buf_text(out->body), out->body->len, NULL), *message;
	const char *text;

	if (!t->model.direct)
		answer = upstream_result(t->arena, upstream_dialect(&t->model.connection), answer);
	message = json_get(json_item(json_get(answer, "choices"), 0), "message");
	text = json_text(message, "content", NULL);
	return text_empty(text) ? json_text(message, "reasoning_content", NULL) : text;
}

const char *task_ask(struct turn *t, enum task_kind kind, const struct template_input *in)
{
	struct turn own = *t;	/* shares all but what the preparation sets */
	struct caller who = payload_caller(t);
	struct http_answer out = { 0 };
	struct http_request req;

	who.task = tasks[kind].name;
	own.params = NULL;
	own.values = NULL;
	if (!task_prepare(&own, kind, t->model.id, in, false)) {
		log_info("task_refused", "task=%s why=\"%s\"", tasks[kind].name, own.failure);
		return NULL;
	}
	if (own.model.direct)
		browser_ask_model(&own, NULL, NULL, NULL, &out);
	else if (payload_request(&own, &who, &req))
		return NULL;
	else
		http_run(t->arena, &req, &out);
	if (out.end != HTTP_DONE || out.status >= 400) {
		log_info("task_failed", "task=%s status=%d", tasks[kind].name, out.status);
		return NULL;
	}
	return answer_text(&own, &out);
}

struct json_object *task_object(struct arena *a, const char *answer)
{
	const char *open = answer ? strchr(answer, '{') : NULL, *close = answer ? strrchr(answer, '}') : NULL;

	if (!open || !close || close < open)
		return NULL;
	return json_parse(a, open, (size_t)(close + 1 - open), NULL);
}
