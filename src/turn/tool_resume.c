#include "db/db.h"
#include "tool/tool.h"
#include "turn/events.h"
#include "turn/tool_call.h"
#include "turn/tool_loop.h"
#include "turn/tool_messages.h"
#include "turn/tool_store.h"

/* The next call that may run, or what was just run. */
struct step {
	struct turn *t;
	bool free;			/* leave is not needed any more */
	struct json_object *call;	/* taken, or to be completed */
	struct json_object *result;
	size_t left;			/* calls that still wait, after the change */
};

static bool may_run(const struct step *s, struct json_object *call)
{
	return !text_eq(json_text(call, "name", NULL), "ask_user") && (s->free || json_flag(call, "approved", false));
}

/* Take one: it is running from now on.  None: the first that waits is shown to the user. */
static bool take(struct tool_edit *e, struct json_object *message)
{
	struct step *s = e->ctx;
	struct json_object *pending = tool_pending(e->arena, json_get(message, "output"));

	s->call = NULL;
	for (size_t i = 0; i < json_len(pending); i++)
		if (text_eq(json_text(json_item(pending, i), "status", NULL), "in_progress"))
			return false;	/* another turn runs it */
	for (size_t i = 0; i < json_len(pending) && !s->call; i++)
		if (may_run(s, json_item(pending, i)))
			s->call = json_item(pending, i);
	if (s->call)
		json_set_text(s->call, "status", "in_progress");
	else if (json_len(pending))
		json_set_text(json_item(pending, 0), "status", "pending");
	json_set_bool(message, "done", false);
	return json_len(pending) > 0;
}

static const char *call_id(struct json_object *call)
{
	return json_text(call, "call_id", json_text(call, "id", ""));
}

static bool complete(struct tool_edit *e, struct json_object *message)
{
	struct step *s = e->ctx;
	struct json_object *output = json_get(message, "output"), *pending = tool_pending(e->arena, output);

	for (size_t i = 0; i < json_len(pending); i++) {
		struct json_object *saved = json_item(pending, i);

		if (!text_eq(call_id(saved), call_id(s->call)))
			continue;
		json_set(saved, "status", json_ref(json_get(s->call, "status")));
		json_set(saved, "arguments", json_ref(json_get(s->call, "arguments")));
		json_object_array_add(output, json_ref(s->result));
		if (text_eq(json_text(s->result, "status", NULL), "incomplete"))
			json_set_bool(message, "done", true);
		pending = tool_pending(e->arena, output);
		s->left = json_len(pending);
		if (s->left && !json_flag(json_item(pending, 0), "approved", false))
			json_set_text(json_item(pending, 0), "status", "pending");
		return true;
	}
	return false;
}

static int edit(struct tool_edit *e)
{
	struct db *db = db_get();
	int rc = tool_edit(db, e);

	db_put(db);
	return rc;
}

/* Run the call that was taken; a stop leaves its outcome open. */
static void run(struct step *s)
{
	struct turn *t = s->t;
	struct item it = { .kind = ITEM_FUNCTION_CALL, .name = json_text(s->call, "name", ""),
			   .call_id = call_id(s->call) };
	struct tool_result stopped = {
		.text = "Error: The tool was interrupted; whether it has done its work is not known.",
	};
	struct tool_done done;

	buf_adds(&it.text, json_text(s->call, "arguments", "{}"));
	tool_run(t, &it, &done);
	if (toolbox_cancelled(t->tools))
		done.result = stopped;
	s->result = tool_output_item(t->arena, it.call_id, &done.result);
	json_set_text(s->call, "status", done.result.failed ? "failed" : "completed");
	json_set_text(s->call, "arguments", done.arguments);
	if (toolbox_cancelled(t->tools)) {
		json_set_text(s->call, "status", "incomplete");
		json_set_text(s->result, "status", "incomplete");
	}
	for (size_t i = 0; i < json_len(done.result.sources); i++) {
		if (!t->new_sources)
			t->new_sources = json_new_array(t->arena);
		json_object_array_add(t->new_sources, json_ref(json_item(done.result.sources, i)));
	}
	buf_free(&it.text);
}

static void emit_output(struct turn *t, struct json_object *output)
{
	struct json_object *o = json_new_object(t->arena);

	json_set_bool(o, "done", false);
	json_set(o, "output", json_ref(output));
	turn_emit(t, "chat:completion", json_print(o));
	tool_emit_sources(t);
	turn_flush(t);
}

static bool ask_again(struct tool_edit *e, struct json_object *message)
{
	struct json_object *pending = tool_pending(e->arena, json_get(message, "output"));
	bool any = false;

	for (size_t i = 0; i < json_len(pending); i++) {
		if (!text_eq(json_text(json_item(pending, i), "status", NULL), "in_progress"))
			continue;
		json_set_text(json_item(pending, i), "status", "pending");
		json_del(json_item(pending, i), "approved");
		any = true;
	}
	return any;
}

void tools_recover(struct turn *t)
{
	struct tool_edit e = { .arena = t->arena, .chat_id = t->chat_id, .message_id = t->message_id,
			       .change = ask_again };

	if (text_eq(json_text(t->spec, "resume", NULL), "tools"))
		edit(&e);
}

enum tools_end tools_resume(struct turn *t)
{
	struct step s = { .t = t, .free = text_eq(json_text(t->params, "tool_approval_mode", NULL), "full") };
	struct tool_edit e = { .arena = t->arena, .chat_id = t->chat_id, .message_id = t->message_id, .ctx = &s };

	if (!text_eq(json_text(t->spec, "resume", NULL), "tools") || !t->tools)
		return TOOLS_NONE;
	do {
		e.change = take;
		if (edit(&e) < 0 || !s.call)
			return TOOLS_PAUSED;
		run(&s);
		e.change = complete;
		if (edit(&e) <= 0)
			return TOOLS_PAUSED;
		emit_output(t, json_get(e.message, "output"));
		if (toolbox_cancelled(t->tools))
			return TOOLS_CANCELLED;
	} while (s.left);
	tool_messages_add(json_get(t->form, "messages"), json_get(e.message, "output"), 0);
	return TOOLS_AGAIN;
}
