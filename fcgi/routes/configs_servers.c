/* configs_servers - /api/v1/configs: connections to tool and terminal servers, tried out and managed. */

#include "base/env.h"
#include "fcgi/guard.h"
#include "fcgi/settings.h"
#include "fcgi/routes/configs.h"
#include "oauth/session.h"
#include "tool/terminal.h"
#include "tool/verify.h"

static bool servers_enabled(struct req *r)
{
	req_db_release(r);	/* others are waited for */
	if (env_bool("ENABLE_TOOL_SERVERS", true))
		return true;
	req_fail_detail(r, 403, "Tool servers are disabled");
	return false;
}

/* The caller's own token, or that of the caller's provider, as the server's key. */
static void use_own_token(struct req *r, struct json_object *connection)
{
	const char *type = json_text(connection, "auth_type", ""), *token = NULL;

	if (text_eq(type, "session"))
		token = guard_credential(r);
	else if (text_eq(type, "system_oauth"))
		token = json_text(oauth_system_token(r->arena, r->cfg, r->user.id,
						     req_cookie(r, "oauth_session_id")), "access_token", NULL);
	if (!token)
		return;
	json_set_text(connection, "auth_type", "bearer");
	json_set_text(connection, "key", token);
}

static int tool_verify(struct req *r)
{
	struct json_object *o;

	if (!servers_enabled(r))
		return 0;
	use_own_token(r, r->body);
	o = server_verify(r->arena, r->cfg, &r->user, r->body);
	if (!o)
		return req_fail_detail(r, 400, text_eq(json_text(r->body, "type", NULL), "mcp") ?
						       "Failed to create MCP client" :
						       "Failed to connect to the tool server");
	return req_send_obj(r, o);
}

/* The server of a form; false: answered. */
static bool terminal_of(struct req *r, struct terminal *t)
{
	bool bearer = text_eq(json_text(r->body, "auth_type", ""), "bearer");

	if (!servers_enabled(r))
		return false;
	*t = (struct terminal){ .url = json_text(r->body, "url", ""),
				.key = bearer ? json_text(r->body, "key", "") : "" };
	if (t->url[strspn(t->url, "/")])
		return true;
	req_fail_detail(r, 400, "Terminal server URL is required");
	return false;
}

static int terminal_verify(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	struct terminal t;
	const char *kind;

	if (!terminal_of(r, &t))
		return 0;
	kind = terminal_kind(r->arena, &t);
	if (!kind)
		return req_fail_detail(r, 400, "Failed to connect to the terminal server");
	json_set_bool(o, "status", true);
	json_set_text(o, "type", kind);
	return req_send_obj(r, o);
}

/* Ask the orchestrator and hand its answer on. */
static int relay(struct req *r, const struct terminal *t, const char *method, const char *path,
		 struct json_object *body, const char *failure)
{
	const char *text;
	int status, rc = terminal_ask(r->arena, t, method, path, body, &status, &text);

	if (rc < 0)
		return req_fail_detail(r, 400, "%s", failure);
	return rc ? req_send_text(r, text) : req_fail_detail(r, status, "%s", text);
}

/* A policy, or what belongs to it: read, or put when `data` was given. */
static int policy(struct req *r, const char *member, const char *below, const char *failure)
{
	struct json_object *data = json_get(r->body, member);
	struct buf *path = buf_in(r->arena, 0);
	struct terminal t;

	if (!terminal_of(r, &t))
		return 0;
	buf_adds(path, "/api/v1/policies/");
	buf_uri(path, json_text(r->body, "policy_id", ""));
	buf_adds(path, below);
	return relay(r, &t, data ? "PUT" : "GET", path->data, data, failure);
}

static int terminal_policy(struct req *r)
{
	return policy(r, "policy_data", "", "Failed to access policy on terminal server");
}

static int terminal_lifecycle(struct req *r)
{
	return policy(r, "lifecycle_data", "/lifecycle", "Failed to access lifecycle on terminal server");
}

static int terminal_refresh(struct req *r)
{
	static const char *const names[] = { "user_id", "policy_id" };
	struct json_object *body = json_new_object(r->arena);
	struct terminal t;

	if (!terminal_of(r, &t))
		return 0;
	json_set_bool(body, "only_idle", json_flag(r->body, "only_idle", true));
	json_set_bool(body, "reset", json_flag(r->body, "reset", false));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!text_empty(json_text(r->body, names[i], NULL)))
			json_set_text(body, names[i], json_text(r->body, names[i], NULL));
	return relay(r, &t, "POST", "/api/v1/terminals/refresh", body, "Failed to refresh terminals");
}

#define ORCHESTRATOR                                                                        \
	{ "url", T_STR, F_REQUIRED }, { "key", T_STR | T_NULL, .def = "\"\"" },             \
	{ "auth_type", T_STR | T_NULL, .def = "\"bearer\"" }

static const struct field policy_form[] = {
	ORCHESTRATOR, { "policy_id", T_STR, F_REQUIRED },
	{ "policy_data", T_DICT | T_NULL }, SCHEMA_END
};

static const struct field lifecycle_form[] = {
	ORCHESTRATOR, { "policy_id", T_STR, F_REQUIRED },
	{ "lifecycle_data", T_DICT | T_NULL }, SCHEMA_END
};

static const struct field refresh_form[] = {
	ORCHESTRATOR, { "user_id", T_STR | T_NULL }, { "policy_id", T_STR | T_NULL },
	{ "only_idle", T_BOOL, .def = "true" }, { "reset", T_BOOL, .def = "false" }, SCHEMA_END
};

const struct route config_server_routes[] = {
	{ "POST", "/api/v1/configs/tool_servers/verify", ADMIN, tool_verify, tool_server_form,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/configs/terminal_servers/verify", ADMIN, terminal_verify, terminal_server_form,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/configs/terminal_servers/policy", ADMIN, terminal_policy, policy_form,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/configs/terminal_servers/lifecycle", ADMIN, terminal_lifecycle, lifecycle_form,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/configs/terminal_servers/refresh", ADMIN, terminal_refresh, refresh_form,
	  .flags = R_STREAM },
	ROUTES_END
};
