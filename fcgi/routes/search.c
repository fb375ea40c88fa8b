/* search - /api/v1/search: conversations, notes and channel messages that an account may read. */

#include "fcgi/request.h"

static const struct field search_query[] = {
	{ "q", T_STR, 0, .def = "\"\"", .max = "500" },
	{ "kind", T_STR, 0, .choices = "all|chat|message|note", .def = "\"all\"" },
	{ "sharing", T_STR, 0, .choices = "all|mine|shared", .def = "\"all\"" },
	{ "scope", T_STR, 0, .def = "\"\"", .max = "200" },
	{ "page", T_INT, 0, .def = "1", .min = "1", .max = "100000" },
	SCHEMA_END
};

static const char *enabled(struct req *r, enum config_key key, const char *permission)
{
	return config_bool(r->cfg, key) && req_permitted(r, permission) ? "t" : "f";
}

static int search(struct req *r)
{
	const char *messages = enabled(r, CK_CHANNELS_ENABLE, "features.channels");
	const char *notes = r->status ? "f" : enabled(r, CK_NOTES_ENABLE, "features.notes");

	if (r->status)
		return 0;
	return req_send_sql(r, Q_SEARCH, r->user.id, req_query(r, "q"), req_query(r, "kind"), req_query(r, "sharing"),
			    req_query(r, "scope"), req_query(r, "page"), messages, notes);
}

const struct route search_routes[] = {
	{ "GET", "/api/v1/search", USER, search, .query = search_query, .flags = R_PERMISSIONS },
	ROUTES_END
};
