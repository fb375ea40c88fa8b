#include "turn/tool_call.h"

#include "base/rand.h"
#include "json/scan.h"
#include "tool/browser.h"
#include "tool/builtin.h"
#include "turn/events.h"
#include "turn/prepare.h"
#include "turn/tell.h"

static const char *id_of(const struct item *it)
{
	return it->call_id ? it->call_id : it->id;
}

struct json_object *tool_item_result(const struct turn *t, const struct item *call)
{
	for (size_t i = 0; i < t->out.count; i++) {
		struct json_object *o = t->out.items[i]->whole;

		if (o && text_eq(json_text(o, "type", NULL), "function_call_output") &&
		    text_eq(json_text(o, "call_id", NULL), id_of(call)))
			return o;
	}
	return NULL;
}

static const char *new_id(struct arena *a, const char *prefix)
{
	char digits[25];

	rand_hex(digits, 12);
	return arena_printf(a, "%s_%s", prefix, digits);
}

/* How many complete JSON values stand one behind the other; 0: it is not only such. */
static size_t values_in(struct str text, struct str *out, size_t max)
{
	size_t n = 0;

	text = str_trim(text);
	while (text.n && n < max) {
		struct json_scan s;

		json_scan_init(&s, text);
		if (*text.p != '{' || !json_scan_value(&s, &out[n]))
			return 0;
		text.n -= (size_t)(out[n].p + out[n].n - text.p);
		text.p = out[n].p + out[n].n;
		text = str_trim(text);
		n++;
	}
	return text.n ? 0 : n;
}

void tool_split_calls(struct turn *t)
{
	enum { PARTS_MAX = 16 };
	size_t count = t->out.count;

	for (size_t i = t->round_start; i < count; i++) {
		struct item *it = t->out.items[i], *more;
		struct str parts[PARTS_MAX];
		size_t n;

		if (it->kind != ITEM_FUNCTION_CALL || tool_item_result(t, it))
			continue;
		n = values_in((struct str){ it->text.data, it->text.len }, parts, PARTS_MAX);
		for (size_t k = 1; k < n; k++) {
			more = output_add(&t->out, ITEM_FUNCTION_CALL);
			if (!more)
				return;
			more->name = it->name;
			more->status = "completed";
			more->call_id = new_id(t->arena, "call");
			buf_addstr(&more->text, parts[k]);
		}
		if (n > 1)
			it->text.len = (size_t)(parts[0].p + parts[0].n - it->text.data);
		if (n > 1)
			it->text.data[it->text.len] = '\0';
	}
}

/* In a temporary chat leave is asked for in the browser, while the turn waits. */
static bool refused(struct turn *t, struct item *call)
{
	struct json_object *o, *data, *answer;

	if (t->saved || !config_bool(t->cfg, CK_CHAT_TOOL_PERMISSIONS_ENABLE) ||
	    !text_eq(json_text(t->params, "tool_approval_mode", NULL), "ask") ||
	    builtin_is(toolbox_find(t->tools, call->name), "ask_user"))
		return false;
	o = json_object_new_object();
	json_set_text(o, "id", id_of(call));
	json_set_text(o, "name", call->name);
	answer = json_parse_text(t->arena, buf_text(&call->text));
	json_set(o, "arguments", answer ? json_ref(answer) : json_object_new_object());
	data = json_new_object(t->arena);
	json_set(data, "tool_call", o);
	answer = browser_ask(t->tools, "confirmation", data, 0);
	return !json_is(answer, json_type_boolean) || !json_object_get_boolean(answer);
}

void tool_run(struct turn *t, struct item *call, struct tool_done *out)
{
	memset(out, 0, sizeof(*out));
	out->arguments = buf_text(&call->text);
	if (refused(t, call)) {
		out->result.text = "Error: tool call was not approved.";
		out->result.failed = true;
		return;
	}
	toolbox_call(t->tools, call->name, out->arguments, &out->result);
	if (out->result.arguments)
		out->arguments = arena_strdup(t->arena, json_print(out->result.arguments));
}

static void add_part(struct json_object *parts, const char *type, const char *key, const char *value)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "type", type);
	json_set_text(o, key, value);
	json_object_array_add(parts, o);
}

struct json_object *tool_output_item(struct arena *a, const char *call_id, const struct tool_result *r)
{
	struct json_object *o = json_new_object(a), *parts = json_object_new_array(), *shown = json_new_array(a);

	add_part(parts, "input_text", "text", r->text);
	for (size_t i = 0; i < json_len(r->files); i++) {
		struct json_object *file = json_item(r->files, i);
		const char *url = json_text(file, "url", "");
		bool picture = text_eq(json_text(file, "type", NULL), "image");

		if (picture && *url)
			add_part(parts, "input_image", "image_url", url);
		if (!picture || !text_starts(url, "data:"))
			json_object_array_add(shown, json_ref(file));
	}
	json_set_text(o, "type", "function_call_output");
	json_set_text(o, "id", new_id(a, "fco"));
	json_set_text(o, "call_id", call_id);
	json_set(o, "output", parts);
	json_set_text(o, "status", r->failed ? "failed" : "completed");
	if (json_len(shown))
		json_set(o, "files", json_ref(shown));
	if (json_len(r->embeds))
		json_set(o, "embeds", json_ref(r->embeds));
	return o;
}

static void append(struct turn *t, struct json_object *whole, const char *status)
{
	struct item *it = output_add(&t->out, ITEM_OTHER);

	if (!it)
		return;
	it->whole = whole;
	it->status = status;
}

void tool_take_done(struct turn *t, struct item *call, const struct tool_done *done)
{
	append(t, tool_output_item(t->arena, id_of(call), &done->result), "completed");
	call->status = done->result.failed ? "failed" : "completed";
	buf_reset(&call->text);
	buf_adds(&call->text, done->arguments);
	for (size_t i = 0; i < json_len(done->result.sources); i++) {
		if (!t->new_sources)
			t->new_sources = json_new_array(t->arena);
		json_object_array_add(t->new_sources, json_ref(json_item(done->result.sources, i)));
	}
}

void tool_add_result(struct turn *t, struct item *call, const char *text, const char *status)
{
	struct tool_result r = { .text = text };
	struct json_object *o = tool_output_item(t->arena, id_of(call), &r);

	json_set_text(o, "status", status);
	append(t, o, status);
}

void tool_emit_sources(struct turn *t)
{
	if (turn_capability(t, "citations"))
		for (size_t i = 0; i < json_len(t->new_sources); i++)
			turn_tell(t, "source", json_item(t->new_sources, i));
	t->new_sources = NULL;
}
