/* app - what belongs to no tag: /api/config, versions, health, manifest, cached files. */

#include "base/env.h"
#include "cache/redis.h"
#include "config/app.h"
#include "fcgi/file.h"
#include "fcgi/routes/changelog.h"
#include "fcgi/routes/openapi.h"
#include "json/scan.h"
#include "model/catalog.h"

enum { GROUP_MODELS = SESSION_COLUMNS };	/* column of Q_AUTH_CONFIG */

/* Is there any account?  Once there is one there always will be: asked of the database no more. */
static bool has_accounts(struct req *r, bool *any)
{
	static _Atomic bool known;

	*any = known;
	if (known)
		return true;
	if (!req_db_bool(r, any, Q_AUTH_ANY))
		return false;
	known = *any;
	return true;
}

static int config_anon(struct req *r)
{
	struct config_derived d = config_app(r->cfg, APP_ANON);
	bool any;

	if (!has_accounts(r, &any))
		return 0;
	if (any)
		return req_send_json(r, 200, d.text, d.len);
	return req_send_text(r, arena_printf(r->arena, "{\"onboarding\":true,%s", d.text + 1));
}

/* Of the group's default models those that the account sees, joined by commas; "" for none. */
static const char *visible_models(struct req *r, const char *list)
{
	struct json_object *ids = json_parse_text(r->arena, list);
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	struct buf *b = buf_in(r->arena, 0);
	struct catalog_access who;

	if (!cat || !catalog_access(r->arena, req_db(r), &r->user, &who))
		return "";
	for (size_t i = 0; i < json_len(ids); i++) {
		const char *id = json_str(json_item(ids, i));
		const struct catalog_entry *e = catalog_find(cat, id);
		struct str hidden;

		if (!e || !catalog_may_see(&who, e) ||
		    (json_find(str_of(e->meta), "hidden", &hidden) && str_eq(hidden, "true")))
			continue;
		buf_printf(b, "%s%s", b->len ? "," : "", id);
	}
	return buf_text(b);
}

static int config_get(struct req *r)
{
	enum app_viewer viewer = APP_OTHER;
	struct config_derived d;
	const char *models;

	if (!r->has_user)
		return config_anon(r);
	if (user_is_verified(&r->user))
		viewer = APP_USER;
	else if (text_eq(r->user.role, "pending"))
		viewer = APP_PENDING;
	models = viewer == APP_USER ? rows_text(r->account, 0, GROUP_MODELS) : NULL;
	if (models)
		models = visible_models(r, models);
	if (!text_empty(models))
		return req_send_text(r, config_app_with_models(r->arena, r->cfg, models));
	d = config_app(r->cfg, viewer);
	return req_send_json(r, 200, d.text, d.len);
}

static int version_get(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_text(o, "version", OWUI_REFERENCE_VERSION);
	json_set_text(o, "deployment_id", env_str("DEPLOYMENT_ID", ""));
	return req_send_obj(r, o);
}

/* This server asks nobody for news: the latest version that it knows is its own. */
static int updates_get(struct req *r)
{
	return req_send_text(r, "{\"current\":\"" OWUI_REFERENCE_VERSION "\",\"latest\":\""
				OWUI_REFERENCE_VERSION "\"}");
}

static int usage_get(struct req *r)
{
	struct json_object *o = json_new_object(r->arena), *ids = json_object_new_array();
	struct redis_reply *pool = NULL;
	int64_t users;

	if (!r->user.is_admin && !env_bool("ENABLE_PUBLIC_ACTIVE_USERS_COUNT", true))
		return req_fail_detail(r, 403, "Only administrators can see how many use this server.");
	json_set(o, "model_ids", ids);
	if (!req_db_i64(r, &users, Q_APP_ACTIVE_USERS))
		return 0;
	if (redis_run(r->arena, &pool, "HKEYS", redis_key(r->arena, "usage_pool")) > 0)
		for (size_t i = 0; i < reply_len(pool); i++)
			json_object_array_add(ids, json_object_new_string(
						   reply_text(reply_item(pool, i))));
	json_set_i64(o, "user_count", users);
	return req_send_obj(r, o);
}

static int health_get(struct req *r)
{
	return req_send_text(r, "{\"status\":true}");
}

static int health_db_get(struct req *r)
{
	int64_t one;

	return req_db_i64(r, &one, Q_APP_PING) ? health_get(r) : 0;
}

static int ready_get(struct req *r)
{
	int64_t one;

	if (!req_db_i64(r, &one, Q_APP_PING))
		return 0;
	if (redis_configured() && redis_run(r->arena, NULL, "PING") <= 0)
		return req_fail_detail(r, 503, "Redis not ready");
	return health_get(r);
}

static int manifest_get(struct req *r)
{
	const char *name = config_app_name();
	struct buf *b = buf_in(r->arena, 0);
	static const char *const purposes[] = { "any", "maskable" };

	buf_adds(b, "{\"name\":");
	buf_json(b, name);
	buf_adds(b, ",\"short_name\":");
	buf_json(b, name);
	buf_adds(b, ",\"description\":");
	buf_json(b, arena_printf(r->arena, "%s is an open, extensible, user-friendly interface for "
					   "AI that adapts to your workflow.", name));
	buf_adds(b, ",\"start_url\":\"/\",\"display\":\"standalone\",\"background_color\":"
		    "\"#343541\",\"icons\":[");
	for (size_t i = 0; i < ARRAY_SIZE(purposes); i++)
		buf_printf(b, "%s{\"src\":\"/static/logo.png\",\"type\":\"image/png\","
			   "\"sizes\":\"500x500\",\"purpose\":\"%s\"}", i ? "," : "", purposes[i]);
	buf_adds(b, "],\"share_target\":{\"action\":\"/\",\"method\":\"GET\","
		    "\"params\":{\"text\":\"shared\"}}}");
	return req_send_json(r, 200, b->data, b->len);
}

static void add_xml(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
			buf_printf(b, "&#%d;", *s);
		else
			buf_addc(b, *s);
	}
}

static int opensearch_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0), *name = buf_in(r->arena, 0), *url = buf_in(r->arena, 0);

	add_xml(name, config_app_name());
	add_xml(url, config_text(r->cfg, CK_WEBUI_URL));
	buf_printf(b, "<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\" "
		   "xmlns:moz=\"http://www.mozilla.org/2006/browser/search/\">\n"
		   "<ShortName>%s</ShortName>\n<Description>Search %s</Description>\n"
		   "<InputEncoding>UTF-8</InputEncoding>\n", buf_text(name), buf_text(name));
	buf_printf(b, "<Image width=\"16\" height=\"16\" type=\"image/x-icon\">"
		   "%s/static/favicon.png</Image>\n"
		   "<Url type=\"text/html\" method=\"get\" template=\"%s/?q={searchTerms}\"/>\n"
		   "<moz:SearchForm>%s</moz:SearchForm>\n</OpenSearchDescription>\n",
		   buf_text(url), buf_text(url), buf_text(url));
	return req_send_bytes(r, 200, "application/xml", b->data, b->len);
}

static int cache_get(struct req *r)
{
	const char *dir = arena_printf(r->arena, "%s/cache", env_str("DATA_DIR", "/var/lib/owui"));

	if (!file_send(r, dir, r->params[0], FILE_ATTACH))
		return req_fail_detail(r, 404, "File not found");
	return 0;
}

const struct route app_routes[] = {
	{ "GET", "/api/config", OPTIONAL, config_get, .account = Q_AUTH_CONFIG },
	{ "GET", "/api/version", ANON, version_get },
	{ "GET", "/api/version/updates", USER, updates_get },
	{ "GET", "/api/changelog", ANON, changelog_get },
	{ "GET", "/api/usage", USER, usage_get },
	{ "GET", "/health", ANON, health_get },
	{ "GET", "/health/db", ANON, health_db_get },
	{ "GET", "/ready", ANON, ready_get },
	{ "GET", "/manifest.json", ANON, manifest_get },
	{ "GET", "/opensearch.xml", ANON, opensearch_get },
	{ "GET", "/openapi.json", ANON, openapi_get },
	{ "GET", "/docs", ANON, openapi_page_get },
	{ "GET", "/cache/{path:path}", USER, cache_get },
	ROUTES_END
};
