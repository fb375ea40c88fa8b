/* configs - /api/v1/configs: settings of the instance, whole, by name space and by page. */

#include "fcgi/routes/configs.h"
#include "fcgi/settings.h"

static const struct field connections_view[] = {
	{ "ENABLE_DIRECT_CONNECTIONS", T_BOOL, F_REQUIRED, .config = "direct.enable" },
	{ "ENABLE_DIRECT_INTEGRATIONS", T_BOOL, .config = "direct.integrations.enable" },
	{ "ENABLE_BASE_MODELS_CACHE", T_BOOL, F_REQUIRED, .config = "models.base_models_cache" },
	SCHEMA_END
};

static const struct field code_view[] = {
	{ "ENABLE_CODE_EXECUTION", T_BOOL, F_REQUIRED, .config = "code_execution.enable" },
	{ "CODE_EXECUTION_ENGINE", T_STR, F_REQUIRED, .config = "code_execution.engine" },
	{ "CODE_EXECUTION_JUPYTER_URL", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_execution.jupyter.url" },
	{ "CODE_EXECUTION_JUPYTER_AUTH", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_execution.jupyter.auth" },
	{ "CODE_EXECUTION_JUPYTER_AUTH_TOKEN", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_execution.jupyter.auth_token" },
	{ "CODE_EXECUTION_JUPYTER_AUTH_PASSWORD", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_execution.jupyter.auth_password" },
	{ "CODE_EXECUTION_JUPYTER_TIMEOUT", T_INT | T_NULL, F_REQUIRED,
	  .config = "code_execution.jupyter.timeout" },
	{ "ENABLE_CODE_INTERPRETER", T_BOOL, F_REQUIRED, .config = "code_interpreter.enable" },
	{ "CODE_INTERPRETER_ENGINE", T_STR, F_REQUIRED, .config = "code_interpreter.engine" },
	{ "CODE_INTERPRETER_PROMPT_TEMPLATE", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.prompt_template" },
	{ "CODE_INTERPRETER_JUPYTER_URL", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.jupyter.url" },
	{ "CODE_INTERPRETER_JUPYTER_AUTH", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.jupyter.auth" },
	{ "CODE_INTERPRETER_JUPYTER_AUTH_TOKEN", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.jupyter.auth_token" },
	{ "CODE_INTERPRETER_JUPYTER_AUTH_PASSWORD", T_STR | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.jupyter.auth_password" },
	{ "CODE_INTERPRETER_JUPYTER_TIMEOUT", T_INT | T_NULL, F_REQUIRED,
	  .config = "code_interpreter.jupyter.timeout" },
	SCHEMA_END
};

static const struct field models_view[] = {
	{ "DEFAULT_MODELS", T_STR | T_NULL, F_REQUIRED, .config = "ui.default_models" },
	{ "DEFAULT_PINNED_MODELS", T_STR | T_NULL, F_REQUIRED,
	  .config = "ui.default_pinned_models" },
	{ "MODEL_ORDER_LIST", T_LIST | T_NULL, F_REQUIRED, .item = &text_item,
	  .config = "ui.model_order_list" },
	{ "DEFAULT_MODEL_METADATA", T_DICT | T_NULL, .def = "null",
	  .config = "models.default_metadata" },
	{ "DEFAULT_MODEL_PARAMS", T_DICT | T_NULL, .def = "null",
	  .config = "models.default_params" },
	SCHEMA_END
};

static const struct field subagents_view[] = {
	{ "ENABLE_SUBAGENTS", T_BOOL, F_REQUIRED, .config = "subagents.enable" },
	{ "SUBAGENTS_BACKGROUND_ENABLED", T_BOOL, F_REQUIRED,
	  .config = "subagents.background_enabled" },
	{ "SUBAGENTS_MAX_CONCURRENT", T_INT, F_REQUIRED, .config = "subagents.max_concurrent" },
	{ "SUBAGENTS_MAX_ASYNC", T_INT, F_REQUIRED, .config = "subagents.max_async" },
	{ "SUBAGENTS_MAX_ITERATIONS", T_INT, F_REQUIRED, .config = "subagents.max_iterations" },
	{ "SUBAGENTS_MAX_OUTPUT", T_INT, F_REQUIRED, .config = "subagents.max_output" },
	{ "SUBAGENTS_SYSTEM_PROMPT", T_STR, F_REQUIRED, .config = "subagents.system_prompt" },
	SCHEMA_END
};

static const struct field text_map = { "", T_DICT, .item = &text_item };
static const struct field banner_form[] = {
	{ "i18n", T_DICT | T_NULL, .item = &text_map, .def = "null" },
	{ "id", T_STR, F_REQUIRED }, { "type", T_STR, F_REQUIRED },
	{ "title", T_STR | T_NULL, .def = "null" }, { "content", T_STR, F_REQUIRED },
	{ "dismissible", T_BOOL, F_REQUIRED }, { "timestamp", T_INT, F_REQUIRED },
	SCHEMA_END
};
static const struct field banner_item = { "", T_MODEL, .sub = banner_form };
static const struct field banners_form[] = {
	{ "banners", T_LIST, F_REQUIRED, .item = &banner_item, .config = "ui.banners" }, SCHEMA_END
};

static int banners_get(struct req *r)
{
	return req_send_text(r, config_json(r->cfg, CK_UI_BANNERS));
}

static int banners_set(struct req *r)
{
	return settings_store(r, settings_changes(r, banners_form, r->body)) ? banners_get(r) : 0;
}

static const struct field suggestion_form[] = {
	{ "title", T_LIST, F_REQUIRED, .item = &text_item }, { "content", T_STR, F_REQUIRED },
	SCHEMA_END
};
static const struct field suggestion_item = { "", T_MODEL, .sub = suggestion_form };
static const struct field suggestions_view[] = {
	{ "suggestions", T_LIST | T_NULL, F_REQUIRED, .item = &suggestion_item,
	  .config = "ui.prompt_suggestions" },
	{ "i18n", T_DICT | T_NULL, .def = "{}", .config = "ui.prompt_suggestions_i18n" },
	SCHEMA_END
};

static int suggestions_set(struct req *r)
{
	if (!json_get(r->body, "i18n"))
		json_set(r->body, "i18n", json_object_new_object());
	return settings_set(r);
}

static const struct field models_defaults_view[] = {
	{ "DEFAULT_MODEL_METADATA", T_DICT, .config = "models.default_metadata" }, SCHEMA_END
};

static const struct field strict_bool = { "", T_BOOL, F_STRICT };
static const struct field visibility_view[] = {
	{ "visibility", T_DICT, F_REQUIRED, .item = &strict_bool, .config = "ui.visibility" },
	SCHEMA_END
};

const struct field tool_server_form[] = {
	{ "url", T_STR, F_REQUIRED }, { "path", T_STR, F_REQUIRED },
	{ "type", T_STR | T_NULL, .def = "\"openapi\"" },
	{ "auth_type", T_STR | T_NULL, F_REQUIRED }, { "forward_cookies", T_BOOL, .def = "false" },
	{ "headers", T_DICT | T_STR | T_NULL, .def = "null" }, { "key", T_STR | T_NULL, F_REQUIRED },
	{ "config", T_DICT | T_NULL, F_REQUIRED }, { "info", T_DICT | T_NULL, .def = "null" },
	SCHEMA_END
};
static const struct field tool_server_item = { "", T_MODEL, .sub = tool_server_form };
static const struct field tool_servers_view[] = {
	{ "TOOL_SERVER_CONNECTIONS", T_LIST, F_REQUIRED, .item = &tool_server_item,
	  .config = "tool_server.connections" },
	SCHEMA_END
};

const struct field terminal_server_form[] = {
	{ "id", T_STR | T_NULL, .def = "\"\"" }, { "name", T_STR | T_NULL, .def = "\"\"" },
	{ "enabled", T_BOOL | T_NULL, .def = "true" }, { "url", T_STR, F_REQUIRED },
	{ "path", T_STR | T_NULL, .def = "\"/openapi.json\"" },
	{ "key", T_STR | T_NULL, .def = "\"\"" }, { "auth_type", T_STR | T_NULL, .def = "\"bearer\"" },
	{ "forward_cookies", T_BOOL, .def = "false" }, { "config", T_DICT | T_NULL, .def = "null" },
	{ "server_type", T_STR | T_NULL, .def = "null" }, { "policy_id", T_STR | T_NULL, .def = "null" },
	SCHEMA_END
};
static const struct field terminal_server_item = { "", T_MODEL, .sub = terminal_server_form };
static const struct field terminal_servers_view[] = {
	{ "TERMINAL_SERVER_CONNECTIONS", T_LIST, F_REQUIRED, .item = &terminal_server_item,
	  .config = "terminal_server.connections" },
	SCHEMA_END
};

/* What the orchestrator keeps itself is not stored here. */
static int terminal_servers_set(struct req *r)
{
	struct json_object *list = json_get(r->body, "TERMINAL_SERVER_CONNECTIONS");

	for (size_t i = 0; i < json_len(list); i++) {
		json_del(json_item(list, i), "policy");
		json_del(json_item(list, i), "lifecycle");
	}
	return settings_set(r);
}

static const struct field import_form[] = { { "config", T_DICT, F_REQUIRED }, SCHEMA_END };

static int export_get(struct req *r)
{
	return req_send_obj(r, config_rows_like(r->arena, r->cfg, "%"));
}

static int namespace_get(struct req *r)
{
	return req_send_obj(r, config_rows_like(r->arena, r->cfg,
						arena_printf(r->arena, "%s.%%", r->params[0])));
}

static int import_set(struct req *r)
{
	bool ended;

	settings_tell(r, "config.imported", "import", json_get(r->body, "config"));
	return settings_store_policy(r, json_get(r->body, "config"), &ended) ? export_get(r) : 0;
}

#define VIEW(path, table, told)                                                            \
	{ "GET", "/api/v1/configs/" path, ADMIN, settings_get, .view = table },            \
	{ "POST", "/api/v1/configs/" path, ADMIN, settings_set, table, .event = told }

const struct route config_routes[] = {
	{ "GET", "/api/v1/configs/export", ADMIN, export_get },
	{ "POST", "/api/v1/configs/import", ADMIN, import_set, import_form },
	{ "GET", "/api/v1/configs/namespace/{namespace}", ADMIN, namespace_get },
	VIEW("connections", connections_view, "config.connections.updated 'connections' "
	     "ENABLE_DIRECT_CONNECTIONS=@ENABLE_DIRECT_CONNECTIONS "
	     "ENABLE_DIRECT_INTEGRATIONS=@ENABLE_DIRECT_INTEGRATIONS "
	     "ENABLE_BASE_MODELS_CACHE=@ENABLE_BASE_MODELS_CACHE"),
	VIEW("code_execution", code_view, "config.code_execution.updated 'code_execution' "
	     "code_execution_enabled=@ENABLE_CODE_EXECUTION code_execution_engine=@CODE_EXECUTION_ENGINE "
	     "code_interpreter_enabled=@ENABLE_CODE_INTERPRETER code_interpreter_engine=@CODE_INTERPRETER_ENGINE"),
	VIEW("models", models_view, "config.models.updated 'models' default_models=@DEFAULT_MODELS "
	     "default_pinned_models=@DEFAULT_PINNED_MODELS model_order_count=#@MODEL_ORDER_LIST"),
	VIEW("subagents", subagents_view, "config.updated 'subagents' enabled=@ENABLE_SUBAGENTS"),
	VIEW("tool_servers", tool_servers_view, "config.tool_servers.updated 'tool_server.connections' "
	     "count=#@TOOL_SERVER_CONNECTIONS types=@TOOL_SERVER_CONNECTIONS.*.type"),
	{ "GET", "/api/v1/configs/terminal_servers", ADMIN, settings_get,
	  .view = terminal_servers_view },
	{ "POST", "/api/v1/configs/terminal_servers", ADMIN, terminal_servers_set,
	  terminal_servers_view,
	  .event = "config.terminal_servers.updated 'terminal_server.connections' "
		"count=#.TERMINAL_SERVER_CONNECTIONS" },
	{ "GET", "/api/v1/configs/models/defaults", USER, settings_get,
	  .view = models_defaults_view },
	{ "POST", "/api/v1/configs/interface/visibility", ADMIN, settings_set, visibility_view,
	  .event = "config.updated 'interface' keys=[ui.visibility]" },
	{ "POST", "/api/v1/configs/suggestions", ADMIN, suggestions_set, suggestions_view,
	  .event = "config.suggestions.updated 'ui.prompt_suggestions' count=#.suggestions" },
	{ "GET", "/api/v1/configs/banners", USER, banners_get },
	{ "POST", "/api/v1/configs/banners", ADMIN, banners_set, banners_form,
	  .event = "config.banners.updated 'ui.banners' count=#.banners" },
	ROUTES_END
};
