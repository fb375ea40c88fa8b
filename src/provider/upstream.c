#include "provider/upstream.h"

#include <ctype.h>

#include "base/env.h"
#include "provider/ollama_chat.h"
#include "provider/responses.h"

enum { BIAS_MAX = 100 };

enum dialect upstream_dialect(const struct connection *k)
{
	if (k->kind == CONNECTION_OLLAMA)
		return SPEAKS_OLLAMA;
	return connection_is_responses(k) ? SPEAKS_RESPONSES : SPEAKS_CHAT;
}

/* Is it one of OpenAI's reasoning models: o1, o3 …, gpt-5 and later?  Bedrock puts "us.openai." in
 * front. */
static bool is_reasoning(const char *id)
{
	const char *mark = strstr(id, "openai.");
	size_t n = mark ? strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") : 0;

	if (mark && (mark == id || (id + n == mark - 1 && *(mark - 1) == '.')))
		id = mark + 7;
	if (tolower((unsigned char)*id) == 'o' && isdigit((unsigned char)id[1]))
		return true;
	return strncasecmp(id, "gpt-", 4) == 0 && strtoul(id + 4, NULL, 10) >= 5;
}

static void rename_member(struct json_object *form, const char *from, const char *to)
{
	if (!json_has(form, from))
		return;
	json_set(form, to, json_ref(json_get(form, from)));
	json_del(form, from);
}

/* They want another name for the limit, and another role for the system prompt. */
static void fit_model(const struct connection *k, struct json_object *form)
{
	struct json_object *first = json_item(json_get(form, "messages"), 0);
	const char *id = json_text(form, "model", "");
	bool old = strncasecmp(id, "o1-mini", 7) == 0 || strncasecmp(id, "o1-preview", 10) == 0;

	if (is_reasoning(id)) {
		rename_member(form, "max_tokens", "max_completion_tokens");
		if (strcmp(json_text(first, "role", ""), "system") == 0)
			json_set_text(first, "role", old ? "user" : "developer");
	} else if (!strstr(k->url, "api.openai.com")) {
		rename_member(form, "max_completion_tokens", "max_tokens");
	}
	if (json_has(form, "max_completion_tokens"))
		json_del(form, "max_tokens");
}

/* "5:100,7:-3" as { "5": 100, "7": -3 } */
static struct json_object *logit_bias(struct arena *a, const char *text)
{
	struct json_object *o = json_new_object(a);
	struct str rest = str_of(text);

	while (rest.p) {
		struct str value = str_trim(str_split(&rest, ',')), name = str_trim(str_split(&value, ':'));
		int64_t bias;

		if (!name.n || !str_to_i64(str_trim(value), INT32_MIN, INT32_MAX, &bias))
			continue;
		bias = bias > BIAS_MAX ? BIAS_MAX : bias < -BIAS_MAX ? -BIAS_MAX : bias;
		json_set_i64(o, arena_strndup(a, name.p, name.n), bias);
	}
	return o;
}

/* Chat completions know no pictures in the results of tools. */
static void flatten_results(struct arena *a, struct json_object *messages)
{
	for (size_t i = 0; i < json_len(messages); i++) {
		struct json_object *m = json_item(messages, i), *content = json_get(m, "content");
		struct buf *b;

		if (strcmp(json_text(m, "role", ""), "tool") != 0 || !json_is(content, json_type_array))
			continue;
		b = buf_in(a, 0);
		for (size_t n = 0; n < json_len(content); n++) {
			const char *type = json_text(json_item(content, n), "type", "");

			if (strcmp(type, "text") == 0 || strcmp(type, "input_text") == 0)
				buf_adds(b, json_text(json_item(content, n), "text", ""));
		}
		json_set_text(m, "content", buf_text(b));
	}
}

/* Azure's deployments refuse what they do not know. */
static struct json_object *azure_payload(struct arena *a, const struct connection *k,
					 struct json_object *form)
{
	static const char *const known[] = {
		"messages", "temperature", "role", "content", "contentPart", "contentPartImage",
		"enhancements", "dataSources", "n", "stream", "stop", "max_tokens", "presence_penalty",
		"frequency_penalty", "logit_bias", "user", "function_call", "functions", "tools",
		"tool_choice", "top_p", "log_probs", "top_logprobs", "response_format", "seed",
		"max_completion_tokens", "reasoning_effort",
	};
	struct json_object *out = json_new_object(a), *t = json_get(form, "temperature");
	bool reasoning = is_reasoning(json_text(form, "model", ""));

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (json_has(form, known[i]))
			json_set(out, known[i], json_ref(json_get(form, known[i])));
	if (strcmp(connection_azure_version(k), "2024-09-01-preview") >= 0 && json_has(form, "stream_options"))
		json_set(out, "stream_options", json_ref(json_get(form, "stream_options")));
	if (reasoning && t && json_object_get_double(t) != 1.0)
		json_del(out, "temperature");
	return out;
}

void upstream_post(struct arena *a, const struct connection *k, const struct caller *who, const char *url,
		   struct json_object *body, struct http_request *req)
{
	struct headers h;

	headers_init(&h, a);
	headers_set_connection(&h, k, who);
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->url = url;
	req->headers = h.list;
	req->body = json_print(body);
	req->body_len = strlen(req->body);
	req->timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT", UPSTREAM_TIMEOUT_S, 0, 864000) * 1000;
	req->idle_ms = env_int("AIOHTTP_CLIENT_STREAM_IDLE_TIMEOUT", 0, 0, 864000) * 1000;
	req->cancel_fd = -1;
}

static struct json_object *user_object(const struct user *u)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "name", u->name);
	json_set_text(o, "id", u->id);
	json_set_text(o, "email", u->email);
	json_set_text(o, "role", u->role);
	return o;
}

/* The form may be sent again, with more messages: its own members stay as they are. */
static struct json_object *members_of(struct arena *a, struct json_object *form)
{
	struct json_object *out = json_new_object(a);

	json_object_object_foreach(form, key, v) {
		json_set(out, key, json_ref(v));
	}
	return out;
}

const char *upstream_request(struct arena *a, const struct model *m, const struct caller *who,
			     struct json_object *form, struct http_request *req)
{
	const struct connection *k = &m->connection;
	enum dialect d = upstream_dialect(k);
	const char *url;

	form = members_of(a, form);
	if (d == SPEAKS_OLLAMA) {
		upstream_post(a, k, who, arena_printf(a, "%s/api/chat", k->url), ollama_payload(a, form), req);
		return NULL;
	}
	if (m->pipeline && who->user)
		json_set(form, "user", user_object(who->user));
	fit_model(k, form);
	if (json_str(json_get(form, "logit_bias")))
		json_set(form, "logit_bias", json_ref(logit_bias(a, json_text(form, "logit_bias", ""))));
	if (!json_flag(form, "stream", false))
		json_del(form, "stream_options");
	url = connection_url(a, k, d == SPEAKS_RESPONSES ? "responses" : "chat/completions",
			     json_text(form, "model", ""));
	if (!url)
		return "The model's name cannot be part of an address.";
	if (connection_is_azure(k) && !connection_is_azure_v1(k))
		form = azure_payload(a, k, form);
	if (d == SPEAKS_RESPONSES && json_has(form, "tools"))
		json_set(form, "tools", json_ref(json_opened(a, json_get(form, "tools"))));
	if (d == SPEAKS_RESPONSES)
		responses_payload(a, form);
	else
		flatten_results(a, json_get(form, "messages"));
	upstream_post(a, k, who, url, form, req);
	return NULL;
}

struct json_object *upstream_result(struct arena *a, enum dialect d, struct json_object *answer)
{
	if (!answer || d == SPEAKS_CHAT || json_has(answer, "error"))
		return answer;
	return d == SPEAKS_OLLAMA ? ollama_result(a, answer) : responses_result(a, answer);
}
