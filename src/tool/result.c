#include "tool/result.h"

#include "tool/mcp.h"

enum { MAX_DEPTH = 64 };

static const char data_image[] = "data:image/";

static void add_file(struct toolbox *b, struct tool_result *out, const char *type, const char *key,
		     const char *value)
{
	struct json_object *file = json_object_new_object();

	if (!out->files)
		out->files = json_new_array(b->arena);
	json_set_text(file, "type", type);
	json_set_text(file, key, value);
	json_object_array_add(out->files, file);
}

/* Is the whole text a picture, data:image/…;base64,…? */
static bool is_picture(const char *s)
{
	const char *comma;

	if (!text_starts(s, data_image))
		return false;
	comma = strstr(s, ";base64,");
	if (!comma)
		return false;
	s = comma + strlen(";base64,");
	return *s && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")] == '\0';
}

/* The tree without its pictures, which become files. */
static struct json_object *without_pictures(struct toolbox *b, struct tool_result *out,
					    struct json_object *v, int depth)
{
	struct json_object *o;

	if (depth > MAX_DEPTH)
		return v;
	if (json_str(v) && is_picture(json_str(v))) {
		add_file(b, out, "image", "url", json_str(v));
		return json_own(b->arena, json_object_new_string("[image]"));
	}
	if (json_is(v, json_type_array)) {
		o = json_new_array(b->arena);
		for (size_t i = 0; i < json_len(v); i++) {
			struct json_object *item = without_pictures(b, out, json_item(v, i), depth + 1);

			json_object_array_add(o, item ? json_ref(item) : NULL);
		}
		return o;
	}
	if (!json_is(v, json_type_object))
		return v;
	o = json_new_object(b->arena);
	json_object_object_foreach(v, key, member) {
		struct json_object *kept = without_pictures(b, out, member, depth + 1);

		json_set(o, key, kept ? json_ref(kept) : NULL);
	}
	return o;
}

/* Data addresses of other kinds in a list are files for the person, nothing for the model. */
static struct json_object *without_data(struct toolbox *b, struct tool_result *out, struct json_object *list)
{
	struct json_object *o = json_new_array(b->arena);

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *v = json_item(list, i);

		if (json_str(v) && text_starts(json_str(v), "data:") && !is_picture(json_str(v)))
			add_file(b, out, "data", "content", json_str(v));
		else
			json_object_array_add(o, v ? json_ref(v) : NULL);
	}
	return o;
}

/* An answer that is to be shown: HTML, or an address.  With [HTML, context] the model gets the context. */
static struct json_object *take_embed(struct toolbox *b, struct tool *t, struct tool_value *value,
				      struct tool_result *out)
{
	struct json_object *shown = value->json, *context = NULL, *o;
	bool html = value->type && strstr(value->type, "text/html");

	if (!value->disposition || !strstr(value->disposition, "inline") ||
	    (!html && text_empty(value->location)))
		return value->json;
	if (json_is(shown, json_type_array) && json_len(shown) == 2) {
		context = json_item(shown, 1);
		shown = json_item(shown, 0);
	}
	out->embeds = json_new_array(b->arena);
	json_object_array_add(out->embeds, html ? (shown ? json_ref(shown) : NULL)
						: json_object_new_string(value->location));
	if (json_is(context, json_type_string) || json_is(context, json_type_object) ||
	    json_is(context, json_type_array))
		return context;
	o = json_new_object(b->arena);
	json_set_text(o, "status", "success");
	json_set_text(o, "code", "ui_component");
	json_set_text(o, "message", arena_printf(b->arena, "%s: The result is being shown to the user.",
						 t->name));
	return o;
}

static void line(struct buf *b, int depth)
{
	buf_addc(b, '\n');
	for (int i = 0; i < depth; i++)
		buf_adds(b, "  ");
}

/* With an indent of two; json-c's own printing breaks empty lists into lines. */
static void pretty(struct buf *b, struct json_object *v, int depth)
{
	bool list = json_is(v, json_type_array);
	size_t n = list ? json_len(v) : json_is(v, json_type_object) ? (size_t)json_object_object_length(v) : 0;
	size_t i = 0;

	if (!n || depth > JSON_MAX_DEPTH) {
		json_write(b, v);
		return;
	}
	buf_addc(b, list ? '[' : '{');
	for (; list && i < n; i++) {
		buf_adds(b, i ? "," : "");
		line(b, depth + 1);
		pretty(b, json_item(v, i), depth + 1);
	}
	if (!list) {
		json_object_object_foreach(v, key, member) {
			buf_adds(b, i++ ? "," : "");
			line(b, depth + 1);
			buf_json(b, key);
			buf_adds(b, ": ");
			pretty(b, member, depth + 1);
		}
	}
	line(b, depth);
	buf_addc(b, list ? ']' : '}');
}

/* The value as text: what the reference's language would print. */
static const char *in_words(struct arena *a, struct json_object *v)
{
	if (!v)
		return "";
	if (json_is(v, json_type_string))
		return json_str(v);
	if (json_is(v, json_type_boolean))
		return json_object_get_boolean(v) ? "True" : "False";
	if (json_is(v, json_type_object) || json_is(v, json_type_array)) {
		struct buf *b = buf_in(a, 4 * TOOL_BODY_MAX);

		pretty(b, v, 0);
		return buf_text(b);
	}
	return arena_strdup(a, json_object_get_string(v));
}

/* At most TOOL_TEXT_MAX bytes, whole characters. */
static const char *bounded(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (n <= TOOL_TEXT_MAX)
		return text;
	for (n = TOOL_TEXT_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	return arena_printf(a, "%.*s\n[The rest of %zu bytes was cut off.]", (int)n, text, strlen(text));
}

static bool starts_with_word(const char *s, const char *word)
{
	return strncasecmp(s, word, strlen(word)) == 0;
}

static bool says_something(struct json_object *v)
{
	if (json_is(v, json_type_string))
		return str_trim(str_of(json_str(v))).n > 0;
	return (json_is(v, json_type_object) && json_object_object_length(v)) ||
	       (json_is(v, json_type_array) && json_len(v));
}

static bool is_false(struct json_object *o, const char *key)
{
	return json_is(json_get(o, key), json_type_boolean) && !json_flag(o, key, true);
}

bool result_is_error(struct arena *a, const char *text)
{
	static const char *const words[] = { "error:", "exception:", "traceback", "http error!" };
	struct str s = str_trim(str_of(text));
	struct json_object *o;
	const char *status;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (starts_with_word(s.p ? s.p : "", words[i]))
			return true;
	if (!s.n || (*s.p != '{' && *s.p != '"'))
		return false;
	o = json_parse(a, s.p, s.n, NULL);
	for (int i = 0; i < 4 && json_str(o); i++)
		o = json_parse_text(a, json_str(o));
	if (!json_is(o, json_type_object))
		return false;
	if (says_something(json_get(o, "error")))
		return true;
	status = json_text(o, "status", "");
	s = str_trim(str_of(status));
	if ((s.n == 5 && starts_with_word(s.p, "error")) || (s.n == 6 && starts_with_word(s.p, "failed")))
		return true;
	return (is_false(o, "success") || is_false(o, "ok")) && says_something(json_get(o, "message"));
}

void result_make(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *value,
		 struct tool_result *out)
{
	struct json_object *v = take_embed(b, t, value, out), *wrapped;

	if (json_str(v) && text_starts(json_str(v), data_image)) {
		add_file(b, out, "image", "url", json_str(v));
		out->text = arena_printf(b->arena, "%s: The image was read.", t->name);
		return;
	}
	if (json_is(v, json_type_array))
		v = t->ops == &mcp_ops ? mcp_content(b, v, out) : without_data(b, out, v);
	v = without_pictures(b, out, v, 0);
	if (json_is(v, json_type_array)) {
		wrapped = json_new_object(b->arena);
		json_set(wrapped, "results", json_ref(v));
		v = wrapped;
	}
	out->arguments = args;
	out->text = bounded(b->arena, in_words(b->arena, v));
	out->failed = result_is_error(b->arena, out->text);
}
