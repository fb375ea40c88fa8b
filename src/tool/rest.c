#include "tool/rest.h"

#include <openssl/evp.h>

#include "base/env.h"
#include "http/client.h"
#include "tool/openapi.h"

enum { TIMEOUT_S = 300 };

struct rest {
	struct server server;
	struct json_object *operation;	/* an item of the digest's tools */
};

/* Bytes that are no text, as a data: address. */
static struct json_object *as_data(struct toolbox *b, const char *type, const struct buf *body)
{
	unsigned char *text = arena_alloc(b->arena, body->len / 3 * 4 + 5);

	EVP_EncodeBlock(text, (const unsigned char *)buf_text(body), (int)body->len);
	return json_own(b->arena, json_object_new_string(arena_printf(b->arena, "data:%s;base64,%s", type,
								      (char *)text)));
}

static bool is_json(const char *type)
{
	size_t n = strcspn(type, "; ");

	return strncasecmp(type, "application/", 12) == 0 && n >= 4 && strncasecmp(type + n - 4, "json", 4) == 0 &&
	       (type[n - 5] == '/' || type[n - 5] == '+');
}

static void take(struct toolbox *b, const struct http_answer *answer, struct tool_value *out)
{
	bool textual = !*answer->type || strncasecmp(answer->type, "text/", 5) == 0 || is_json(answer->type);
	struct str text = { buf_text(answer->body), answer->body->len }, body;

	if (textual)
		text = tool_clean(b->arena, text);
	body = str_trim(text);
	out->type = answer->type;
	out->disposition = http_header(b->arena, answer, "Content-Disposition");
	out->location = http_header(b->arena, answer, "Location");
	if (is_json(answer->type)) {
		out->json = body.n ? json_parse(b->arena, body.p, body.n, NULL) : NULL;
		if (out->json || !body.n || str_eq(body, "null"))
			return;
	}
	if (textual && !is_json(answer->type))
		out->json = json_own(b->arena, json_object_new_string_len(text.p, (int)text.n));
	else
		out->json = as_data(b, arena_strndup(b->arena, answer->type, strcspn(answer->type, "; ")),
				    answer->body);
}

static void call(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out)
{
	struct rest *self = t->self;
	struct openapi_request request;
	struct http_answer answer;
	const char *err = NULL;
	struct http_request req = {
		.cancel_fd = b->cancel_fd, .max_body = TOOL_BODY_MAX, .keep_head = true,
		.timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT_TOOL_SERVER",
				      env_int("AIOHTTP_CLIENT_TIMEOUT", TIMEOUT_S, 1, 864000), 1, 864000) * 1000,
	};

	if (!openapi_request(b->arena, json_text(self->server.connection, "url", ""), self->operation, args,
			     &request, &err))
		return tool_fail(b, out, "%s", err);
	if (!server_headers(b, &self->server, "*/*", &req.headers))
		return tool_fail(b, out, "Sign in at this tool server first.");
	req.method = request.method;
	req.url = request.url;
	req.body = request.body;
	req.body_len = request.body ? strlen(request.body) : 0;
	http_run(b->arena, &req, &answer);
	if (answer.end == HTTP_TOO_LARGE)
		return tool_fail(b, out, "The answer is larger than %d MiB.", TOOL_BODY_MAX >> 20);
	if (answer.end != HTTP_DONE)
		return tool_fail(b, out, "%s", answer.error ? answer.error : "The tool server cannot be reached.");
	if (answer.status >= 400)
		return tool_fail(b, out, "HTTP error %d: %s", answer.status,
				 tool_clean(b->arena, (struct str){ buf_text(answer.body), answer.body->len }).p);
	take(b, &answer, out);
}

static const struct tool_ops rest_ops = { "openapi", false, call };

/* What the model is told of an operation. */
static struct json_object *spec_of(struct toolbox *b, struct json_object *operation)
{
	struct json_object *spec = json_new_object(b->arena), *parameters = json_get(operation, "parameters");

	json_set_text(spec, "name", json_text(operation, "name", ""));
	json_set_text(spec, "description", json_text(operation, "description", ""));
	json_set(spec, "parameters", parameters ? json_ref(parameters) : NULL);
	return spec;
}

void rest_add(struct toolbox *b, const struct server *s, const char *tool_id)
{
	struct json_object *all = json_get(s->digest, "tools");

	for (size_t i = 0; i < json_len(all); i++) {
		struct json_object *operation = json_item(all, i);
		struct rest *self;
		struct tool *t;

		if (!server_lets_through(s->connection, json_text(operation, "name", "")))
			continue;
		self = arena_alloc(b->arena, sizeof(*self));
		self->server = *s;
		self->operation = operation;
		t = toolbox_add(b, s->id, json_text(operation, "name", ""), spec_of(b, operation), &rest_ops, self);
		if (t)
			t->id = tool_id;
	}
}
