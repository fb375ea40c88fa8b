/* apps - /api/v1/apps: external apps, installed by administrators. */

#include "app/app.h"
#include "fcgi/grants.h"

enum { SLUG_MAX = 40 };

#define SCOPES "channels:mentions:read|channels:messages:read|channels:messages:write|channels:read"

static const struct field scope_item = { "", T_STR, 0, .choices = SCOPES };

static const char *key_fault(struct json_object *v)
{
	struct arena *a = arena_new();
	bool good = app_public_key(a, json_str(v)) != NULL;

	arena_free(a);
	return good ? NULL : "An Ed25519 public key is required";
}

static const char *image_fault(struct json_object *v)
{
	return !json_str(v) || app_image_fits(json_str(v)) ? NULL : "An image or the address of one is required";
}

static const struct field manifest_form[] = {
	{ "id", T_STR, F_REQUIRED, .min = "1", .max = "100" },
	{ "name", T_STR, F_REQUIRED, .min = "1", .max = "100" },
	{ "description", T_STR, 0, .max = "2000", .def = "\"\"" },
	{ "profile_image_url", T_STR | T_NULL, 0, .max = "196608", .def = "null", .fault = image_fault },
	{ "public_key", T_STR, F_REQUIRED, .max = "2000", .fault = key_fault },
	{ "requested_scopes", T_LIST, F_REQUIRED, .item = &scope_item },
	SCHEMA_END_STRICT
};

static const struct field create_form[] = {
	{ "manifest", T_MODEL, F_REQUIRED, manifest_form },
	{ "url", T_STR, F_REQUIRED, .max = "2048" },
	{ "api_key", T_STR, F_REQUIRED, .min = "1", .max = "4096" },
	{ "slug", T_STR, F_REQUIRED },
	{ "granted_scopes", T_LIST, F_REQUIRED, .item = &scope_item },
	{ "access_grants", T_LIST, 0, .item = &grant_item,
	  .def = "[{\"principal_type\":\"user\",\"principal_id\":\"*\",\"permission\":\"read\"}]" },
	SCHEMA_END_STRICT
};

static const struct field update_form[] = {
	{ "is_active", T_BOOL | T_NULL },
	{ "name", T_STR | T_NULL, 0, .min = "1", .max = "100" },
	{ "settings", T_DICT | T_NULL },
	{ "manifest", T_MODEL | T_NULL, 0, manifest_form },
	{ "granted_scopes", T_LIST | T_NULL, 0, .item = &scope_item },
	{ "access_grants", T_LIST | T_NULL, 0, .item = &grant_item },
	SCHEMA_END_STRICT
};

static const struct field preview_form[] = {
	{ "url", T_STR, F_REQUIRED, .max = "2048" },
	{ "api_key", T_STR | T_NULL, 0, .min = "1", .max = "4096" },
	{ "app_id", T_STR | T_NULL },
	SCHEMA_END_STRICT
};

static const struct field connect_form[] = {
	{ "api_key", T_STR | T_NULL, 0, .min = "1", .max = "4096" },
	SCHEMA_END_STRICT
};

static const struct field interaction_form[] = {
	{ "message_id", T_STR, F_REQUIRED },
	{ "action_id", T_STR, F_REQUIRED, .min = "1", .max = "100" },
	SCHEMA_END_STRICT
};

static const struct field invitation_form[] = { { "app_id", T_STR, F_REQUIRED }, SCHEMA_END_STRICT };

static bool slug_fits(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= SLUG_MAX && *s >= 'a' && *s <= 'z' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* The grants of the body that are some, as JSON; NULL when it names none. */
static const char *take_grants(struct req *r)
{
	struct json_object *list = json_get(r->body, "access_grants"), *kept = json_new_array(r->arena);

	if (!list)
		return NULL;
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *g = json_item(list, i);
		const char *type = json_text(g, "principal_type", ""), *what = json_text(g, "permission", "");

		if ((strcmp(type, "user") == 0 || strcmp(type, "group") == 0) && *json_text(g, "principal_id", "") &&
		    (strcmp(what, "read") == 0 || strcmp(what, "write") == 0))
			json_object_array_add(kept, json_ref(g));
	}
	return json_print(kept);
}

/* The public key of the body's manifest in its one form. */
static void normal_key(struct req *r)
{
	struct json_object *manifest = json_get(r->body, "manifest");

	if (manifest)
		json_set_text(manifest, "public_key",
			      app_public_key(r->arena, json_text(manifest, "public_key", "")));
}

static bool scopes_fit(struct req *r)
{
	struct json_object *scopes = json_get(r->body, "granted_scopes");
	struct json_object *asked = json_at(r->body, "manifest.requested_scopes");

	for (size_t i = 0; i < json_len(scopes); i++) {
		size_t k = 0;

		while (k < json_len(asked) && !text_eq(json_str(json_item(scopes, i)), json_str(json_item(asked, k))))
			k++;
		if (k == json_len(asked))
			return false;
	}
	return true;
}

/* The app's key for the database; NULL: answered. */
static const char *seal(struct req *r, const char *key)
{
	const char *sealed = app_seal(r->arena, key);

	if (!sealed)
		req_fail_detail(r, 500, "A stable WEBUI_SECRET_KEY is required for apps");
	return sealed;
}

static int create(struct req *r)
{
	struct json_object *faults = json_new_array(r->arena);
	const char *sealed;
	bool private;

	if (!slug_fits(json_text(r->body, "slug", ""))) {
		schema_fault(faults, "string_pattern_mismatch", "body", "slug",
			     "String should match pattern '^[a-z][a-z0-9-]{0,39}$'", json_get(r->body, "slug"));
		return req_fail_422(r, faults);
	}
	if (app_url_fault(r->arena, json_text(r->body, "url", ""), &private))
		return req_fail_detail(r, 400, "Invalid app URL");
	if (!scopes_fit(r))
		return req_fail_detail(r, 400, "Unrequested scope");
	sealed = seal(r, json_text(r->body, "api_key", ""));
	if (!sealed)
		return 0;
	json_del(r->body, "api_key");
	normal_key(r);
	return req_send_sql(r, Q_APPS_CREATE, r->user.id, req_body_text(r), sealed, take_grants(r));
}

static int update(struct req *r)
{
	normal_key(r);
	return req_send_sql(r, Q_APPS_UPDATE, r->params[0], req_body_text(r), take_grants(r));
}

/* Address and key of an app; false: answered. */
static bool find(struct req *r, const char *id, const char **url, const char **key)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_APPS_SECRET, id))
		return false;
	if (!rows_count(rows)) {
		req_fail_detail(r, 404, "App not found");
		return false;
	}
	*url = rows_text(rows, 0, 0);
	if (!*key && !text_empty(rows_text(rows, 0, 1)))
		*key = app_open(r->arena, rows_text(rows, 0, 1));
	return true;
}

/* The manifest that an app gives, its key in its one form; NULL: answered. */
static struct json_object *fetch(struct req *r, const char *url, const char *key)
{
	struct json_object *faults = json_new_array(r->arena), *o;
	const char *detail;
	int status;

	if (text_empty(key)) {
		req_fail_detail(r, 400, "An app API key is required");
		return NULL;
	}
	req_db_release(r);
	o = app_manifest(r->arena, url, key, &status, &detail);
	if (!o) {
		req_fail_detail(r, status, "%s", detail);
		return NULL;
	}
	if (schema_check(manifest_form, o, "body", faults)) {
		json_set_text(o, "public_key", app_public_key(r->arena, json_text(o, "public_key", "")));
		return o;
	}
	req_fail_detail(r, 400, "App returned an invalid manifest. Check its app details or enter them manually.");
	return NULL;
}

static int preview(struct req *r)
{
	const char *id = json_text(r->body, "app_id", NULL), *key = json_text(r->body, "api_key", NULL);
	const char *url = json_text(r->body, "url", ""), *installed = url;
	struct json_object *manifest;

	if (!text_empty(id) && !find(r, id, &installed, &key))
		return 0;
	if (!text_eq(installed, url))
		return req_fail_detail(r, 400, "App URL does not match the installed app");
	manifest = fetch(r, url, key);
	return manifest ? req_send_obj(r, manifest) : 0;
}

/* The key is stored and the app asked for its manifest.  An app that answers would have to be kept connected
 * from here on, which this server does not do. */
static int connect_app(struct req *r)
{
	const char *given = json_text(r->body, "api_key", NULL), *sealed = NULL, *key = given, *url;
	struct rows *rows;

	if (!find(r, r->params[0], &url, &key) || (given && !(sealed = seal(r, given))))
		return 0;
	if (!text_empty(key) && !req_db_run(r, &rows, Q_APPS_CONNECTING, r->params[0], sealed))
		return 0;
	return fetch(r, url, key) ? req_fail(r, ERR_NOT_IMPLEMENTED) : 0;
}

static int interact(struct req *r)
{
	const char *none;

	if (!req_db_text(r, &none, Q_APPS_PRESSED, r->user.id, r->user.is_admin ? "t" : "f", r->params[0],
			 json_text(r->body, "message_id", ""), json_text(r->body, "action_id", "")))
		return 0;
	return req_fail_detail(r, 503, "App is disconnected; event was not sent");
}

/* Apps in a channel. */
static int in_channel(struct req *r, enum query q, const char *app)
{
	const char *admin = r->user.is_admin ? "t" : "f", *cid = r->params[0];

	if (!config_bool(r->cfg, CK_CHANNELS_ENABLE))
		return req_fail(r, ERR_CHANNELS_OFF);
	return app ? req_send_sql(r, q, r->user.id, admin, cid, app) : req_send_sql(r, q, r->user.id, admin, cid);
}

static int channel_list(struct req *r)
{
	return in_channel(r, Q_APPS_CHANNEL, NULL);
}

static int channel_invite(struct req *r)
{
	return in_channel(r, Q_APPS_INVITE, json_text(r->body, "app_id", ""));
}

static int channel_remove(struct req *r)
{
	return in_channel(r, Q_APPS_UNINVITE, r->params[1]);
}

#define APPS .feature = "apps.enable", .feature_err = ERR_APPS_OFF
#define IN_CHANNEL "/api/v1/channels/{channel_id}/apps"

const struct route installed_app_routes[] = {
	{ "GET", "/api/v1/apps", USER, .sql = Q_APPS_LIST, .args = "user admin", APPS },
	{ "POST", "/api/v1/apps", ADMIN, create, create_form, APPS },
	{ "POST", "/api/v1/apps/manifest/preview", ADMIN, preview, preview_form, .flags = R_STREAM, APPS },
	{ "GET", "/api/v1/apps/{app_id}", ADMIN, .sql = Q_APPS_GET, .args = "{app_id}", APPS },
	{ "PATCH", "/api/v1/apps/{app_id}", ADMIN, update, update_form, APPS },
	{ "DELETE", "/api/v1/apps/{app_id}", ADMIN, .sql = Q_APPS_UNINSTALL, .args = "{app_id}", APPS },
	{ "POST", "/api/v1/apps/{app_id}/connect", ADMIN, connect_app, connect_form, .flags = R_STREAM, APPS },
	{ "POST", "/api/v1/apps/{app_id}/interactions", USER, interact, interaction_form, APPS },
	{ "GET", IN_CHANNEL, USER, channel_list, APPS },
	{ "POST", IN_CHANNEL, USER, channel_invite, invitation_form, APPS },
	{ "DELETE", IN_CHANNEL "/{app_id}", USER, channel_remove, APPS },
	ROUTES_END
};
