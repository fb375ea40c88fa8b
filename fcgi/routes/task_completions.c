/* task_completions - /api/v1/tasks/…/completions: the small jobs around a chat, asked for one by one. */

#include "fcgi/routes/completions.h"
#include "turn/task.h"

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };

/* A switched-off job is told in an answer of 200 where the web UI expects that. */
static int switched_off(struct req *r, const char *what)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_text(o, "detail", arena_printf(r->arena, "%s is disabled", what));
	return req_send_obj(r, o);
}

static int complete(struct req *r, enum task_kind kind)
{
	const char *model = json_text(r->body, "model", "");
	struct template_input in = {
		.messages = json_get(r->body, "messages"),
		.prompt = json_text(r->body, "prompt", NULL),
		.type = json_text(r->body, "type", NULL),
		.responses = json_get(r->body, "responses"),
	};
	bool stream = kind == TASK_MERGE && json_flag(r->body, "stream", false);
	struct json_object *spec = json_new_object(r->arena);
	struct turn t;
	int rc;

	json_set(spec, "chat_id", json_ref(json_get(r->body, "chat_id")));
	req_db_release(r);
	turn_init(&t, r->arena, spec);
	t.user = r->user;
	if (task_prepare(&t, kind, model, &in, stream))
		rc = completions_direct(r, &t);
	else
		rc = req_fail_detail(r, t.failure_status, "%s", t.failure);
	turn_free(&t);
	return rc;
}

static int title(struct req *r)
{
	if (!config_bool(r->cfg, CK_TASK_TITLE_ENABLE))
		return switched_off(r, "Title generation");
	if (text_empty(json_text(r->body, "model", NULL)))
		return req_fail_detail(r, 400, "A title needs a model: none was named.");
	return complete(r, TASK_TITLE);
}

static int follow_ups(struct req *r)
{
	if (!config_bool(r->cfg, CK_TASK_FOLLOW_UP_ENABLE))
		return switched_off(r, "Follow-up generation");
	return complete(r, TASK_FOLLOW_UPS);
}

static int tags(struct req *r)
{
	if (!config_bool(r->cfg, CK_TASK_TAGS_ENABLE))
		return switched_off(r, "Tags generation");
	return complete(r, TASK_TAGS);
}

static int image_prompt(struct req *r)
{
	return complete(r, TASK_IMAGE_PROMPT);
}

static int queries(struct req *r)
{
	const char *type = json_text(r->body, "type", "");

	if (text_eq(type, "web_search") && !config_bool(r->cfg, CK_TASK_QUERY_SEARCH_ENABLE))
		return req_fail_detail(r, 400, "Search query generation is disabled");
	if (text_eq(type, "retrieval") && !config_bool(r->cfg, CK_TASK_QUERY_RETRIEVAL_ENABLE))
		return req_fail_detail(r, 400, "Query generation is disabled");
	return complete(r, TASK_QUERIES);
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int autocomplete(struct req *r)
{
	int64_t most = config_i64(r->cfg, CK_TASK_AUTOCOMPLETE_INPUT_MAX_LENGTH, -1);

	if (!config_bool(r->cfg, CK_TASK_AUTOCOMPLETE_ENABLE))
		return req_fail_detail(r, 400, "Autocompletion generation is disabled");
	if (most > 0 && characters(json_text(r->body, "prompt", "")) > (size_t)most)
		return req_fail_detail(r, 400, "Input prompt exceeds maximum length of %" PRId64, most);
	return complete(r, TASK_AUTOCOMPLETE);
}

static int emoji(struct req *r)
{
	return complete(r, TASK_EMOJI);
}

static int merge(struct req *r)
{
	return complete(r, TASK_MERGE);
}

const struct route task_completion_routes[] = {
	{ "POST", "/api/v1/tasks/title/completions", USER, title, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/follow_up/completions", USER, follow_ups, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/tags/completions", USER, tags, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/image_prompt/completions", USER, image_prompt, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/queries/completions", USER, queries, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/auto/completions", USER, autocomplete, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/emoji/completions", USER, emoji, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/tasks/moa/completions", USER, merge, any_object, .flags = R_STREAM },
	ROUTES_END
};
