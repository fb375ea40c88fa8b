#include "fcgi/grants.h"

#include "access/grants.h"

const struct field grant_item = { "", T_DICT };

const char *req_grants(struct req *r, const char *type, bool strict)
{
	struct grants g = { "[]", false };
	int rc = grants_sort(r->arena, req_db(r), r->cfg, &r->user, type, json_get(r->body, "access_grants"), &g);

	if (rc < 0)
		req_db_failed(r);
	else if (!rc)
		req_fail(r, ERR_DEFAULT);
	else if (strict && g.refused)
		req_fail(r, ERR_GRANT_REFUSED);
	return r->status ? NULL : g.allowed;
}
