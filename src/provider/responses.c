#include "provider/responses.h"

#include "base/clock.h"

/* ---- a request ---- */

static struct json_object *text_part(const char *type, struct json_object *text)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "type", type);
	json_set(o, "text", text ? json_ref(text) : json_object_new_string(""));
	return o;
}

static struct json_object *image_part(struct json_object *image)
{
	struct json_object *o = json_object_new_object();
	const char *detail = json_text(image, "detail", "");

	json_set_text(o, "type", "input_image");
	json_set_text(o, "image_url", json_str(image) ? json_str(image) : json_text(image, "url", ""));
	json_set_text(o, "detail", *detail ? detail : "auto");
	return o;
}

static struct json_object *file_part(struct json_object *file)
{
	static const char *const keys[] = { "file_id", "file_data", "filename" };
	struct json_object *o;

	if (!json_has(file, "file_id") && !json_has(file, "file_data"))
		return NULL;
	o = json_object_new_object();
	json_set_text(o, "type", "input_file");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_has(file, keys[i]))
			json_set(o, keys[i], json_ref(json_get(file, keys[i])));
	return o;
}

static struct json_object *parts_of(struct json_object *content, const char *text_type)
{
	struct json_object *parts = json_object_new_array();

	if (!json_is(content, json_type_array))
		json_object_array_add(parts, text_part(text_type, content));
	for (size_t i = 0; json_is(content, json_type_array) && i < json_len(content); i++) {
		struct json_object *part = json_item(content, i), *out = NULL;
		const char *type = json_text(part, "type", "");

		if (strcmp(type, "text") == 0)
			out = text_part(text_type, json_get(part, "text"));
		else if (strcmp(type, "image_url") == 0)
			out = image_part(json_get(part, "image_url"));
		else if (strcmp(type, "file") == 0)
			out = file_part(json_get(part, "file"));
		if (out)
			json_object_array_add(parts, out);
	}
	return parts;
}

/* The text parts of a content, each on a line. */
static const char *plain_text(struct arena *a, struct json_object *content)
{
	struct buf *b = buf_in(a, 0);

	if (json_str(content))
		return json_str(content);
	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *part = json_item(content, i);

		if (strcmp(json_text(part, "type", ""), "text") != 0)
			continue;
		if (b->len)
			buf_addc(b, '\n');
		buf_adds(b, json_text(part, "text", ""));
	}
	return buf_text(b);
}

static void add_message(struct json_object *input, const char *role, struct json_object *parts)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "type", "message");
	json_set_text(o, "role", role);
	json_set(o, "content", parts);
	json_object_array_add(input, o);
}

static void add_calls(struct arena *a, struct json_object *input, struct json_object *m)
{
	const char *text = plain_text(a, json_get(m, "content"));
	struct json_object *calls = json_get(m, "tool_calls");

	if (str_trim(str_of(text)).n) {
		struct json_object *parts = json_object_new_array();

		json_object_array_add(parts, text_part("output_text",
						       json_own(a, json_object_new_string(text))));
		add_message(input, "assistant", parts);
	}
	for (size_t i = 0; i < json_len(calls); i++) {
		struct json_object *call = json_item(calls, i), *o = json_object_new_object();

		json_set_text(o, "type", "function_call");
		json_set_text(o, "call_id", json_text(call, "id", ""));
		json_set_text(o, "name", json_text(json_get(call, "function"), "name", ""));
		json_set_text(o, "arguments", json_text(json_get(call, "function"), "arguments", "{}"));
		json_object_array_add(input, o);
	}
}

static void add_result(struct json_object *input, struct json_object *m)
{
	struct json_object *o = json_object_new_object(), *content = json_get(m, "content");

	json_set_text(o, "type", "function_call_output");
	json_set_text(o, "call_id", json_text(m, "tool_call_id", ""));
	json_set(o, "output", content ? json_ref(content) : json_object_new_string(""));
	json_object_array_add(input, o);
}

/* Items that were stored with an answer go back without what is only for display. */
static void add_stored(struct json_object *input, struct json_object *output)
{
	static const char *const known[][7] = {
		{ "message", "type", "role", "content" },
		{ "function_call", "type", "call_id", "name", "arguments", "id" },
		{ "function_call_output", "type", "call_id", "output" },
		{ "reasoning", "type", "id", "summary", "encrypted_content", "content" },
	};

	for (size_t i = 0; i < json_len(output); i++) {
		struct json_object *item = json_item(output, i), *o = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
			if (strcmp(json_text(item, "type", ""), known[k][0]) != 0)
				continue;
			o = json_object_new_object();
			for (size_t n = 1; n < ARRAY_SIZE(known[k]) && known[k][n]; n++)
				if (json_has(item, known[k][n]))
					json_set(o, known[k][n], json_ref(json_get(item, known[k][n])));
		}
		json_object_array_add(input, o ? o : json_ref(item));
	}
}

static void convert_messages(struct arena *a, struct json_object *form)
{
	struct json_object *messages = json_get(form, "messages"), *input = json_object_new_array();
	const char *instructions = "";

	for (size_t i = 0; i < json_len(messages); i++) {
		struct json_object *m = json_item(messages, i), *content = json_get(m, "content");
		const char *role = json_text(m, "role", "user");
		bool assistant = strcmp(role, "assistant") == 0;

		if (json_len(json_get(m, "output")))
			add_stored(input, json_get(m, "output"));
		else if (strcmp(role, "system") == 0)
			instructions = plain_text(a, content);
		else if (assistant && json_len(json_get(m, "tool_calls")))
			add_calls(a, input, m);
		else if (strcmp(role, "tool") == 0)
			add_result(input, m);
		else
			add_message(input, role, parts_of(content, assistant ? "output_text" : "input_text"));
	}
	if (*instructions)
		json_set_text(form, "instructions", instructions);
	json_set(form, "input", input);
	json_del(form, "messages");
}

static struct json_object *convert_tool(struct json_object *tool)
{
	struct json_object *f = json_get(tool, "function"), *o;

	if (!json_is(f, json_type_object))
		return json_ref(tool);
	o = json_object_new_object();
	json_set_text(o, "type", json_text(tool, "type", "function"));
	json_set_text(o, "name", json_text(f, "name", ""));
	if (json_has(f, "description"))
		json_set(o, "description", json_ref(json_get(f, "description")));
	if (json_has(f, "parameters"))
		json_set(o, "parameters", json_ref(json_get(f, "parameters")));
	json_set_bool(o, "strict", json_flag(f, "strict", false));
	return o;
}

static void convert_tools(struct json_object *form)
{
	struct json_object *tools = json_get(form, "tools"), *all;
	struct json_object *forced = json_get(json_get(form, "tool_choice"), "function");

	if (json_is(tools, json_type_array)) {
		all = json_object_new_array();
		for (size_t i = 0; i < json_len(tools); i++)
			json_object_array_add(all, convert_tool(json_item(tools, i)));
		json_set(form, "tools", all);
	}
	if (json_is(forced, json_type_object)) {
		struct json_object *choice = json_object_new_object();

		json_set_text(choice, "type", "function");
		json_set_text(choice, "name", json_text(forced, "name", ""));
		json_set(form, "tool_choice", choice);
	}
}

void responses_payload(struct arena *a, struct json_object *form)
{
	static const char *const limits[] = { "max_tokens", "max_completion_tokens" };
	static const char *const unknown[] = { "stream_options", "logit_bias", "frequency_penalty",
					       "presence_penalty", "stop" };

	convert_messages(a, form);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (json_has(form, limits[i])) {
			json_set(form, "max_output_tokens", json_ref(json_get(form, limits[i])));
			json_del(form, limits[i]);
		}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		json_del(form, unknown[i]);
	convert_tools(form);
}

/* ---- a whole answer ---- */

static struct json_object *call_of(struct json_object *item)
{
	struct json_object *o = json_object_new_object(), *f = json_object_new_object();
	struct json_object *arguments = json_get(item, "arguments");

	json_set_text(o, "id", json_text(item, "call_id", ""));
	json_set_text(o, "type", "function");
	json_set_text(f, "name", json_text(item, "name", ""));
	json_set_text(f, "arguments", json_str(arguments) ? json_str(arguments)
		      : arguments ? json_print(arguments) : "{}");
	json_set(o, "function", f);
	return o;
}

static void add_output_text(struct buf *b, struct json_object *item)
{
	struct json_object *content = json_get(item, "content");

	for (size_t i = 0; i < json_len(content); i++)
		if (strcmp(json_text(json_item(content, i), "type", ""), "output_text") == 0)
			buf_adds(b, json_text(json_item(content, i), "text", ""));
}

struct json_object *responses_result(struct arena *a, struct json_object *answer)
{
	struct json_object *out = json_new_object(a), *choices = json_object_new_array();
	struct json_object *choice = json_object_new_object(), *message = json_object_new_object();
	struct json_object *items = json_get(answer, "output"), *calls = json_new_array(a);
	struct json_object *usage = json_get(answer, "usage");
	struct buf *text = buf_in(a, 0);

	for (size_t i = 0; i < json_len(items); i++) {
		struct json_object *item = json_item(items, i);
		const char *type = json_text(item, "type", "");

		if (strcmp(type, "message") == 0)
			add_output_text(text, item);
		else if (strcmp(type, "function_call") == 0)
			json_object_array_add(calls, call_of(item));
	}
	json_set_text(message, "role", "assistant");
	json_set_text(message, "content", buf_text(text));
	if (json_len(calls))
		json_set(message, "tool_calls", json_ref(calls));
	json_set_i64(choice, "index", 0);
	json_set(choice, "message", message);
	json_set_text(choice, "finish_reason", json_len(calls) ? "tool_calls" : "stop");
	json_object_array_add(choices, choice);
	json_set_text(out, "id", json_text(answer, "id", ""));
	json_set_text(out, "object", "chat.completion");
	json_set_text(out, "model", json_text(answer, "model", ""));
	json_set(out, "choices", choices);
	json_set(out, "usage", usage ? json_ref(usage) : json_object_new_object());
	return out;
}

/* ---- a stream ---- */

static void open_chunk(const struct responses_stream *s, struct buf *out, const char *key)
{
	buf_adds(out, "{\"id\":");
	buf_json(out, s->id ? s->id : "");
	buf_printf(out, ",\"object\":\"chat.completion.chunk\",\"created\":%" PRId64 ",\"model\":", s->created);
	buf_json(out, s->model ? s->model : "");
	buf_adds(out, ",\"choices\":[{\"index\":0,\"delta\":{");
	if (key)
		buf_printf(out, "\"%s\":", key);
}

static void close_chunk(struct buf *out, const char *finish)
{
	buf_adds(out, "},\"finish_reason\":");
	buf_json(out, finish);
	buf_adds(out, "}]");
}

static void add_delta(const struct responses_stream *s, struct buf *out, const char *key, struct str raw)
{
	open_chunk(s, out, key);
	buf_addstr(out, raw);
	close_chunk(out, NULL);
	buf_addc(out, '}');
}

static int call_at(const struct responses_stream *s, int64_t output_index)
{
	for (int i = s->calls - 1; i >= 0; i--)
		if (s->call[i].output_index == output_index)
			return i;
	return -1;
}

static bool add_call(struct responses_stream *s, struct buf *out, struct str item, int64_t output_index)
{
	struct str name, id;

	if (s->calls == RESPONSES_CALLS_MAX || !json_find(item, "name", &name) ||
	    !json_find(item, "call_id", &id))
		return false;
	s->call[s->calls].output_index = output_index;
	s->call[s->calls].has_arguments = false;
	open_chunk(s, out, "tool_calls");
	buf_printf(out, "[{\"index\":%d,\"id\":", s->calls++);
	buf_addstr(out, id);
	buf_adds(out, ",\"type\":\"function\",\"function\":{\"name\":");
	buf_addstr(out, name);
	buf_adds(out, ",\"arguments\":\"\"}}]");
	close_chunk(out, NULL);
	buf_addc(out, '}');
	return true;
}

static bool add_arguments(struct responses_stream *s, struct buf *out, int64_t output_index, struct str raw)
{
	int i = call_at(s, output_index);

	if (i < 0 || !json_raw_is_string(raw))
		return false;
	s->call[i].has_arguments = true;
	open_chunk(s, out, "tool_calls");
	buf_printf(out, "[{\"index\":%d,\"function\":{\"arguments\":", i);
	buf_addstr(out, raw);
	buf_adds(out, "}}]");
	close_chunk(out, NULL);
	buf_addc(out, '}');
	return true;
}

/* An item begins or is complete: of a call its name, and the arguments when no delta brought them. */
static bool take_item(struct responses_stream *s, struct str event, int64_t output_index, bool complete,
		      struct buf *out)
{
	struct str item, type, arguments;
	int i = call_at(s, output_index);

	if (!json_find(event, "item", &item) || !json_find(item, "type", &type) ||
	    !json_raw_eq(type, "function_call"))
		return false;
	if (i < 0)
		return !complete && add_call(s, out, item, output_index);
	return complete && !s->call[i].has_arguments && json_find(item, "arguments", &arguments) &&
	       add_arguments(s, out, output_index, arguments);
}

static bool take_end(struct responses_stream *s, struct str event, bool complete, struct buf *out)
{
	struct str usage;

	open_chunk(s, out, NULL);
	close_chunk(out, !complete ? "length" : s->calls ? "tool_calls" : "stop");
	if (json_find_at(event, "response.usage", &usage) && *usage.p == '{') {
		buf_adds(out, ",\"usage\":");
		buf_addstr(out, usage);
	}
	buf_addc(out, '}');
	return true;
}

static bool take_failure(struct str event, struct buf *out)
{
	struct str error;

	buf_adds(out, "{\"error\":");
	if ((json_find_at(event, "response.error", &error) || json_find(event, "error", &error)) &&
	    !json_raw_is_null(error))
		buf_addstr(out, error);
	else
		buf_addstr(out, event);
	buf_addc(out, '}');
	return true;
}

static void take_head(struct responses_stream *s, struct arena *a, struct str event)
{
	struct str v;

	s->created = time_s();
	if (json_find_at(event, "response.id", &v))
		s->id = json_raw_text(a, v);
	if (json_find_at(event, "response.model", &v))
		s->model = json_raw_text(a, v);
}

bool responses_chunk(struct responses_stream *s, struct arena *a, struct str event, struct buf *out,
		     bool *done)
{
	struct str type, delta = { 0 }, index;
	int64_t output_index = 0;

	*done = false;
	if (!json_find(event, "type", &type))
		return false;
	if (json_find(event, "output_index", &index))
		str_to_i64(index, 0, INT32_MAX, &output_index);
	json_find(event, "delta", &delta);
	if (json_raw_eq(type, "response.output_text.delta") || json_raw_eq(type, "response.refusal.delta")) {
		add_delta(s, out, "content", delta);
		return delta.n > 0;
	}
	if (json_raw_eq(type, "response.reasoning_text.delta") ||
	    json_raw_eq(type, "response.reasoning_summary_text.delta")) {
		add_delta(s, out, "reasoning_content", delta);
		return delta.n > 0;
	}
	if (json_raw_eq(type, "response.function_call_arguments.delta"))
		return add_arguments(s, out, output_index, delta);
	if (json_raw_eq(type, "response.output_item.added"))
		return take_item(s, event, output_index, false, out);
	if (json_raw_eq(type, "response.output_item.done"))
		return take_item(s, event, output_index, true, out);
	if (json_raw_eq(type, "response.created"))
		take_head(s, a, event);
	*done = json_raw_eq(type, "response.completed") || json_raw_eq(type, "response.incomplete") ||
		json_raw_eq(type, "response.failed") || json_raw_eq(type, "error");
	if (json_raw_eq(type, "response.failed") || json_raw_eq(type, "error"))
		return take_failure(event, out);
	return *done && take_end(s, event, json_raw_eq(type, "response.completed"), out);
}
