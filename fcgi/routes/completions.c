/* completions - POST /api/chat/completions: a turn in a chat, or a completion for an API client. */

#include "fcgi/routes/completions.h"

#include "fcgi/events.h"
#include "fcgi/routes/ollama.h"
#include "turn/accept.h"
#include "turn/direct.h"
#include "turn/payload.h"
#include "turn/tool_prepare.h"

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
	const struct turn *t = ctx;
	enum dialect d = upstream_dialect(&t->model.connection);
	bool more = t->model.selected_id || t->first_event;
	struct json_object *answer;

	if (a->status / 100 != 2)
		return completions_refused(r, a, d);
	answer = d == SPEAKS_CHAT && !more ? NULL : upstream_result(r->arena, d, relay_tree(r, a));
	if (!answer)
		return relay_whole(r, a);
	if (t->model.selected_id)
		json_set_text(answer, "selected_model_id", t->model.selected_id);
	if (t->first_event)
		json_set(answer, "sources", json_ref(json_get(t->first_event, "sources")));
	return req_send_obj(r, answer);
}

/* What is known before the answer: whom an arena model stands for this time, and sources. */
static void tell_first(void *ctx, struct buf *out)
{
	const struct turn *t = ctx;

	if (t->model.selected_id) {
		buf_adds(out, "data: {\"selected_model_id\":");
		buf_json(out, t->model.selected_id);
		buf_adds(out, "}\n\n");
	}
	if (t->first_event) {
		buf_adds(out, "data: ");
		json_write(out, t->first_event);
		buf_adds(out, "\n\n");
	}
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
	struct relay how = { .type = "text/event-stream", .whole = direct_whole, .ctx = t,
			     .dialect = upstream_dialect(&t->model.connection) };

	if (how.dialect == SPEAKS_OLLAMA)
		how.convert = relay_event;
	if (t->model.selected_id || t->first_event)
		how.begin = tell_first;
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
	tool_release(&t);
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

static void note_message(struct req *r, const struct turn_accept *t, const char *id, const char *role,
			 struct json_object *more)
{
	struct json_object *data = json_new_object(r->arena);

	json_set_text(data, "chat_id", t->chat_id);
	json_set_text(data, "role", role);
	if (strcmp(role, "user") == 0)
		json_set(data, "content_preview", json_ref(json_get(more, "content")));
	else
		json_set(data, "model", json_ref(json_get(more, "model")));
	req_event(r, "message.created", id, data);
}

/* What webhooks may want to hear of the messages that were made. */
static void note_created(struct req *r, const struct turn_accept *t)
{
	struct json_object *question = json_get(r->body, "user_message"), *data = json_new_object(r->arena);

	if (!turn_is_saved(t->chat_id) || json_get(r->body, "assistant_message_id"))
		return;
	if (t->is_new) {
		json_set_text(data, "title", t->title ? t->title : "New Chat");
		req_event(r, "chat.created", t->chat_id, data);
	}
	if (t->user_message_id)
		note_message(r, t, t->user_message_id, "user", question);
	for (size_t i = 0; i < json_len(t->specs); i++)
		note_message(r, t, json_text(json_item(t->specs, i), "message_id", NULL), "assistant",
			     json_item(t->specs, i));
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
	note_created(r, &accepted);
	return accepted.queued ? queued(r, &accepted) : wait_for_turn(r, &accepted);
}

const struct route completion_routes[] = {
	{ "POST", "/api/chat/completions", USER, completions, any_object, .flags = R_STREAM },
	{ "POST", "/api/v1/chat/completions", USER, completions, any_object, .flags = R_STREAM },
	ROUTES_END
};
