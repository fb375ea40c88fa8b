/* chats_compact - /api/v1/chats/{id}/compact: make a long conversation short now. */

#include "chat/active.h"
#include "chat/message.h"
#include "fcgi/request.h"
#include "turn/compact.h"

static const struct field compact_form[] = { { "model", T_STR | T_NULL }, SCHEMA_END };

/* A conversation as Q_TURN_COMPACT gives it. */
enum { C_CURRENT, C_MODELS, C_PARAMS, C_DOC };

/* The model to ask: of the request, of the newest message that names one, of the chat. */
static const char *model_for(struct req *r, struct json_object *branch, const char *models)
{
	const char *id = json_text(r->body, "model", NULL);

	for (size_t i = json_len(branch); text_empty(id) && i-- > 0;)
		id = json_text(json_item(branch, i), "model", NULL);
	return text_empty(id) ? json_str(json_item(json_parse_text(r->arena, models), 0)) : id;
}

static void tell(struct req *r, const struct compacted *c)
{
	struct json_object *data = json_new_object(r->arena);

	json_set_i64(data, "dropped_messages", (int64_t)c->dropped);
	req_event(r, "chat.compacted", r->params[0], data);
}

/* Ask the model for the summary; false: answered. */
static bool compact_now(struct req *r, const char *model, struct json_object *branch, struct json_object *answer)
{
	struct json_object *spec = json_new_object(r->arena);
	struct compacted done;
	struct turn t;
	int rc;

	json_set_text(spec, "chat_id", r->params[0]);
	turn_init(&t, r->arena, spec);
	t.user = r->user;
	rc = model_resolve(r->arena, req_db(r), r->cfg, &r->user, model, &t.model);
	req_db_release(r);
	if (rc > 0) {
		compact_branch(&t, branch, &done);
		json_set_i64(answer, "dropped_messages", (int64_t)done.dropped);
		json_set_i64(answer, "kept_messages", (int64_t)done.kept);
		json_set_i64(answer, "summary_chars", (int64_t)done.characters);
		tell(r, &done);
	} else {
		req_fail(r, rc < 0 ? ERR_UNAVAILABLE : ERR_MODEL_NOT_FOUND);
	}
	turn_free(&t);
	return rc > 0;
}

static int compact(struct req *r)
{
	struct json_object *answer = json_new_object(r->arena), *branch, *params;
	const char *current, *model, *reason;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_TURN_COMPACT, r->params[0], r->user.id))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND_401);
	if (chat_is_active(r->arena, r->params[0]))
		return req_fail_detail(r, 409, "Wait for the current response to finish before compacting.");
	current = rows_text(rows, 0, C_CURRENT);
	branch = message_branch(r->arena, (struct str){ rows_text(rows, 0, C_DOC), rows_len(rows, 0, C_DOC) }, current);
	model = model_for(r, branch, rows_text(rows, 0, C_MODELS));
	if (text_empty(model))
		return req_fail_detail(r, 400, "No model found for context compaction.");
	reason = compact_hindrance(r->cfg, branch, current || json_len(branch));
	json_set_bool(answer, "ok", true);
	json_set_bool(answer, "compacted", !reason);
	if (reason)
		json_set_text(answer, "reason", reason);
	else if (!compact_now(r, model, branch, answer))
		return 0;
	params = json_parse_text(r->arena, rows_text(rows, 0, C_PARAMS));
	json_set(answer, "context_usage", json_ref(compact_usage(r->arena, r->cfg, params, branch)));
	return req_send_obj(r, answer);
}

const struct route chat_compact_routes[] = {
	{ "POST", "/api/v1/chats/{id}/compact", USER, compact, compact_form, .flags = R_STREAM | R_BODY_OPTIONAL,
	  .event = "chat.compacted {id} dropped_messages=@dropped_messages" },
	ROUTES_END
};
