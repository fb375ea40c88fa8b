/* scim - /api/v1/scim/v2: accounts and groups kept by an identity provider (RFC 7644). */

#include "auth/password.h"
#include "base/env.h"
#include "base/rand.h"
#include "fcgi/routes/groups.h"
#include "realtime/publish.h"
#include "scim/change.h"
#include "scim/filter.h"

enum { PAGE_MAX = 100 };

/* The error body of RFC 7644, 3.12. */
static int scim_error(struct req *r, int status, const char *detail, const char *type)
{
	struct json_object *o = json_new_object(r->arena), *schemas = json_object_new_array();
	const char *text;

	json_object_array_add(schemas,
			      json_object_new_string("urn:ietf:params:scim:api:messages:2.0:Error"));
	json_set(o, "schemas", schemas);
	json_set_text(o, "status", arena_printf(r->arena, "%d", status));
	json_set_text(o, "detail", detail);
	if (!type)
		type = status == 404 ? "invalidValue" : "invalidSyntax";
	json_set_text(o, "scimType", type);
	text = json_print(o);
	return req_send_json(r, status, text, strlen(text));
}

/* Run a statement that says itself what is wrong: 400 is about members, a SCIM error. */
static bool run(struct req *r, struct rows **rows, enum query q, size_t n, const char *const *params)
{
	const char *said;

	if (db_run_v(req_db(r), r->arena, rows, q, n, params) >= 0)
		return true;
	said = db_message(req_db(r));
	if (db_error(req_db(r)) == DB_RAISED && text_starts(said, "400 "))
		scim_error(r, 400, said + 4, "invalidValue");
	else
		req_db_failed(r);
	return false;
}
#define scim_run(r, rows, q, ...) run(r, rows, q, REQ_PARAMS(__VA_ARGS__))

static int created(struct req *r, const char *json)
{
	return req_send_json(r, 201, json, strlen(json));
}

/* The provider that external ids belong to; NULL: answered. */
static const char *provider(struct req *r)
{
	const char *name = env_str("SCIM_AUTH_PROVIDER", "");

	if (*name)
		return name;
	req_fail_detail(r, 500, "SCIM_AUTH_PROVIDER environment variable is required when SCIM is enabled");
	return NULL;
}

static const struct field list_query[] = {
	{ "startIndex", T_INT, .def = "1" }, { "count", T_INT, .def = "20" },
	{ "filter", T_STR | T_NULL }, SCHEMA_END
};

/* startIndex and count within their bounds (RFC 7644, 3.4.2.4), and what the filter names; false:
 * answered. */
static bool read_list(struct req *r, const char *const *attrs, const char **start, const char **count,
		      const char **attr, const char **value)
{
	int64_t first = req_query_i64(r, "startIndex", 1), n = req_query_i64(r, "count", 20);

	*start = arena_i64(r->arena, first < 1 ? 1 : first);
	*count = arena_i64(r->arena, n < 0 ? 0 : n > PAGE_MAX ? PAGE_MAX : n);
	if (scim_filter(r->arena, req_query(r, "filter"), attrs, attr, value) >= 0)
		return true;
	scim_error(r, 400, "The filter must compare the attribute with a text.", "invalidFilter");
	return false;
}

static int user_list(struct req *r)
{
	static const char *const attrs[] = { "userName", "externalId", NULL };
	const char *start, *count, *attr = NULL, *value = NULL, *name = env_str("SCIM_AUTH_PROVIDER", "");

	if (!read_list(r, attrs, &start, &count, &attr, &value))
		return 0;
	if (text_eq(attr, "externalId") && !provider(r))
		return 0;
	return req_send_sql(r, Q_SCIM_USERS, req_base_url(r), name, attr, value, start, count);
}

static int user_get(struct req *r)
{
	const char *answer;

	if (!req_db_text(r, &answer, Q_SCIM_USER, r->params[0], req_base_url(r)))
		return 0;
	if (!answer)
		return scim_error(r, 404, arena_printf(r->arena, "User %s not found", r->params[0]), NULL);
	return req_send_text(r, answer);
}

static const struct field schemas_item = { "", T_STR };
#define SCHEMAS { "schemas", T_LIST, .item = &schemas_item }

static const struct field name_form[] = {
	{ "formatted", T_STR | T_NULL }, { "familyName", T_STR | T_NULL }, { "givenName", T_STR | T_NULL },
	{ "middleName", T_STR | T_NULL }, { "honorificPrefix", T_STR | T_NULL },
	{ "honorificSuffix", T_STR | T_NULL }, SCHEMA_END
};
static const struct field value_form[] = {
	{ "value", T_STR, F_REQUIRED }, { "type", T_STR | T_NULL }, { "primary", T_BOOL },
	{ "display", T_STR | T_NULL }, SCHEMA_END
};
static const struct field value_item = { "", T_MODEL, .sub = value_form };

static const struct field user_new_form[] = {
	SCHEMAS, { "externalId", T_STR | T_NULL }, { "userName", T_STR, F_REQUIRED },
	{ "name", T_MODEL | T_NULL, .sub = name_form }, { "displayName", T_STR, F_REQUIRED },
	{ "emails", T_LIST, F_REQUIRED, .item = &value_item }, { "active", T_BOOL },
	{ "password", T_STR | T_NULL }, { "photos", T_LIST | T_NULL, .item = &value_item }, SCHEMA_END
};
static const struct field user_put_form[] = {
	SCHEMAS, { "id", T_STR | T_NULL }, { "externalId", T_STR | T_NULL }, { "userName", T_STR | T_NULL },
	{ "name", T_MODEL | T_NULL, .sub = name_form }, { "displayName", T_STR | T_NULL },
	{ "emails", T_LIST | T_NULL, .item = &value_item }, { "active", T_BOOL | T_NULL },
	{ "photos", T_LIST | T_NULL, .item = &value_item }, SCHEMA_END
};
static const struct field operation_form[] = {
	{ "op", T_STR, F_REQUIRED }, { "path", T_STR | T_NULL }, { "value", T_ANY }, SCHEMA_END
};
static const struct field operation_item = { "", T_MODEL, .sub = operation_form };
static const struct field patch_form[] = {
	SCHEMAS, { "Operations", T_LIST, F_REQUIRED, .item = &operation_item }, SCHEMA_END
};

/* Its password is nobody's: a random text that is thrown away. */
static int user_create(struct req *r)
{
	struct json_object *form = scim_user_new(r->arena, r->body);
	const char *name = provider(r), *hash;
	char random[UUID_SIZE];
	struct rows *rows;

	if (!name)
		return 0;
	uuid4(random);
	hash = password_hash(r->arena, random);
	if (!scim_run(r, &rows, Q_SCIM_USER_CREATE, json_print(form), hash, name, req_base_url(r)))
		return 0;
	return created(r, rows_text(rows, 0, 0));
}

static int user_change(struct req *r, struct json_object *form)
{
	const char *name = env_str("SCIM_AUTH_PROVIDER", "");
	struct json_object *data;
	struct rows *rows;

	if (json_has(form, "external_id") && !provider(r))
		return 0;
	if (!scim_run(r, &rows, Q_SCIM_USER_CHANGE, r->params[0], json_print(form), name, req_base_url(r)))
		return 0;
	if (rows_text(rows, 0, 1)) {
		data = json_new_object(r->arena);
		json_set(data, "updated_fields", json_ref(json_parse_text(r->arena, rows_text(rows, 0, 1))));
		req_event(r, "user.updated", r->params[0], data);
	}
	if (rows_text(rows, 0, 2)) {
		data = json_new_object(r->arena);
		json_set_text(data, "role", rows_text(rows, 0, 2));
		req_event(r, "user.role_updated", r->params[0], data);
		publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", r->params[0]));
	}
	return req_send_text(r, rows_text(rows, 0, 0));
}

static int user_put(struct req *r)
{
	return user_change(r, scim_user_put(r->arena, r->body));
}

/* Is there such a row?  The answer to a bad change of what is not there is 404. */
static bool known(struct req *r, enum query q, const char *kind)
{
	const char *answer;

	if (!req_db_text(r, &answer, q, r->params[0], ""))
		return false;
	if (!answer)
		req_fail_detail(r, 404, "%s %s not found", kind, r->params[0]);
	return answer;
}

static int user_patch(struct req *r)
{
	struct scim_fault why;
	struct json_object *form = scim_user_patch(r->arena, r->body, &why);

	if (form)
		return user_change(r, form);
	return known(r, Q_SCIM_USER, "User") ? scim_error(r, 400, why.detail, why.type) : 0;
}

static int user_delete(struct req *r)
{
	if (!req_db_run(r, NULL, Q_SCIM_USER_DELETE, r->params[0]))
		return 0;
	publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", r->params[0]));
	return req_send_bytes(r, 204, NULL, "", 0);
}

static int group_list(struct req *r)
{
	static const char *const attrs[] = { "displayName", NULL };
	const char *start, *count, *attr = NULL, *value = NULL;

	if (!read_list(r, attrs, &start, &count, &attr, &value))
		return 0;
	return req_send_sql(r, Q_SCIM_GROUPS, req_base_url(r), value, start, count);
}

static int group_get(struct req *r)
{
	const char *answer;

	if (!req_db_text(r, &answer, Q_SCIM_GROUP, r->params[0], req_base_url(r)))
		return 0;
	return answer ? req_send_text(r, answer)
		      : req_fail_detail(r, 404, "Group %s not found", r->params[0]);
}

static const struct field member_form[] = {
	{ "value", T_STR, F_REQUIRED }, { "$ref", T_STR | T_NULL }, { "type", T_STR | T_NULL },
	{ "display", T_STR | T_NULL }, SCHEMA_END
};
static const struct field member_item = { "", T_MODEL, .sub = member_form };
static const struct field group_new_form[] = {
	SCHEMAS, { "displayName", T_STR, F_REQUIRED }, { "members", T_LIST | T_NULL, .item = &member_item },
	SCHEMA_END
};
static const struct field group_put_form[] = {
	SCHEMAS, { "displayName", T_STR | T_NULL }, { "members", T_LIST | T_NULL, .item = &member_item },
	SCHEMA_END
};

/* Members who came or went (JSON ids), and that the list of them is another one now. */
static void tell_members(struct req *r, const char *event, const char *group, const char *ids)
{
	struct json_object *data = json_new_object(r->arena), *list = json_parse_text(r->arena, ids);

	group_refresh(r, ids);
	if (!json_len(list))
		return;
	json_set(data, "member_ids", json_ref(list));
	json_set_i64(data, "count", (int64_t)json_len(list));
	req_event(r, event, group, data);
}

static int group_create(struct req *r)
{
	struct scim_fault why;
	struct json_object *ids = scim_member_ids(r->arena, json_get(r->body, "members"), &why);
	struct rows *rows;

	if (!ids)
		return scim_error(r, 400, why.detail, why.type);
	if (!scim_run(r, &rows, Q_SCIM_GROUP_CREATE, json_text(r->body, "displayName", ""), json_print(ids),
		      group_share_default(), req_base_url(r)))
		return 0;
	tell_members(r, "group.member_added", rows_text(rows, 0, 1), rows_text(rows, 0, 2));
	return created(r, rows_text(rows, 0, 0));
}

static int group_change(struct req *r, struct json_object *ops)
{
	struct rows *rows;

	if (!scim_run(r, &rows, Q_SCIM_GROUP_CHANGE, r->params[0], json_print(ops), req_base_url(r)))
		return 0;
	tell_members(r, "group.member_added", r->params[0], rows_text(rows, 0, 1));
	tell_members(r, "group.member_removed", r->params[0], rows_text(rows, 0, 2));
	return req_send_text(r, rows_text(rows, 0, 0));
}

static int group_put(struct req *r)
{
	struct scim_fault why;
	struct json_object *ops = scim_group_put(r->arena, r->body, &why);

	return ops ? group_change(r, ops) : scim_error(r, 400, why.detail, why.type);
}

static int group_patch(struct req *r)
{
	struct scim_fault why;
	struct json_object *ops = scim_group_patch(r->arena, r->body, &why);

	if (ops)
		return group_change(r, ops);
	return known(r, Q_SCIM_GROUP, "Group") ? scim_error(r, 400, why.detail, why.type) : 0;
}

static int group_delete(struct req *r)
{
	struct rows *rows;

	if (db_run(req_db(r), r->arena, &rows, Q_GROUP_DELETE, r->params[0]) < 0) {
		if (db_error(req_db(r)) == DB_RAISED)
			return req_fail_detail(r, 404, "Group %s not found", r->params[0]);
		return req_db_failed(r);
	}
	group_tell_deleted(r, r->params[0], rows_text(rows, 0, 2));
	group_refresh(r, rows_text(rows, 0, 1));
	return req_send_bytes(r, 204, NULL, "", 0);
}

static int provider_config(struct req *r)
{
	return req_send_text(r, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig\"],"
		"\"patch\":{\"supported\":true},"
		"\"bulk\":{\"supported\":false,\"maxOperations\":1000,\"maxPayloadSize\":1048576},"
		"\"filter\":{\"supported\":true,\"maxResults\":200},\"changePassword\":{\"supported\":false},"
		"\"sort\":{\"supported\":false},\"etag\":{\"supported\":false},"
		"\"authenticationSchemes\":[{\"type\":\"oauthbearertoken\",\"name\":\"OAuth Bearer Token\","
		"\"description\":\"Authentication using OAuth 2.0 Bearer Token\"}]}");
}

static int resource_types(struct req *r)
{
	static const char *const names[] = { "User", "Group" };
	const char *base = req_base_url(r);
	struct buf *b = buf_in(r->arena, 0);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		buf_printf(b, "%s{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],"
			   "\"id\":\"%s\",\"name\":\"%s\",\"endpoint\":\"/%ss\","
			   "\"schema\":\"urn:ietf:params:scim:schemas:core:2.0:%s\","
			   "\"meta\":{\"location\":", i ? "," : "[", names[i], names[i], names[i], names[i]);
		buf_json(b, arena_printf(r->arena, "%s/api/v1/scim/v2/ResourceTypes/%s", base, names[i]));
		buf_adds(b, ",\"resourceType\":\"ResourceType\"}}");
	}
	buf_addc(b, ']');
	return req_send_json(r, 200, b->data, b->len);
}

static int schemas_get(struct req *r)
{
	return req_send_text(r,
		"[{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Schema\"],"
		"\"id\":\"urn:ietf:params:scim:schemas:core:2.0:User\",\"name\":\"User\","
		"\"description\":\"User Account\",\"attributes\":["
		"{\"name\":\"userName\",\"type\":\"string\",\"required\":true,\"uniqueness\":\"server\"},"
		"{\"name\":\"displayName\",\"type\":\"string\",\"required\":true},"
		"{\"name\":\"emails\",\"type\":\"complex\",\"multiValued\":true,\"required\":true},"
		"{\"name\":\"active\",\"type\":\"boolean\",\"required\":false}]},"
		"{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Schema\"],"
		"\"id\":\"urn:ietf:params:scim:schemas:core:2.0:Group\",\"name\":\"Group\","
		"\"description\":\"Group\",\"attributes\":["
		"{\"name\":\"displayName\",\"type\":\"string\",\"required\":true},"
		"{\"name\":\"members\",\"type\":\"complex\",\"multiValued\":true,\"required\":false}]}]");
}

#define ROW(method, path, ...) { method, "/api/v1/scim/v2" path, __VA_ARGS__, .only_with = "ENABLE_SCIM" }

const struct route scim_routes[] = {
	ROW("GET", "/ServiceProviderConfig", ANON, provider_config),
	ROW("GET", "/ResourceTypes", ANON, resource_types),
	ROW("GET", "/Schemas", ANON, schemas_get),
	ROW("GET", "/Users", SCIM, user_list, .query = list_query),
	ROW("POST", "/Users", SCIM, user_create, user_new_form,
	    .event = "user.created @id email=.emails.0.value external_id=.externalId"),
	ROW("GET", "/Users/{user_id}", SCIM, user_get),
	ROW("PUT", "/Users/{user_id}", SCIM, user_put, user_put_form),
	ROW("PATCH", "/Users/{user_id}", SCIM, user_patch, patch_form),
	ROW("DELETE", "/Users/{user_id}", SCIM, user_delete, .event = "user.deleted"),
	ROW("GET", "/Groups", SCIM, group_list, .query = list_query),
	ROW("POST", "/Groups", SCIM, group_create, group_new_form,
	    .event = "group.created @id name=@displayName member_ids=.members.*.value member_count=#.members"),
	ROW("GET", "/Groups/{group_id}", SCIM, group_get),
	ROW("PUT", "/Groups/{group_id}", SCIM, group_put, group_put_form,
	    .event = "group.updated {group_id} updated_fields=[name,members]"),
	ROW("PATCH", "/Groups/{group_id}", SCIM, group_patch, patch_form,
	    .event = "group.updated {group_id} operation_count=#.Operations"),
	ROW("DELETE", "/Groups/{group_id}", SCIM, group_delete),
	ROUTES_END
};
