#include "turn/tool_loop.h"

#include "base/env.h"
#include "base/log.h"
#include "tool/ask.h"
#include "tool/tool.h"
#include "turn/events.h"
#include "turn/store.h"
#include "turn/tool_call.h"
#include "turn/tool_messages.h"
#include "turn/tool_pause.h"

enum { ROUNDS_DEFAULT = 256 };

static int64_t rounds_max(void)
{
	int64_t n = env_int("CHAT_RESPONSE_MAX_TOOL_CALL_ITERATIONS",
			    env_int("CHAT_RESPONSE_MAX_TOOL_CALL_RETRIES", ROUNDS_DEFAULT, -1, 1000000), -1, 1000000);

	return n < 0 ? OUTPUT_MAX_ITEMS : n;
}

/* The calls of this round without a result. */
static size_t open_calls(struct turn *t, struct item **out)
{
	size_t n = 0;

	for (size_t i = t->round_start; i < t->out.count; i++)
		if (t->out.items[i]->kind == ITEM_FUNCTION_CALL && !tool_item_result(t, t->out.items[i]))
			out[n++] = t->out.items[i];
	return n;
}

/* Items of the round that nobody closed. */
static void close_round(struct turn *t)
{
	for (size_t i = t->round_start; i < t->out.count; i++)
		if (t->out.items[i]->kind == ITEM_REASONING && strcmp(t->out.items[i]->status, "in_progress") == 0)
			output_close(t->out.items[i]);
	output_strip(&t->out);
}

static void tell_limit(struct turn *t, int64_t max)
{
	struct json_object *o = json_new_object(t->arena), *error = json_object_new_object();

	json_set_text(error, "content", arena_printf(t->arena, "Tool-call limit reached (%" PRId64 " iterations).", max));
	json_set(o, "error", error);
	if (t->saved)
		store_message(t, o, false, NULL);
	turn_emit(t, "chat:message:error", json_print(o));
	turn_flush(t);
	log_warn("tool_limit", "chat=%s rounds=%" PRId64, t->chat_id, max);
}

/* ask_user has to be alone and answerable.  The calls that are left to run. */
static size_t stage_questions(struct turn *t, struct item **calls, size_t n, bool *waits)
{
	size_t left = 0;

	*waits = false;
	for (size_t i = 0; i < n; i++) {
		const char *err = NULL;
		struct json_object *request;

		if (strcmp(calls[i]->name, "ask_user") != 0) {
			calls[left++] = calls[i];
			continue;
		}
		request = n == 1 ? ask_normal(t->arena, json_parse_text(t->arena, buf_text(&calls[i]->text)), &err) : NULL;
		if (n > 1)
			err = "ask_user must be the only tool call. Call it again on its own.";
		if (!request) {
			calls[i]->status = "completed";
			tool_add_result(t, calls[i], arena_printf(t->arena, "Error: %s", err), "completed");
			continue;
		}
		buf_reset(&calls[i]->text);
		buf_adds(&calls[i]->text, json_print(request));
		calls[left++] = calls[i];
		*waits = true;
	}
	return left;
}

static bool asks_first(struct turn *t)
{
	return config_bool(t->cfg, CK_CHAT_TOOL_PERMISSIONS_ENABLE) &&
	       text_eq(json_text(t->params, "tool_approval_mode", NULL), "ask");
}

/* The results become messages of the next call. */
static void add_messages(struct turn *t)
{
	struct buf *b;

	arena_reset(t->scratch);
	b = buf_in(t->scratch, 2 * BUF_MAX_DEFAULT);
	buf_addc(b, '[');
	for (size_t i = t->round_start; i < t->out.count; i++) {
		if (i > t->round_start)
			buf_addc(b, ',');
		output_item_json(b, t->out.items[i], false);
	}
	buf_addc(b, ']');
	tool_messages_add(json_get(t->form, "messages"), json_parse(t->scratch, buf_text(b), b->len, NULL), 0);
}

static bool run_calls(struct turn *t, struct item **calls, size_t n)
{
	struct tool_done *done = arena_calloc(t->arena, n + 1, sizeof(*done));
	size_t ran = 0;

	/* What a stop interrupts has no result. */
	while (ran < n && !toolbox_cancelled(t->tools)) {
		tool_run(t, calls[ran], &done[ran]);
		if (toolbox_cancelled(t->tools))
			break;
		ran++;
	}
	for (size_t i = 0; i < ran; i++)
		tool_take_done(t, calls[i], &done[i]);
	if (ran == n && !toolbox_cancelled(t->tools))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!tool_item_result(t, calls[i]))
			calls[i]->status = "incomplete";
	return false;
}

enum tools_end tools_after_round(struct turn *t)
{
	struct item *calls[OUTPUT_MAX_ITEMS];
	size_t n;
	bool waits;

	tool_split_calls(t);
	n = open_calls(t, calls);
	if (!n || !t->tools)
		return TOOLS_NONE;
	close_round(t);
	if (t->tool_rounds >= rounds_max()) {
		tell_limit(t, rounds_max());
		return TOOLS_LIMIT;
	}
	t->tool_rounds++;
	n = stage_questions(t, calls, n, &waits);
	if (n && t->saved && t->message_id && (waits || asks_first(t)))
		return tool_pause(t) ? TOOLS_PAUSED : TOOLS_CANCELLED;
	for (size_t i = 0; i < n && waits; i++)
		calls[i]->status = "in_progress";
	turn_emit_output_items(t, t->round_start);
	turn_flush(t);
	if (!run_calls(t, calls, n))
		return TOOLS_CANCELLED;
	tool_emit_sources(t);
	turn_emit_output_items(t, t->round_start);
	turn_flush(t);
	add_messages(t);
	return TOOLS_AGAIN;
}
