#include "turn/tool_legacy.h"

#include "turn/messages.h"
#include "turn/task.h"
#include "turn/tell.h"

enum { HISTORY_MAX = 4 };

/* The last messages before the question, and the question. */
static const char *question(struct turn *t)
{
	struct json_object *list = json_get(t->form, "messages"), *last = messages_last(list, "user");
	size_t n = json_len(list), from;
	struct buf *b = buf_in(t->arena, 0);

	if (n && json_item(list, n - 1) == last)
		n--;
	from = n > HISTORY_MAX ? n - HISTORY_MAX : 0;
	if (from < n)
		buf_adds(b, "History:\n");
	for (size_t i = from; i < n; i++) {
		for (const char *role = json_text(json_item(list, i), "role", ""); *role; role++)
			buf_addc(b, *role >= 'a' && *role <= 'z' ? (char)(*role - 32) : *role);
		buf_printf(b, ": \"\"\"%s\"\"\"\n", messages_text(json_item(list, i)));
	}
	buf_printf(b, "Query: %s", messages_text(last));
	return buf_text(b);
}

static void show_list(struct turn *t, const char *type, struct json_object *list)
{
	struct json_object *o;

	if (!json_len(list))
		return;
	o = json_new_object(t->arena);
	json_set(o, type, json_ref(list));
	turn_tell(t, type, o);
}

static void add_source(struct turn *t, const struct tool *tool, struct json_object *args, const char *text)
{
	const char *name = *tool->id ? arena_printf(t->arena, "%s/%s", tool->id, tool->name) : tool->name;
	struct json_object *o = json_object_new_object(), *source = json_object_new_object();
	struct json_object *documents = json_object_new_array(), *metas = json_object_new_array();
	struct json_object *meta = json_object_new_object();

	json_set_text(source, "name", name);
	json_object_array_add(documents, json_object_new_string(text));
	json_set_text(meta, "source", name);
	json_set(meta, "parameters", json_ref(args));
	json_object_array_add(metas, meta);
	json_set(o, "source", source);
	json_set(o, "document", documents);
	json_set(o, "metadata", metas);
	json_set_bool(o, "tool_result", true);
	if (!t->sources)
		t->sources = json_new_array(t->arena);
	json_object_array_add(t->sources, o);
}

/* { "name": …, "parameters": {…} } */
static void run(struct turn *t, struct json_object *call)
{
	struct tool *tool = toolbox_find(t->tools, json_text(call, "name", ""));
	struct json_object *args = json_get(call, "parameters");
	struct tool_result r;

	if (!tool || toolbox_cancelled(t->tools))
		return;
	if (!json_is(args, json_type_object))
		args = json_new_object(t->arena);
	toolbox_call(t->tools, tool->name, json_print(args), &r);
	show_list(t, "files", r.files);
	show_list(t, "embeds", r.embeds);
	if (*r.text)
		add_source(t, tool, args, r.text);
}

void tool_legacy(struct turn *t)
{
	struct json_object *answer, *calls;
	struct template_input in = { .question = question(t), .prompt = "" };

	in.tools = toolbox_spec_list(t->tools);
	answer = task_object(t->arena, task_ask(t, TASK_TOOLS, &in));
	calls = json_get(answer, "tool_calls");
	if (!json_len(calls) && json_get(answer, "name"))
		run(t, answer);
	for (size_t i = 0; i < json_len(calls) && i < LEGACY_CALLS_MAX; i++)
		run(t, json_item(calls, i));
}
