/* skills - /api/v1/skills: instructions with files beside them. */

#include "fcgi/grants.h"
#include "fcgi/routes/skills.h"
#include "skill/store.h"

static const struct field file_form[] = {
	{ "path", T_STR, F_REQUIRED },
	{ "content", T_STR, F_REQUIRED },
	{ "encoding", T_STR | T_NULL, .choices = "base64" },
	SCHEMA_END_STRICT
};

static const struct field file_item = { "", T_MODEL, .sub = file_form };

static const struct field data_form[] = {
	{ "files", T_LIST, F_REQUIRED, .item = &file_item },
	SCHEMA_END_STRICT
};

static const struct field operation_form[] = {
	{ "op", T_STR, F_REQUIRED, .choices = "put|move|delete" },
	{ "path", T_STR, F_REQUIRED },
	{ "content", T_STR | T_NULL },
	{ "encoding", T_STR | T_NULL, .choices = "base64" },
	{ "destination", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field meta_form[] = {
	{ "i18n", T_DICT | T_NULL },
	{ "tags", T_LIST | T_NULL, .item = &(const struct field){ "", T_STR } },
	SCHEMA_END
};

const struct field skill_form[] = {
	{ "id", T_STR, F_REQUIRED },
	{ "name", T_STR, F_REQUIRED },
	{ "description", T_STR | T_NULL },
	{ "content", T_STR | T_NULL },
	{ "files", T_LIST | T_NULL, .item = &file_item },
	{ "data", T_MODEL | T_NULL, .sub = data_form },
	{ "operations", T_LIST | T_NULL, .item = &(const struct field){ "", T_MODEL, .sub = operation_form } },
	{ "expected_version_id", T_STR | T_NULL },
	{ "commit_message", T_STR | T_NULL },
	{ "meta", T_MODEL, .sub = meta_form },
	{ "is_active", T_BOOL },
	{ "access_grants", T_LIST | T_NULL, .item = &grant_item },
	SCHEMA_END
};

static const struct field clone_form[] = {
	{ "id", T_STR, F_REQUIRED },
	{ "name", T_STR, F_REQUIRED },
	{ "version_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field version_form[] = {
	{ "version_id", T_STR, F_REQUIRED },
	{ "expected_version_id", T_STR, F_REQUIRED },
	SCHEMA_END
};

const struct thing skill_thing = { "skill", true, "ERR_NOT_FOUND", "ERR_FORBIDDEN" };
const struct thing skill_changed = { "skill", true, "ERR_NOT_FOUND", "ERR_UNAUTHORIZED" };

/* Why the store did not take it, as an answer. */
static const char *refused_by(struct skill_refusal *no, const struct skill_end *end)
{
	const char *text = end->failure.message;
	enum err e = text ? err_named(text) : ERR_COUNT;
	int64_t status = 400;

	*no = (struct skill_refusal){ end->current ? 409 : 400, end->why, end->current };
	if (end->why || end->current)
		return NULL;
	if (end->failure.fault != DB_RAISED)
		e = end->failure.fault == DB_BAD_INPUT ? ERR_DEFAULT : ERR_UNAVAILABLE;
	if (e == ERR_COUNT && strlen(text) > 4 && str_to_i64((struct str){ text, 3 }, 400, 599, &status))
		text += 4;
	*no = e != ERR_COUNT ? (struct skill_refusal){ err_defs[e].status, err_defs[e].detail, NULL }
			     : (struct skill_refusal){ (int)status, text, NULL };
	return NULL;
}

int skill_refuse(struct req *r, const struct skill_refusal *no)
{
	struct json_object *o, *detail;

	if (!no->current)
		return req_fail_detail(r, no->status, "%s", no->detail);
	o = json_new_object(r->arena);
	detail = json_object_new_object();
	json_set_text(detail, "code", "version_conflict");
	json_set_text(detail, "current_version_id", no->current);
	json_set(o, "detail", detail);
	return req_send_json(r, no->status, json_print(o), strlen(json_print(o)));
}

const char *skill_make(struct req *r, struct json_object *form, const char *grants, struct skill_refusal *no)
{
	struct skill_end end;
	const char *json = skill_store_make(r->arena, req_db(r), r->user.id, form, grants, &end);

	*no = (struct skill_refusal){ 0 };
	return json ? json : refused_by(no, &end);
}

const char *skill_change(struct req *r, const char *id, struct json_object *form, struct skill_refusal *no)
{
	struct skill_end end;
	const char *json = skill_store_change(r->arena, req_db(r), r->user.id, thing_all(r, &skill_changed), id, form, &end);

	*no = (struct skill_refusal){ 0 };
	return json ? json : refused_by(no, &end);
}

static int create(struct req *r)
{
	struct skill_refusal no;
	const char *grants, *json;
	struct json_object *o;

	if (!req_permitted(r, "workspace.skills") && !req_permitted(r, "workspace.skills_import"))
		return r->status ? 0 : req_fail(r, ERR_UNAUTHORIZED);
	grants = req_grants(r, "skill", false);
	if (!grants)
		return 0;
	json = skill_make(r, r->body, grants, &no);
	if (!json)
		return skill_refuse(r, &no);
	o = json_parse_text(r->arena, json);
	json_del(o, "content");
	json_del(o, "data");
	return req_send_obj(r, o);
}

static int update(struct req *r)
{
	struct skill_refusal no;
	const char *json = skill_change(r, r->params[0], r->body, &no);

	return json ? req_send_text(r, json) : skill_refuse(r, &no);
}

static int clone(struct req *r)
{
	struct json_object *snapshot, *form = json_new_object(r->arena);
	struct skill_refusal no;
	struct rows *rows;
	const char *json;

	if (!skill_version(r, r->params[0], json_text(r->body, "version_id", NULL), &snapshot, &rows))
		return 0;
	if (!req_permitted(r, "workspace.skills") && !req_permitted(r, "workspace.skills_import"))
		return r->status ? 0 : req_fail(r, ERR_UNAUTHORIZED);
	json_set_text(form, "id", json_text(r->body, "id", ""));
	json_set_text(form, "name", json_text(r->body, "name", ""));
	json_set_text(form, "description", json_text(snapshot, "description", NULL));
	json_set(form, "meta", json_ref(json_get(snapshot, "meta")));
	json_set(form, "data", json_ref(json_get(snapshot, "data")));
	json_set_bool(form, "is_active", rows_bool(rows, 0, 2));
	json = skill_make(r, form, "[]", &no);
	return json ? req_send_text(r, json) : skill_refuse(r, &no);
}

static int restore(struct req *r)
{
	const char *expected = json_text(r->body, "expected_version_id", ""), *json;
	const struct thing *t = &skill_thing;
	struct skill_refusal no = { 409, NULL, NULL };
	struct rows *rows;

	if (!db_begin(req_db(r)))
		return req_db_failed(r);
	if (!req_db_run(r, &rows, Q_SKILL_LOCK, t->kind, r->params[0], r->user.id, thing_all(r, t), "write",
			t->none, t->closed))
		return 0;
	no.current = rows_text(rows, 0, 0);
	if (!text_eq(expected, no.current)) {
		db_rollback(req_db(r));
		return skill_refuse(r, &no);
	}
	if (!req_db_text(r, &json, Q_SKILL_RESTORE, r->params[0], json_text(r->body, "version_id", "")))
		return 0;
	return db_commit(req_db(r)) ? req_send_text(r, json) : req_db_failed(r);
}

static int share(struct req *r)
{
	return thing_share(r, &skill_changed, r->params[0]);
}

#define CHANGED "'skill' {id} user admin_all 'write' 'ERR_NOT_FOUND' 'ERR_UNAUTHORIZED'"

const struct route skill_routes[] = {
	{ "POST", "/api/v1/skills/create", USER, create, skill_form, .flags = R_PERMISSIONS,
	  .event = "skill.created @id name=@name" },
	{ "GET", "/api/v1/skills/id/{id}", USER, .sql = Q_SKILL_GET, .args = "{id} user admin_all" },
	{ "POST", "/api/v1/skills/id/{id}/update", USER, update, skill_form,
	  .event = "skill.updated {id} name=@name" },
	{ "POST", "/api/v1/skills/id/{id}/access/update", USER, share, thing_share_form,
	  .event = "skill.updated {id} access_updated=true name=@name" },
	{ "POST", "/api/v1/skills/id/{id}/toggle", USER, .sql = Q_THING_TOGGLE, .args = CHANGED,
	  .event = "skill.enabled|skill.disabled@is_active {id} name=@name" },
	{ "DELETE", "/api/v1/skills/id/{id}/delete", USER, .sql = Q_THING_DELETE, .args = CHANGED,
	  .event = "skill.deleted" },
	{ "POST", "/api/v1/skills/id/{id}/clone", USER, clone, clone_form, .flags = R_PERMISSIONS },
	{ "POST", "/api/v1/skills/id/{id}/update/version", USER, restore, version_form,
	  .event = "skill.updated {id} name=@name" },
	ROUTES_END
};
