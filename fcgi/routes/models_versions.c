/* models_versions - versions of presets, and presets from a file. */

#include "access/grants.h"
#include "fcgi/grants.h"
#include "fcgi/routes/models.h"
#include "model/catalog.h"

enum { IMPORT_MAX = 10000 };

static const struct field id_query[] = { { "id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field history_query[] = {
	{ "id", T_STR, F_REQUIRED },
	{ "page", T_INT },
	SCHEMA_END
};

static const struct field version_form[] = { { "version_id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field import_form[] = {
	{ "models", T_LIST, F_REQUIRED, .item = &(const struct field){ "", T_DICT } },
	SCHEMA_END
};

/* A row as another installation exported it. */
static const struct field row_form[] = {
	{ "version_id", T_STR | T_NULL },
	{ "id", T_STR, F_REQUIRED },
	{ "user_id", T_STR, F_REQUIRED },
	{ "base_model_id", T_STR | T_NULL },
	{ "name", T_STR, F_REQUIRED },
	{ "params", T_DICT, F_REQUIRED },
	{ "meta", T_MODEL, F_REQUIRED, .sub = model_meta_form },
	{ "access_grants", T_LIST, .item = &grant_item },
	{ "is_active", T_BOOL, F_REQUIRED },
	{ "updated_at", T_INT, F_REQUIRED },
	{ "created_at", T_INT, F_REQUIRED },
	SCHEMA_END
};

static const struct field sync_form[] = {
	{ "models", T_LIST, .item = &(const struct field){ "", T_MODEL, .sub = row_form }, .def = "[]" },
	SCHEMA_END
};

static int sync_all(struct req *r)
{
	struct json_object *models = json_get(r->body, "models");
	const char *json;

	for (size_t i = 0; i < json_len(models); i++)
		if (!model_id_fits(json_text(json_item(models, i), "id", "")))
			return req_fail_detail(r, 400, "Model %zu: the id is empty or holds white space.", i);
	if (json_len(models) > IMPORT_MAX)
		return req_fail(r, ERR_TOO_LARGE);
	if (!req_db_text(r, &json, Q_MODEL_SYNC, r->user.id, json_strip_nul(r->arena, json_print(models),
									  strlen(json_print(models)))))
		return 0;
	return model_answer(r, json);
}

/* History is for those who may change the model. */
static bool may_read_history(struct req *r)
{
	struct model_found m;
	int rc = model_find(r, req_query(r, "id"), model_sees_all(r), &m);

	if (rc == 1 && m.write)
		return true;
	if (rc >= 0)
		req_fail(r, rc ? ERR_FORBIDDEN : ERR_NOT_FOUND);
	return false;
}

/* Is the base of a version still among the models? */
static bool base_there(struct req *r, const char *base)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);

	return text_empty(base) || (cat && catalog_find(cat, base));
}

static int version_set(struct req *r)
{
	const char *id = req_query(r, "id"), *version = json_text(r->body, "version_id", ""), *json;
	struct model_found m;
	struct rows *rows;

	if (!may_read_history(r) || model_find(r, id, true, &m) <= 0 ||
	    !req_db_run(r, &rows, Q_MODEL_HISTORY_BASE, id, version))
		return 0;
	if (!rows_count(rows))
		return req_fail_detail(r, 404, "Model version not found");
	if (!r->user.is_admin && m.base && !rows_text(rows, 0, 0))
		return req_fail(r, ERR_FORBIDDEN);
	if (!base_there(r, rows_text(rows, 0, 0)))
		return req_fail_detail(r, 400, "The base model is unavailable.");
	if (!req_db_text(r, &json, Q_MODEL_RESTORE, r->user.id, model_sees_all(r) ? "t" : "f", id, version))
		return 0;
	return model_answer(r, json);
}

/* The members of `more` over those of `o`. */
static void lay_over(struct json_object *o, struct json_object *more)
{
	if (!json_is(more, json_type_object))
		return;
	json_object_object_foreach(more, key, value) {
		json_set(o, key, json_ref(value));
	}
}

static bool fits(struct req *r, struct json_object *form)
{
	struct json_object *faults = json_new_array(r->arena);

	if (schema_check(model_form, form, "body", faults))
		return true;
	req_fail_detail(r, 400, "%s", json_print(faults));
	return false;
}

static const char *form_text(struct req *r, struct json_object *form)
{
	const char *text;

	model_clean_meta(json_get(form, "meta"));
	text = json_print(form);
	return json_strip_nul(r->arena, text, strlen(text));
}

/* A model that is there: its meta gets the new members, its params are replaced. */
static bool import_over(struct req *r, struct json_object *item, const struct model_found *was)
{
	struct json_object *form = json_parse_text(r->arena, was->json), *meta = json_get(form, "meta");
	const char *json;

	if (!was->write) {
		req_fail_detail(r, 401, "Uh-oh! This model id is already registered. Please choose another model id string.");
		return false;
	}
	if (!r->user.is_admin && was->base && json_has(item, "base_model_id") &&
	    text_empty(json_text(item, "base_model_id", "")))
		return true;		/* passed over, as the reference does */
	meta = json_ref(meta);
	lay_over(meta, json_get(item, "meta"));
	lay_over(form, item);
	json_set(form, "meta", meta);
	if (!json_has(item, "params"))
		json_set(form, "params", json_object_new_object());
	return fits(r, form) && req_db_text(r, &json, Q_MODEL_UPDATE, r->user.id, form_text(r, form));
}

static bool import_new(struct req *r, struct json_object *item)
{
	struct grants g = { 0 };
	const char *json;
	int provided;

	if (!json_has(item, "meta"))
		json_set(item, "meta", json_object_new_object());
	if (!json_has(item, "params"))
		json_set(item, "params", json_object_new_object());
	if (!fits(r, item))
		return false;
	if (!r->user.is_admin && text_empty(json_text(item, "base_model_id", "")))
		return true;		/* passed over */
	provided = r->user.is_admin ? 0 : model_is_provided(r, json_text(item, "id", ""));
	if (provided) {
		req_fail_detail(r, 401, "Uh-oh! This model id is already registered. Please choose another model id string.");
		return false;
	}
	if (json_get(item, "access_grants")) {
		if (grants_sort(r->arena, req_db(r), r->cfg, &r->user, "model",
				json_get(item, "access_grants"), &g) < 0) {
			req_db_failed(r);
			return false;
		}
		json_set(item, "access_grants", json_ref(json_parse_text(r->arena, g.allowed)));
	}
	return req_db_text(r, &json, Q_MODEL_CREATE, r->user.id, form_text(r, item));
}

static int import(struct req *r)
{
	struct json_object *models = json_get(r->body, "models");

	for (size_t i = 0; i < json_len(models) && i < IMPORT_MAX; i++) {
		struct json_object *item = json_item(models, i);
		const char *id = json_text(item, "id", "");
		struct model_found was;
		int rc;

		if (!model_id_fits(id) || strlen(id) > MODEL_ID_MAX)
			continue;
		if (text_eq(json_text(item, "base_model_id", NULL), id))
			json_set(item, "base_model_id", NULL);
		rc = model_find(r, id, r->user.is_admin, &was);
		if (rc < 0 || !(rc ? import_over(r, item, &was) : import_new(r, item)))
			return 0;
	}
	return model_answer(r, "true");
}

/* History is for those who may change the model: fcgi/things.h. */
#define MODEL "'model' ?id user admin_all 'write' 'ERR_NOT_FOUND' 'ERR_FORBIDDEN'"

const struct route model_version_routes[] = {
	{ "GET", "/api/v1/models/model/history", USER, .query = history_query, .sql = Q_VERSION_LIST,
	  .args = MODEL " ?page '1'" },
	{ "GET", "/api/v1/models/model/history/{history_id}", USER, .query = id_query, .sql = Q_VERSION_GET,
	  .args = MODEL " {history_id}" },
	{ "DELETE", "/api/v1/models/model/history/{history_id}", USER, .query = id_query,
	  .sql = Q_VERSION_DELETE, .args = MODEL " {history_id}" },
	{ "POST", "/api/v1/models/model/update/version", USER, version_set, version_form,
	  .query = id_query, .event = "model.updated ?id name=@name version_id=@version_id" },
	{ "POST", "/api/v1/models/sync", ADMIN, sync_all, sync_form,
	  .event = "model.synced model: count=#@ model_ids=@*.id" },
	{ "POST", "/api/v1/models/import", USER, import, import_form,
	  .permission = "workspace.models_import",
	  .event = "model.imported model: count=#.models model_ids=.models.*.id" },
	ROUTES_END
};
