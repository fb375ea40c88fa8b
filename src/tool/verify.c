#include "tool/verify.h"

#include "base/env.h"
#include "base/log.h"
#include "http/client.h"
#include "oauth/provider.h"
#include "oauth/resource.h"
#include "tool/mcp.h"

enum { FETCH_S = 10 };

static struct json_object *verify_mcp(struct toolbox *b, const struct server *s, const char **err)
{
	struct json_object *specs = mcp_specs(b, s, err), *o = json_new_object(b->arena);

	if (!specs)
		return NULL;
	json_set_bool(o, "status", true);
	json_set(o, "specs", json_ref(specs));
	return o;
}

/* Behind OAuth 2.1 nobody gets in yet: is there somebody to ask for it? */
static struct json_object *verify_oauth(struct toolbox *b, struct json_object *connection, const char **err)
{
	const char *url = json_text(json_get(connection, "info"), "oauth_server_url", ""), *from;
	int64_t timeout = oauth_timeout_ms(b->cfg, CK_OAUTH_CLIENT_TIMEOUT);
	struct json_object *server, *o = json_new_object(b->arena);
	struct resource r;

	resource_discover(b->arena, *url ? url : json_text(connection, "url", ""), timeout, &r);
	server = resource_published(b->arena, &r, timeout, &from, err);
	if (!server)
		return NULL;
	json_set_bool(o, "status", true);
	json_set(o, "oauth_server_metadata", json_ref(server));
	return o;
}

static struct json_object *verify_openapi(struct toolbox *b, const struct server *s, const char **err)
{
	struct http_request req = {
		.method = "GET", .url = server_spec_url(b->arena, s->connection), .cancel_fd = -1,
		.max_body = SERVER_SPEC_MAX,
		.timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT_TOOL_SERVER_DATA", FETCH_S, 1, 3600) * 1000,
	};
	struct http_answer ans;

	*err = "the account has to sign in at the server first";
	if (!server_headers(b, s, "application/json", &req.headers))
		return NULL;
	if (!http_run(b->arena, &req, &ans) || ans.status != 200) {
		*err = ans.error ? ans.error : arena_printf(b->arena, "it answers %d", ans.status);
		return NULL;
	}
	return server_description(b->arena, buf_text(ans.body), ans.body->len, err);
}

struct json_object *server_verify(struct arena *a, const struct config *c, const struct user *user,
				  struct json_object *connection)
{
	struct toolbox box = { .arena = a, .cfg = c, .user = user, .cancel_fd = -1 };
	struct server s = { .connection = connection, .id = json_text(json_get(connection, "info"), "id", "") };
	const char *err = NULL;
	struct json_object *o;

	s.mcp = text_eq(json_text(connection, "type", NULL), "mcp");
	if (!s.mcp)
		o = verify_openapi(&box, &s, &err);
	else if (text_starts(json_text(connection, "auth_type", ""), "oauth_2.1"))
		o = verify_oauth(&box, connection, &err);
	else
		o = verify_mcp(&box, &s, &err);
	toolbox_close(&box);
	if (!o)
		log_warn("tool_server", "url=%s verified=no error=\"%s\"", json_text(connection, "url", ""),
			 err ? err : "");
	return o;
}
