/* utils - /api/v1/utils: small helps for the web UI. */

#include "base/env.h"
#include "code/format.h"
#include "fcgi/request.h"
#include "user/gravatar.h"

static const struct field email_query[] = { { "email", T_STR, F_REQUIRED }, SCHEMA_END };

static int gravatar_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_json(b, gravatar_url(r->arena, req_query(r, "email")));
	return req_send_text(r, b->data);
}

static const struct field code_form[] = { { "code", T_STR, F_REQUIRED }, SCHEMA_END };

static int code_format(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	const char *out = NULL;

	req_db_release(r);
	switch (format_python(r->arena, json_text(r->body, "code", ""), &out)) {
	case FORMAT_DONE:
		json_set_text(o, "code", out);
		return req_send_obj(r, o);
	case FORMAT_REFUSED:
		return req_fail_detail(r, 400, "%s", out);
	default:
		return req_fail_detail(r, 500, "The formatter did not come to its end.");
	}
}

/* There is no file to send: PostgreSQL keeps the data. */
static int db_download(struct req *r)
{
	if (!env_bool("ENABLE_ADMIN_EXPORT", true))
		return req_fail(r, ERR_ACCESS_PROHIBITED);
	return req_fail_detail(r, 400, "This feature is only available when running with SQLite databases.");
}

const struct route util_routes[] = {
	{ "GET", "/api/v1/utils/gravatar", USER, gravatar_get, .query = email_query },
	{ "POST", "/api/v1/utils/code/format", ADMIN, code_format, code_form, .flags = R_STREAM },
	{ "GET", "/api/v1/utils/db/download", ADMIN, db_download },
	ROUTES_END
};
