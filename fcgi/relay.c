#include "fcgi/relay.h"

#include "fcgi/guard.h"
#include "http/loop.h"

struct run {
	struct req *r;
	const struct relay *how;
	struct chunks chunks;
	struct buf out;			/* of one read */
	bool started;
};

struct caller relay_caller(struct req *r)
{
	return (struct caller){
		.user = &r->user, .user_agent = req_header(r, "User-Agent"),
		.auth_type = r->user.by_api_key ? "api_key" : "jwt",
		.credential = guard_credential(r), .cookies = req_header(r, "Cookie"),
	};
}

static bool on_start(void *ctx, int status, const char *type, struct str first)
{
	struct run *run = ctx;
	const struct relay *how = run->how;
	bool stream = how->any_type || chunks_begin(how->dialect, type, first);

	if (!stream || (status / 100 != 2 && !how->any_status))
		return false;
	req_add_header(run->r, "Cache-Control", "no-cache");
	run->started = req_stream_start(run->r, status, how->type ? how->type : *type ? type
						: "text/event-stream");
	if (run->started && how->begin)
		how->begin(how->ctx, &run->out);
	return true;
}

/* What one read has become goes out together. */
static bool send(struct run *run)
{
	bool sent = !run->out.len || req_stream_offer(run->r, run->out.data, run->out.len);

	buf_reset(&run->out);
	return sent;
}

static bool on_chunk(void *ctx, struct str chunk)
{
	struct run *run = ctx;

	return run->how->convert(run->how->ctx, chunk, &run->out);
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct run *run = ctx;
	bool more;

	if (!run->started)
		return false;
	if (!run->how->convert)
		return send(run) && req_stream_offer(run->r, data, len);
	more = chunks_feed(&run->chunks, data, len);
	return send(run) && more;
}

static ssize_t drain(void *ctx)
{
	struct run *run = ctx;

	return req_stream_drain(run->r, false);
}

bool relay_event(void *ctx, struct str chunk, struct buf *out)
{
	(void)ctx;
	buf_adds(out, "data: ");
	buf_addstr(out, chunk);
	buf_adds(out, "\n\n");
	return true;
}

/* A stream that broke off says so in its own words. */
static void end_stream(struct run *run, const struct http_answer *a)
{
	static const char broken[] =
		"data: {\"error\":{\"message\":\"Chat completion stream failed\"}}\n\ndata: [DONE]\n\n";
	bool complete = a->end == HTTP_DONE;

	if (complete && run->how->convert)
		chunks_finish(&run->chunks);
	if (run->how->end)
		run->how->end(run->how->ctx, complete, &run->out);
	else if (a->end == HTTP_FAILED && !run->how->any_type)
		buf_adds(&run->out, broken);
	send(run);
	req_stream_drain(run->r, true);
}

static int no_answer(struct req *r, const struct relay *how, const struct http_answer *a)
{
	if (a->end == HTTP_CANCELLED || a->end == HTTP_ABORTED)
		return req_fail(r, ERR_UNAVAILABLE);	/* nobody is there to read it */
	if (how && how->failed)
		return how->failed(r, a);
	return req_fail_detail(r, a->end == HTTP_TOO_LARGE ? 502 : 500, "Open WebUI: Server Connection Error");
}

int relay_run(struct req *r, struct http_request *req, const struct relay *how)
{
	struct run run = { .r = r, .how = how };
	struct http_answer a;

	req_db_release(r);
	chunks_init(&run.chunks, r->arena, how->dialect, on_chunk, &run);
	req->on_start = on_start;
	req->on_data = on_data;
	req->drain = drain;
	req->ctx = &run;
	req->cancel_fd = req_client_fd(r);
	http_run_shared(r->arena, req, &a);
	if (run.started)
		end_stream(&run, &a);
	else if (a.end != HTTP_DONE)
		no_answer(r, how, &a);
	else if (how->whole)
		how->whole(r, &a, how->ctx);
	else
		relay_whole(r, &a);
	chunks_free(&run.chunks);
	buf_free(&run.out);
	return 0;
}

bool relay_fetch(struct req *r, struct http_request *req, struct http_answer *a)
{
	req_db_release(r);
	req->cancel_fd = req_client_fd(r);
	if (http_run(r->arena, req, a))
		return true;
	no_answer(r, NULL, a);
	return false;
}

void relay_retry_headers(struct req *r, const struct http_answer *a)
{
	if (a->status < 400)
		return;
	if (a->retry_after)
		req_add_header(r, "Retry-After", a->retry_after);
	if (a->retry_after_ms)
		req_add_header(r, "Retry-After-Ms", a->retry_after_ms);
}

struct json_object *relay_tree(struct req *r, const struct http_answer *a)
{
	return json_parse(r->arena, buf_text(a->body), a->body->len, NULL);
}

int relay_whole(struct req *r, const struct http_answer *a)
{
	int status = a->status / 100 == 3 ? 502 : a->status;	/* a redirect is not followed */

	relay_retry_headers(r, a);
	if (relay_tree(r, a))
		return req_send_json(r, status, buf_text(a->body), a->body->len);
	return req_send_bytes(r, status, "text/plain; charset=utf-8", buf_text(a->body), a->body->len);
}
