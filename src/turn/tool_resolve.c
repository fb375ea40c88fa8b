#include "turn/tool_resolve.h"

#include "base/rand.h"
#include "chat/message.h"
#include "db/db.h"
#include "realtime/publish.h"
#include "turn/tool_messages.h"
#include "turn/tool_store.h"

static const char prohibited[] = "You do not have permission to access this resource. "
				 "Please contact your administrator for assistance.";
static const char not_found[] = "We could not find what you're looking for :/";

struct resolving {
	struct tool_resolve *r;
	const struct user *user;
};

static bool refuse(struct tool_resolve *r, int status, const char *detail)
{
	r->status = status;
	r->detail = detail;
	return false;
}

static struct json_object *find_call(struct json_object *output, const char *id)
{
	for (size_t i = 0; i < json_len(output); i++) {
		struct json_object *item = json_item(output, i);

		if (text_eq(json_text(item, "type", NULL), "function_call") &&
		    text_eq(json_text(item, "call_id", json_text(item, "id", NULL)), id))
			return item;
	}
	return NULL;
}

static void add_result(struct json_object *output, const char *call_id, const char *text, const char *status)
{
	struct json_object *o = json_object_new_object(), *part = json_object_new_object();
	struct json_object *parts = json_object_new_array();
	struct buf id = BUF_INIT;

	buf_printf(&id, "fco_%s", call_id);
	json_set_text(part, "type", "input_text");
	json_set_text(part, "text", text);
	json_object_array_add(parts, part);
	json_set_text(o, "type", "function_call_output");
	json_set_text(o, "id", buf_text(&id));
	json_set_text(o, "call_id", call_id);
	json_set(o, "output", parts);
	json_set_text(o, "status", status);
	json_object_array_add(output, o);
	buf_free(&id);
}

static const char *answer_text(struct arena *a, struct json_object *form)
{
	struct json_object *o = json_new_object(a), *answers = json_get(form, "answers");
	bool late = json_flag(form, "timed_out", false);

	json_set_text(o, "status", late ? "cancelled" : "answered");
	json_set(o, "answers", late || !answers ? json_object_new_object() : json_ref(answers));
	if (late)
		json_set_bool(o, "timed_out", true);
	return json_print(o);
}

static bool is_open(struct json_object *call)
{
	const char *status = json_text(call, "status", "");

	return (strcmp(status, "pending") == 0 || strcmp(status, "queued") == 0 ||
		strcmp(status, "requires_approval") == 0) && !json_flag(call, "approved", false);
}

/* The call itself; false: it cannot be resolved that way. */
static bool apply(struct tool_edit *e, struct tool_resolve *r, struct json_object *output, struct json_object *call)
{
	const char *action = json_text(r->form, "action", ""), *id = json_text(r->form, "call_id", "");
	bool question = text_eq(json_text(call, "name", NULL), "ask_user");

	if (strcmp(action, "approve") == 0) {
		if (question)
			return refuse(r, 400, "ask_user requires an answer or deny.");
		json_set_text(call, "status", "queued");
		json_set_bool(call, "approved", true);
	} else if (strcmp(action, "reject") == 0) {
		json_set_text(call, "status", "rejected");
		add_result(output, id, "Error: tool call rejected by user.", "rejected");
	} else {
		if (!question)
			return refuse(r, 400, "Tool call does not accept answers.");
		if (!json_get(r->form, "answers") && !json_flag(r->form, "timed_out", false))
			return refuse(r, 400, "Answers are required for ask_user.");
		json_set_text(call, "status", "completed");
		add_result(output, id, answer_text(e->arena, r->form), "completed");
	}
	return true;
}

/* The message that the model goes on with. */
static void add_continuation(struct json_object *output)
{
	struct json_object *o = json_object_new_object(), *parts = json_object_new_array();
	struct json_object *part = json_object_new_object();
	char id[29] = "msg_";

	rand_hex(id + 4, 12);
	json_set_text(part, "type", "output_text");
	json_set_text(part, "text", "");
	json_object_array_add(parts, part);
	json_set_text(o, "type", "message");
	json_set_text(o, "id", id);
	json_set_text(o, "status", "in_progress");
	json_set_text(o, "role", "assistant");
	json_set(o, "content", parts);
	json_object_array_add(output, o);
}

static bool is_active(struct json_object *pending)
{
	for (size_t i = 0; i < json_len(pending); i++)
		if (json_flag(json_item(pending, i), "approved", false) ||
		    text_eq(json_text(json_item(pending, i), "status", NULL), "in_progress"))
			return true;
	return false;
}

static bool change(struct tool_edit *e, struct json_object *message)
{
	struct resolving *x = e->ctx;
	struct tool_resolve *r = x->r;
	struct json_object *output = json_get(message, "output"), *call, *pending;
	const char *id = json_text(r->form, "call_id", "");
	bool active;

	if (!text_eq(json_text(message, "user_id", e->owner), x->user->id))
		return refuse(r, 403, prohibited);
	if (output && !json_is(output, json_type_array))
		return refuse(r, 400, "Message has no resolvable output.");
	call = find_call(output, id);
	if (!call)
		return refuse(r, 404, "Tool call not found.");
	if (tool_has_result(output, id) || !is_open(call))
		return refuse(r, 409, "Tool call has already been resolved.");
	json_set_text(call, "call_id", id);
	active = is_active(tool_pending(e->arena, output));
	if (!apply(e, r, output, call))
		return false;
	json_set_bool(message, "done", false);
	pending = tool_pending(e->arena, output);
	if (active)
		return true;	/* the running turn takes it */
	if (json_flag(call, "approved", false)) {
		r->resume = RESUME_TOOLS;
	} else if (!json_len(pending)) {
		add_continuation(output);
		r->resume = RESUME_MODEL;
	} else {
		json_set_text(json_item(pending, 0), "status", "pending");
	}
	return true;
}

static void tell(struct arena *a, const struct user *u, struct tool_resolve *r, struct json_object *output)
{
	struct json_object *o = json_new_object(a), *data = json_object_new_object(), *inner = json_object_new_object();

	json_set(inner, "output", json_ref(output));
	json_set_text(data, "type", "chat:completion");
	json_set(data, "data", inner);
	json_set_text(o, "chat_id", r->chat_id);
	json_set_text(o, "message_id", r->message_id);
	json_set(o, "data", data);
	publish_event(a, arena_printf(a, "user:%s", u->id), "events", json_print(o), NULL);
}

/* The chat's parameters under those of the message; the chat's word on approval is the newer one. */
static struct json_object *params_of(struct arena *a, struct json_object *doc, struct json_object *message, bool own)
{
	struct json_object *chat = own ? json_get(doc, "params") : NULL, *o = json_new_object(a);
	struct json_object *kept = json_get(json_get(message, "meta"), "params");
	const char *mode = json_text(chat, "tool_approval_mode", "");

	if (json_is(chat, json_type_object)) {
		json_object_object_foreach(chat, key, v)
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	if (json_is(kept, json_type_object)) {
		json_object_object_foreach(kept, key, v)
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	if (strcmp(mode, "ask") == 0 || strcmp(mode, "full") == 0)
		json_set_text(o, "tool_approval_mode", mode);
	else if (!json_has(o, "tool_approval_mode"))
		json_set_text(o, "tool_approval_mode", "ask");
	return o;
}

/* The prompt that the web UI would send: of the chat, of the account, of the instance. */
static const char *system_prompt(struct arena *a, struct db *db, const struct config *c, const char *user_id,
				 struct json_object *params)
{
	const char *own = json_text(params, "system", NULL);
	struct rows *rows;

	if (!text_empty(own))
		return own;
	if (db_run(db, a, &rows, Q_TOOL_USER_SYSTEM, user_id) > 0 && rows_text(rows, 0, 0))
		return rows_text(rows, 0, 0);
	return json_text(config_tree(a, c, CK_UI_DEFAULT_INTERFACE_SETTINGS), "system", NULL);
}

static struct json_object *request_of(struct arena *a, struct db *db, const struct config *c,
				      struct tool_edit *e, const char *prompt_user)
{
	static const char *const kept[] = { "filter_ids", "tool_ids", "skill_ids", "terminal_id", "tool_servers",
					    "features", "variables", "session_id", "files" };
	struct json_object *doc = json_parse(a, e->document.p, e->document.n, NULL), *o = json_new_object(a);
	struct json_object *meta = json_get(e->message, "meta"), *messages = json_object_new_array(), *m;
	const char *parent = json_text(e->message, "parentId", NULL), *author = json_text(e->message, "user_id", e->owner);
	struct json_object *question = parent ? message_get(a, e->document, parent) : NULL;
	struct json_object *params = params_of(a, doc, e->message, text_eq(author, e->owner));
	const char *system = system_prompt(a, db, c, prompt_user, params);

	if (!question)
		return NULL;
	if (!text_empty(system)) {
		m = json_object_new_object();
		json_set_text(m, "role", "system");
		json_set_text(m, "content", system);
		json_object_array_add(messages, m);
	}
	json_set_bool(o, "stream", json_flag(params, "stream_response", true));
	json_set_text(o, "model", json_text(e->message, "model", json_str(json_item(json_get(doc, "models"), 0))));
	json_set(o, "messages", messages);
	json_set(o, "params", json_ref(params));
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (json_get(meta, kept[i]))
			json_set(o, kept[i], json_ref(json_get(meta, kept[i])));
	json_set_text(o, "chat_id", e->chat_id);
	json_set_text(o, "id", e->message_id);
	json_set_text(o, "parent_id", json_text(question, "parentId", NULL));
	json_set(o, "user_message", json_ref(question));
	json_set_text(o, "assistant_message_id", e->message_id);
	return o;
}

int tool_resolve(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		 struct tool_resolve *r)
{
	struct resolving x = { r, u };
	struct tool_edit e = { .arena = a, .chat_id = r->chat_id, .message_id = r->message_id, .user_id = u->id,
			       .change = change, .ctx = &x };
	int rc = tool_edit(db, &e);

	if (rc < 0)
		return -1;
	if (!rc && !e.owner)
		return refuse(r, 401, prohibited);
	if (!rc && !e.message)
		return refuse(r, 404, not_found);
	if (!rc)
		return r->status ? 0 : -1;
	tell(a, u, r, json_get(e.message, "output"));
	if (r->resume == RESUME_NOTHING)
		return 1;
	r->request = request_of(a, db, c, &e, u->id);
	if (!r->request)
		return refuse(r, 409, "Tool call parent message is missing.");
	if (!json_text(r->request, "model", NULL))
		return refuse(r, 409, "Tool call message model is missing.");
	return 1;
}
