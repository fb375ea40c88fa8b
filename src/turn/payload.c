#include "turn/payload.h"

#include "base/env.h"
#include "turn/params.h"
#include "turn/prompt.h"

enum { MAX_HEADERS = 32, TIMEOUT_S = 300 };

/* "o3-mini", "gpt-5.2"; behind Amazon's prefix "us.openai." too. */
static bool is_reasoning_model(const char *id)
{
	const char *at = strstr(id, "openai.");

	if (at && (at == id || at[-1] == '.'))
		id = at + 7;
	if (*id == 'o' && id[1] >= '0' && id[1] <= '9')
		return true;
	return text_starts(id, "gpt-") && strtol(id + 4, NULL, 10) >= 5;
}

/* api.openai.com and its reasoning models know max_completion_tokens, everybody else max_tokens. */
static void apply_token_limit(struct turn *t)
{
	bool reasoning = is_reasoning_model(t->model.provider_id);
	const char *from = reasoning ? "max_tokens" : "max_completion_tokens";
	const char *to = reasoning ? "max_completion_tokens" : "max_tokens";

	if (reasoning || !strstr(t->model.base_url, "api.openai.com")) {
		if (!json_has(t->form, from))
			return;
		json_set(t->form, to, json_ref(json_get(t->form, from)));
		json_del(t->form, from);
	} else if (json_has(t->form, "max_completion_tokens")) {
		json_del(t->form, "max_tokens");
	}
}

/* Their newer models take instructions from a developer, the first ones from a user. */
static void apply_role(struct turn *t)
{
	struct json_object *first = json_item(json_get(t->form, "messages"), 0);
	const char *id = t->model.provider_id;

	if (is_reasoning_model(id) && text_eq(json_text(first, "role", NULL), "system"))
		json_set_text(first, "role", text_starts(id, "o1-mini") || text_starts(id, "o1-preview")
			      ? "user" : "developer");
}

/* Token counts are asked for where the model's author wants them shown. */
static void apply_usage(struct turn *t)
{
	struct json_object *options;

	if (!json_flag(t->form, "stream", false)) {
		json_del(t->form, "stream_options");
		return;
	}
	if (!json_flag(json_get(t->model.meta, "capabilities"), "usage", false))
		return;
	options = json_copy(t->arena, json_get(t->form, "stream_options"));
	if (!json_is(options, json_type_object))
		options = json_new_object(t->arena);
	json_set_bool(options, "include_usage", true);
	json_set(t->form, "stream_options", json_ref(options));
}

void payload_finish(struct turn *t)
{
	const char *bias = json_text(t->form, "logit_bias", NULL);

	if (bias)
		json_set(t->form, "logit_bias", json_ref(params_logit_bias(t->arena, bias)));
	apply_usage(t);
	apply_token_limit(t);
	apply_role(t);
	json_set_text(t->form, "model", t->model.provider_id);
}

static const char *header_value(struct turn *t, const char *text)
{
	struct prompt_values v = { 0 };

	v.known[0][0] = "{{CHAT_ID}}";
	v.known[0][1] = t->chat_id ? t->chat_id : "";
	v.known[1][0] = "{{MESSAGE_ID}}";
	v.known[1][1] = t->message_id ? t->message_id : "";
	v.known[2][0] = "{{USER_ID}}";
	v.known[2][1] = t->user.id;
	v.known[3][0] = "{{USER_NAME}}";
	v.known[3][1] = t->user.name;
	v.known[4][0] = "{{USER_EMAIL}}";
	v.known[4][1] = t->user.email;
	v.known[5][0] = "{{USER_ROLE}}";
	v.known[5][1] = t->user.role;
	return prompt_fill(t->arena, &v, text);
}

static void add_header(struct turn *t, const char **list, size_t *n, const char *name, const char *value)
{
	if (*n < MAX_HEADERS - 1 && value && !strpbrk(name, "\r\n:") && !strpbrk(value, "\r\n"))
		list[(*n)++] = arena_printf(t->arena, "%s: %s", name, value);
}

static void add_user_headers(struct turn *t, const char **list, size_t *n)
{
	struct buf *name = buf_in(t->arena, 0);

	if (!env_bool("ENABLE_FORWARD_USER_INFO_HEADERS", false))
		return;
	buf_uri(name, t->user.name);
	add_header(t, list, n, "X-OpenWebUI-User-Name", buf_text(name));
	add_header(t, list, n, "X-OpenWebUI-User-Id", t->user.id);
	add_header(t, list, n, "X-OpenWebUI-User-Email", t->user.email);
	add_header(t, list, n, "X-OpenWebUI-User-Role", t->user.role);
	if (!text_empty(t->chat_id))
		add_header(t, list, n, "X-OpenWebUI-Chat-Id", t->chat_id);
}

const char *const *payload_headers(struct turn *t)
{
	const char **list = arena_calloc(t->arena, MAX_HEADERS, sizeof(*list));
	struct json_object *own = json_get(t->model.connection, "headers");
	const char *auth = json_text(t->model.connection, "auth_type", "bearer");
	size_t n = 0;

	add_header(t, list, &n, "Content-Type", "application/json");
	add_header(t, list, &n, "Accept", "*/*");
	if (strcmp(auth, "none") != 0)
		add_header(t, list, &n, "Authorization",
			   arena_printf(t->arena, "Bearer %s", t->model.key));
	add_user_headers(t, list, &n);
	if (json_is(own, json_type_object)) {
		json_object_object_foreach(own, key, v) {
			add_header(t, list, &n, key, header_value(t, json_str(v)));
		}
	}
	return list;
}

void payload_request(struct turn *t, struct http_request *req)
{
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->url = arena_printf(t->arena, "%s/chat/completions", t->model.base_url);
	req->headers = payload_headers(t);
	req->body = json_print(t->form);
	req->body_len = strlen(req->body);
	req->timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT", TIMEOUT_S, 0, 864000) * 1000;
	req->idle_ms = env_int("AIOHTTP_CLIENT_STREAM_IDLE_TIMEOUT", 0, 0, 864000) * 1000;
	req->cancel_fd = t->cancel_fd;
}
