/* chats_compact - /api/v1/chats/{id}/compact: make a long conversation short now. */

#include "chat/active.h"
#include "fcgi/request.h"
#include "turn/compact.h"
#include "turn/history.h"

static const struct field compact_form[] = { { "model", T_STR | T_NULL }, SCHEMA_END };

enum { C_CURRENT, C_MODELS };

/* The model to ask: of the request, of the newest message that names one, of the chat. */
static const char *model_for(struct req *r, struct json_object *branch, const char *models)
{
	const char *id = json_text(r->body, "model", NULL);

	for (size_t i = json_len(branch); text_empty(id) && i-- > 0;)
		id = json_text(json_item(branch, i), "model", NULL);
	return text_empty(id) ? json_str(json_item(json_parse_text(r->arena, models), 0)) : id;
}

static int send_outcome(struct req *r, struct turn *t, struct json_object *branch, const struct compacted *c)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_bool(o, "ok", true);
	json_set_bool(o, "compacted", c->done);
	if (c->done) {
		json_set_i64(o, "dropped_messages", (int64_t)c->dropped);
		json_set_i64(o, "kept_messages", (int64_t)c->kept);
		json_set_i64(o, "summary_chars", (int64_t)c->characters);
	} else {
		json_set_text(o, "reason", c->reason);
	}
	json_set(o, "context_usage", json_ref(compact_usage(t, branch)));
	return req_send_obj(r, o);
}

static int compact_now(struct req *r, const char *model, const char *current, struct json_object *branch)
{
	struct compacted done = { .reason = config_bool(r->cfg, CK_CHAT_CONTEXT_COMPACTION_ENABLE) ? "empty"
										      : "disabled" };
	struct json_object *spec = json_new_object(r->arena);
	struct turn t;
	int rc;

	json_set_text(spec, "chat_id", r->params[0]);
	turn_init(&t, r->arena, spec);
	t.user = r->user;
	rc = model_resolve(r->arena, req_db(r), r->cfg, &r->user, model, &t.model);
	req_db_release(r);
	if (rc <= 0)
		rc = rc < 0 ? req_fail(r, ERR_UNAVAILABLE) : req_fail(r, ERR_MODEL_NOT_FOUND);
	else if (strcmp(done.reason, "disabled") != 0 && current && !compact_branch(&t, branch, current, &done))
		rc = req_fail(r, ERR_UNAVAILABLE);
	else
		rc = send_outcome(r, &t, branch, &done);
	turn_free(&t);
	return rc;
}

static int compact(struct req *r)
{
	struct rows *rows;
	struct json_object *branch;
	const char *current, *model;
	struct turn t;

	if (!req_db_run(r, &rows, Q_TURN_COMPACT, r->params[0], r->user.id))
		return 0;
	if (!rows_count(rows))
		return req_fail(r, ERR_NOT_FOUND_401);
	if (chat_is_active(r->arena, r->params[0]))
		return req_fail_detail(r, 409, "Wait for the current response to finish before compacting.");
	current = rows_text(rows, 0, C_CURRENT);
	turn_init(&t, r->arena, json_new_object(r->arena));
	t.chat_id = r->params[0];
	req_db_release(r);
	branch = current ? history_branch(&t, current) : NULL;
	turn_free(&t);
	model = model_for(r, branch, rows_text(rows, 0, C_MODELS));
	if (text_empty(model))
		return req_fail_detail(r, 400, "No model found for context compaction.");
	return compact_now(r, model, current, branch);
}

const struct route chat_compact_routes[] = {
	{ "POST", "/api/v1/chats/{id}/compact", USER, compact, compact_form, .flags = R_STREAM | R_BODY_OPTIONAL },
	ROUTES_END
};
