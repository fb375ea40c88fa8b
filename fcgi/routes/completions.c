/* completions - POST /api/chat/completions: a turn in a chat, or a completion for an API client. */

#include "fcgi/request.h"
#include "turn/accept.h"
#include "turn/direct.h"
#include "turn/payload.h"

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };

/* A direct answer on its way to the client. */
struct relay {
	struct req *r;
	bool started;
};

static bool relay_start(void *ctx, int status, const char *type)
{
	struct relay *relay = ctx;

	if (status >= 400 || strncasecmp(type, "text/event-stream", 17) != 0)
		return false;
	req_add_header(relay->r, "Cache-Control", "no-cache");
	relay->started = req_stream_start(relay->r, 200, "text/event-stream");
	return true;
}

static bool relay_data(void *ctx, const char *data, size_t len)
{
	struct relay *relay = ctx;

	return relay->started && req_stream_write(relay->r, data, len);
}

static int relay_whole(struct req *r, const struct http_answer *a)
{
	const char *error = NULL;

	if (a->status >= 400 && strncasecmp(a->type, "text/event-stream", 17) == 0)
		error = direct_stream_error(r->arena, a->body, a->status);
	if (error)
		return req_send_json(r, a->status, error, strlen(error));
	if (json_parse(r->arena, buf_text(a->body), a->body->len, NULL))
		return req_send_json(r, a->status, buf_text(a->body), a->body->len);
	return req_send_bytes(r, a->status, "text/plain; charset=utf-8", buf_text(a->body), a->body->len);
}

static int direct(struct req *r, struct turn_accept *accepted)
{
	static const char broken[] =
		"data: {\"error\":{\"message\":\"Chat completion stream failed\"}}\n\ndata: [DONE]\n\n";
	struct relay relay = { .r = r };
	struct http_request req;
	struct http_answer out;
	struct turn t;

	req_db_release(r);
	if (!direct_init(&t, r->arena, &r->user, &accepted->model, r->body)) {
		turn_free(&t);
		return req_fail_detail(r, t.failure_status, "%s", t.failure);
	}
	payload_request(&t, &req);
	req.on_start = relay_start;
	req.on_data = relay_data;
	req.ctx = &relay;
	req.cancel_fd = req_client_fd(r);
	http_run(r->arena, &req, &out);
	turn_free(&t);
	if (relay.started) {
		if (out.end == HTTP_FAILED)
			req_stream_write(r, broken, sizeof(broken) - 1);
		return 0;
	}
	if (out.end == HTTP_CANCELLED || out.end == HTTP_ABORTED)
		return req_fail(r, ERR_UNAVAILABLE);	/* nobody is there to read it */
	if (out.end != HTTP_DONE)
		return req_fail_detail(r, 500, "Open WebUI: Server Connection Error");
	return relay_whole(r, &out);
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
