#include "provider/anthropic.h"

#include "base/rand.h"

/* ---- a request ---- */

/* A block of text or a picture keeps its mark for the prompt cache. */
static struct json_object *marked(struct json_object *from, struct json_object *to)
{
	if (json_has(from, "cache_control"))
		json_set(to, "cache_control", json_ref(json_get(from, "cache_control")));
	return to;
}

static struct json_object *text_part(const char *text)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "type", "text");
	json_set_text(o, "text", text);
	return o;
}

static void add_picture(struct arena *a, struct json_object *parts, struct json_object *block)
{
	struct json_object *source = json_get(block, "source"), *o, *url;
	const char *kind = json_text(source, "type", ""), *address = NULL;

	if (strcmp(kind, "base64") == 0)
		address = arena_printf(a, "data:%s;base64,%s", json_text(source, "media_type", "image/png"),
				       json_text(source, "data", ""));
	else if (strcmp(kind, "url") == 0)
		address = json_text(source, "url", "");
	if (!address)
		return;
	o = json_object_new_object();
	url = json_object_new_object();
	json_set_text(url, "url", address);
	json_set_text(o, "type", "image_url");
	json_set(o, "image_url", url);
	json_object_array_add(parts, marked(block, o));
}

static bool any_marked(struct json_object *parts)
{
	for (size_t i = 0; i < json_len(parts); i++)
		if (json_has(json_item(parts, i), "cache_control"))
			return true;
	return false;
}

/* One text alone is sent as such. */
static struct json_object *content_of(struct json_object *parts)
{
	struct json_object *first = json_item(parts, 0);

	if (!json_len(parts))
		return json_object_new_string("");
	if (json_len(parts) == 1 && strcmp(json_text(first, "type", ""), "text") == 0 && !any_marked(parts))
		return json_ref(json_get(first, "text"));
	return json_ref(parts);
}

static void add_message(struct json_object *messages, const char *role, struct json_object *content)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "role", role);
	json_set(o, "content", content);
	json_object_array_add(messages, o);
}

static void add_system(struct arena *a, struct json_object *messages, struct json_object *system)
{
	struct json_object *parts = json_new_array(a);

	if (json_str(system) && *json_str(system)) {
		add_message(messages, "system", json_ref(system));
		return;
	}
	if (!json_len(system))
		return;
	for (size_t i = 0; i < json_len(system); i++) {
		struct json_object *block = json_item(system, i);

		if (json_str(block))
			json_object_array_add(parts, text_part(json_str(block)));
		else if (strcmp(json_text(block, "type", ""), "text") == 0)
			json_object_array_add(parts, marked(block, text_part(json_text(block, "text", ""))));
	}
	add_message(messages, "system", content_of(parts));
}

static struct json_object *call_of(struct json_object *block)
{
	struct json_object *o = json_object_new_object(), *f = json_object_new_object();
	struct json_object *input = json_get(block, "input");

	json_set_text(o, "id", json_text(block, "id", ""));
	json_set_text(o, "type", "function");
	json_set_text(f, "name", json_text(block, "name", ""));
	json_set_text(f, "arguments", json_str(input) ? json_str(input) : input ? json_print(input) : "{}");
	json_set(o, "function", f);
	return o;
}

/* Documents and search results have no counterpart: their text stands for them. */
static void add_document(struct arena *a, struct json_object *parts, struct json_object *block)
{
	struct json_object *source = json_get(block, "source");
	struct buf *b = buf_in(a, 0);

	buf_printf(b, "[Document: %s]", json_text(block, "title", "Document"));
	if (*json_text(block, "context", ""))
		buf_printf(b, "\n%s", json_text(block, "context", ""));
	if (strcmp(json_text(source, "type", ""), "text") == 0 && *json_text(source, "data", ""))
		buf_printf(b, "\n%s", json_text(source, "data", ""));
	json_object_array_add(parts, text_part(buf_text(b)));
}

static void add_search_result(struct arena *a, struct json_object *parts, struct json_object *block)
{
	struct json_object *texts = json_get(block, "content");
	struct buf *b = buf_in(a, 0);

	buf_printf(b, "[Search Result: %s]", json_text(block, "title", ""));
	if (*json_text(block, "source", ""))
		buf_printf(b, "\nSource: %s", json_text(block, "source", ""));
	for (size_t i = 0; i < json_len(texts); i++)
		if (strcmp(json_text(json_item(texts, i), "type", ""), "text") == 0)
			buf_printf(b, "\n%s", json_text(json_item(texts, i), "text", ""));
	json_object_array_add(parts, text_part(buf_text(b)));
}

static struct json_object *result_parts(struct arena *a, struct json_object *content, bool *only_text)
{
	struct json_object *parts = json_new_array(a);

	*only_text = true;
	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *block = json_item(content, i);
		const char *type = json_text(block, "type", "text");

		if (strcmp(type, "text") == 0)
			json_object_array_add(parts, marked(block, text_part(json_text(block, "text", ""))));
		else if (strcmp(type, "image") == 0)
			add_picture(a, parts, block);
		else if (strcmp(type, "document") == 0)
			add_document(a, parts, block);
		else if (strcmp(type, "search_result") == 0)
			add_search_result(a, parts, block);
		*only_text = *only_text && strcmp(type, "image") != 0;
	}
	*only_text = *only_text && !any_marked(parts);
	return parts;
}

static const char *joined(struct arena *a, struct json_object *parts)
{
	struct buf *b = buf_in(a, 0);

	for (size_t i = 0; i < json_len(parts); i++) {
		if (i)
			buf_addc(b, '\n');
		buf_adds(b, json_text(json_item(parts, i), "text", ""));
	}
	return buf_text(b);
}

/* What a tool gave is a message of its own. */
static void add_result(struct arena *a, struct json_object *messages, struct json_object *block)
{
	struct json_object *content = json_get(block, "content"), *o = json_object_new_object(), *parts = NULL;
	bool failed = json_flag(block, "is_error", false), only_text = true;
	const char *text = json_text(block, "content", "");

	if (json_is(content, json_type_array)) {
		parts = result_parts(a, content, &only_text);
		text = joined(a, parts);
	}
	json_set_text(o, "role", "tool");
	json_set_text(o, "tool_call_id", json_text(block, "tool_use_id", ""));
	if (only_text || !json_len(parts)) {
		json_set_text(o, "content", failed ? arena_printf(a, "Error: %s", text) : text);
	} else if (failed) {
		struct json_object *all = json_object_new_array();

		json_object_array_add(all, text_part("Error: "));
		for (size_t i = 0; i < json_len(parts); i++)
			json_object_array_add(all, json_ref(json_item(parts, i)));
		json_set(o, "content", all);
	} else {
		json_set(o, "content", json_ref(parts));
	}
	json_object_array_add(messages, o);
}

static void add_blocks(struct arena *a, struct json_object *messages, const char *role,
		       struct json_object *blocks)
{
	struct json_object *parts = json_new_array(a), *calls = json_new_array(a), *o;

	for (size_t i = 0; i < json_len(blocks); i++) {
		struct json_object *block = json_item(blocks, i);
		const char *type = json_text(block, "type", "text");

		if (strcmp(type, "text") == 0)
			json_object_array_add(parts, marked(block, text_part(json_text(block, "text", ""))));
		else if (strcmp(type, "redacted_thinking") == 0 ||
			 (strcmp(type, "thinking") == 0 && *json_text(block, "signature", "")))
			json_object_array_add(parts, json_ref(block));	/* only what is signed can go back */
		else if (strcmp(type, "image") == 0)
			add_picture(a, parts, block);
		else if (strcmp(type, "tool_use") == 0)
			json_object_array_add(calls, call_of(block));
		else if (strcmp(type, "tool_result") == 0)
			add_result(a, messages, block);
	}
	if (!json_len(calls) && !json_len(parts) && strcmp(role, "assistant") != 0)
		return;
	o = json_object_new_object();
	json_set_text(o, "role", role);
	json_set(o, "content", content_of(parts));
	if (json_len(calls))
		json_set(o, "tool_calls", json_ref(calls));
	json_object_array_add(messages, o);
}

static void add_tools(struct json_object *form, struct json_object *out)
{
	struct json_object *tools = json_get(form, "tools"), *all, *choice = json_get(form, "tool_choice");
	const char *type = json_text(choice, "type", "auto");

	if (!json_len(tools))
		return;
	all = json_object_new_array();
	for (size_t i = 0; i < json_len(tools); i++) {
		struct json_object *t = json_item(tools, i), *o = json_object_new_object();
		struct json_object *f = json_object_new_object(), *schema = json_get(t, "input_schema");

		json_set_text(f, "name", json_text(t, "name", ""));
		json_set_text(f, "description", json_text(t, "description", ""));
		json_set(f, "parameters", schema ? json_ref(schema) : json_object_new_object());
		json_set_text(o, "type", "function");
		json_set(o, "function", f);
		json_object_array_add(all, marked(t, o));
	}
	json_set(out, "tools", all);
	if (!json_is(choice, json_type_object))
		return;
	if (strcmp(type, "auto") == 0) {
		json_set_text(out, "tool_choice", "auto");
	} else if (strcmp(type, "any") == 0) {
		json_set_text(out, "tool_choice", "required");
	} else if (strcmp(type, "tool") == 0) {
		struct json_object *o = json_object_new_object(), *f = json_object_new_object();

		json_set_text(f, "name", json_text(choice, "name", ""));
		json_set_text(o, "type", "function");
		json_set(o, "function", f);
		json_set(out, "tool_choice", o);
	}
}

static void add_output_config(struct json_object *form, struct json_object *out)
{
	static const char *const optional[] = { "description", "strict" };
	struct json_object *config = json_get(form, "output_config"), *format = json_get(config, "format");
	const char *type = json_text(format, "type", "");
	struct json_object *o, *schema;

	if (json_has(config, "effort"))
		json_set(out, "reasoning_effort", json_ref(json_get(config, "effort")));
	if (strcmp(type, "json_schema") != 0 && strcmp(type, "json_object") != 0)
		return;
	o = json_object_new_object();
	json_set_text(o, "type", type);
	if (strcmp(type, "json_schema") == 0) {
		schema = json_object_new_object();
		json_set_text(schema, "name", json_text(format, "name", "response_schema"));
		json_set(schema, "schema", json_get(format, "schema") ? json_ref(json_get(format, "schema"))
			 : json_object_new_object());
		for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
			if (json_has(format, optional[i]))
				json_set(schema, optional[i], json_ref(json_get(format, optional[i])));
		json_set(o, "json_schema", schema);
	}
	json_set(out, "response_format", o);
}

static bool is_named(struct json_object *passed, const char *name)
{
	struct str rest = str_of(json_str(passed));

	for (size_t i = 0; i < json_len(passed); i++)
		if (text_eq(json_str(json_item(passed, i)), name) || text_eq(json_str(json_item(passed, i)), "*"))
			return true;
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (str_eq(one, name) || str_eq(one, "*"))
			return true;
	}
	return false;
}

static void add_passed(struct json_object *form, struct json_object *out, struct json_object *passed)
{
	static const char *const converted[] = {
		"model", "messages", "system", "max_tokens", "temperature", "top_p", "top_k",
		"stop_sequences", "stream", "metadata", "service_tier", "tools", "tool_choice",
		"reasoning_effort",
	};

	json_object_object_foreach(form, name, v) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(converted); i++)
			known = known || strcmp(converted[i], name) == 0;
		if (!known && is_named(passed, name))
			json_set(out, name, json_ref(v));
	}
}

struct json_object *anthropic_payload(struct arena *a, struct json_object *form, struct json_object *passed)
{
	static const char *const common[][2] = {
		{ "reasoning_effort", "reasoning_effort" }, { "temperature", "temperature" },
		{ "top_p", "top_p" }, { "top_k", "top_k" }, { "stop_sequences", "stop" },
		{ "stream", "stream" }, { "metadata", "metadata" }, { "service_tier", "service_tier" },
	};
	struct json_object *out = json_new_object(a), *messages = json_object_new_array();
	struct json_object *given = json_get(form, "messages");

	json_set_text(out, "model", json_text(form, "model", ""));
	add_system(a, messages, json_get(form, "system"));
	for (size_t i = 0; i < json_len(given); i++) {
		struct json_object *m = json_item(given, i), *content = json_get(m, "content");
		const char *role = json_text(m, "role", "user");

		if (json_is(content, json_type_array))
			add_blocks(a, messages, role, content);
		else
			add_message(messages, role, json_str(content) ? json_ref(content)
				    : json_object_new_string(content ? json_print(content) : ""));
	}
	json_set(out, "messages", messages);
	if (json_has(form, "max_tokens"))
		json_set(out, "max_tokens", json_ref(json_get(form, "max_tokens")));
	add_passed(form, out, passed);
	add_output_config(form, out);
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (json_has(form, common[i][0]))
			json_set(out, common[i][1], json_ref(json_get(form, common[i][0])));
	add_tools(form, out);
	return out;
}

/* ---- a whole answer ---- */

static const char *stop_reason(const char *finish)
{
	if (text_eq(finish, "length"))
		return "max_tokens";
	return text_eq(finish, "tool_calls") ? "tool_use" : "end_turn";
}

/* The first of the members that is there and no null. */
static struct json_object *first_of(struct json_object *o, const char *x, const char *y)
{
	return json_get(o, x) ? json_get(o, x) : json_get(o, y);
}

/* What was read from the cache, or went into it, does not count as input. */
void anthropic_usage(struct json_object *usage, int64_t *in, int64_t *out, struct json_object *more)
{
	int64_t made = json_i64(usage, "cache_creation_input_tokens", -1);
	int64_t read = json_i64(usage, "cache_read_input_tokens", -1);
	struct json_object *o;

	if (read < 0)
		read = json_i64(json_get(usage, "prompt_tokens_details"), "cached_tokens", -1);
	if (json_get(usage, "input_tokens"))
		*in = json_i64(usage, "input_tokens", 0);
	else if (json_get(usage, "prompt_tokens")) {
		*in = json_i64(usage, "prompt_tokens", 0) - (made > 0 ? made : 0) - (read > 0 ? read : 0);
		*in = *in < 0 ? 0 : *in;
	}
	o = first_of(usage, "output_tokens", "completion_tokens");
	if (o)
		*out = json_object_get_int64(o);
	if (made >= 0)
		json_set_i64(more, "cache_creation_input_tokens", made);
	if (read >= 0)
		json_set_i64(more, "cache_read_input_tokens", read);
	for (const char *const *k = (const char *const[]){ "output_tokens_details", "server_tool_use",
							   "service_tier", NULL }; *k; k++)
		if (json_get(usage, *k))
			json_set(more, *k, json_ref(json_get(usage, *k)));
}

static void add_thinking(struct json_object *content, struct json_object *message)
{
	struct json_object *blocks = json_get(message, "thinking_blocks"), *o;
	const char *text = json_text(message, "reasoning_content", json_text(message, "reasoning", ""));
	bool any = false;

	if (!json_len(blocks))
		blocks = json_get(json_get(message, "thinking"), "blocks");
	for (size_t i = 0; i < json_len(blocks); i++) {
		struct json_object *b = json_item(blocks, i);
		struct json_object *v = first_of(b, "thinking", "text");

		if (strcmp(json_text(b, "type", ""), "redacted_thinking") == 0) {
			o = json_object_new_object();
			json_set_text(o, "type", "redacted_thinking");
			json_set(o, "data", json_ref(json_get(b, "data")));
		} else if (v || json_get(b, "content")) {
			o = json_object_new_object();
			json_set_text(o, "type", "thinking");
			json_set(o, "thinking", json_ref(v ? v : json_get(b, "content")));
			if (*json_text(b, "signature", ""))
				json_set_text(o, "signature", json_text(b, "signature", ""));
		} else {
			continue;
		}
		json_object_array_add(content, o);
		any = true;
	}
	if (!*text)
		text = json_text(message, "thinking", "");
	if (any || !*text)
		return;
	o = json_object_new_object();
	json_set_text(o, "type", "thinking");
	json_set_text(o, "thinking", text);
	json_object_array_add(content, o);
}

const char *anthropic_id(struct arena *a, const char *kind)
{
	char hex[25];

	rand_hex(hex, 12);
	return arena_printf(a, "%s_%s", kind, hex);
}

static struct json_object *tool_use(struct arena *a, struct json_object *call)
{
	struct json_object *o = json_object_new_object(), *f = json_get(call, "function");
	struct json_object *input = json_parse_text(a, json_text(f, "arguments", "{}"));
	const char *id = json_text(call, "id", NULL);

	json_set_text(o, "type", "tool_use");
	json_set_text(o, "id", id ? id : anthropic_id(a, "toolu"));
	json_set_text(o, "name", json_text(f, "name", ""));
	json_set(o, "input", input ? json_ref(input) : json_object_new_object());
	return o;
}

struct json_object *anthropic_result(struct arena *a, struct json_object *answer, const char *model,
				     int64_t counted)
{
	struct json_object *choice = json_item(json_get(answer, "choices"), 0);
	struct json_object *message = json_get(choice, "message"), *calls = json_get(message, "tool_calls");
	struct json_object *out = json_new_object(a), *content = json_object_new_array();
	struct json_object *usage = json_object_new_object(), *more = json_new_object(a);
	const char *id = json_text(answer, "id", NULL), *text = json_text(message, "content", "");
	int64_t in = counted < 0 ? 0 : counted, made = 0;

	add_thinking(content, message);
	if (*text)
		json_object_array_add(content, text_part(text));
	for (size_t i = 0; i < json_len(calls); i++)
		json_object_array_add(content, tool_use(a, json_item(calls, i)));
	anthropic_usage(json_get(answer, "usage"), &in, &made, more);
	json_set_i64(usage, "input_tokens", in);
	json_set_i64(usage, "output_tokens", made);
	json_object_object_foreach(more, key, v) {
		json_set(usage, key, json_ref(v));
	}
	json_set_text(out, "id", id ? id : anthropic_id(a, "msg"));
	json_set_text(out, "type", "message");
	json_set_text(out, "role", "assistant");
	json_set(out, "content", content);
	json_set_text(out, "model", *model ? model : json_text(answer, "model", ""));
	json_set_text(out, "stop_reason", stop_reason(json_text(choice, "finish_reason", "stop")));
	json_set(out, "stop_sequence", NULL);
	json_set(out, "usage", usage);
	return out;
}
