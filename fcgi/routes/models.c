/* models - /api/v1/models: presets on top of providers' models, and overrides of those. */

#include <ctype.h>

#include "access/grants.h"
#include "base/env.h"
#include "base/rand.h"
#include "fcgi/image.h"
#include "fcgi/routes/models.h"
#include "model/catalog.h"
#include "user/account.h"

static const struct field voice_form[] = {
	{ "voice", T_STR | T_NULL, .min = "1", .max = "200", .pattern = model_id_fits },
	SCHEMA_END
};

/* The address of a file of ours: /api/v1/files/<id>/content. */
static const char *background_fault(struct json_object *v)
{
	static const char head[] = "/api/v1/files/", tail[] = "/content";
	struct str s = json_str(v) ? str_of(json_str(v)) : (struct str){ "", 0 };
	char id[UUID_SIZE];

	if (!v)
		return NULL;
	if (s.n == sizeof(head) - 1 + UUID_SIZE - 1 + sizeof(tail) - 1 && memcmp(s.p, head, sizeof(head) - 1) == 0) {
		memcpy(id, s.p + sizeof(head) - 1, UUID_SIZE - 1);
		id[UUID_SIZE - 1] = '\0';
		if (uuid_valid(id) && strcmp(s.p + s.n - (sizeof(tail) - 1), tail) == 0)
			return NULL;
	}
	return "Value error, the background image is not a file of this server.";
}

const struct field model_meta_form[] = {
	{ "profile_image_url", T_ANY },		/* model_clean_meta() */
	{ "background_image_url", T_STR | T_NULL, F_BEFORE, .fault = background_fault },
	{ "description", T_STR | T_NULL },
	{ "i18n", T_DICT | T_NULL },
	{ "capabilities", T_DICT | T_NULL },
	{ "knowledge", T_LIST | T_NULL },
	{ "voice", T_MODEL | T_NULL, .sub = voice_form },
	{ "voice_avatar", T_DICT | T_NULL },
	SCHEMA_END
};

bool model_id_fits(const char *id)
{
	for (const char *p = id; *p; p++)
		if (isspace((unsigned char)*p))
			return false;
	return *id != '\0';
}

/* Anything may stand in them. */
static const struct field params_form[] = { SCHEMA_END };

const struct field model_form[] = {
	{ "commit_message", T_STR | T_NULL },
	{ "id", T_STR, F_REQUIRED, .pattern = model_id_fits },
	{ "base_model_id", T_STR | T_NULL },
	{ "name", T_STR, F_REQUIRED },
	{ "meta", T_MODEL, F_REQUIRED, .sub = model_meta_form },
	{ "params", T_MODEL, F_REQUIRED, .sub = params_form },
	{ "access_grants", T_LIST | T_NULL, .item = &(const struct field){ "", T_DICT } },
	{ "is_active", T_BOOL },
	SCHEMA_END
};

static const struct field access_form[] = {
	{ "id", T_STR, F_REQUIRED, .pattern = model_id_fits },
	{ "name", T_STR | T_NULL },
	{ "access_grants", T_LIST, F_REQUIRED, .item = &(const struct field){ "", T_DICT } },
	SCHEMA_END
};

static const struct field id_form[] = { { "id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field id_query[] = { { "id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field tag_query[] = { { "tag", T_STR | T_NULL }, SCHEMA_END };

static const struct field export_query[] = {
	{ "ids", T_LIST | T_NULL, .item = &(const struct field){ "", T_STR } },
	SCHEMA_END
};

static const struct field list_query[] = {
	{ "query", T_STR | T_NULL }, { "view_option", T_STR | T_NULL }, { "tag", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL }, { "direction", T_STR | T_NULL }, { "page", T_INT | T_NULL },
	SCHEMA_END
};

static const char *flag(bool on)
{
	return on ? "t" : "f";
}

/* Does the administrator see the presets of others? */
bool model_sees_all(const struct req *r)
{
	return r->user.is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true);
}

/* 1 found, 0 no such row, -1 answered. */
int model_find(struct req *r, const char *id, bool any, struct model_found *out)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_MODEL_FIND, id, r->user.id, flag(any)))
		return -1;
	if (!rows_count(rows))
		return 0;
	*out = (struct model_found){ rows_bool(rows, 0, 0), rows_bool(rows, 0, 1), rows_text(rows, 0, 2),
			       rows_text(rows, 0, 3) };
	return 1;
}

/* Answer, and tell the processes that the list is another one. */
int model_answer(struct req *r, const char *json)
{
	if (model_changed(req_db(r), r->arena) < 0)
		return req_db_failed(r);
	return req_send_text(r, json);
}

/* The grants of the body that the caller may give, in the body's place. */
static bool take_grants(struct req *r, struct grants *g)
{
	struct json_object *list = json_get(r->body, "access_grants");

	if (!list)
		return true;
	if (grants_sort(r->arena, req_db(r), r->cfg, &r->user, "model", list, g) < 0) {
		req_db_failed(r);
		return false;
	}
	json_set(r->body, "access_grants", json_ref(json_parse_text(r->arena, g->allowed)));
	return true;
}

void model_clean_meta(struct json_object *meta)
{
	struct json_object *image = json_get(meta, "profile_image_url");

	if (image && !(json_str(image) && image_url_valid(json_str(image))))
		json_set(meta, "profile_image_url", NULL);
}

static const char *body_text(struct req *r)
{
	const char *text;

	model_clean_meta(json_get(r->body, "meta"));
	text = json_print(r->body);
	return json_strip_nul(r->arena, text, strlen(text));
}

/* Is the id one of a provider's model, which only administrators may put something over? */
int model_is_provided(struct req *r, const char *id)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	const struct catalog_entry *e = cat ? catalog_find(cat, id) : NULL;

	if (!cat)
		return -1;
	return e && !e->base_id;
}

static int create(struct req *r)
{
	const char *id = json_text(r->body, "id", ""), *base = json_text(r->body, "base_model_id", "");
	struct grants g = { 0 };
	const char *json;
	int taken;

	if (strlen(id) > MODEL_ID_MAX)
		return req_fail_detail(r, 400, "The model id is too long. Please make sure your model id is less than %d characters long.", MODEL_ID_MAX);
	taken = r->user.is_admin ? 0 : model_is_provided(r, id);
	if (taken < 0)
		return req_db_failed(r);
	if (taken)
		return req_fail_detail(r, 401, "Uh-oh! This model id is already registered. Please choose another model id string.");
	if (!r->user.is_admin && (!*base || strcmp(base, id) == 0))
		return req_fail(r, ERR_UNAUTHORIZED);
	if (!take_grants(r, &g) || !req_db_text(r, &json, Q_MODEL_CREATE, r->user.id, body_text(r)))
		return 0;
	return model_answer(r, json);
}

static int update(struct req *r)
{
	const char *id = json_text(r->body, "id", ""), *json, *base;
	struct model_found was;
	int rc;

	rc = model_find(r, id, r->user.is_admin, &was);
	if (rc < 0)
		return 0;
	if (!rc)
		return req_fail(r, ERR_NOT_FOUND_401);
	if (!was.write)
		return req_fail_detail(r, 400, "%s", err_defs[ERR_ACCESS_PROHIBITED].detail);
	base = json_has(r->body, "base_model_id") ? json_text(r->body, "base_model_id", "") : was.base;
	if (!r->user.is_admin && was.base && (text_empty(base) || text_eq(base, id)))
		return req_fail(r, ERR_UNAUTHORIZED);
	if (!req_db_text(r, &json, Q_MODEL_UPDATE, r->user.id, body_text(r)))
		return 0;
	return json ? model_answer(r, json) : req_fail(r, ERR_NOT_FOUND_401);
}

/* A provider's model gets a row of its own, so that grants have something to stand on. */
static bool add_row(struct req *r, const char *id)
{
	struct json_object *form = json_new_object(r->arena);
	const char *name = json_text(r->body, "name", ""), *json;

	json_set_text(form, "id", id);
	json_set_text(form, "name", *name ? name : id);
	json_set(form, "meta", json_object_new_object());
	json_set(form, "params", json_object_new_object());
	return req_db_text(r, &json, Q_MODEL_CREATE, r->user.id, json_print(form));
}

static int access_update(struct req *r)
{
	const char *id = json_text(r->body, "id", ""), *json;
	struct grants g = { 0 };
	struct model_found was;
	int rc;

	rc = model_find(r, id, r->user.is_admin, &was);
	if (rc < 0)
		return 0;
	if (!rc && !r->user.is_admin)
		return req_fail(r, ERR_FORBIDDEN);
	if (rc && !was.write)
		return req_fail_detail(r, 400, "%s", err_defs[ERR_ACCESS_PROHIBITED].detail);
	if (!take_grants(r, &g))
		return 0;
	if (g.refused)
		return req_fail(r, ERR_GRANT_REFUSED);
	if (!rc && !add_row(r, id))
		return 0;
	if (!req_db_text(r, &json, Q_MODEL_GRANTS, id, g.allowed) ||
	    !req_db_text(r, &json, Q_MODEL_GET, id))
		return 0;
	return model_answer(r, json);
}

/* A preset that the caller may change, or an answer. */
static bool writable(struct req *r, const char *id, enum err none, enum err denied, struct model_found *out)
{
	int rc = model_find(r, id, r->user.is_admin, out);

	if (rc == 1 && out->write)
		return true;
	if (rc >= 0)
		req_fail(r, rc ? denied : none);
	return false;
}

static int toggle(struct req *r)
{
	const char *id = req_query(r, "id"), *json;
	struct model_found was;

	if (!writable(r, id, ERR_NOT_FOUND_401, ERR_UNAUTHORIZED, &was) ||
	    !req_db_text(r, &json, Q_MODEL_TOGGLE, id))
		return 0;
	return json ? model_answer(r, json) : req_fail(r, ERR_NOT_FOUND_401);
}

static int delete_one(struct req *r)
{
	const char *id = json_text(r->body, "id", "");
	struct model_found was;
	int64_t n;

	if (!writable(r, id, ERR_NOT_FOUND_401, ERR_UNAUTHORIZED, &was) ||
	    !req_db_i64(r, &n, Q_MODEL_DELETE, id))
		return 0;
	return model_answer(r, "true");
}

static int delete_all(struct req *r)
{
	int64_t n;

	return req_db_i64(r, &n, Q_MODEL_DELETE_ALL) ? model_answer(r, "true") : 0;
}

static int get(struct req *r)
{
	struct model_found m;
	int rc = model_find(r, req_query(r, "id"), model_sees_all(r), &m);
	struct json_object *o;

	if (rc < 0)
		return 0;
	if (!rc)
		return req_fail(r, ERR_NOT_FOUND);
	if (!m.write && !m.read)
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	o = json_parse_text(r->arena, m.json);
	json_set(o, "user", NULL);
	json_set_bool(o, "write_access", m.write);
	if (!m.write)
		json_set(o, "params", json_object_new_object());
	return req_send_obj(r, o);
}

static int list(struct req *r)
{
	return req_send_sql(r, Q_MODEL_PAGE, r->user.id, flag(model_sees_all(r)), req_query(r, "query"),
			    req_query(r, "view_option"), req_query(r, "tag"), req_query(r, "order_by"),
			    req_query(r, "direction"),
			    arena_i64(r->arena, req_query_i64(r, "page", 1)));
}

static int tags(struct req *r)
{
	return req_send_sql(r, Q_MODEL_TAG_NAMES, "f", r->user.id, flag(model_sees_all(r)));
}

static int base_tags(struct req *r)
{
	return req_send_sql(r, Q_MODEL_TAG_NAMES, "t", r->user.id, "t");
}

static int export_get(struct req *r)
{
	struct json_object *ids = json_get(r->query, "ids");
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_MODEL_EXPORT, r->user.id, flag(model_sees_all(r)),
			ids ? json_print(ids) : NULL))
		return 0;
	if (ids && rows_i64(rows, 0, 1, 0) != (int64_t)json_len(ids))
		return req_fail(r, ERR_FORBIDDEN);
	return req_send_text(r, rows_text(rows, 0, 0));
}

/* An arena model's picture stands in the settings. */
static const char *arena_image(struct req *r, const char *id)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	const struct catalog_entry *e = cat ? catalog_find(cat, id) : NULL;
	struct catalog_access who;

	if (!e || !e->arena || !catalog_access(r->arena, req_db(r), &r->user, &who) ||
	    !catalog_may_see(&who, e))
		return "";
	return json_text(json_parse_text(r->arena, e->meta), "profile_image_url", "");
}

/* A path below /static without steps upwards; anything else could lead elsewhere. */
static bool is_static(const char *url)
{
	return text_starts(url, "/static/") && !strstr(url, "..") && !strpbrk(url, "?#%\\\r\n");
}

/* Who may not see the model gets the default picture: ids cannot be probed. */
static int image(struct req *r)
{
	bool all = model_sees_all(r) || env_bool("BYPASS_MODEL_ACCESS_CONTROL", false);
	const char *id = req_query(r, "id"), *url;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_MODEL_IMAGE, id, r->user.id, flag(all)))
		return 0;
	url = rows_count(rows) ? rows_text(rows, 0, 0) : NULL;
	if (text_empty(url))
		url = arena_image(r, id);
	if (text_starts(url, "http") && env_bool("ENABLE_PROFILE_IMAGE_URL_FORWARDING", true) &&
	    !strpbrk(url, "\r\n"))
		return req_send_redirect(r, 302, url);
	if (image_send_data(r, url))
		return 0;
	return req_send_redirect(r, 302, is_static(url) ? url : "/static/favicon.png");
}

const struct route model_routes[] = {
	{ "GET", "/api/v1/models/list", USER, list, .query = list_query },
	{ "GET", "/api/v1/models/all", ADMIN, .sql = Q_MODEL_ALL, .args = "" },
	{ "GET", "/api/v1/models/base", ADMIN, .sql = Q_MODEL_BASE, .args = "?tag", .query = tag_query },
	{ "GET", "/api/v1/models/base/tags", ADMIN, base_tags },
	{ "GET", "/api/v1/models/tags", USER, tags },
	{ "POST", "/api/v1/models/create", USER, create, model_form, .permission = "workspace.models",
	  .event = "model.created @id name=@name" },
	{ "GET", "/api/v1/models/export", USER, export_get, .query = export_query,
	  .permission = "workspace.models_export" },
	{ "GET", "/api/v1/models/model", USER, get, .query = id_query },
	{ "GET", "/api/v1/models/model/profile/image", USER, image, .query = id_query },
	{ "POST", "/api/v1/models/model/toggle", USER, toggle, .query = id_query,
	  .event = "model.enabled|model.disabled@is_active @id name=@name" },
	{ "POST", "/api/v1/models/model/update", USER, update, model_form, .event = "model.updated @id name=@name" },
	{ "POST", "/api/v1/models/model/access/update", USER, access_update, access_form,
	  .event = "model.access_updated .id" },
	{ "POST", "/api/v1/models/model/delete", USER, delete_one, id_form, .event = "model.deleted .id" },
	{ "DELETE", "/api/v1/models/delete/all", ADMIN, delete_all, .event = "model.deleted model:" },
	ROUTES_END
};
