#include "turn/tool_pause.h"

#include "turn/events.h"
#include "turn/store.h"
#include "turn/tool_call.h"

/* What a resumed turn needs of the request. */
static struct json_object *meta_of(struct turn *t)
{
	static const char *const lists[] = { "tool_ids", "skill_ids", "filter_ids", "files" };
	static const char *const objects[] = { "features", "variables" };
	struct json_object *o = json_new_object(t->arena), *v;

	json_set_text(o, "task_id", t->task_id);
	json_set_text(o, "session_id", t->session_id);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		v = json_get(t->spec, lists[i]);
		json_set(o, lists[i], v ? json_ref(v) : json_object_new_array());
	}
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		v = json_get(t->spec, objects[i]);
		json_set(o, objects[i], v ? json_ref(v) : json_object_new_object());
	}
	v = json_get(t->spec, "terminal_id");
	json_set(o, "terminal_id", v ? json_ref(v) : NULL);
	v = json_get(t->spec, "tool_servers");
	json_set(o, "tool_servers", v ? json_ref(v) : NULL);
	v = json_get(t->spec, "params");
	json_set(o, "params", v ? json_ref(v) : json_object_new_object());
	return o;
}

static void mark_calls(struct turn *t)
{
	bool first = true;

	for (size_t i = 0; i < t->out.count; i++) {
		struct item *it = t->out.items[i];

		if (it->kind != ITEM_FUNCTION_CALL || tool_item_result(t, it))
			continue;
		it->status = first ? "pending" : "queued";
		first = false;
	}
}

bool tool_pause(struct turn *t)
{
	struct json_object *fields = json_new_object(t->arena), *output;
	struct buf *b = buf_in(t->arena, 2 * BUF_MAX_DEFAULT);

	mark_calls(t);
	output_json(b, &t->out, false);
	output = json_parse(t->arena, buf_text(b), b->len, NULL);
	json_set_bool(fields, "done", false);
	json_set(fields, "output", json_ref(output));
	json_set(fields, "meta", json_ref(meta_of(t)));
	if (!output || !store_message(t, fields, false, NULL))
		return false;
	turn_emit_snapshot(t);
	turn_flush(t);
	return true;
}
