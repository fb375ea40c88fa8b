/* notes - /api/v1/notes: notes, who may read and change them, and the conversations beside them. */

#include "fcgi/grants.h"
#include "note/note.h"

static const struct field list_query[] = { { "page", T_INT | T_NULL }, SCHEMA_END };

static const struct field search_query[] = {
	{ "query", T_STR | T_NULL }, { "view_option", T_STR | T_NULL }, { "permission", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL }, { "direction", T_STR | T_NULL }, { "page", T_INT | T_NULL },
	SCHEMA_END
};

/* `data` of another type is brought into shape: note_clean(). */
static const struct field create_form[] = {
	{ "title", T_STR, F_REQUIRED },
	{ "data", T_ANY },
	{ "meta", T_DICT | T_NULL },
	{ "access_grants", T_LIST | T_NULL, .item = &grant_item },
	SCHEMA_END
};

static const struct field update_form[] = {
	{ "title", T_STR | T_NULL },
	{ "data", T_ANY },
	{ "meta", T_DICT | T_NULL },
	SCHEMA_END
};

static const struct field access_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	SCHEMA_END
};

static const char *admin_flag(const struct req *r)
{
	return r->user.is_admin ? "t" : "f";
}

static int create(struct req *r)
{
	const char *grants = req_grants(r, "note", false);

	if (!grants)
		return 0;
	note_clean(r->arena, r->body);
	return req_send_sql(r, Q_NOTE_CREATE, r->user.id, req_body_text(r), grants);
}

static int update(struct req *r)
{
	struct rows *rows;

	note_clean(r->arena, r->body);
	if (!req_db_run(r, &rows, Q_NOTE_UPDATE, r->user.id, admin_flag(r), r->params[0], req_body_text(r)))
		return 0;
	note_announce(r->arena, r->params[0], rows_text(rows, 0, 1));
	return req_send_json(r, 200, rows_text(rows, 0, 0), rows_len(rows, 0, 0));
}

static int share(struct req *r)
{
	const char *grants;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_NOTE_CHECK, r->user.id, admin_flag(r), r->params[0]))
		return 0;
	grants = req_grants(r, "note", true);
	if (!grants || !req_db_run(r, &rows, Q_NOTE_SHARE, r->params[0], r->user.id, grants))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND);
	note_leave(r->arena, r->params[0], rows_text(rows, 0, 1));
	return req_send_json(r, 200, rows_text(rows, 0, 0), rows_len(rows, 0, 0));
}

static int delete(struct req *r)
{
	const char *done;

	if (!req_db_text(r, &done, Q_NOTE_DELETE, r->user.id, admin_flag(r), r->params[0]))
		return 0;
	note_leave(r->arena, r->params[0], NULL);
	return req_send_text(r, done);
}

static int send_chat(struct req *r, const char *what)
{
	return req_send_sql(r, Q_NOTE_CHAT, r->user.id, admin_flag(r), r->params[0],
			    note_system_prompt(r->arena, r->params[0]), what);
}

static int chat_get(struct req *r)
{
	return send_chat(r, "newest");
}

static int chat_create(struct req *r)
{
	return send_chat(r, "new");
}

static int chat_list(struct req *r)
{
	return send_chat(r, "all");
}

#define NOTES .feature = "notes.enable", .feature_err = ERR_NOTES_OFF, .permission = "features.notes"

const struct route note_routes[] = {
	{ "GET", "/api/v1/notes/", USER, .query = list_query, .sql = Q_NOTE_LIST,
	  .args = "user ?page", NOTES },
	{ "GET", "/api/v1/notes/pinned", USER, .sql = Q_NOTE_PINNED, .args = "user", NOTES },
	{ "GET", "/api/v1/notes/search", USER, .query = search_query, .sql = Q_NOTE_SEARCH,
	  .args = "user admin_all ?query ?view_option ?permission ?order_by ?direction ?page", NOTES },
	{ "POST", "/api/v1/notes/create", USER, create, create_form, NOTES,
	  .event = "note.created @id title=@title" },
	{ "GET", "/api/v1/notes/{id}", USER, .sql = Q_NOTE_GET, .args = "user admin {id}", NOTES },
	{ "POST", "/api/v1/notes/{id}/update", USER, update, update_form, NOTES,
	  .event = "note.updated {id} title=@title" },
	{ "POST", "/api/v1/notes/{id}/access/update", USER, share, access_form, NOTES,
	  .event = "note.access_updated" },
	{ "POST", "/api/v1/notes/{id}/pin", USER, .sql = Q_NOTE_PIN, .args = "user admin {id}", NOTES,
	  .event = "note.pinned|note.unpinned@is_pinned {id}" },
	{ "DELETE", "/api/v1/notes/{id}/delete", USER, delete, NOTES, .event = "note.deleted" },
	{ "GET", "/api/v1/notes/{id}/chat", USER, chat_get, NOTES },
	{ "POST", "/api/v1/notes/{id}/chat", USER, chat_create, NOTES },
	{ "GET", "/api/v1/notes/{id}/chats", USER, chat_list, NOTES },
	ROUTES_END
};
