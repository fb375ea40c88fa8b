#include "fcgi/things.h"

#include "base/env.h"
#include "fcgi/grants.h"

const struct field thing_share_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	SCHEMA_END
};

const char *thing_all(const struct req *r, const struct thing *t)
{
	return r->user.is_admin && (!t->bypass || env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true)) ? "t" : "f";
}

bool thing_open(struct req *r, const struct thing *t, const char *id, const char *permission)
{
	struct rows *rows;

	return req_db_run(r, &rows, Q_THING_OPEN, t->kind, id, r->user.id, thing_all(r, t), permission, t->none,
			  t->closed);
}

int thing_share(struct req *r, const struct thing *t, const char *id)
{
	const char *grants;

	if (!thing_open(r, t, id, "write"))
		return 0;
	grants = req_grants(r, t->kind, true);
	return grants ? req_send_sql(r, Q_THING_SHARE, t->kind, id, grants) : 0;
}

bool thing_two_versions(struct req *r, const struct thing *t, const char *id, const char *permission,
			struct json_object **from, struct json_object **to)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_VERSION_TWO, t->kind, id, r->user.id, thing_all(r, t), permission, t->none,
			t->closed, req_query(r, "from_id"), req_query(r, "to_id")))
		return false;
	*from = json_parse_text(r->arena, rows_text(rows, 0, 0));
	*to = json_parse_text(r->arena, rows_text(rows, 0, 1));
	return true;
}
