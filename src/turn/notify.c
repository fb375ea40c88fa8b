#include "turn/notify.h"

#include "event/event.h"

static void notify(struct turn *t, const char *name, const char *title, const char *text, const char *message)
{
	struct json_object *data = json_new_object(t->arena);
	struct event e = { .name = name, .actor = &t->user, .subject_type = "chat", .subject_id = t->chat_id,
			   .data = data, .message = message };

	if (!t->saved)
		return;
	json_set_text(data, "user_id", t->user.id);
	json_set_text(data, "chat_id", t->chat_id);
	json_set_text(data, "message_id", t->message_id);
	json_set_text(data, "model_id", t->model.id);
	if (title)
		json_set_text(data, "title", title);
	json_set_text(data, "url", arena_printf(t->arena, "%s/c/%s", config_text(t->cfg, CK_WEBUI_URL), t->chat_id));
	json_set_text(data, "message", text);
	event_publish(t->arena, t->cfg, &e);
}

void turn_notify_finished(struct turn *t, const char *title)
{
	struct buf *text = buf_in(t->arena, 0);

	output_content(text, &t->out);
	notify(t, "chat.finished", title ? title : "", buf_text(text), text_empty(title) ? "Chat finished" : title);
}

void turn_notify_failed(struct turn *t, const char *why)
{
	notify(t, "chat.failed", NULL, why, "Chat failed");
}
