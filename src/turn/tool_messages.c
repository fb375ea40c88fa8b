#include "turn/tool_messages.h"

#include "turn/messages.h"

/* What has collected and is not a message yet. */
struct pending {
	struct json_object *messages;
	size_t added;
	struct buf text;		/* of the assistant */
	struct json_object *calls;	/* or NULL */
	struct json_object *results;	/* messages, or NULL */
	struct json_object *pictures;	/* parts, or NULL */
};

static const char *type_of(struct json_object *item)
{
	return json_text(item, "type", "");
}

bool tool_has_result(struct json_object *output, const char *call_id)
{
	for (size_t i = 0; call_id && i < json_len(output); i++)
		if (strcmp(type_of(json_item(output, i)), "function_call_output") == 0 &&
		    text_eq(json_text(json_item(output, i), "call_id", NULL), call_id))
			return true;
	return false;
}

static bool is_over(struct json_object *call)
{
	const char *status = json_text(call, "status", "");

	return strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0 || strcmp(status, "rejected") == 0;
}

/* Is there a call of that id that is over? */
static bool is_called(struct json_object *output, const char *call_id)
{
	for (size_t i = 0; call_id && i < json_len(output); i++) {
		struct json_object *item = json_item(output, i);

		if (strcmp(type_of(item), "function_call") == 0 && is_over(item) &&
		    text_eq(json_text(item, "call_id", NULL), call_id))
			return true;
	}
	return false;
}

static void flush_assistant(struct pending *p)
{
	struct json_object *m;

	if (!p->text.len && !p->calls)
		return;
	m = messages_push(p->messages, "assistant", buf_text(&p->text));
	if (p->calls)
		json_set(m, "tool_calls", p->calls);
	p->calls = NULL;
	buf_reset(&p->text);
	p->added++;
}

static void flush_results(struct pending *p)
{
	struct json_object *m, *parts;

	if (!p->results)
		return;
	flush_assistant(p);
	for (size_t i = 0; i < json_len(p->results); i++)
		json_object_array_add(p->messages, json_ref(json_item(p->results, i)));
	p->added += json_len(p->results);
	json_object_put(p->results);
	p->results = NULL;
	if (!p->pictures)
		return;
	m = messages_push(p->messages, "user", "");
	parts = json_object_new_array();
	json_object_array_add(parts, json_object_new_object());
	json_set_text(json_item(parts, 0), "type", "text");
	json_set_text(json_item(parts, 0), "text", "These pictures belong to the tool results above.");
	for (size_t i = 0; i < json_len(p->pictures); i++)
		json_object_array_add(parts, json_ref(json_item(p->pictures, i)));
	json_set(m, "content", parts);
	json_object_put(p->pictures);
	p->pictures = NULL;
	p->added++;
}

static void add_line(struct pending *p, const char *text)
{
	if (*text && p->text.len)
		buf_addc(&p->text, '\n');
	buf_adds(&p->text, text);
}

static void take_message(struct pending *p, struct json_object *item)
{
	struct json_object *parts = json_get(item, "content");
	struct buf all = BUF_INIT;

	for (size_t i = 0; i < json_len(parts); i++)
		buf_adds(&all, json_text(json_item(parts, i), "text", ""));
	add_line(p, buf_text(&all));
	buf_free(&all);
}

static void take_call(struct pending *p, struct json_object *item)
{
	struct json_object *call = json_object_new_object(), *function = json_get(item, "provider_function");

	if (function) {
		function = json_ref(function);
	} else {
		function = json_object_new_object();
		json_set_text(function, "name", json_text(item, "name", ""));
		json_set_text(function, "arguments", json_text(item, "arguments", "{}"));
	}
	json_set_text(call, "id", json_text(item, "call_id", ""));
	json_set_text(call, "type", "function");
	json_set(call, "function", function);
	if (!p->calls)
		p->calls = json_object_new_array();
	json_object_array_add(p->calls, call);
}

static void take_picture(struct pending *p, const char *url)
{
	struct json_object *part = json_object_new_object(), *image = json_object_new_object();

	json_set_text(image, "url", url);
	json_set_text(part, "type", "image_url");
	json_set(part, "image_url", image);
	if (!p->pictures)
		p->pictures = json_object_new_array();
	json_object_array_add(p->pictures, part);
}

static void take_result(struct pending *p, struct json_object *item)
{
	struct json_object *parts = json_get(item, "output"), *m = json_object_new_object();
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < json_len(parts); i++) {
		struct json_object *part = json_item(parts, i);

		if (strcmp(type_of(part), "input_text") == 0)
			buf_adds(&text, json_text(part, "text", ""));
		else if (strcmp(type_of(part), "input_image") == 0 && json_text(part, "image_url", NULL))
			take_picture(p, json_text(part, "image_url", ""));
	}
	json_set_text(m, "role", "tool");
	json_set_text(m, "tool_call_id", json_text(item, "call_id", ""));
	json_set_text(m, "content", buf_text(&text));
	buf_free(&text);
	if (!p->results)
		p->results = json_object_new_array();
	json_object_array_add(p->results, m);
}

/* A program of the text and what it printed: the model shall not run it again. */
static void take_code(struct pending *p, struct json_object *item)
{
	struct json_object *said = json_get(item, "output");
	const char *code = json_text(item, "code", ""), *out = json_text(said, "stdout", "");
	struct buf b = BUF_INIT;

	if (!*out)
		out = json_str(said) ? json_str(said) : json_text(said, "result", "");
	if (*code) {
		buf_printf(&b, "<code_interpreter>\n%s\n</code_interpreter>", code);
		add_line(p, b.data);
		buf_reset(&b);
	}
	if (*out) {
		buf_printf(&b, "<code_interpreter_output>\n%s\n</code_interpreter_output>", out);
		add_line(p, b.data);
	}
	buf_free(&b);
}

size_t tool_messages_add(struct json_object *messages, struct json_object *output, size_t from)
{
	struct pending p = { .messages = messages };

	for (size_t i = from; i < json_len(output); i++) {
		struct json_object *item = json_item(output, i);
		const char *type = type_of(item), *id = json_text(item, "call_id", NULL);

		if (strcmp(type, "function_call_output") != 0)
			flush_results(&p);
		if (strcmp(type, "message") == 0)
			take_message(&p, item);
		else if (strcmp(type, "function_call") == 0 && is_over(item) && tool_has_result(output, id))
			take_call(&p, item);
		else if (strcmp(type, "function_call_output") == 0 && is_called(output, id))
			take_result(&p, item);
		else if (strcmp(type, "open_webui:code_interpreter") == 0)
			take_code(&p, item);
	}
	flush_results(&p);
	flush_assistant(&p);
	buf_free(&p.text);
	return p.added;
}
