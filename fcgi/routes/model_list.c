/* model_list - GET /api/models: the models that an account can talk to, from the process's catalog. */

#include "fcgi/request.h"
#include "model/catalog.h"

static const struct field list_query[] = {
	{ "refresh", T_BOOL },
	SCHEMA_END
};

static const struct catalog *get(struct req *r, bool refresh)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, refresh);

	if (!cat)
		req_db_failed(r);
	return cat;
}

static int send_some(struct req *r, const struct catalog *cat, const struct catalog_access *who)
{
	struct buf *b = buf_in(r->arena, 0);
	bool first = true;

	buf_adds(b, "{\"data\":[");
	for (size_t i = 0; i < cat->count; i++) {
		const struct catalog_entry *e = &cat->entries[i];

		if (!e->listed || !catalog_may_see(who, e))
			continue;
		if (!first)
			buf_addc(b, ',');
		buf_add(b, e->json, e->len);
		first = false;
	}
	buf_adds(b, "]}");
	return req_send_json(r, 200, buf_text(b), b->len);
}

static int models_get(struct req *r)
{
	const struct catalog *cat = get(r, req_query_bool(r, "refresh", false));
	struct catalog_access who;

	if (!cat)
		return 0;
	if (!catalog_access(r->arena, req_db(r), &r->user, &who))
		return req_db_failed(r);
	if (who.all)
		return req_send_json(r, 200, cat->all, cat->all_len);
	return send_some(r, cat, &who);
}

static int base_get(struct req *r)
{
	const struct catalog *cat = get(r, false);

	return cat ? req_send_json(r, 200, cat->base, cat->base_len) : 0;
}

const struct route model_list_routes[] = {
	{ "GET", "/api/models", USER, models_get, .query = list_query },
	{ "GET", "/api/v1/models", USER, models_get, .query = list_query },
	{ "GET", "/api/models/base", ADMIN, base_get },
	ROUTES_END
};
