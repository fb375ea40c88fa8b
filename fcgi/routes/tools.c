/* tools - /api/v1/tools: what a model may be given, of this server and of the connected ones. */

#include "fcgi/request.h"
#include "tool/mcp.h"

static const struct field query_only[] = { { "query", T_STR | T_NULL }, SCHEMA_END };

static bool fits(const char *name, const char *query)
{
	return text_empty(query) || strcasestr(name, query);
}

/* The stored tools are in r->rows; the connected servers come behind them. */
static int list(struct req *r)
{
	const char *own = rows_text(r->rows, 0, 0), *query = req_query(r, "query");
	struct json_object *servers;
	struct buf *b = buf_in(r->arena, 0);
	size_t n = strlen(own ? own : "[]");

	req_db_release(r);
	servers = servers_shown(r->arena, r->cfg, &r->user);
	buf_add(b, own ? own : "[", own ? n - 1 : 1);
	for (size_t i = 0; i < json_len(servers); i++) {
		struct json_object *o = json_item(servers, i);

		if (!fits(json_text(o, "name", ""), query))
			continue;
		if (b->len > 1)
			buf_addc(b, ',');
		json_write(b, o);
	}
	buf_addc(b, ']');
	return req_send_text(r, buf_text(b));
}

/* What a connected server offers; MCP only. */
static int specs(struct req *r)
{
	struct toolbox box = { .arena = r->arena, .cfg = r->cfg, .user = &r->user, .cancel_fd = -1 };
	struct json_object *all, *o = json_new_object(r->arena), *out = json_object_new_array();
	const char *id = r->params[0], *err = NULL;
	struct server s;

	json_set(o, "specs", out);
	req_db_release(r);
	if (!text_starts(id, "server:mcp:") || !server_mcp_of(&box, id + strlen("server:mcp:"), &s))
		return req_fail_detail(r, 404, "Tool not found");
	all = mcp_specs(&box, &s, &err);
	toolbox_close(&box);
	if (!all && text_eq(err, "Auth required"))
		return req_fail_detail(r, 401, "Auth required");
	if (!all)
		return req_fail_detail(r, 502, "Unable to load tools");
	for (size_t i = 0; i < json_len(all); i++) {
		struct json_object *spec = json_object_new_object();

		json_set_text(spec, "name", json_text(json_item(all, i), "name", ""));
		json_set_text(spec, "description", json_text(json_item(all, i), "description", ""));
		json_object_array_add(out, spec);
	}
	return req_send_obj(r, o);
}

const struct route tool_routes[] = {
	{ "GET", "/api/v1/tools/", USER, list, .query = query_only, .sql = Q_TOOL_LIST,
	  .args = "user admin_all ?query", .flags = R_STREAM },
	{ "GET", "/api/v1/tools/list", USER, .sql = Q_TOOL_LIST_ACCESS, .args = "user admin_all" },
	{ "GET", "/api/v1/tools/id/{id}/specs", USER, specs, .flags = R_STREAM },
	ROUTES_END
};
