/* settings_services - settings of providers, tasks, chats and evaluations. */

#include "base/env.h"
#include "fcgi/settings.h"

static const struct field tasks_view[] = {
	{ "TASK_MODEL", T_STR | T_NULL, F_REQUIRED, .config = "task.model.default" },
	{ "TASK_MODEL_EXTERNAL", T_STR | T_NULL, F_REQUIRED, .config = "task.model.external" },
	{ "TASK_MODEL_PARAMS", T_DICT | T_NULL, .def = "null", .config = "task.model.params" },
	{ "ENABLE_TITLE_GENERATION", T_BOOL, F_REQUIRED, .config = "task.title.enable" },
	{ "TITLE_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.title.prompt_template" },
	{ "IMAGE_PROMPT_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.image.prompt_template" },
	{ "ENABLE_AUTOCOMPLETE_GENERATION", T_BOOL, F_REQUIRED,
	  .config = "task.autocomplete.enable" },
	{ "AUTOCOMPLETE_GENERATION_INPUT_MAX_LENGTH", T_INT | T_NULL, .def = "null",
	  .config = "task.autocomplete.input_max_length" },
	{ "AUTOCOMPLETE_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.autocomplete.prompt_template" },
	{ "TAGS_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.tags.prompt_template" },
	{ "FOLLOW_UP_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.follow_up.prompt_template" },
	{ "ENABLE_FOLLOW_UP_GENERATION", T_BOOL, F_REQUIRED, .config = "task.follow_up.enable" },
	{ "ENABLE_TAGS_GENERATION", T_BOOL, F_REQUIRED, .config = "task.tags.enable" },
	{ "ENABLE_SEARCH_QUERY_GENERATION", T_BOOL, F_REQUIRED,
	  .config = "task.query.search.enable" },
	{ "ENABLE_RETRIEVAL_QUERY_GENERATION", T_BOOL, F_REQUIRED,
	  .config = "task.query.retrieval.enable" },
	{ "QUERY_GENERATION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.query.prompt_template" },
	{ "TOOLS_FUNCTION_CALLING_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "task.tools.prompt_template" },
	{ "ENABLE_VOICE_MODE_PROMPT", T_BOOL, F_REQUIRED, .config = "task.voice.prompt.enable" },
	{ "VOICE_MODE_PROMPT_TEMPLATE", T_STR | T_NULL, F_REQUIRED,
	  .config = "task.voice.prompt_template" },
	SCHEMA_END
};

static const struct field evaluations_view[] = {
	{ "ENABLE_EVALUATION_ARENA_MODELS", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "evaluation.arena.enable" },
	{ "EVALUATION_ARENA_MODELS", T_LIST | T_NULL, F_KEEP_NULL,
	  .item = &(const struct field){ "", T_DICT }, .config = "evaluation.arena.models" },
	SCHEMA_END
};

static const struct field openai_view[] = {
	{ "ENABLE_OPENAI_API", T_BOOL | T_NULL, .def = "null", .config = "openai.enable" },
	{ "OPENAI_API_BASE_URLS", T_LIST, F_REQUIRED, .item = &text_item,
	  .config = "openai.api_base_urls" },
	{ "OPENAI_API_KEYS", T_LIST, F_REQUIRED, .item = &text_item, .config = "openai.api_keys" },
	{ "OPENAI_API_CONFIGS", T_DICT, F_REQUIRED, .config = "openai.api_configs" },
	SCHEMA_END
};

static const struct field ollama_view[] = {
	{ "ENABLE_OLLAMA_API", T_BOOL | T_NULL, .def = "null", .config = "ollama.enable" },
	{ "OLLAMA_BASE_URLS", T_LIST, F_REQUIRED, .item = &text_item,
	  .config = "ollama.base_urls" },
	{ "OLLAMA_API_CONFIGS", T_DICT, F_REQUIRED, .config = "ollama.api_configs" },
	SCHEMA_END
};

static const struct field chats_view[] = {
	{ "CONTEXT_COMPACTION_MODEL", T_STR | T_NULL, .def = "\"\"",
	  .config = "chat.context_compaction.model" },
	{ "ENABLE_CONTEXT_COMPACTION", T_BOOL, F_REQUIRED,
	  .config = "chat.context_compaction.enable" },
	{ "CONTEXT_COMPACTION_TOKEN_THRESHOLD", T_INT | T_NULL, .def = "null",
	  .config = "chat.context_compaction.token_threshold" },
	{ "CONTEXT_COMPACTION_TOKEN_CAP", T_INT | T_NULL, .def = "null",
	  .config = "chat.context_compaction.token_cap" },
	{ "CONTEXT_COMPACTION_RETENTION_PERCENTAGE", T_INT | T_NULL, .def = "null",
	  .config = "chat.context_compaction.retention_percentage" },
	{ "CONTEXT_COMPACTION_PROMPT_TEMPLATE", T_STR, F_REQUIRED,
	  .config = "chat.context_compaction.prompt_template" },
	{ "ENABLE_TOOL_PERMISSIONS", T_BOOL, .def = "false",
	  .config = "chat.tool_permissions.enable" },
	{ "ENABLE_TOOL_SEARCH", T_BOOL, .def = "false", .config = "chat.tool_search.enable" },
	{ "TOOL_SEARCH_DEFER_THRESHOLD", T_INT, .def = "400",
	  .config = "chat.tool_search.defer_threshold" },
	{ "TOOL_SEARCH_ALWAYS_LOADED", T_LIST, .item = &text_item, .def = "[]",
	  .config = "chat.tool_search.always_loaded" },
	{ "TOOL_SEARCH_DEFER_BUILTIN_TOOLS", T_BOOL, .def = "true",
	  .config = "chat.tool_search.defer_builtin_tools" },
	SCHEMA_END
};

/* Configurations of connections that do not exist are left out. */
static void tidy_configs(struct json_object *body, const char *member, size_t count)
{
	struct json_object *all = json_get(body, member), *out = json_object_new_object();

	json_object_object_foreach(all, key, v) {
		int64_t n;

		if (str_to_i64(str_of(key), 0, (int64_t)count - 1, &n) && (key[0] != '0' || !key[1]))
			json_set(out, key, json_ref(v));
	}
	json_set(body, member, out);
}

/* As many keys as addresses. */
static int openai_set(struct req *r)
{
	struct json_object *keys = json_get(r->body, "OPENAI_API_KEYS"), *out;
	size_t count = json_len(json_get(r->body, "OPENAI_API_BASE_URLS"));

	out = json_object_new_array();
	for (size_t i = 0; i < count; i++)
		json_object_array_add(out, i < json_len(keys) ? json_ref(json_item(keys, i))
							      : json_object_new_string(""));
	json_set(r->body, "OPENAI_API_KEYS", out);
	tidy_configs(r->body, "OPENAI_API_CONFIGS", count);
	return settings_set(r);
}

static int ollama_set(struct req *r)
{
	tidy_configs(r->body, "OLLAMA_API_CONFIGS", json_len(json_get(r->body, "OLLAMA_BASE_URLS")));
	return settings_set(r);
}

static int tasks_set(struct req *r)
{
	if (!json_get(r->body, "AUTOCOMPLETE_GENERATION_INPUT_MAX_LENGTH"))
		json_set_i64(r->body, "AUTOCOMPLETE_GENERATION_INPUT_MAX_LENGTH",
			     env_int("AUTOCOMPLETE_GENERATION_INPUT_MAX_LENGTH", -1, INT32_MIN,
				     INT32_MAX));
	return settings_set(r);
}

static int64_t clamp(int64_t v, int64_t min, int64_t max)
{
	return v < min ? min : v > max ? max : v;
}

static void trim_items(struct json_object *body, const char *name)
{
	struct json_object *list = json_get(body, name), *out = json_object_new_array();

	for (size_t i = 0; i < json_len(list); i++) {
		struct str s = str_trim(str_of(json_str(json_item(list, i))));

		if (s.n)
			json_object_array_add(out, json_object_new_string_len(s.p, (int)s.n));
	}
	json_set(body, name, out);
}

/* No cap stored: the threshold is shown for it. */
static int chats_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);
	struct json_object *view;

	settings_show(r, b, chats_view);
	view = json_parse_text(r->arena, buf_text(b));
	if (!json_get(view, "CONTEXT_COMPACTION_TOKEN_CAP"))
		json_set_i64(view, "CONTEXT_COMPACTION_TOKEN_CAP",
			     json_i64(view, "CONTEXT_COMPACTION_TOKEN_THRESHOLD", 80000));
	return req_send_text(r, json_print(view));
}

static int chats_set(struct req *r)
{
	struct json_object *b = r->body;
	int64_t tokens = json_i64(b, "CONTEXT_COMPACTION_TOKEN_THRESHOLD",
				  env_int("CONTEXT_COMPACTION_TOKEN_THRESHOLD", 80000, 1, INT32_MAX));
	int64_t cap, keep;

	tokens = clamp(tokens, 1, INT64_MAX);
	cap = json_i64(b, "CONTEXT_COMPACTION_TOKEN_CAP", 0);
	keep = json_i64(b, "CONTEXT_COMPACTION_RETENTION_PERCENTAGE",
			env_int("CONTEXT_COMPACTION_RETENTION_PERCENTAGE", 25, 0, 100));
	json_set_text(b, "CONTEXT_COMPACTION_MODEL", json_text(b, "CONTEXT_COMPACTION_MODEL", ""));
	json_set_i64(b, "CONTEXT_COMPACTION_TOKEN_THRESHOLD", tokens);
	json_set_i64(b, "CONTEXT_COMPACTION_TOKEN_CAP", clamp(cap ? cap : tokens, 1, INT64_MAX));
	json_set_i64(b, "CONTEXT_COMPACTION_RETENTION_PERCENTAGE", clamp(keep, 10, 50));
	json_set_i64(b, "TOOL_SEARCH_DEFER_THRESHOLD",
		     clamp(json_i64(b, "TOOL_SEARCH_DEFER_THRESHOLD", 0), 0, INT64_MAX));
	trim_items(b, "TOOL_SEARCH_ALWAYS_LOADED");
	return settings_set(r);
}

const struct route settings_services_routes[] = {
	{ "GET", "/openai/config", ADMIN, settings_get, .view = openai_view },
	{ "POST", "/openai/config/update", ADMIN, openai_set, openai_view,
	  .event = "model.provider_config.updated 'openai' provider='openai' enabled=.ENABLE_OPENAI_API "
		"base_url_count=#.OPENAI_API_BASE_URLS" },
	{ "GET", "/ollama/config", ADMIN, settings_get, .view = ollama_view },
	{ "POST", "/ollama/config/update", ADMIN, ollama_set, ollama_view,
	  .event = "model.provider_config.updated 'ollama' provider='ollama' enabled=.ENABLE_OLLAMA_API "
		"base_url_count=#.OLLAMA_BASE_URLS" },
	{ "GET", "/api/v1/tasks/config", USER, settings_get, .view = tasks_view },
	{ "POST", "/api/v1/tasks/config/update", ADMIN, tasks_set, tasks_view },
	{ "GET", "/api/v1/chats/config", ADMIN, chats_get, .view = chats_view },
	{ "POST", "/api/v1/chats/config", ADMIN, chats_set, chats_view },
	{ "GET", "/api/v1/evaluations/config", ADMIN, settings_get, .view = evaluations_view },
	{ "POST", "/api/v1/evaluations/config", ADMIN, settings_set, evaluations_view,
	  .event = "config.updated 'evaluation' arena_enabled=@ENABLE_EVALUATION_ARENA_MODELS "
		"arena_model_count=#@EVALUATION_ARENA_MODELS" },
	ROUTES_END
};
