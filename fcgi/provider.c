#include "fcgi/provider.h"

#include "base/env.h"
#include "fcgi/relay.h"
#include "model/catalog.h"

const struct field any_object_form[] = { { "", T_DICT }, SCHEMA_END };
const struct field place_query[] = { { "url_idx", T_INT | T_NULL }, SCHEMA_END };

bool provider_found(struct req *r, enum model_found found, int unknown)
{
	if (found == MODEL_FAILED)
		req_db_failed(r);
	else if (found == MODEL_DENIED)
		req_fail_detail(r, 403, "Model not found");
	else if (found == MODEL_UNKNOWN)
		req_fail_detail(r, unknown, "Model not found");
	return found == MODEL_FOUND;
}

bool provider_model(struct req *r, enum connection_kind kind, const char *id, int64_t place, int unknown,
		    struct model *out)
{
	return provider_found(r, model_locate(r->arena, req_db(r), r->cfg, &r->user, id, kind, place, out),
			      unknown);
}

bool provider_list(struct req *r, enum connection_kind kind, struct buf *out)
{
	const struct catalog *cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	struct catalog_access who;
	bool first = true;

	if (!cat || !catalog_access(r->arena, req_db(r), &r->user, &who)) {
		req_db_failed(r);
		return false;
	}
	for (size_t i = 0; i < cat->base_count; i++) {
		const struct base_model *m = &cat->bases[i];
		const struct catalog_entry *e = catalog_find(cat, m->id);

		if (m->kind != kind || (!who.all && !r->user.is_admin &&
					(!e || !e->has_row || !catalog_may_see(&who, e))))
			continue;
		if (!first)
			buf_addc(out, ',');
		buf_add(out, m->json, m->len);
		first = false;
	}
	return true;
}

void provider_merge(struct json_object *list, struct json_object *known, struct json_object *model,
		    size_t place)
{
	const char *id = json_text(model, "model", NULL);
	struct json_object *urls = id ? json_get(json_get(known, id), "urls") : NULL;

	if (!id)
		return;
	if (!urls) {
		urls = json_object_new_array();
		json_set(model, "urls", urls);
		json_set(known, id, json_ref(model));
		json_object_array_add(list, json_ref(model));
	}
	json_object_array_add(urls, json_object_new_int64((int64_t)place));
}

void provider_get(struct req *r, const struct connection *k, const char *path, struct http_request *req)
{
	struct caller who = relay_caller(r);
	struct headers h;

	headers_init(&h, r->arena);
	headers_set_connection(&h, k, &who);
	if (connection_is_anthropic(k)) {
		headers_drop(&h, "Authorization");
		headers_set(&h, "x-api-key", k->key);
		headers_set(&h, "anthropic-version", "2023-06-01");
	}
	*req = (struct http_request){
		.method = "GET", .url = arena_printf(r->arena, "%s%s", k->url, path), .headers = h.list,
		.timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST", 10, 1, 600) * 1000, .cancel_fd = -1,
	};
}

const char *provider_url(struct req *r, const char *typed)
{
	size_t n = strlen(typed);

	while (n && typed[n - 1] == '/')
		n--;
	return arena_strndup(r->arena, typed, n);
}

void provider_drop_nulls(struct json_object *body)
{
	json_object_object_foreach(body, key, v) {
		if (!v)
			json_object_object_del(body, key);
	}
}
