#include "turn/turn.h"

#include "base/log.h"
#include "base/utf8.h"
#include "cache/redis.h"
#include "chat/running.h"
#include "db/db.h"
#include "turn/code.h"
#include "turn/events.h"
#include "turn/filters.h"
#include "turn/jobs.h"
#include "turn/payload.h"
#include "turn/notify.h"
#include "turn/prepare.h"
#include "turn/store.h"
#include "turn/stream.h"
#include "turn/tasks.h"
#include "turn/tell.h"
#include "turn/tool_loop.h"
#include "turn/tool_prepare.h"
#include "turn/tool_store.h"

enum { SHOWN_BYTES = 500 };

static const char cut_off[] = "The answer was cut off because the server was restarted.";

bool turn_is_saved(const char *chat_id)
{
	return !text_empty(chat_id) && !text_starts(chat_id, "local:") &&
	       !text_starts(chat_id, "temporary:") && !text_starts(chat_id, "channel:");
}

static void read_user(struct turn *t)
{
	struct json_object *u = json_get(t->spec, "user");

	t->user.id = json_text(u, "id", "");
	t->user.name = json_text(u, "name", "");
	t->user.email = json_text(u, "email", "");
	t->user.role = json_text(u, "role", "user");
	t->user.is_admin = strcmp(t->user.role, "admin") == 0;
}

void turn_init(struct turn *t, struct arena *a, struct json_object *spec)
{
	memset(t, 0, sizeof(*t));
	t->arena = a;
	t->scratch = arena_new();
	t->spec = spec;
	t->cfg = config_get_in(a);
	t->cancel_fd = -1;
	t->chunk_size = 1;
	read_user(t);
	t->task_id = json_text(spec, "task_id", NULL);
	t->chat_id = json_text(spec, "chat_id", "");
	t->message_id = json_text(spec, "message_id", NULL);
	t->user_message_id = json_text(spec, "user_message_id", NULL);
	t->session_id = json_text(spec, "session_id", NULL);
	t->saved = turn_is_saved(t->chat_id);
	t->own_chat = t->saved && text_eq(json_text(spec, "owner", NULL), t->user.id);
	t->continued = !text_empty(json_text(spec, "assistant_message_id", NULL));
	t->form = json_get(spec, "form");
	t->user_room = arena_printf(a, "user:%s", t->user.id);
	t->chat_room = arena_printf(a, "chat:%s", t->chat_id);
	t->running_key = redis_key(a, "tasks:response_streams:%s", t->task_id ? t->task_id : "");
	t->batch = redis_batch_new(a);
	output_init(&t->out, a);
}

void turn_free(struct turn *t)
{
	output_free(&t->out);
	buf_free(&t->running);
	arena_free(t->scratch);
}

static struct json_object *output_tree(struct turn *t)
{
	struct buf b = BUF_INIT;
	struct json_object *tree;

	b.max = 2 * BUF_MAX_DEFAULT;
	output_json(&b, &t->out, false);
	tree = json_parse(t->arena, buf_text(&b), b.len, NULL);
	buf_free(&b);
	return tree;
}

static void emit_object(struct turn *t, const char *type, struct json_object *o)
{
	turn_emit(t, type, json_print(o));
}

/* What had been said when a turn failed stays with the message. */
static void store_failure(struct turn *t, struct json_object *error)
{
	struct json_object *o = json_new_object(t->arena);
	struct buf *content;

	json_set(o, "error", json_ref(json_get(error, "error")));
	json_set_bool(o, "done", true);
	if (t->out.count) {
		content = buf_in(t->arena, 0);
		output_finish(&t->out, "incomplete");
		output_content(content, &t->out);
		json_set(o, "output", json_ref(output_tree(t)));
		json_set_text(o, "content", buf_text(content));
	}
	store_message(t, o, true, NULL);
}

/* The turn could not be made: told to the chat and stored. */
static void fail(struct turn *t, struct json_object *why)
{
	struct json_object *o = json_new_object(t->arena), *error = json_object_new_object();

	json_set(error, "content", json_ref(why));
	json_set(o, "error", error);
	json_set_bool(o, "done", true);
	if (t->saved)
		store_failure(t, o);
	emit_object(t, "chat:message:error", o);
	turn_flush(t);
	turn_notify_failed(t, json_str(why) ? json_str(why) : json_print(why));
	log_warn("turn_failed", "chat=%s message=%s why=\"%s\"", t->chat_id,
		 t->message_id ? t->message_id : "", json_object_get_string(why));
}

/* `why` may quote a provider: what is no UTF-8 in it is replaced, PostgreSQL would refuse it. */
static void fail_text(struct turn *t, const char *why)
{
	struct buf *b = buf_in(t->arena, 0);

	buf_json(b, why);
	fail(t, json_parse(t->arena, buf_text(b), b->len, NULL));
}

/* The beginning of a text that is shown to a person. */
static const char *first_words(struct arena *a, const struct buf *text)
{
	return arena_strndup(a, buf_text(text), utf8_cut(buf_text(text), text->len, SHOWN_BYTES));
}

/* What a refusal says: the message of its error object, its detail, or all of it. */
static const char *refusal_text(struct turn *t, const struct http_answer *answer)
{
	struct json_object *o = json_parse(t->arena, buf_text(answer->body), answer->body->len, NULL);
	struct json_object *error = json_get(o, "error");
	const char *text = json_str(error) ? json_str(error) : json_text(error, "message", NULL);

	if (!text)
		text = json_text(o, "detail", json_text(o, "message", NULL));
	if (!text && answer->status / 100 == 3)
		text = arena_printf(t->arena, "The model's server answered with a redirect (HTTP %d), which is "
				    "not followed.", answer->status);
	if (!text && answer->body->len)
		text = first_words(t->arena, answer->body);
	return text ? text : arena_printf(t->arena, "HTTP Error: %d", answer->status);
}

static void add_end_fields(struct turn *t, struct json_object *o, struct json_object *output)
{
	json_set_bool(o, "done", true);
	json_set(o, "output", json_ref(output));
	if (t->usage)
		json_set(o, "usage", json_ref(t->usage));
}

static bool save_end(struct turn *t, struct json_object *output, const char **title)
{
	struct json_object *fields = json_new_object(t->arena);
	struct buf *content = buf_in(t->arena, 0);

	*title = "";
	if (!t->saved)
		return true;
	output_content(content, &t->out);
	add_end_fields(t, fields, output);
	json_set_text(fields, "content", buf_text(content));
	if (t->error) {
		struct json_object *error = json_object_new_object();

		json_set(error, "content", json_ref(t->error));
		json_set(fields, "error", error);
	}
	return store_message(t, fields, true, title);
}

static void emit_list(struct turn *t)
{
	struct json_object *o = json_new_object(t->arena);

	if (!t->saved)
		return;
	json_set_text(o, "chat_id", t->chat_id);
	json_set_text(o, "folder_id", json_text(t->spec, "folder_id", NULL));
	emit_object(t, "chat:list", o);
}

/* The answer is complete: stored, announced, then titles and the like. */
static void finish(struct turn *t)
{
	struct json_object *done = json_new_object(t->arena), *output;
	const char *title;

	output_finish(&t->out, "completed");
	output = output_tree(t);
	save_end(t, output, &title);
	emit_list(t);
	add_end_fields(t, done, output);
	json_set_text(done, "title", title ? title : "");
	emit_object(t, "chat:completion", done);
	redis_batch_add(t->batch, "DEL", t->running_key);
	jobs_answered(t->batch, t->arena, t->task_id);
	turn_flush(t);
	turn_notify_finished(t, title);
	filters_outlet(t);
	tasks_after(t);
}

/* Stopped by somebody: what there is stays. */
static void cancelled(struct turn *t)
{
	struct json_object *o = json_new_object(t->arena), *output;
	const char *title;

	output_finish(&t->out, "incomplete");
	output = output_tree(t);
	json_set(o, "output", json_ref(output));
	emit_object(t, "chat:tasks:cancel", o);
	turn_flush(t);
	t->usage = NULL;
	save_end(t, output, &title);
	turn_emit(t, "chat:tasks:cancel", NULL);
	turn_flush(t);
}

static void load_answer(struct turn *t)
{
	struct json_object *m = t->saved ? store_read(t, t->message_id) : NULL;
	struct json_object *output = json_get(m, "output");

	if (json_len(output)) {
		output_load(&t->out, output);
	} else if (!text_empty(json_text(m, "content", NULL))) {
		struct item *it = output_add(&t->out, ITEM_MESSAGE);

		output_append(&t->out, it, str_of(json_text(m, "content", "")));
		output = output_tree(t);
		output_free(&t->out);
		output_load(&t->out, output);
	}
}

/* How one call of the provider ended; it has been told to the chat unless it is complete. */
enum round_end { ROUND_COMPLETE, ROUND_CANCELLED, ROUND_FAILED, ROUND_PAUSED };

/* An answer that is no stream: a refusal, or the whole text at once. */
static enum round_end take_plain(struct turn *t, struct http_answer *answer)
{
	struct json_object *o = json_parse(t->arena, buf_text(answer->body), answer->body->len, NULL);

	if (answer->status / 100 != 2 || json_get(o, "error"))
		fail_text(t, refusal_text(t, answer));
	else if (stream_take_whole(t, upstream_result(t->arena, upstream_dialect(&t->model.connection), o)))
		return ROUND_COMPLETE;
	else if (!o && answer->body->len)
		fail_text(t, arena_printf(t->arena, "The model gave no answer that can be read: %s",
					  first_words(t->arena, answer->body)));
	else
		fail_text(t, "The model gave no answer.");
	return ROUND_FAILED;
}

static enum round_end run_round(struct turn *t, struct http_answer *refusal)
{
	struct http_answer answer = { 0 };
	bool streamed = stream_run(t, &answer);

	if (refusal && answer.status && answer.status / 100 != 2)
		*refusal = answer;
	if (answer.end == HTTP_CANCELLED)
		return ROUND_CANCELLED;
	if (t->out.full)
		return ROUND_COMPLETE;	/* a limit was reached; what fits is kept */
	if (answer.end != HTTP_DONE) {
		fail_text(t, answer.error ? answer.error : "The connection to the model was lost.");
		return ROUND_FAILED;
	}
	return streamed ? ROUND_COMPLETE : take_plain(t, &answer);
}

/* The preparation ended the turn: the chat is told, and the caller that waits. */
static void refused(struct turn *t, struct http_answer *refusal)
{
	fail_text(t, t->failure);
	if (!refusal)
		return;
	refusal->status = t->failure_status;
	refusal->type = "application/json";
	refusal->body = buf_in(t->arena, 0);
	buf_adds(refusal->body, "{\"detail\":");
	buf_json(refusal->body, t->failure);
	buf_addc(refusal->body, '}');
}

/* What comes after a call, or instead of one: tools. */
static enum round_end ended_by(enum tools_end end)
{
	switch (end) {
	case TOOLS_PAUSED:
		return ROUND_PAUSED;
	case TOOLS_CANCELLED:
		return ROUND_CANCELLED;
	default:
		return ROUND_COMPLETE;
	}
}

static enum round_end run_rounds(struct turn *t, struct http_answer *refusal)
{
	enum tools_end tools = tools_resume(t);
	enum round_end end;

	if (tools != TOOLS_NONE && tools != TOOLS_AGAIN)
		return ended_by(tools);
	if (t->continued)
		load_answer(t);
	do {
		t->round_start = t->out.count;
		end = run_round(t, refusal);
		if (end == ROUND_COMPLETE) {
			tools = tools_after_round(t);
			end = ended_by(tools);
		}
	} while (end == ROUND_COMPLETE && (tools == TOOLS_AGAIN || (tools == TOOLS_NONE && code_after_round(t))));
	return end;
}

/* What is known before the answer: who was drawn from an arena, which sources there are. */
static void tell_first(struct turn *t)
{
	struct json_object *fields = json_new_object(t->arena), *o;

	if (t->model.selected_id) {
		o = json_new_object(t->arena);
		json_set_text(o, "selected_model_id", t->model.selected_id);
		emit_object(t, "chat:completion", o);
		json_set_text(fields, "selectedModelId", t->model.selected_id);
	}
	if (t->first_event) {
		emit_object(t, "chat:completion", t->first_event);
		json_set(fields, "sources", json_ref(json_get(t->first_event, "sources")));
		turn_keep(t, "sources", json_get(t->first_event, "sources"));
	}
	if (!json_object_object_length(fields))
		return;
	if (t->saved)
		store_message(t, fields, false, NULL);
	turn_flush(t);
}

/* Prepare, then a call of the provider for each round; what a round asks for (tool calls, code to be
 * run) is done before the next one. */
bool turn_run(struct turn *t, struct http_answer *refusal)
{
	enum round_end end;

	if (!turn_prepare(t)) {
		refused(t, refusal);
		return true;
	}
	tell_first(t);
	end = run_rounds(t, refusal);
	tool_release(t);
	if (end == ROUND_CANCELLED)
		cancelled(t);
	else if (end == ROUND_COMPLETE)
		finish(t);
	return end != ROUND_CANCELLED;
}

void turn_stopped_early(struct turn *t)
{
	cancelled(t);
}

/* Its answer is stored, or waits for the user: only the job was not acknowledged any more. */
static bool was_over(struct turn *t)
{
	struct json_object *m;

	if (!t->saved || t->continued)
		return false;
	m = store_read(t, t->message_id);
	return json_flag(m, "done", false) || json_len(tool_pending(t->arena, json_get(m, "output")));
}

bool turn_recover(struct turn *t)
{
	struct json_object *o, *fields = json_new_object(t->arena), *output, *error;
	struct redis_reply *r;

	tools_recover(t);
	if (jobs_is_answered(t->arena, t->task_id) || was_over(t))
		return true;
	if (redis_run(t->arena, &r, "GET", t->running_key) <= 0)
		return false;
	o = running_read(t->arena, reply_text(r));
	if (!o || !json_len(json_get(o, "output")))
		return false;
	output_load(&t->out, json_get(o, "output"));
	for (size_t i = 0; i < json_len(json_get(o, "output")); i++)
		json_set_text(json_item(json_get(o, "output"), i), "status", "incomplete");
	output = json_get(o, "output");
	error = json_object_new_object();
	json_set_text(error, "content", cut_off);
	add_end_fields(t, fields, output);
	json_set(fields, "error", error);
	if (t->saved) {
		struct buf *content = buf_in(t->arena, 0);

		output_content(content, &t->out);
		json_set_text(fields, "content", buf_text(content));
		store_message(t, fields, true, NULL);
	}
	emit_list(t);
	emit_object(t, "chat:completion", fields);
	turn_flush(t);
	return true;
}

void turn_abandon(struct arena *a, struct json_object *spec, const char *why)
{
	struct turn t;

	turn_init(&t, a, spec);
	fail_text(&t, why);
	turn_free(&t);
}
