/* knowledge_connections - /api/v1/knowledge/external/connections: vector databases that others fill. */

#include "fcgi/settings.h"
#include "rag/external.h"

static const struct field connection_form[] = {
	{ "name", T_STR, F_REQUIRED }, { "provider", T_STR, F_REQUIRED }, { "endpoint", T_STR, F_REQUIRED },
	{ "auth_config", T_DICT | T_NULL }, { "config", T_DICT | T_NULL }, { "capabilities", T_DICT | T_NULL },
	{ "enabled", T_BOOL, .def = "true" }, SCHEMA_END
};

static bool store(struct req *r, struct json_object *list)
{
	struct json_object *changes = json_new_object(r->arena);

	json_set(changes, "external_knowledge.connections", json_ref(list));
	return settings_store(r, changes);
}

static void tell(struct req *r, const char *event, struct json_object *connection)
{
	static const char *const shown[] = { "name", "provider" };
	struct json_object *data = json_new_object(r->arena);

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		json_set(data, shown[i], json_ref(json_get(connection, shown[i])));
	req_event(r, event, json_text(connection, "id", ""), data);
}

static size_t place(struct json_object *list, const struct json_object *connection)
{
	size_t i = 0;

	while (i < json_len(list) && json_item(list, i) != connection)
		i++;
	return i;
}

/* The connection of the path in the list; NULL: answered. */
static struct json_object *wanted(struct req *r, struct json_object *list)
{
	struct json_object *found = external_find(list, r->params[0]);

	if (!found)
		req_fail(r, ERR_NOT_FOUND);
	return found;
}

static int connections_get(struct req *r)
{
	struct json_object *list = external_list(r->arena, r->cfg), *o = json_new_object(r->arena);
	struct json_object *items = json_object_new_array();

	for (size_t i = 0; i < json_len(list); i++)
		json_object_array_add(items, json_ref(external_shown(r->arena, json_item(list, i))));
	json_set(o, "items", items);
	json_set_i64(o, "total", (int64_t)json_len(items));
	return req_send_obj(r, o);
}

static int connection_get(struct req *r)
{
	struct json_object *found = wanted(r, external_list(r->arena, r->cfg));

	return found ? req_send_obj(r, external_shown(r->arena, found)) : 0;
}

static int connection_create(struct req *r)
{
	struct json_object *list = external_list(r->arena, r->cfg);
	const char *why;
	struct json_object *made = external_made(r->arena, r->body, NULL, r->user.id, &why);

	if (!made)
		return req_fail_detail(r, 400, "%s", why);
	json_object_array_add(list, json_ref(made));
	tell(r, "knowledge.external_connection.created", made);
	return store(r, list) ? req_send_obj(r, external_shown(r->arena, made)) : 0;
}

static int connection_update(struct req *r)
{
	struct json_object *list = external_list(r->arena, r->cfg), *old = wanted(r, list), *made;
	const char *why;

	if (!old)
		return 0;
	made = external_made(r->arena, r->body, old, r->user.id, &why);
	if (!made)
		return req_fail_detail(r, 400, "%s", why);
	json_object_array_put_idx(list, place(list, old), json_ref(made));
	tell(r, "knowledge.external_connection.updated", made);
	return store(r, list) ? req_send_obj(r, external_shown(r->arena, made)) : 0;
}

static int connection_delete(struct req *r)
{
	struct json_object *list = external_list(r->arena, r->cfg), *old = wanted(r, list);
	bool used;

	if (!old || !req_db_bool(r, &used, Q_KNOWLEDGE_CONNECTION_USED, r->params[0]))
		return 0;
	if (used)
		return req_fail_detail(r, 400, "A knowledge base still uses the connection.");
	tell(r, "knowledge.external_connection.deleted", old);
	json_object_array_del_idx(list, place(list, old), 1);
	return store(r, list) ? req_send_true(r) : 0;
}

static int connection_test(struct req *r)
{
	struct json_object *list = external_list(r->arena, r->cfg), *found = wanted(r, list), *health;

	if (!found)
		return 0;
	health = external_tested(found);
	return store(r, list) ? req_send_obj(r, health) : 0;
}

#define CONNECTIONS "/api/v1/knowledge/external/connections"

const struct route knowledge_connection_routes[] = {
	{ "GET", CONNECTIONS, ADMIN, connections_get },
	{ "POST", CONNECTIONS, ADMIN, connection_create, connection_form },
	{ "GET", CONNECTIONS "/{id}", ADMIN, connection_get },
	{ "PATCH", CONNECTIONS "/{id}", ADMIN, connection_update, connection_form },
	{ "DELETE", CONNECTIONS "/{id}", ADMIN, connection_delete },
	{ "POST", CONNECTIONS "/{id}/test", ADMIN, connection_test },
	ROUTES_END
};
