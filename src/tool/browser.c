#include "tool/browser.h"

#include "base/env.h"
#include "base/rand.h"
#include "realtime/publish.h"

enum { PROMPT_MAX = 64 * 1024 };

static struct json_object *failure(struct toolbox *b, const char *why)
{
	struct json_object *o = json_new_object(b->arena);

	json_set_text(o, "error", why);
	return o;
}

static const char *envelope(struct toolbox *b, const char *type, struct json_object *data)
{
	struct json_object *o = json_new_object(b->arena), *inner = json_object_new_object();

	json_set_text(o, "chat_id", b->chat_id);
	json_set_text(o, "message_id", b->message_id);
	json_set_text(inner, "type", type);
	json_set(inner, "data", json_ref(data));
	json_set(o, "data", inner);
	return json_print(o);
}

struct json_object *browser_call(struct toolbox *b, const char *type, struct json_object *data, int timeout_ms)
{
	int limit = (int)env_int("WEBSOCKET_EVENT_CALLER_TIMEOUT", 0, 0, 86400) * 1000;
	const char *answer = NULL;
	int rc;

	if (text_empty(b->session_id))
		return failure(b, "Browser session is not connected.");
	if (timeout_ms <= 0 || (limit > 0 && limit < timeout_ms))
		timeout_ms = limit;
	rc = publish_call_until(b->arena, b->user->id, b->session_id, envelope(b, type, data), timeout_ms,
				b->cancel_fd, &answer);
	if (rc > 0)
		return json_parse_text(b->arena, answer);
	return failure(b, rc ? "Event call timed out." : "Client session disconnected.");
}

struct json_object *browser_ask(struct toolbox *b, const char *type, struct json_object *data, int timeout_ms)
{
	struct json_object *answer, *done = json_new_object(b->arena);
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(data, "interaction_id", id);
	answer = browser_call(b, type, data, timeout_ms);
	json_set_text(done, "interaction_id", id);
	if (!text_empty(b->session_id))
		publish_event(b->arena, b->session_id, "events", envelope(b, "request:interaction:done", done), NULL);
	return answer;
}

static void call(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out)
{
	struct json_object *data = json_new_object(b->arena);
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(data, "id", id);
	json_set_text(data, "name", t->name);
	json_set(data, "params", json_ref(args));
	json_set(data, "server", json_ref(t->self));
	json_set_text(data, "session_id", b->session_id);
	out->json = browser_call(b, "execute:tool", data, 0);
	/* [value, headers]: an answer of a server that the browser asked. */
	if (json_is(out->json, json_type_array) && json_len(out->json) == 2) {
		struct json_object *headers = json_item(out->json, 1);

		out->type = json_text(headers, "content-type", json_text(headers, "Content-Type", NULL));
		out->disposition = json_text(headers, "content-disposition",
					     json_text(headers, "Content-Disposition", NULL));
		out->location = json_text(headers, "location", json_text(headers, "Location", NULL));
		out->json = json_item(out->json, 0);
	}
}

static const struct tool_ops browser_ops = { "browser", false, call };

/* The server as the browser knows it, without what only we need. */
static struct json_object *bare(struct toolbox *b, struct json_object *server)
{
	struct json_object *o = json_new_object(b->arena);

	json_object_object_foreach(server, key, v) {
		if (strcmp(key, "specs") != 0 && strcmp(key, "system_prompt") != 0)
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	return o;
}

void toolbox_add_browser(struct toolbox *b, struct json_object *servers)
{
	for (size_t i = 0; i < json_len(servers); i++) {
		struct json_object *server = json_item(servers, i), *specs = json_get(server, "specs"), *self;

		if (!json_is(server, json_type_object))
			continue;
		toolbox_instruct(b, NULL, json_text(server, "system_prompt", NULL));
		self = bare(b, server);
		for (size_t k = 0; k < json_len(specs); k++)
			toolbox_add(b, NULL, json_text(json_item(specs, k), "name", NULL), json_item(specs, k),
				    &browser_ops, self);
	}
}
