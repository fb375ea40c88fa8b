#include "provider/ollama_chat.h"

#include <math.h>

#include "base/clock.h"
#include "base/rand.h"

/* ---- a request ---- */

static struct json_object *tool_calls(struct arena *a, struct json_object *calls)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < json_len(calls); i++) {
		struct json_object *call = json_item(calls, i), *f = json_get(call, "function");
		struct json_object *o = json_object_new_object(), *of = json_object_new_object();
		struct json_object *arguments = json_parse_text(a, json_text(f, "arguments", ""));

		json_set_i64(o, "index", json_i64(call, "index", 0));
		json_set(o, "id", json_ref(json_get(call, "id")));
		json_set_text(of, "name", json_text(f, "name", ""));
		json_set(of, "arguments", arguments ? json_ref(arguments) : json_object_new_object());
		json_set(o, "function", of);
		json_object_array_add(all, o);
	}
	return all;
}

/* Pictures in the text of a data: address are sent without its head. */
static const char *picture(struct json_object *part)
{
	const char *url = json_text(json_get(part, "image_url"), "url", ""), *comma;

	comma = strncmp(url, "data:", 5) == 0 ? strrchr(url, ',') : NULL;
	return comma ? comma + 1 : url;
}

static void set_parts(struct arena *a, struct json_object *out, struct json_object *content)
{
	struct json_object *images = json_new_array(a);
	struct buf *text = buf_in(a, 0);
	struct str trimmed;

	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *part = json_item(content, i);
		const char *type = json_text(part, "type", "");

		if (strcmp(type, "text") == 0)
			buf_adds(text, json_text(part, "text", ""));
		else if (strcmp(type, "image_url") == 0 && *picture(part))
			json_object_array_add(images, json_object_new_string(picture(part)));
	}
	trimmed = str_trim((struct str){ buf_text(text), text->len });
	if (text->len)
		json_set(out, "content", json_object_new_string_len(trimmed.p, (int)trimmed.n));
	if (json_len(images))
		json_set(out, "images", json_ref(images));
}

static struct json_object *convert_message(struct arena *a, struct json_object *m)
{
	struct json_object *out = json_object_new_object(), *content = json_get(m, "content");
	struct json_object *calls = json_get(m, "tool_calls"), *thinking = json_get(m, "thinking");

	json_set_text(out, "role", json_text(m, "role", "user"));
	if (!thinking)
		thinking = json_get(m, "reasoning_content");
	if (!thinking)
		thinking = json_get(m, "reasoning");
	if (thinking)
		json_set(out, "thinking", json_ref(thinking));
	if (json_len(calls)) {
		json_set(out, "tool_calls", tool_calls(a, calls));
		json_set_text(out, "content", "");
	} else if (json_str(content)) {
		json_set(out, "content", json_ref(content));
		if (json_get(m, "tool_call_id"))
			json_set(out, "tool_call_id", json_ref(json_get(m, "tool_call_id")));
	} else {
		set_parts(a, out, content);
	}
	return out;
}

/* "5m" stays a text, "{…}" and "-1" are what they say. */
static struct json_object *parsed(struct arena *a, struct json_object *v)
{
	struct json_object *o = json_parse_text(a, json_str(v));

	return json_ref(o ? o : v);
}

/* Options that Ollama wants beside the others, and its name for one of them. */
static void lift_options(struct arena *a, struct json_object *body, struct json_object *options)
{
	static const char *const root[] = { "format", "keep_alive", "think" };

	for (size_t i = 0; i < ARRAY_SIZE(root); i++) {
		struct json_object *v = json_get(options, root[i]);

		if (!v)
			continue;
		json_set(body, root[i], strcmp(root[i], "think") == 0 ? json_ref(v) : parsed(a, v));
		json_del(options, root[i]);
	}
	if (json_has(options, "max_tokens")) {
		json_set(options, "num_predict", json_ref(json_get(options, "max_tokens")));
		json_del(options, "max_tokens");
	}
}

void ollama_apply_params(struct arena *a, struct json_object *body, struct json_object *params)
{
	struct json_object *options = json_get(body, "options"), *own = json_new_object(a);

	json_object_object_foreach(params, name, value) {
		if (value)
			json_set(own, name, json_ref(value));
	}
	lift_options(a, body, own);
	if (!json_is(options, json_type_object)) {
		json_set(body, "options", json_object_new_object());
		options = json_get(body, "options");
	}
	json_object_object_foreach(own, key, v) {
		if (!json_has(options, key))
			json_set(options, key, json_ref(v));
	}
}

static void set_format(struct json_object *out, struct json_object *wanted)
{
	struct json_object *schema = json_get(wanted, json_text(wanted, "type", ""));

	if (schema)
		json_set(out, "format", json_ref(json_get(schema, "schema")));
}

struct json_object *ollama_payload(struct arena *a, struct json_object *form)
{
	struct json_object *out = json_new_object(a), *messages = json_object_new_array(), *options;
	struct json_object *given = json_get(form, "messages");

	for (size_t i = 0; i < json_len(given); i++)
		json_object_array_add(messages, convert_message(a, json_item(given, i)));
	json_set(out, "model", json_ref(json_get(form, "model")));
	json_set(out, "messages", messages);
	json_set_bool(out, "stream", json_flag(form, "stream", false));
	if (json_has(form, "tools"))
		json_set(out, "tools", json_ref(json_get(form, "tools")));
	options = json_is(json_get(form, "options"), json_type_object)
		  ? json_copy(a, json_get(form, "options")) : json_new_object(a);
	lift_options(a, out, options);
	if (json_has(options, "system")) {
		json_set(out, "system", json_ref(json_get(options, "system")));
		json_del(options, "system");
	}
	if (json_get(form, "stop"))
		json_set(options, "stop", json_ref(json_get(form, "stop")));
	if (json_get(form, "max_tokens"))
		json_set(options, "num_predict", json_ref(json_get(form, "max_tokens")));
	if (json_object_object_length(options))
		json_set(out, "options", json_ref(options));
	set_format(out, json_get(form, "response_format"));
	return out;
}

/* ---- answers ---- */

/* Tokens in a second of `count` in `ns` nanoseconds, to two places. */
static struct json_object *rate(int64_t count, int64_t ns)
{
	if (ns <= 0)
		return json_object_new_string("N/A");
	return json_object_new_double(round((double)count / ((double)ns / 1e7) * 100 * 100) / 100);
}

static struct json_object *usage_of(struct json_object *answer)
{
	static const char *const copied[] = { "total_duration", "load_duration", "prompt_eval_count",
					      "prompt_eval_duration", "eval_count", "eval_duration" };
	struct json_object *u = json_object_new_object(), *details = json_object_new_object();
	int64_t in = json_i64(answer, "prompt_eval_count", 0), out = json_i64(answer, "eval_count", 0);
	int64_t seconds = json_i64(answer, "total_duration", 0) / 1000000000;
	char text[48];

	json_set_i64(u, "input_tokens", in);
	json_set_i64(u, "output_tokens", out);
	json_set_i64(u, "total_tokens", in + out);
	json_set_i64(u, "prompt_tokens", in);
	json_set_i64(u, "completion_tokens", out);
	json_set(u, "response_token/s", rate(out, json_i64(answer, "eval_duration", 0)));
	json_set(u, "prompt_token/s", rate(in, json_i64(answer, "prompt_eval_duration", 0)));
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		json_set_i64(u, copied[i], json_i64(answer, copied[i], 0));
	snprintf(text, sizeof(text), "%" PRId64 "h%" PRId64 "m%" PRId64 "s", seconds / 3600,
		 seconds % 3600 / 60, seconds % 60);
	json_set_text(u, "approximate_total", text);
	json_set_i64(details, "reasoning_tokens", 0);
	json_set_i64(details, "accepted_prediction_tokens", 0);
	json_set_i64(details, "rejected_prediction_tokens", 0);
	json_set(u, "completion_tokens_details", details);
	return u;
}

static struct json_object *openai_calls(struct json_object *calls)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < json_len(calls); i++) {
		struct json_object *call = json_item(calls, i), *f = json_get(call, "function");
		struct json_object *o = json_object_new_object(), *of = json_object_new_object();
		struct json_object *arguments = json_get(f, "arguments");
		char uuid[UUID_SIZE], id[UUID_SIZE + 8];

		uuid4(uuid);
		snprintf(id, sizeof(id), "call_%s", uuid);
		json_set_i64(o, "index", json_i64(call, "index", json_i64(f, "index", 0)));
		json_set_text(o, "id", json_text(call, "id", id));
		json_set_text(o, "type", "function");
		json_set_text(of, "name", json_text(f, "name", ""));
		json_set_text(of, "arguments", arguments ? json_print(arguments) : "{}");
		json_set(o, "function", of);
		json_object_array_add(all, o);
	}
	return all;
}

/* A completion or a chunk with one choice that is still empty. */
static struct json_object *template_of(struct json_object *answer, const char *id, const char *object,
				       struct json_object **choice)
{
	struct json_object *o = json_object_new_object(), *choices = json_object_new_array();

	*choice = json_object_new_object();
	json_set_text(o, "id", id);
	json_set_i64(o, "created", time_s());
	json_set_text(o, "model", json_text(answer, "model", "ollama"));
	json_set(o, "choices", choices);
	json_set_text(o, "object", object);
	json_object_array_add(choices, *choice);
	json_set_i64(*choice, "index", 0);
	json_set(*choice, "logprobs", NULL);
	json_set(*choice, "finish_reason", NULL);
	return o;
}

struct json_object *ollama_result(struct arena *a, struct json_object *answer)
{
	struct json_object *m = json_get(answer, "message"), *choice, *o, *out;
	struct json_object *message = json_object_new_object(), *calls = json_get(m, "tool_calls");
	const char *thinking = json_text(m, "thinking", ""), *reason = json_text(answer, "done_reason", "stop");
	char uuid[UUID_SIZE];

	uuid4(uuid);
	o = template_of(answer, arena_printf(a, "%s-%s", json_text(answer, "model", "ollama"), uuid),
			"chat.completion", &choice);
	out = json_own(a, o);
	json_set_text(message, "role", "assistant");
	json_set_text(message, "content", json_text(m, "content", ""));
	if (*thinking)
		json_set_text(message, "reasoning_content", thinking);
	if (json_len(calls))
		json_set(message, "tool_calls", openai_calls(calls));
	json_set(choice, "message", message);
	json_set_text(choice, "finish_reason", json_len(calls) ? "tool_calls" : *reason ? reason : "stop");
	json_set(out, "usage", usage_of(answer));
	return out;
}

static const char *finish_of(const struct ollama_stream *s, struct json_object *answer, bool empty)
{
	const char *reason = json_text(answer, "done_reason", "");

	if (json_flag(answer, "done", false) && s->calls)
		return "tool_calls";
	return *reason ? reason : empty ? "stop" : NULL;
}

static struct json_object *delta_of(struct ollama_stream *s, struct json_object *answer, bool *empty)
{
	struct json_object *m = json_get(answer, "message"), *calls = json_get(m, "tool_calls");
	struct json_object *delta = json_object_new_object();
	const char *text = json_text(m, "content", ""), *thinking = json_text(m, "thinking", "");

	if (*text)
		json_set_text(delta, "content", text);
	if (*thinking)
		json_set_text(delta, "reasoning_content", thinking);
	if (json_len(calls)) {
		json_set(delta, "tool_calls", openai_calls(calls));
		s->calls = true;
	}
	*empty = !json_object_object_length(delta);
	return delta;
}

bool ollama_chunk(struct ollama_stream *s, struct arena *scratch, struct str line, struct buf *out,
		  bool *done)
{
	struct json_object *answer = json_parse(scratch, line.p, line.n, NULL), *o, *choice, *delta;
	char uuid[UUID_SIZE];
	bool first = !s->id[0], empty;

	*done = false;
	if (!json_is(answer, json_type_object))
		return false;
	if (json_has(answer, "error")) {
		buf_adds(out, "{\"error\":");
		json_write(out, json_get(answer, "error"));
		buf_addc(out, '}');
		return true;
	}
	if (first) {
		uuid4(uuid);
		snprintf(s->id, sizeof(s->id), "chatcmpl-%s", uuid);
	}
	o = json_own(scratch, template_of(answer, s->id, "chat.completion.chunk", &choice));
	delta = delta_of(s, answer, &empty);
	if (first)
		json_set_text(delta, "role", "assistant");
	json_set(choice, "delta", delta);
	json_set_text(choice, "finish_reason", finish_of(s, answer, empty));
	*done = json_flag(answer, "done", false);
	if (*done)
		json_set(o, "usage", usage_of(answer));
	json_write(out, o);
	return true;
}

/* ---- embeddings ---- */

struct json_object *ollama_embed_payload(struct arena *a, struct json_object *form)
{
	static const char *const kept[] = { "model", "input", "truncate", "options", "keep_alive" };
	struct json_object *out = json_new_object(a);

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (json_get(form, kept[i]))
			json_set(out, kept[i], json_ref(json_get(form, kept[i])));
	return out;
}

static void add_vector(struct json_object *data, struct json_object *vector, int64_t index)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "object", "embedding");
	json_set(o, "embedding", json_ref(vector));
	json_set_i64(o, "index", index);
	json_object_array_add(data, o);
}

struct json_object *ollama_embed_result(struct arena *a, struct json_object *answer)
{
	struct json_object *list = json_get(answer, "embeddings"), *one = json_get(answer, "embedding");
	struct json_object *out, *data;

	if (!list && !one)
		return answer;
	out = json_new_object(a);
	data = json_object_new_array();
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *v = json_item(list, i);
		bool wrapped = json_is(v, json_type_object);

		add_vector(data, wrapped ? json_get(v, "embedding") : v,
			   wrapped ? json_i64(v, "index", (int64_t)i) : (int64_t)i);
	}
	if (!list)
		add_vector(data, one, 0);
	json_set_text(out, "object", "list");
	json_set(out, "data", data);
	json_set(out, "model", json_ref(json_get(answer, "model")));
	return out;
}
