/* terminals - /api/v1/terminals: the terminal servers of an account, and requests to them. */

#include "base/env.h"
#include "base/log.h"
#include "fcgi/guard.h"
#include "fcgi/request.h"
#include "tool/proxy.h"

static int list(struct req *r)
{
	bool all = r->user.is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true);

	if (!env_bool("ENABLE_TOOL_SERVERS", true))
		return req_send_text(r, "[]");
	return req_send_sql(r, Q_TERMINAL_LIST, r->user.id, r->user.is_admin ? "t" : "f", all ? "t" : "f",
			    config_json(r->cfg, CK_TERMINAL_SERVER_CONNECTIONS));
}

static int fail(struct req *r, int status, const char *text)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"error\":");
	buf_json(b, text);
	buf_addc(b, '}');
	return req_send_json(r, status, b->data, b->len);
}

/* An answer on its way back. */
struct passing {
	struct req *r;
	struct http_answer *answer;
	bool streaming;
};

static void pass_headers(struct req *r, const struct http_answer *answer)
{
	struct json_object *more = json_parse_text(r->arena, env_str("TERMINAL_PROXY_HEADERS", "{}"));
	const char *at = NULL, *name, *value;

	while (proxy_each_header(r->arena, answer, &at, &name, &value))
		req_add_header(r, name, value);
	if (!json_is(more, json_type_object))
		return;
	json_object_object_foreach(more, key, v) {
		if (json_str(v))
			req_add_header(r, key, json_str(v));
	}
}

static bool on_start(void *ctx, int status, const char *type, struct str first UNUSED)
{
	struct passing *p = ctx;

	if (!proxy_streams(type))
		return false;
	pass_headers(p->r, p->answer);
	p->streaming = req_stream_start(p->r, status, type);
	return true;
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct passing *p = ctx;

	return p->streaming && req_stream_write(p->r, data, len);
}

/* The whole body; false: answered. */
static bool take_body(struct req *r, struct http_request *out)
{
	struct buf *body = buf_in(r->arena, REQ_MAX_BODY);
	char part[65536];
	ssize_t n;

	while ((n = req_body_read(r, part, sizeof(part))) > 0)
		buf_add(body, part, (size_t)n);
	if (body->full)
		req_fail(r, ERR_TOO_LARGE);
	else if (n < 0)
		req_fail_detail(r, 400, "The request body was cut off.");
	if (body->len) {
		out->body = body->data;
		out->body_len = body->len;
	}
	return !r->status;
}

static int run(struct req *r, struct http_request *out)
{
	struct http_answer answer = { 0 };
	struct passing p = { r, &answer, false };

	if (!take_body(r, out))
		return 0;
	req_db_release(r);
	out->on_start = on_start;
	out->on_data = on_data;
	out->ctx = &p;
	out->cancel_fd = req_client_fd(r);
	http_run(r->arena, out, &answer);
	if (p.streaming || r->status)
		return 0;
	if (answer.end != HTTP_DONE) {
		log_warn("terminal_proxy", "why=\"%s\"", answer.error ? answer.error : "broken off");
		return fail(r, 502, arena_printf(r->arena, "Terminal proxy error: %s",
						 answer.error ? answer.error : "no answer"));
	}
	pass_headers(r, &answer);
	return req_send_bytes(r, answer.status, *answer.type ? answer.type : "application/octet-stream",
			      buf_text(answer.body), answer.body->len);
}

static int proxy(struct req *r, const char *path, const char *chat)
{
	struct proxy_ask ask = {
		.server_id = r->params[0], .path = path, .query = r->query_string, .method = r->method,
		.chat_id = chat ? chat : req_header(r, "X-Session-Id"), .content_type = req_header(r, "Content-Type"),
		.cookies = req_header(r, "Cookie"), .token = guard_credential(r),
		.oauth_session = req_cookie(r, "oauth_session_id"),
	};
	struct proxy_fault fault;
	struct http_request out;

	if (text_empty(ask.chat_id))
		ask.chat_id = NULL;
	if (text_empty(ask.content_type))
		ask.content_type = NULL;
	if (!proxy_open(r->arena, req_db(r), r->cfg, &r->user, &ask, &out, &fault))
		return fail(r, fault.status, fault.text);
	return run(r, &out);
}

static int server(struct req *r)
{
	return proxy(r, r->params[1], NULL);
}

static int chat(struct req *r)
{
	return proxy(r, r->params[2], r->params[1]);
}

#define PROXY(method)                                                                                         \
	{ method, "/api/v1/terminals/{server_id}/{path:path}", USER, server, .flags = R_STREAM | R_RAW_BODY }, \
	{ method, "/api/v1/terminals/{server_id}/chats/{chat_id}/{path:path}", USER, chat,                     \
	  .flags = R_STREAM | R_RAW_BODY }

const struct route terminal_routes[] = {
	{ "GET", "/api/v1/terminals/", USER, list },
	PROXY("GET"),
	PROXY("POST"),
	PROXY("PUT"),
	PROXY("PATCH"),
	PROXY("DELETE"),
	PROXY("HEAD"),
	PROXY("OPTIONS"),
	ROUTES_END
};
