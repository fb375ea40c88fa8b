#include "turn/params.h"

#include "base/env.h"
#include "turn/prepare.h"

enum { DEPTH_MAX = 32 };

/* Parameters that steer us, not the provider. */
static const char *const own_params[] = {
	"stream_response", "stream_delta_chunk_size", "function_calling", "reasoning_tags",
	"compact_token_threshold", "system", "note_id", "tool_approval_mode", "model_controls",
	"custom_params",
};

static bool is_own(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_params); i++)
		if (strcmp(own_params[i], name) == 0)
			return true;
	return false;
}

/* The members of `over` that are not null, over those of `base`; objects are merged to `depth`. */
static void lay_over(struct json_object *base, struct json_object *over, int depth)
{
	if (!json_is(over, json_type_object))
		return;
	json_object_object_foreach(over, key, v) {
		struct json_object *old = json_get(base, key);

		if (depth && json_is(old, json_type_object) && json_is(v, json_type_object))
			lay_over(old, v, depth - 1);
		else if (v)
			json_set(base, key, json_ref(v));
	}
}

/* Custom parameters are merged by name, everything else is replaced. */
static void merge(struct turn *t, struct json_object *params, struct json_object *over)
{
	struct json_object *custom = json_copy(t->arena, json_get(params, "custom_params"));

	lay_over(params, over, 0);
	if (!json_is(custom, json_type_object))
		return;
	lay_over(custom, json_get(over, "custom_params"), 0);
	json_set(params, "custom_params", json_ref(custom));
}

/* A choice that the model's author prepared stands for custom parameters. */
static bool apply_control(struct turn *t, const char *key, struct json_object *control,
			  struct json_object *choices)
{
	struct json_object *choice = json_get(choices, key), *custom, *option;
	const char *name = json_has(choices, key) ? json_str(choice) : json_text(control, "default", NULL);

	option = name ? json_get(json_get(control, "options"), name) : NULL;
	if (json_has(choices, key) && !option)
		return turn_refuse(t, 400, arena_printf(t->arena, "Model control %s: the selected option is "
							"no longer available.", key));
	if (!option)
		return true;
	custom = json_copy(t->arena, json_get(t->params, "custom_params"));
	if (!json_is(custom, json_type_object))
		custom = json_new_object(t->arena);
	lay_over(custom, json_copy(t->arena, json_get(option, "params")), DEPTH_MAX);
	json_set(t->params, "custom_params", json_ref(custom));
	return true;
}

static bool apply_controls(struct turn *t, struct json_object *given)
{
	struct json_object *controls = json_get(t->model.params, "model_controls");
	struct json_object *choices = json_get(given, t->model.id);

	if (given && !json_is(given, json_type_object))
		return turn_refuse(t, 400, "Model control options must be keyed by model.");
	if (choices && !json_is(choices, json_type_object))
		return turn_refuse(t, 400, "Model control options must be an object.");
	if (!json_is(controls, json_type_object))
		return true;
	json_object_object_foreach(controls, key, control) {
		if (!apply_control(t, key, control, choices))
			return false;
	}
	return true;
}

/* Of the model when it says so, else of the request. */
static struct json_object *model_first(struct turn *t, const char *key)
{
	struct json_object *own = json_get(t->model.params, key);

	return own ? own : json_get(t->params, key);
}

static void note(struct turn *t)
{
	struct json_object *tags = model_first(t, "reasoning_tags");
	struct json_object *size = model_first(t, "stream_delta_chunk_size");
	int64_t least = env_int("CHAT_RESPONSE_STREAM_DELTA_CHUNK_SIZE", 1, 1, 10000);

	t->native_tools = !text_eq(json_text(t->params, "function_calling", NULL), "legacy");
	t->chunk_size = (int)(size ? json_object_get_int64(size) : 0);
	if (t->chunk_size < least)
		t->chunk_size = (int)least;
	t->detect_tags = !json_is(tags, json_type_boolean) || json_object_get_boolean(tags);
	if (json_len(tags) == 2 && json_str(json_item(tags, 0)) && json_str(json_item(tags, 1))) {
		t->tag_start = json_str(json_item(tags, 0));
		t->tag_end = json_str(json_item(tags, 1));
	}
}

bool params_merge(struct turn *t)
{
	struct json_object *request = json_get(t->spec, "params"), *stream;

	t->params = json_new_object(t->arena);
	merge(t, t->params, config_tree(t->arena, t->cfg, CK_MODELS_DEFAULT_PARAMS));
	merge(t, t->params, t->model.params);
	merge(t, t->params, request);
	stream = json_get(t->model.params, "stream_response");
	if (json_is(stream, json_type_boolean))
		json_set_bool(t->form, "stream", json_object_get_boolean(stream));
	note(t);
	return apply_controls(t, json_get(t->spec, "automation_id") ? NULL : json_get(request, "model_controls"));
}

/* Values of custom parameters are JSON where they look like it; they win over parameters. */
static void add_custom(struct turn *t, struct json_object *params)
{
	struct json_object *custom = json_get(t->params, "custom_params"), *read = json_new_object(t->arena);

	if (!json_is(custom, json_type_object))
		return;
	json_object_object_foreach(custom, key, v) {
		struct json_object *parsed = json_str(v) ? json_parse_text(t->arena, json_str(v)) : NULL;

		json_set(read, key, json_ref(parsed ? parsed : v));
	}
	lay_over(params, read, DEPTH_MAX);
}

struct json_object *params_of_provider(struct turn *t)
{
	struct json_object *params = json_new_object(t->arena);

	json_object_object_foreach(t->params, key, v) {
		if (!is_own(key))
			json_set(params, key, json_ref(v));
	}
	add_custom(t, params);
	return params;
}

void params_apply(struct turn *t)
{
	struct json_object *params = params_of_provider(t), *into = t->form;

	if (text_eq(t->model.owned_by, "ollama")) {
		into = json_get(t->form, "options");
		if (!json_is(into, json_type_object)) {
			into = json_object_new_object();
			json_set(t->form, "options", into);
		}
	}
	json_object_object_foreach(params, name, value) {
		if (value && !json_has(into, name))
			json_set(into, name, json_ref(value));
	}
}
