#include "tool/mcp.h"

static struct json_object *parsed(struct arena *a, const char *text)
{
	struct json_object *o = json_parse_text(a, text);

	return o ? o : json_own(a, json_object_new_string(text));
}

static bool is_text(struct json_object *item)
{
	return text_eq(json_text(item, "type", NULL), "text");
}

/* Do the texts say what { "result": values } says, one for each? */
static bool says_each(struct arena *a, struct json_object *content, struct json_object *values)
{
	size_t n = 0, all = json_is(values, json_type_array) ? json_len(values) : 1;

	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *v, *item = json_item(content, i);
		const char *text = json_text(item, "text", "");

		if (!is_text(item))
			continue;
		if (n == all)
			return false;
		v = json_is(values, json_type_array) ? json_item(values, n) : values;
		if (!text_eq(json_str(v), text) && !json_object_equal(v, parsed(a, text)))
			return false;
		n++;
	}
	return n && n == all;
}

/* Is the structured content in one of the texts? */
static bool says_all(struct arena *a, struct json_object *content, struct json_object *structured)
{
	struct json_object *only = json_object_object_length(structured) == 1 ? json_get(structured, "result") : NULL;
	size_t texts = 0;
	bool whole = false;

	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *item = json_item(content, i), *v;

		if (!is_text(item))
			continue;
		texts++;
		v = parsed(a, json_text(item, "text", ""));
		if (json_object_equal(v, structured))
			return true;
		whole = whole || (only && json_object_equal(v, only));
	}
	return (whole && texts == 1) || (only && says_each(a, content, only));
}

struct json_object *mcp_structured(struct arena *a, struct json_object *result)
{
	struct json_object *content = json_get(result, "content"), *structured = json_get(result, "structuredContent");
	struct json_object *o;

	if (!json_is(content, json_type_array))
		content = json_new_array(a);
	if (!json_is(structured, json_type_object) || says_all(a, content, structured))
		return content;
	o = json_object_new_object();
	json_set_text(o, "type", "text");
	json_set_text(o, "text", json_print(structured));
	json_object_array_add(content, o);
	return content;
}

static void add_file(struct toolbox *b, struct tool_result *out, const char *type, const char *mime,
		     const char *data)
{
	struct json_object *file = json_object_new_object();

	if (!out->files)
		out->files = json_new_array(b->arena);
	json_set_text(file, "type", type);
	json_set_text(file, "url", arena_printf(b->arena, "data:%s;base64,%s", mime, data));
	json_object_array_add(out->files, file);
}

/* An embedded resource: its text, or a picture, or what it is. */
static struct json_object *take_resource(struct toolbox *b, struct json_object *resource, struct tool_result *out)
{
	const char *text = json_text(resource, "text", ""), *blob = json_text(resource, "blob", "");
	const char *mime = json_text(resource, "mimeType", "application/octet-stream");
	const char *uri = json_text(resource, "uri", "resource");

	if (*text)
		return parsed(b->arena, text);
	if (!*blob)
		return json_own(b->arena, json_object_new_string(uri));
	if (text_starts(mime, "image/")) {
		add_file(b, out, "image", mime, blob);
		return NULL;
	}
	return json_own(b->arena, json_object_new_string(
		arena_printf(b->arena, "[Resource: %s] (binary, %s)", uri, mime)));
}

static struct json_object *take_item(struct toolbox *b, struct json_object *item, struct tool_result *out)
{
	const char *type = json_text(item, "type", "");

	if (strcmp(type, "text") == 0)
		return parsed(b->arena, json_text(item, "text", ""));
	if (strcmp(type, "image") == 0 || strcmp(type, "audio") == 0)
		add_file(b, out, type, json_text(item, "mimeType", "application/octet-stream"),
			 json_text(item, "data", ""));
	else if (strcmp(type, "resource") == 0)
		return take_resource(b, json_get(item, "resource"), out);
	else if (strcmp(type, "resource_link") == 0)
		return json_own(b->arena, json_object_new_string(json_text(item, "uri", "")));
	return NULL;
}

struct json_object *mcp_content(struct toolbox *b, struct json_object *content, struct tool_result *out)
{
	struct json_object *all = json_new_array(b->arena);

	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *v = take_item(b, json_item(content, i), out);

		if (v)
			json_object_array_add(all, json_ref(v));
	}
	return json_len(all) == 1 ? json_item(all, 0) : all;
}
