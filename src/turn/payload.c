#include "turn/payload.h"

/* Token counts are asked for where the model's author wants them shown. */
static void apply_usage(struct turn *t)
{
	struct json_object *options;

	if (!json_flag(t->form, "stream", false)) {
		json_del(t->form, "stream_options");
		return;
	}
	if (!json_flag(json_get(t->model.meta, "capabilities"), "usage", false))
		return;
	options = json_copy(t->arena, json_get(t->form, "stream_options"));
	if (!json_is(options, json_type_object))
		options = json_new_object(t->arena);
	json_set_bool(options, "include_usage", true);
	json_set(t->form, "stream_options", json_ref(options));
}

void payload_finish(struct turn *t)
{
	apply_usage(t);
	json_set_text(t->form, "model", t->model.provider_id);
}

struct caller payload_caller(const struct turn *t)
{
	return (struct caller){
		.user = &t->user, .chat_id = t->chat_id, .message_id = t->message_id,
		.user_message_id = t->user_message_id, .model_id = t->model.id,
	};
}

/* An answer that is continued: llama.cpp is told, so that it does not say the beginning again. */
static void mark_continued(struct turn *t)
{
	struct json_object *messages = json_get(t->form, "messages");
	size_t n = json_len(messages);

	if (!t->continued || upstream_dialect(&t->model.connection) != SPEAKS_CHAT || !n ||
	    strcmp(connection_setting(&t->model.connection, "provider", ""), "llama.cpp") != 0 ||
	    strcmp(json_text(json_item(messages, n - 1), "role", ""), "assistant") != 0)
		return;
	json_set_bool(t->form, "continue_final_message", true);
	json_set_bool(t->form, "add_generation_prompt", false);
}

const char *payload_request(struct turn *t, const struct caller *who, struct http_request *req)
{
	const char *error;

	mark_continued(t);
	error = upstream_request(t->arena, &t->model, who, t->form, req);
	req->cancel_fd = t->cancel_fd;
	return error;
}
