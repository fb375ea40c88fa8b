/* completions - POST /api/chat/completions: a turn in a chat, or a completion for an API client. */

#include "fcgi/routes/completions.h"

#include "fcgi/routes/ollama.h"
#include "turn/accept.h"
#include "turn/direct.h"
#include "turn/payload.h"

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };

int completions_refused(struct req *r, const struct http_answer *a, enum dialect d)
{
	const char *error = NULL;

	if (d == SPEAKS_OLLAMA)
		return ollama_whole(r, a, NULL);
	if (strncasecmp(a->type, "text/event-stream", 17) == 0)
		error = direct_stream_error(r->arena, a->body, a->status);
	if (!error)
		return relay_whole(r, a);
	relay_retry_headers(r, a);
	return req_send_json(r, a->status, error, strlen(error));
}

static int direct_whole(struct req *r, const struct http_answer *a, void *ctx)
{
	const struct model *m = ctx;
	enum dialect d = upstream_dialect(&m->connection);
	struct json_object *answer;

	if (a->status / 100 != 2)
		return completions_refused(r, a, d);
	answer = d == SPEAKS_CHAT && !m->selected_id ? NULL : upstream_result(r->arena, d, relay_tree(r, a));
	if (!answer)
		return relay_whole(r, a);
	if (m->selected_id)
		json_set_text(answer, "selected_model_id", m->selected_id);
	return req_send_obj(r, answer);
}

/* An arena model says what it stood for this time. */
static void name_selected(void *ctx, struct buf *out)
{
	const struct model *m = ctx;

	buf_adds(out, "data: {\"selected_model_id\":");
	buf_json(out, m->selected_id);
	buf_adds(out, "}\n\n");
}

int completions_run(struct req *r, struct turn *t, const struct relay *how)
{
	struct caller who = payload_caller(t), client = relay_caller(r);
	struct http_request req;
	const char *error;

	who.user_agent = client.user_agent;
	who.auth_type = client.auth_type;
	who.credential = client.credential;
	who.cookies = client.cookies;
	error = payload_request(t, &who, &req);
	return error ? req_fail_detail(r, 400, "%s", error) : relay_run(r, &req, how);
}

int completions_direct(struct req *r, struct turn *t)
{
	struct relay how = { .type = "text/event-stream", .whole = direct_whole, .ctx = &t->model,
			     .dialect = upstream_dialect(&t->model.connection) };

	if (how.dialect == SPEAKS_OLLAMA)
		how.convert = relay_event;
	if (t->model.selected_id)
		how.begin = name_selected;
	return completions_run(r, t, &how);
}

static int direct(struct req *r, struct turn_accept *accepted)
{
	struct turn t;

	req_db_release(r);
	if (direct_init(&t, r->arena, &r->user, &accepted->model, r->body))
		completions_direct(r, &t);
	else
		req_fail_detail(r, t.failure_status, "%s", t.failure);
	turn_free(&t);
	return 0;
}

/* A chat without a session: the request waits for its end. */
static int wait_for_turn(struct req *r, struct turn_accept *accepted)
{
	struct http_answer refusal = { 0 };
	struct turn t;

	req_db_release(r);
	turn_init(&t, r->arena, json_item(accepted->specs, 0));
	turn_run(&t, &refusal);
	turn_free(&t);
	return refusal.status ? relay_whole(r, &refusal) : req_send_null(r);
}

static int queued(struct req *r, struct turn_accept *accepted)
{
	struct json_object *o = json_new_object(r->arena), *ids = json_object_new_array();

	req_db_release(r);
	json_set_bool(o, "status", true);
	json_set(o, "task_ids", ids);
	json_set_text(o, "chat_id", accepted->chat_id);
	for (size_t i = 0; i < json_len(accepted->specs); i++)
		json_object_array_add(ids, json_ref(json_get(json_item(accepted->specs, i), "task_id")));
	return turn_enqueue(r->arena, accepted) ? req_send_obj(r, o) : req_fail(r, ERR_UNAVAILABLE);
}

static int completions(struct req *r)
{
	struct turn_accept accepted = { 0 };
	int rc = turn_accept(r->arena, req_db(r), r->cfg, &r->user, r->body, &accepted);

	if (rc < 0)
		return req_db_failed(r);
	if (!rc)
		return req_fail_detail(r, accepted.status, "%s", accepted.detail);
	if (accepted.direct)
		return direct(r, &accepted);
	return accepted.queued ? queued(r, &accepted) : wait_for_turn(r, &accepted);
}

const struct route completion_routes[] = {
	{ "POST", "/api/chat/completions", USER, completions, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/chat/completions", USER, completions, any_object, .flags = R_STREAM },
	ROUTES_END
};
