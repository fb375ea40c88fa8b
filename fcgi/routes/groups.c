/* groups - /api/v1/groups: groups of accounts, their members, permissions and place in the tree. */

#include "access/access.h"
#include "base/env.h"
#include "cache/redis.h"
#include "fcgi/routes/groups.h"
#include "realtime/publish.h"

static const char *data_fault(struct json_object *data)
{
	struct json_object *config = json_get(data, "config");
	struct json_object *models = json_get(config, "default_models");

	if (json_has(data, "config") && !json_is(config, json_type_object))
		return "Value error, the config of a group must be an object.";
	if (models && !json_is(models, json_type_array))
		return "Value error, default models must be a list of model ids.";
	for (size_t i = 0; i < json_len(models); i++) {
		const char *id = json_str(json_item(models, i));

		if (!id || !str_trim(str_of(id)).n)
			return "Value error, default models must be a list of model ids.";
	}
	return NULL;
}

static const struct field group_form[] = {
	{ "parent_group_id", T_STR | T_NULL },
	{ "name", T_STR, F_REQUIRED },
	{ "description", T_STR, F_REQUIRED },
	{ "permissions", T_DICT | T_NULL },
	{ "data", T_DICT | T_NULL, .fault = data_fault },
	SCHEMA_END
};

/* Default models: trimmed, each once. */
static void tidy_models(struct req *r)
{
	struct json_object *config = json_at(r->body, "data.config");
	struct json_object *models = json_get(config, "default_models");
	struct json_object *out = json_object_new_array();
	struct json_object *seen = json_new_object(r->arena);

	for (size_t i = 0; i < json_len(models); i++) {
		struct str id = str_trim(str_of(json_str(json_item(models, i))));
		const char *text = arena_strndup(r->arena, id.p, id.n);

		if (!json_has(seen, text))
			json_object_array_add(out, json_object_new_string(text));
		json_set_bool(seen, text, true);
	}
	if (json_is(models, json_type_array))
		json_set(config, "default_models", out);
	else
		json_object_put(out);
	r->body_text = req_body_text(r);
}

const char *group_share_default(void)
{
	const char *share = env_str("DEFAULT_GROUP_SHARE_PERMISSION", "members");

	if (strcasecmp(share, "true") == 0 || strcasecmp(share, "false") == 0)
		return strcasecmp(share, "true") == 0 ? "true" : "false";
	return "\"members\"";
}

/* Note an event with one field of the body. */
static void tell(struct req *r, const char *event, const char *id, const char *field)
{
	struct json_object *data = json_new_object(r->arena);

	json_set(data, field, json_ref(json_get(r->body, field)));
	req_event(r, event, id, data);
}

static int group_create(struct req *r)
{
	const char *answer;

	tidy_models(r);
	if (!req_db_text(r, &answer, Q_GROUP_CREATE, r->user.id, r->body_text, group_share_default()))
		return 0;
	tell(r, "group.created", json_text(json_parse_text(r->arena, answer), "id", NULL), "name");
	return req_send_text(r, answer);
}

void group_refresh(struct req *r, const char *ids)
{
	struct json_object *list = json_parse_text(r->arena, ids);

	for (size_t i = 0; i < json_len(list); i++)
		publish_access_updated(r->arena, arena_printf(r->arena, "user:%s",
							      json_str(json_item(list, i))));
}

/* A row of (answer, affected accounts). */
static int finish(struct req *r, const struct rows *rows)
{
	group_refresh(r, rows_text(rows, 0, 1));
	return req_send_text(r, rows_text(rows, 0, 0));
}

static int group_update(struct req *r)
{
	struct rows *rows;

	tidy_models(r);
	if (!req_db_run(r, &rows, Q_GROUP_UPDATE, r->params[0], r->body_text))
		return 0;
	req_event(r, "group.updated", r->params[0], json_parse_text(r->arena, rows_text(rows, 0, 2)));
	return finish(r, rows);
}

void group_tell_deleted(struct req *r, const char *id, const char *changed)
{
	struct json_object *changes = json_parse_text(r->arena, changed);
	struct json_object *children = json_get(changes, "promoted_child_ids");

	req_event(r, "group.deleted", id, changes);
	for (size_t i = 0; i < json_len(children); i++) {
		struct json_object *data = json_new_object(r->arena);

		json_set_text(data, "old_parent_group_id", id);
		json_set(data, "parent_group_id", json_ref(json_get(changes, "parent_group_id")));
		req_event(r, "group.updated", json_str(json_item(children, i)), data);
	}
}

static int group_delete(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_GROUP_DELETE, r->params[0]))
		return 0;
	group_tell_deleted(r, r->params[0], rows_text(rows, 0, 2));
	return finish(r, rows);
}

static const struct field ids_form[] = {
	{ "user_ids", T_LIST | T_NULL, .item = &(const struct field){ "", T_STR } }, SCHEMA_END
};

static int change_members(struct req *r, const char *add)
{
	struct json_object *ids = json_get(r->body, "user_ids");
	struct rows *rows;

	tell(r, *add == 't' ? "group.member_added" : "group.member_removed", r->params[0], "user_ids");
	return req_db_run(r, &rows, Q_GROUP_MEMBERS, r->params[0], ids ? json_print(ids) : "[]", add)
	       ? finish(r, rows) : 0;
}

static int members_add(struct req *r)
{
	return change_members(r, "t");
}

static int members_remove(struct req *r)
{
	return change_members(r, "f");
}

enum { P_GROUP, P_OWN, P_ABOVE, P_LOCAL, P_MODELS, P_SOURCE, P_MODEL, P_KNOWLEDGE, P_TOOL };

static const char *or_null(const char *json)
{
	return json ? json : "null";
}

/* The default models of everybody, "a,b", as a JSON array. */
static const char *global_models(struct req *r)
{
	struct str rest = str_of(config_text(r->cfg, CK_UI_DEFAULT_MODELS));
	struct buf *b = buf_in(r->arena, 0);

	buf_addc(b, '[');
	while (rest.n) {
		struct str id = str_trim(str_split(&rest, ','));

		if (!id.n)
			continue;
		if (b->len > 1)
			buf_addc(b, ',');
		buf_json_n(b, id.p, id.n);
	}
	buf_addc(b, ']');
	return b->data;
}

static int group_preview(struct req *r)
{
	const struct rows *p = r->rows;
	const char *own, *above, *effective, *models = rows_text(p, 0, P_MODELS);
	const char *source = rows_text(p, 0, P_SOURCE);
	struct buf *b = buf_in(r->arena, 0);

	if (!rows_count(p))
		return req_fail(r, ERR_NOT_FOUND);
	own = rows_text(p, 0, P_OWN);
	above = access_tree_of(r->arena, r->cfg, rows_text(p, 0, P_ABOVE));
	effective = access_tree_and(r->arena, above, own);
	buf_printf(b, "{\"group\":%s,\"default_models\":{\"local\":%s,\"effective\":%s,"
		   "\"source_group_id\":", rows_text(p, 0, P_GROUP), or_null(rows_text(p, 0, P_LOCAL)),
		   models ? models : global_models(r));
	buf_json(b, source);
	buf_printf(b, "},\"models\":%s,\"knowledge\":%s,\"tools\":%s,\"permissions\":%s,"
		   "\"inherited_permissions\":%s,\"effective_permissions\":%s}",
		   rows_text(p, 0, P_MODEL), rows_text(p, 0, P_KNOWLEDGE), rows_text(p, 0, P_TOOL),
		   own ? own : "{}", above, effective);
	return req_send_json(r, 200, b->data, b->len);
}

static const struct field share_query[] = { { "share", T_BOOL }, SCHEMA_END };
static const struct field members_query[] = {
	{ "membership", T_STR, .choices = "direct|inherited|effective", .def = "\"effective\"" },
	{ "query", T_STR, .def = "\"\"" },
	{ "page", T_INT, .min = "1", .def = "1" },
	SCHEMA_END
};

const struct route group_routes[] = {
	{ "GET", "/api/v1/groups/", USER, .query = share_query, .sql = Q_GROUP_LIST,
	  .args = "user admin ?share" },
	{ "POST", "/api/v1/groups/create", ADMIN, group_create, group_form },
	{ "GET", "/api/v1/groups/id/{id}", ADMIN, .sql = Q_GROUP_GET, .args = "{id}" },
	{ "GET", "/api/v1/groups/id/{id}/info", USER, .sql = Q_GROUP_INFO, .args = "{id}" },
	{ "GET", "/api/v1/groups/id/{id}/export", ADMIN, .sql = Q_GROUP_EXPORT, .args = "{id}" },
	{ "POST", "/api/v1/groups/id/{id}/users", ADMIN, .sql = Q_GROUP_USER_LIST, .args = "{id}" },
	{ "POST", "/api/v1/groups/id/{id}/update", ADMIN, group_update, group_form },
	{ "POST", "/api/v1/groups/id/{id}/users/add", ADMIN, members_add, ids_form },
	{ "POST", "/api/v1/groups/id/{id}/users/remove", ADMIN, members_remove, ids_form },
	{ "DELETE", "/api/v1/groups/id/{id}/delete", ADMIN, group_delete },
	{ "GET", "/api/v1/groups/id/{id}/preview", ADMIN, group_preview, .sql = Q_GROUP_PREVIEW,
	  .args = "{id}" },
	{ "GET", "/api/v1/groups/id/{id}/members", ADMIN, .query = members_query,
	  .sql = Q_GROUP_MEMBER_PAGE, .args = "{id} ?membership ?query ?page" },
	ROUTES_END
};
