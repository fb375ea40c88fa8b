/* chats_resolve - a call of a tool that waits for the user: an answer, leave to run, or refusal. */

#include "fcgi/request.h"
#include "turn/accept.h"
#include "turn/tool_resolve.h"

static const struct field resolve_form[] = {
	{ "call_id", T_STR, F_REQUIRED },
	{ "action", T_STR, F_REQUIRED, .choices = "approve|reject|answer" },
	{ "answers", T_ANY },
	{ "timed_out", T_BOOL, .def = "false" },
	SCHEMA_END
};

static int answer(struct req *r, struct json_object *specs)
{
	struct json_object *o = json_new_object(r->arena), *ids = json_object_new_array();

	json_set_bool(o, "status", true);
	json_set_text(o, "chat_id", r->params[0]);
	json_set_text(o, "message_id", r->params[1]);
	json_set(o, "task_ids", ids);
	for (size_t i = 0; i < json_len(specs); i++)
		if (json_get(json_item(specs, i), "task_id"))
			json_object_array_add(ids, json_ref(json_get(json_item(specs, i), "task_id")));
	return req_send_obj(r, o);
}

/* The turn goes on as the answer to its request: queued, or here when no browser is behind it. */
static int resume(struct req *r, struct tool_resolve *done)
{
	struct turn_accept accepted = { 0 };
	struct json_object *spec;
	struct turn t;
	int rc = turn_accept(r->arena, req_db(r), r->cfg, &r->user, done->request, &accepted);

	if (rc < 0)
		return req_db_failed(r);
	if (!rc)
		return req_fail_detail(r, accepted.status, "%s", accepted.detail);
	req_db_release(r);
	spec = json_item(accepted.specs, 0);
	json_set_text(spec, "resume", done->resume == RESUME_TOOLS ? "tools" : "model");
	if (accepted.queued)
		return turn_enqueue(r->arena, &accepted) ? answer(r, accepted.specs) : req_fail(r, ERR_UNAVAILABLE);
	turn_init(&t, r->arena, spec);
	turn_run(&t, NULL);
	turn_free(&t);
	return answer(r, NULL);
}

static int resolve(struct req *r)
{
	struct tool_resolve done = { .chat_id = r->params[0], .message_id = r->params[1], .form = r->body };
	int rc = tool_resolve(r->arena, req_db(r), r->cfg, &r->user, &done);

	if (rc < 0)
		return req_db_failed(r);
	if (!rc)
		return req_fail_detail(r, done.status, "%s", done.detail);
	return done.resume == RESUME_NOTHING ? answer(r, NULL) : resume(r, &done);
}

const struct route chat_resolve_routes[] = {
	{ "POST", "/api/v1/chats/{id}/messages/{message_id}/resolve", USER, resolve, resolve_form, .flags = R_STREAM },
	ROUTES_END
};
