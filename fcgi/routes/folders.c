/* folders - /api/v1/folders: the tree of chat folders of one account. */

#include "chat/active.h"
#include "fcgi/routes/chats.h"

#define FOLDERS .feature = "folders.enable", .permission = "features.folders", .permission_err = ERR_FORBIDDEN

static const struct field create_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	{ "parent_id", T_STR | T_NULL },
	SCHEMA_END_STRICT
};

static const struct field update_form[] = {
	{ "name", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	SCHEMA_END_STRICT
};

static const struct field parent_form[] = {
	{ "parent_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field expanded_form[] = {
	{ "is_expanded", T_BOOL, F_REQUIRED },
	SCHEMA_END
};

static const struct field delete_query[] = {
	{ "delete_contents", T_BOOL | T_NULL, 0, .def = "true" },
	SCHEMA_END
};

/* Answer a row of what hinders the operation (or NULL) and the folder. */
static int send_outcome(struct req *r, const struct rows *rows)
{
	static const struct { const char *name; enum err e; } faults[] = {
		{ "none", ERR_NOT_FOUND }, { "exists", ERR_FOLDER_EXISTS },
		{ "forbidden", ERR_FORBIDDEN }, { "loop", ERR_FOLDER_LOOP }, { "bad", ERR_DEFAULT },
	};
	const char *fault = rows_text(rows, 0, 0);

	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND);
	for (size_t i = 0; fault && i < ARRAY_SIZE(faults); i++)
		if (text_eq(fault, faults[i].name))
			return req_fail(r, faults[i].e);
	return req_send_json(r, 200, rows_text(rows, 0, 1), rows_len(rows, 0, 1));
}

static const char *admin_flag(struct req *r)
{
	return chats_flag(r->user.is_admin);
}

static int folder_create(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FOLDER_CREATE, r->user.id, admin_flag(r), r->body_text))
		return 0;
	return send_outcome(r, rows);
}

static int folder_update(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FOLDER_UPDATE, r->user.id, r->params[0], admin_flag(r), r->body_text))
		return 0;
	return send_outcome(r, rows);
}

static int folder_move(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FOLDER_MOVE, r->user.id, r->params[0],
			json_text(r->body, "parent_id", NULL)))
		return 0;
	return send_outcome(r, rows);
}

static int folder_read(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FOLDER_READ, r->user.id, r->params[0], admin_flag(r)))
		return 0;
	return send_outcome(r, rows);
}

/* Only the owner or an administrator deletes; with conversations in it that takes the right to
 * delete those. */
static int folder_delete(struct req *r)
{
	bool contents = req_query_bool(r, "delete_contents", false);
	const char *owner, *ids, *at = NULL;
	struct rows *rows;
	struct str raw;

	if (!req_db_run(r, &rows, Q_FOLDER_OWNER, r->params[0]))
		return 0;
	owner = rows_text(rows, 0, 0);
	if (!owner)
		return req_fail(r, ERR_NOT_FOUND);
	if (!r->user.is_admin && !text_eq(owner, r->user.id))
		return req_fail(r, ERR_FORBIDDEN);
	if (contents && rows_bool(rows, 0, 1) && !req_permitted(r, "chat.delete"))
		return r->status ? 0 : req_fail(r, ERR_FORBIDDEN);
	if (!req_db_text(r, &ids, Q_FOLDER_DELETE, owner, r->params[0], chats_flag(contents)))
		return 0;
	while (json_each_item(str_of(ids), &at, &raw)) {
		const char *id = json_raw_text(r->arena, raw);

		if (id)
			chat_stop(r->arena, id);
	}
	return req_send_true(r);
}

const struct route folder_routes[] = {
	{ "GET", "/api/v1/folders/", USER, .sql = Q_FOLDER_LIST, .args = "user admin", FOLDERS },
	{ "POST", "/api/v1/folders/", USER, folder_create, create_form, FOLDERS,
	  .event = "folder.created @id name=@name parent_id=@parent_id owner_id=@user_id" },
	{ "GET", "/api/v1/folders/shared", USER, .sql = Q_FOLDER_SHARED, .args = "user", FOLDERS },
	{ "GET", "/api/v1/folders/{id}", USER, .sql = Q_FOLDER_GET, .args = "user {id} admin", FOLDERS },
	{ "POST", "/api/v1/folders/{id}/update", USER, folder_update, update_form, FOLDERS,
	  .event = "folder.updated {id} name=@name" },
	{ "POST", "/api/v1/folders/{id}/update/parent", USER, folder_move, parent_form, FOLDERS,
	  .event = "folder.parent_updated {id} parent_id=.parent_id" },
	{ "POST", "/api/v1/folders/{id}/update/expanded", USER, NULL, expanded_form,
	  .sql = Q_FOLDER_EXPAND, .args = "user {id} admin body", FOLDERS },
	{ "POST", "/api/v1/folders/{id}/read", USER, folder_read, FOLDERS },
	{ "DELETE", "/api/v1/folders/{id}", USER, folder_delete, .query = delete_query, FOLDERS,
	  .flags = R_PERMISSIONS, .event = "folder.deleted {id} delete_contents=?delete_contents" },
	ROUTES_END
};
