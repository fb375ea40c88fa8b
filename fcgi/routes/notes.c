/* notes - /api/v1/notes: the lists of notes. */

#include "fcgi/request.h"

static const struct field list_query[] = { { "page", T_INT | T_NULL }, SCHEMA_END };

static const struct field search_query[] = {
	{ "query", T_STR | T_NULL }, { "view_option", T_STR | T_NULL }, { "permission", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL }, { "direction", T_STR | T_NULL }, { "page", T_INT | T_NULL },
	SCHEMA_END
};

#define NOTES .feature = "notes.enable", .feature_err = ERR_NOTES_OFF, .permission = "features.notes"

const struct route note_routes[] = {
	{ "GET", "/api/v1/notes/", USER, .query = list_query, .sql = Q_NOTE_LIST,
	  .args = "user ?page", NOTES },
	{ "GET", "/api/v1/notes/pinned", USER, .sql = Q_NOTE_PINNED, .args = "user", NOTES },
	{ "GET", "/api/v1/notes/search", USER, .query = search_query, .sql = Q_NOTE_SEARCH,
	  .args = "user admin_all ?query ?view_option ?permission ?order_by ?direction ?page", NOTES },
	ROUTES_END
};
