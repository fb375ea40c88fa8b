#include "turn/pairs.h"

static bool has_role(struct json_object *m, const char *role)
{
	return text_eq(json_text(m, "role", NULL), role);
}

/* Is there a result for the call among those from `at` up to `end`? */
static bool has_result(struct json_object *messages, size_t at, size_t end, const char *id)
{
	for (; id && at < end; at++)
		if (text_eq(json_text(json_item(messages, at), "tool_call_id", NULL), id))
			return true;
	return false;
}

static bool has_call(struct json_object *calls, const char *id)
{
	for (size_t i = 0; id && i < json_len(calls); i++)
		if (text_eq(json_text(json_item(calls, i), "id", NULL), id))
			return true;
	return false;
}

/* An answer with those of its calls that have results; what is left of it, or nothing. */
static void add_answer(struct json_object *out, struct json_object *messages, size_t at, size_t end)
{
	struct json_object *m = json_item(messages, at), *calls = json_get(m, "tool_calls");
	struct json_object *kept = json_object_new_array(), *o = json_object_new_object();
	struct json_object *content = json_get(m, "content");

	for (size_t i = 0; i < json_len(calls); i++)
		if (has_result(messages, at + 1, end, json_text(json_item(calls, i), "id", NULL)))
			json_object_array_add(kept, json_ref(json_item(calls, i)));
	json_object_object_foreach(m, key, v) {
		json_set(o, key, json_ref(v));
	}
	if (json_len(kept)) {
		json_set(o, "tool_calls", kept);
		json_object_array_add(out, o);
		return;
	}
	json_object_put(kept);
	json_del(o, "tool_calls");
	json_del(o, "reasoning_items");
	if (json_len(content) || (json_str(content) && *json_str(content)))
		json_object_array_add(out, o);
	else
		json_object_put(o);
}

struct json_object *pairs_complete(struct arena *a, struct json_object *messages)
{
	struct json_object *out = json_new_array(a), *calls = NULL;

	for (size_t i = 0; i < json_len(messages); i++) {
		struct json_object *m = json_item(messages, i);
		size_t end = i + 1;

		if (has_role(m, "tool")) {
			if (has_call(calls, json_text(m, "tool_call_id", NULL)))
				json_object_array_add(out, json_ref(m));
			continue;
		}
		calls = has_role(m, "assistant") ? json_get(m, "tool_calls") : NULL;
		if (!json_len(calls)) {
			json_object_array_add(out, json_ref(m));
			continue;
		}
		while (end < json_len(messages) && has_role(json_item(messages, end), "tool"))
			end++;
		add_answer(out, messages, i, end);
	}
	return out;
}
