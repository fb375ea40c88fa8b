#include "base/clock.h"
#include "db/db.h"
#include "oauth/toolclient.h"
#include "tool/server.h"

/* Names that an administrator gave win over the server's own. */
static const char *label(const struct server *s, const char *key, const char *digest_key, const char *def)
{
	struct json_object *info = json_get(s->connection, "info");

	if (s->mcp || json_has(info, key))
		return json_text(info, key, def);
	return json_text(s->digest, digest_key, def);
}

static struct json_object *item(struct arena *a, const struct config *c, const struct user *u, const struct server *s)
{
	struct json_object *o = json_object_new_object(), *meta = json_object_new_object();
	const char *id = arena_printf(a, s->mcp ? "server:mcp:%s" : "server:%s", s->id);
	const char *auth = json_text(s->connection, "auth_type", "none");

	json_set(o, "version_id", NULL);
	json_set_text(o, "id", id);
	json_set_text(o, "user_id", id);
	json_set_text(o, "name", label(s, "name", "title", s->mcp ? "MCP Tool Server" : "Tool Server"));
	json_set(meta, "i18n", NULL);
	json_set_text(meta, "description", label(s, "description", "description", ""));
	json_set(meta, "manifest", json_object_new_object());
	json_set_bool(meta, "has_user_valves", false);
	json_set(o, "meta", meta);
	json_set(o, "access_grants", json_object_new_array());
	json_set_i64(o, "updated_at", time_s());
	json_set_i64(o, "created_at", time_s());
	json_set(o, "user", NULL);
	if (s->mcp && text_starts(auth, "oauth_2.1"))
		json_set_bool(o, "authenticated", tool_client_token(a, c, u->id, arena_printf(a, "mcp:%s", s->id)) != NULL);
	return o;
}

struct json_object *servers_shown(struct arena *a, const struct config *c, const struct user *u)
{
	struct server *list = arena_calloc(a, SERVERS_MAX, sizeof(*list));
	size_t n = servers_list(a, c, true, list, SERVERS_MAX);
	bool *open = arena_calloc(a, n + 1, sizeof(*open));
	struct json_object *all = json_new_array(a);
	struct db *db = db_get();

	for (size_t i = 0; i < n; i++)
		open[i] = (list[i].mcp || list[i].digest) && server_allowed(a, db, u, list[i].connection);
	db_put(db);
	for (int mcp = 0; mcp < 2; mcp++)
		for (size_t i = 0; i < n; i++)
			if (open[i] && list[i].mcp == mcp)
				json_object_array_add(all, item(a, c, u, &list[i]));
	return all;
}
