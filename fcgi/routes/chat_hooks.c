/* chat_hooks - /api/chat: the filters after an answer, for clients that store chats themselves, and the
 * actions below a message. */

#include "base/env.h"
#include "fcgi/request.h"
#include "provider/pipelines.h"
#include "turn/turn.h"

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };

/* The chat of the body is the caller's, or none that is stored.  False: answered. */
static bool may_touch(struct req *r)
{
	const char *chat = json_text(r->body, "chat_id", NULL);
	struct rows *rows;

	if (text_starts(chat, "channel:"))
		return req_fail_detail(r, 400, "Channel chats are not supported on this endpoint"), false;
	if (!turn_is_saved(chat) || (r->user.is_admin && env_bool("ENABLE_ADMIN_CHAT_ACCESS", true)))
		return true;
	if (!req_db_run(r, &rows, Q_TURN_CHAT_OWNED, chat, r->user.id))
		return false;
	if (!rows_count(rows))
		req_fail_detail(r, 404, "Something went wrong :/");
	return rows_count(rows) > 0;
}

static const char *missing_member(struct json_object *body)
{
	static const char *const names[] = { "chat_id", "session_id" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!json_has(body, names[i]))
			return names[i];
	return NULL;
}

static int completed(struct req *r)
{
	const char *model = json_text(r->body, "model", NULL), *missing;
	struct pipelines_reply refused;
	const struct catalog *cat;
	struct json_object *out;

	if (!may_touch(r))
		return 0;
	json_del(r->body, "model_item");
	if (text_empty(json_text(r->body, "id", NULL)))
		return req_fail_detail(r, 400, "Missing message id");
	cat = catalog_get(r->arena, req_db(r), r->cfg, false);
	if (!cat)
		return req_db_failed(r);
	req_db_release(r);
	if (!model || !catalog_find(cat, model))
		return req_fail(r, ERR_MODEL_NOT_FOUND);
	out = pipelines_filter(r->arena, r->cfg, cat, model, &r->user, PIPELINES_OUTLET, r->body, &refused);
	if (!out)
		return req_fail_detail(r, 400, "%s", refused.detail);
	missing = missing_member(out);
	if (missing)
		return req_fail_detail(r, 400, "'%s'", missing);
	return req_send_obj(r, out);
}

/* "id" or "id.part": the function must be there. */
static int action(struct req *r)
{
	const char *dot = strchr(r->params[0], '.');
	const char *id = dot ? arena_strndup(r->arena, r->params[0], (size_t)(dot - r->params[0])) : r->params[0];
	struct rows *rows;

	if (!may_touch(r) || !req_db_run(r, &rows, Q_TURN_FUNCTION, id))
		return 0;
	if (!rows_count(rows))
		return req_fail_detail(r, 400, "Action not found: %s", id);
	return req_fail(r, ERR_NOT_IMPLEMENTED);
}

const struct route chat_hook_routes[] = {
	{ "POST", "/api/chat/completed", USER, completed, any_object, .flags = R_STREAM },
	{ "POST", "/api/chat/actions/{action_id}", USER, action, any_object },
	ROUTES_END
};
