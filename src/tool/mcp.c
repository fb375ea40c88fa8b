#include "tool/mcp.h"

#include <openssl/evp.h>

#include "base/env.h"
#include "base/log.h"
#include "http/client.h"
#include "http/sse.h"
#include "tool/browser.h"

#define MCP_VERSION "2025-06-18"

enum { INITIALIZE_S = 10, CALL_S = 300, CLOSE_MS = 2000, PREFIX_KEPT = 55, EXTRA_HEADERS = 2 };

struct mcp {
	struct toolbox *box;
	struct server server;
	const char *const *headers;	/* of the connection */
	const char *session, *version;	/* NULL before they are known */
	int64_t last_id;
};

struct mcp_tool {
	struct mcp *mcp;
	const char *name;		/* as the server calls it */
};

/* One request on its way. */
struct exchange {
	struct mcp *mcp;
	int64_t id;
	struct sse sse;
	size_t bytes;
	struct json_object *reply;	/* the message that answers it */
};

static const char *const *headers_of(struct mcp *m)
{
	const char **list = arena_calloc(m->box->arena, SERVER_HEADERS_MAX + EXTRA_HEADERS + 1, sizeof(*list));
	size_t n = 0;

	while (m->headers[n] && n < SERVER_HEADERS_MAX) {
		list[n] = m->headers[n];
		n++;
	}
	if (m->session)
		list[n++] = arena_printf(m->box->arena, "Mcp-Session-Id: %s", m->session);
	if (m->version)
		list[n++] = arena_printf(m->box->arena, "MCP-Protocol-Version: %s", m->version);
	return list;
}

static void set_request(struct mcp *m, struct http_request *req, struct json_object *message, int64_t timeout_ms)
{
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->url = json_text(m->server.connection, "url", "");
	req->headers = headers_of(m);
	req->body = json_print(message);
	req->body_len = strlen(req->body);
	req->cancel_fd = m->box->cancel_fd;
	req->timeout_ms = timeout_ms;
	req->max_body = TOOL_BODY_MAX;
	req->keep_head = true;
}

static struct json_object *message(struct mcp *m, const char *method, struct json_object *params)
{
	struct json_object *o = json_new_object(m->box->arena);

	json_set_text(o, "jsonrpc", "2.0");
	if (method)
		json_set_text(o, "method", method);
	if (params)
		json_set(o, "params", json_ref(params));
	return o;
}

static int64_t short_limit(void)
{
	return env_int("MCP_INITIALIZE_TIMEOUT", INITIALIZE_S, 1, 3600) * 1000;
}

/* Send what is not answered: a notification, or our answer to the server. */
static void send_only(struct mcp *m, struct json_object *o)
{
	struct http_request req;
	struct http_answer answer;

	set_request(m, &req, o, short_limit());
	http_run(m->box->arena, &req, &answer);
}

/* The person's answer, as far as it has the protocol's shape. */
static struct json_object *elicit(struct mcp *m, struct json_object *params)
{
	struct json_object *data = json_copy(m->box->arena, params), *answer, *out = json_object_new_object();
	const char *action;

	json_set_text(data, "server_name", m->server.id);
	if (!json_has(data, "mode"))
		json_set_text(data, "mode", "form");
	answer = browser_ask(m->box, "request:elicitation", data, 0);
	action = json_text(answer, "action", "cancel");
	if (strcmp(action, "accept") != 0 && strcmp(action, "decline") != 0)
		action = "cancel";
	json_set_text(out, "action", action);
	if (strcmp(action, "accept") == 0 && json_is(json_get(answer, "content"), json_type_object))
		json_set(out, "content", json_ref(json_get(answer, "content")));
	return out;
}

/* The server asks us. */
static void answer_server(struct mcp *m, struct json_object *asked)
{
	const char *method = json_text(asked, "method", "");
	struct json_object *o = message(m, NULL, NULL), *error;

	if (!json_get(asked, "id"))
		return;		/* a notification */
	json_set(o, "id", json_ref(json_get(asked, "id")));
	if (strcmp(method, "ping") == 0) {
		json_set(o, "result", json_object_new_object());
	} else if (strcmp(method, "elicitation/create") == 0 && json_is(json_get(asked, "params"), json_type_object)) {
		json_set(o, "result", elicit(m, json_get(asked, "params")));
	} else {
		error = json_object_new_object();
		json_set_i64(error, "code", -32601);
		json_set_text(error, "message", "Method not found");
		json_set(o, "error", error);
	}
	send_only(m, o);
}

static bool take_message(struct exchange *x, struct json_object *o)
{
	if (json_get(o, "method")) {
		answer_server(x->mcp, o);
		return true;
	}
	if (!json_is(o, json_type_object) || json_i64(o, "id", -1) != x->id)
		return true;
	x->reply = o;
	return false;
}

static bool on_event(void *ctx, struct str text)
{
	struct exchange *x = ctx;
	struct arena *a = x->mcp->box->arena;

	text = tool_clean(a, text);
	return take_message(x, json_parse(a, text.p, text.n, NULL));
}

static bool on_start(void *ctx, int status, const char *type, struct str first)
{
	(void)ctx;
	(void)first;
	return status < 400 && strncasecmp(type, "text/event-stream", 17) == 0;
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct exchange *x = ctx;

	x->bytes += len;
	return x->bytes <= TOOL_BODY_MAX && sse_feed(&x->sse, data, len, on_event, x);
}

/* Why there is no reply. */
static const char *why_not(struct mcp *m, const struct http_answer *answer)
{
	struct arena *a = m->box->arena;

	if (answer->end == HTTP_TOO_LARGE || answer->end == HTTP_ABORTED)
		return "The MCP server's answer is too large.";
	if (answer->end != HTTP_DONE)
		return answer->error ? answer->error : "The MCP server cannot be reached.";
	if (answer->status >= 400)
		return arena_printf(a, "HTTP error %d: %.2000s", answer->status,
				    tool_clean(a, (struct str){ buf_text(answer->body), answer->body->len }).p);
	return "The MCP server gave no answer.";
}

/* Ask and wait: the result, or NULL with a text in *err. */
static struct json_object *ask(struct mcp *m, const char *method, struct json_object *params, int64_t timeout_ms,
			       const char **err)
{
	struct exchange x = { .mcp = m, .id = ++m->last_id };
	struct json_object *o = message(m, method, params), *error;
	struct http_request req;
	struct http_answer answer;
	const char *session;

	json_set_i64(o, "id", x.id);
	set_request(m, &req, o, timeout_ms);
	req.on_start = on_start;
	req.on_data = on_data;
	req.ctx = &x;
	http_run(m->box->arena, &req, &answer);
	if (!x.reply && answer.end == HTTP_DONE)
		sse_finish(&x.sse, on_event, &x);
	sse_free(&x.sse);
	if (!x.reply && answer.end == HTTP_DONE && answer.status < 400)
		on_event(&x, (struct str){ buf_text(answer.body), answer.body->len });
	session = http_header(m->box->arena, &answer, "Mcp-Session-Id");
	if (session && !m->session)
		m->session = session;
	error = json_get(x.reply, "error");
	if (x.reply && !error)
		return json_get(x.reply, "result");
	*err = error ? json_text(error, "message", "The MCP server reports an error.") : why_not(m, &answer);
	return NULL;
}

static void close_session(void *ptr)
{
	struct mcp *m = ptr;
	struct http_request req = {
		.method = "DELETE", .url = json_text(m->server.connection, "url", ""), .headers = headers_of(m),
		.cancel_fd = -1, .timeout_ms = CLOSE_MS, .max_body = TOOL_BODY_MAX,
	};
	struct http_answer answer;

	if (m->session)
		http_run(m->box->arena, &req, &answer);
}

static bool open_session(struct mcp *m, const char **err)
{
	struct json_object *params = json_new_object(m->box->arena), *can = json_object_new_object();
	struct json_object *who = json_object_new_object(), *result;

	if (!server_headers(m->box, &m->server, "application/json, text/event-stream", &m->headers)) {
		*err = "Auth required";
		return false;
	}
	if (!text_empty(m->box->session_id))
		json_set(can, "elicitation", json_object_new_object());
	json_set_text(who, "name", "open-webui");
	json_set_text(who, "version", OWUI_REFERENCE_VERSION);
	json_set_text(params, "protocolVersion", MCP_VERSION);
	json_set(params, "capabilities", can);
	json_set(params, "clientInfo", who);
	result = ask(m, "initialize", params, short_limit(), err);
	if (!result)
		return false;
	m->version = json_text(result, "protocolVersion", MCP_VERSION);
	if (strpbrk(m->version, "\r\n"))
		m->version = MCP_VERSION;
	send_only(m, message(m, "notifications/initialized", NULL));
	toolbox_at_end(m->box, close_session, m);
	if (json_text(result, "instructions", NULL))
		toolbox_instruct(m->box, arena_printf(m->box->arena, "Instructions of the MCP server \"%s\":",
						      m->server.id), json_text(result, "instructions", NULL));
	return true;
}

static struct mcp *new_mcp(struct toolbox *b, const struct server *s)
{
	struct mcp *m = arena_alloc(b->arena, sizeof(*m));

	m->box = b;
	m->server = *s;
	return m;
}

/* All pages; those that our list of names lets through. */
static struct json_object *list_tools(struct mcp *m, const char **err)
{
	struct json_object *all = json_new_array(m->box->arena), *params, *result;
	const char *cursor = NULL;

	for (int page = 0; page < MCP_PAGES_MAX; page++) {
		params = json_new_object(m->box->arena);
		if (cursor)
			json_set_text(params, "cursor", cursor);
		result = ask(m, "tools/list", params, short_limit(), err);
		if (!result)
			return NULL;
		for (size_t i = 0; i < json_len(json_get(result, "tools")) && json_len(all) < TOOLS_MAX; i++) {
			struct json_object *t = json_item(json_get(result, "tools"), i), *o = json_object_new_object();
			struct json_object *schema = json_get(t, "inputSchema");
			const char *name = json_text(t, "name", "");

			json_set_text(o, "name", name);
			json_set_text(o, "description", json_text(t, "description", ""));
			json_set(o, "parameters", schema ? json_ref(schema) : json_object_new_object());
			if (*name && server_lets_through(m->server.connection, name))
				json_object_array_add(all, o);
			else
				json_object_put(o);
		}
		cursor = json_text(result, "nextCursor", NULL);
		if (text_empty(cursor))
			break;
	}
	return all;
}

/* "<server>_<name>", short enough for every provider. */
static const char *full_name(struct arena *a, const char *server, const char *name)
{
	const char *full = arena_printf(a, "%s_%s", server, name);
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (strlen(full) <= TOOL_NAME_MAX)
		return full;
	EVP_Digest(full, strlen(full), sum, NULL, EVP_sha256(), NULL);
	return arena_printf(a, "%.*s_%02x%02x%02x%02x", PREFIX_KEPT, full, sum[0], sum[1], sum[2], sum[3]);
}

bool mcp_add(struct toolbox *b, const struct server *s)
{
	struct mcp *m = new_mcp(b, s);
	struct json_object *specs = NULL;
	const char *err = NULL;

	if (open_session(m, &err))
		specs = list_tools(m, &err);
	if (!specs) {
		log_warn("mcp_server", "id=%s url=%s error=\"%s\"", s->id, json_text(s->connection, "url", ""),
			 err ? err : "");
		return false;
	}
	for (size_t i = 0; i < json_len(specs); i++) {
		struct mcp_tool *self = arena_alloc(b->arena, sizeof(*self));
		const char *name = json_text(json_item(specs, i), "name", "");
		struct tool *t;

		self->mcp = m;
		self->name = name;
		t = toolbox_add(b, NULL, full_name(b->arena, s->id, name), json_item(specs, i), &mcp_ops, self);
		if (t)
			t->id = arena_printf(b->arena, "server:mcp:%s", s->id);
	}
	return true;
}

struct json_object *mcp_specs(struct toolbox *b, const struct server *s, const char **err)
{
	struct mcp *m = new_mcp(b, s);

	return open_session(m, err) ? list_tools(m, err) : NULL;
}

static const char *joined_texts(struct arena *a, struct json_object *content)
{
	struct buf *b = buf_in(a, 0);

	for (size_t i = 0; i < json_len(content); i++)
		if (text_eq(json_text(json_item(content, i), "type", NULL), "text"))
			buf_printf(b, "%s%s", b->len ? "\n" : "", json_text(json_item(content, i), "text", ""));
	return b->len ? buf_text(b) : "The MCP server reports an error without a reason.";
}

static void call(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out)
{
	struct mcp_tool *self = t->self;
	struct json_object *params = json_new_object(b->arena), *result;
	const char *err = NULL;
	int64_t limit = env_int("AIOHTTP_CLIENT_TIMEOUT_TOOL_SERVER",
				env_int("AIOHTTP_CLIENT_TIMEOUT", CALL_S, 0, 864000), 0, 864000) * 1000;

	json_set_text(params, "name", self->name);
	json_set(params, "arguments", json_ref(args));
	result = ask(self->mcp, "tools/call", params, limit, &err);
	if (!result)
		tool_fail(b, out, "%s", err ? err : "The MCP server gave no answer.");
	else if (json_flag(result, "isError", false))
		tool_fail(b, out, "%s", joined_texts(b->arena, json_get(result, "content")));
	else
		out->json = mcp_structured(b->arena, result);
}

const struct tool_ops mcp_ops = { "mcp", true, call };
