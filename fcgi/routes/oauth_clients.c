/* oauth_clients - tool servers behind OAuth 2.1: registered by an administrator, connected by each account. */

#include "base/env.h"
#include "base/log.h"
#include "fcgi/routes/oauth.h"
#include "oauth/state.h"
#include "oauth/toolclient.h"

static bool servers_enabled(struct req *r)
{
	req_db_release(r);	/* others are waited for */
	if (env_bool("ENABLE_TOOL_SERVERS", true))
		return true;
	req_fail_detail(r, 403, "Tool servers are disabled");
	return false;
}

static bool client_of(struct req *r, struct tool_client *t)
{
	if (!servers_enabled(r))
		return false;
	if (tool_client_get(r->arena, r->cfg, r->params[0], t))
		return true;
	req_fail_detail(r, 404, "Not Found");
	return false;
}

static int authorize(struct req *r)
{
	struct tool_client t;
	const char *where, *why;

	if (!client_of(r, &t))
		return 0;
	if (!tool_client_known(r->arena, r->cfg, &t) &&
	    (tool_client_renew(r->arena, r->cfg, &t, oauth_webui_url(r)) <= 0 ||
	     !tool_client_known(r->arena, r->cfg, &t)))
		return req_fail_detail(r, 500, "Failed to re-register OAuth client");
	where = tool_client_begin(r->arena, r->cfg, &t, r->user.id, oauth_browser(r), &why);
	return where ? req_send_redirect(r, 302, where) : req_fail_detail(r, 400, "%s", why);
}

static int callback(struct req *r)
{
	const struct tool_client_return back = {
		.code = req_query(r, "code"), .state = req_query(r, "state"), .error = req_query(r, "error"),
		.error_description = req_query(r, "error_description"),
		.browser = req_cookie(r, "owui-session"),
		.user_id = r->has_user && user_is_verified(&r->user) ? r->user.id : NULL,
	};
	struct buf *b = buf_in(r->arena, 0);
	struct tool_client t;
	const char *fault;

	if (!client_of(r, &t))
		return 0;
	fault = tool_client_finish(r->arena, r->cfg, &t, &back);
	buf_adds(b, oauth_webui_url(r));
	if (fault) {
		log_warn("tool_client", "id=%s why=\"%s\"", t.id, fault);
		buf_adds(b, "/?error=");
		buf_uri(b, fault);
	}
	return req_send_redirect(r, 307, b->data);
}

static const struct field register_form[] = {
	{ "url", T_STR, F_REQUIRED }, { "client_id", T_STR, F_REQUIRED }, { "client_name", T_STR | T_NULL },
	{ "client_secret", T_STR | T_NULL }, { "oauth_server_url", T_STR | T_NULL },
	{ "oauth_scope", T_STR | T_NULL }, SCHEMA_END
};

static const struct field register_query[] = { { "type", T_STR | T_NULL }, SCHEMA_END };

static int client_register(struct req *r)
{
	const char *type = req_query(r, "type"), *id = json_text(r->body, "client_id", ""), *why = "";
	const char *server = json_text(r->body, "oauth_server_url", ""), *sealed;
	struct tool_client_form form = {
		.id = text_empty(type) ? id : arena_printf(r->arena, "%s:%s", type, id),
		.url = *server ? server : json_text(r->body, "url", ""), .client_id = id,
		.client_secret = json_text(r->body, "client_secret", NULL),
		.scope = json_text(r->body, "oauth_scope", NULL), .webui_url = oauth_webui_url(r),
	};
	struct json_object *info, *o = json_new_object(r->arena);

	if (!servers_enabled(r))
		return 0;
	info = tool_client_register(r->arena, r->cfg, &form, &why);
	sealed = info ? tool_client_seal(r->arena, info) : NULL;
	if (!sealed)
		return req_fail_detail(r, 400, "Failed to register OAuth client: %s", why);
	json_set_bool(o, "status", true);
	json_set_text(o, "oauth_client_info", sealed);
	return req_send_obj(r, o);
}

const struct route oauth_client_routes[] = {
	{ "GET", "/oauth/clients/{client_id}/authorize", USER, authorize, .flags = R_STREAM },
	{ "GET", "/oauth/clients/{client_id}/callback", OPTIONAL, callback, .query = oauth_callback_query,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/configs/oauth/clients/register", ADMIN, client_register, register_form,
	  .query = register_query, .flags = R_STREAM },
	ROUTES_END
};
