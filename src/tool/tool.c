#include "tool/tool.h"

#include <poll.h>

#include "base/utf8.h"
#include "tool/cite.h"
#include "tool/result.h"

/* The specification under the name that the model calls it by. */
static const char *named(struct toolbox *b, struct json_object *spec, const char *name)
{
	struct json_object *o = json_object_new_object();
	const char *text;

	json_set_text(o, "name", name);
	if (json_is(spec, json_type_object)) {
		json_object_object_foreach(spec, key, v) {
			if (strcmp(key, "name") != 0)
				json_set(o, key, json_ref(v));
		}
	}
	text = arena_strdup(b->arena, json_print(o));
	json_object_put(o);
	return text;
}

struct tool *toolbox_find(struct toolbox *b, const char *name)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->tools[i]->name, name) == 0)
			return b->tools[i];
	return NULL;
}

struct tool *toolbox_add_text(struct toolbox *b, const char *name, const char *spec, const struct tool_ops *ops,
			      void *self)
{
	struct tool *t;

	if (b->count == TOOLS_MAX || text_empty(name) || toolbox_find(b, name))
		return NULL;
	t = arena_alloc(b->arena, sizeof(*t));
	t->name = name;
	t->id = "";
	t->spec = spec;
	t->ops = ops;
	t->self = self;
	b->tools[b->count++] = t;
	return t;
}

struct tool *toolbox_add(struct toolbox *b, const char *prefix, const char *name,
			 struct json_object *spec, const struct tool_ops *ops, void *self)
{
	struct tool *t;

	if (text_empty(name))
		return NULL;
	name = toolbox_find(b, name) && prefix ? arena_printf(b->arena, "%s_%s", prefix, name)
					       : arena_strdup(b->arena, name);
	t = toolbox_add_text(b, name, named(b, spec, name), ops, self);
	if (t && prefix)
		t->id = prefix;
	return t;
}

/* Each specification between `before` and `after`, in brackets. */
static struct buf *listed(struct toolbox *b, const char *before, const char *after)
{
	struct buf *out = buf_in(b->arena, 0);

	buf_addc(out, '[');
	for (size_t i = 0; i < b->count; i++) {
		buf_adds(out, i ? "," : "");
		buf_adds(out, before);
		buf_adds(out, b->tools[i]->spec);
		buf_adds(out, after);
	}
	buf_addc(out, ']');
	return out;
}

struct json_object *toolbox_specs(struct toolbox *b)
{
	struct buf *text = listed(b, "{\"type\":\"function\",\"function\":", "}");
	struct json_object *raw = json_own(b->arena, json_new_raw(buf_text(text)));

	buf_free(text);		/* it has been copied */
	return raw;
}

const char *toolbox_spec_list(struct toolbox *b)
{
	return buf_text(listed(b, "", ""));
}

void toolbox_instruct(struct toolbox *b, const char *title, const char *text)
{
	if (text_empty(text))
		return;
	if (!b->instructions)
		b->instructions = buf_in(b->arena, TOOL_INSTRUCTIONS_MAX);
	if (b->instructions->len + strlen(text) + 128 > TOOL_INSTRUCTIONS_MAX)
		return;
	buf_printf(b->instructions, "%s%s%s%s", b->instructions->len ? "\n" : "", title ? title : "",
		   title ? "\n" : "", text);
}

struct tool_end {
	void (*fn)(void *ptr);
	void *ptr;
	struct tool_end *next;
};

void toolbox_at_end(struct toolbox *b, void (*fn)(void *ptr), void *ptr)
{
	struct tool_end *e = arena_alloc(b->arena, sizeof(*e));

	*e = (struct tool_end){ fn, ptr, b->ends };
	b->ends = e;
}

void toolbox_close(struct toolbox *b)
{
	struct tool_end *e = b->ends;

	b->ends = NULL;
	for (; e; e = e->next)
		e->fn(e->ptr);
}

bool toolbox_cancelled(const struct toolbox *b)
{
	struct pollfd p = { .fd = b->cancel_fd, .events = POLLIN };

	return b->cancel_fd >= 0 && poll(&p, 1, 0) > 0;
}

struct str tool_clean(struct arena *a, struct str text)
{
	struct buf *b;

	if (!text.n || (utf8_valid(text.p, text.n) && !memchr(text.p, '\0', text.n)))
		return text;
	b = buf_in(a, 4 * text.n + 1);
	buf_adds_clean(b, text.p, text.n);
	return (struct str){ buf_text(b), b->len };
}

void tool_fail(struct toolbox *b, struct tool_value *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->json = json_new_object(b->arena);
	json_set_text(out->json, "error", arena_vprintf(b->arena, fmt, ap));
	va_end(ap);
}

static void refuse(struct tool_result *out, const char *text)
{
	out->text = text;
	out->failed = true;
}

/* Only what the tool's schema names: models make things up. */
static struct json_object *known_arguments(struct toolbox *b, struct tool *t, struct json_object *args)
{
	struct json_object *spec = json_parse(b->arena, t->spec, strlen(t->spec), NULL), *o = json_new_object(b->arena);
	struct json_object *known = json_at(spec, "parameters.properties");

	json_object_object_foreach(args, key, v) {
		if (json_has(known, key))
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	return o;
}

void toolbox_call(struct toolbox *b, const char *name, const char *arguments, struct tool_result *out)
{
	struct str text = str_trim(str_of(arguments ? arguments : ""));
	struct tool_value value = { 0 };
	struct json_object *args;
	struct tool *t;

	memset(out, 0, sizeof(*out));
	args = text.n ? json_parse(b->arena, text.p, text.n, NULL) : json_new_object(b->arena);
	if (!args && !str_eq(text, "null"))
		return refuse(out, arena_printf(b->arena, "Error: The arguments of `%s` are no complete JSON. "
						"Please call it again.", name));
	if (!json_is(args, json_type_object))
		return refuse(out, arena_printf(b->arena, "Error: The arguments of `%s` must be a JSON object. "
						"Please call it again.", name));
	out->arguments = args;
	t = toolbox_find(b, name);
	if (!t)
		return refuse(out, arena_printf(b->arena, "Error: Tool \"%s\" not found.", name));
	t->ops->call(b, t, t->ops->any_arguments ? args : known_arguments(b, t, args), &value);
	result_make(b, t, args, &value, out);
	cite(b, t, out);
}
