/* tasks - /api/tasks: which turns run, and stopping them. */

#include "base/env.h"
#include "fcgi/request.h"
#include "realtime/publish.h"
#include "turn/events.h"
#include "turn/jobs.h"
#include "turn/store.h"

enum { C_OWNER };

/* A temporary chat belongs to the account of its socket. */
static const char *socket_of(const char *chat_id)
{
	if (text_starts(chat_id, "local:"))
		return chat_id + 6;
	return text_starts(chat_id, "temporary:") ? chat_id + 10 : NULL;
}

static bool may_use_socket(struct req *r, const char *sid)
{
	return (r->user.is_admin && env_bool("ENABLE_ADMIN_CHAT_ACCESS", true)) ||
	       publish_session_of(r->arena, r->user.id, sid) > 0;
}

/* Tasks of the chat that are the caller's own: 1, 0 no access, -1 answered. */
static int own_tasks(struct req *r, const char *chat_id, struct json_object **out)
{
	const char *sid = socket_of(chat_id), *mine;
	struct rows *rows;
	bool owner;

	*out = json_new_array(r->arena);
	if (sid) {
		if (!may_use_socket(r, sid))
			return 0;
		*out = jobs_list(r->arena, chat_id);
		return 1;
	}
	if (!req_db_run(r, &rows, Q_TURN_CHAT, chat_id, r->user.id))
		return -1;
	if (!rows_count(rows))
		return 0;
	owner = text_eq(rows_text(rows, 0, C_OWNER), r->user.id);
	*out = jobs_list(r->arena, chat_id);
	if (!json_len(*out) && owner)
		return 1;
	if (!req_db_text(r, &mine, Q_TURN_TASKS_OF, chat_id, r->user.id, json_print(*out)))
		return -1;
	*out = mine ? json_parse_text(r->arena, mine) : json_new_array(r->arena);
	return 1;
}

static int task_list(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);

	json_set(o, "tasks", json_ref(jobs_list(r->arena, NULL)));
	return req_send_obj(r, o);
}

static int send_stopped(struct req *r, const char *message)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_bool(o, "status", true);
	json_set_text(o, "message", message);
	return req_send_obj(r, o);
}

static const char *stopped_text(struct req *r, const char *task)
{
	return arena_printf(r->arena, "Task %s stopped.", task);
}

static int task_stop(struct req *r)
{
	if (!jobs_stop(r->arena, r->params[0]))
		return req_fail(r, ERR_UNAVAILABLE);
	return send_stopped(r, stopped_text(r, r->params[0]));
}

static int chat_task_list(struct req *r)
{
	struct json_object *o = json_new_object(r->arena), *ids;

	if (own_tasks(r, r->params[0], &ids) < 0)
		return 0;
	json_set(o, "task_ids", json_ref(ids));
	return req_send_obj(r, o);
}

/* Calls that wait for somebody's approval will not be made. */
static void reject_waiting(struct json_object *output)
{
	static const char *const waiting[] = { "pending", "queued", "requires_approval" };

	for (size_t i = 0; i < json_len(output); i++) {
		struct json_object *it = json_item(output, i);

		for (size_t k = 0; k < ARRAY_SIZE(waiting); k++)
			if (text_eq(json_text(it, "status", NULL), waiting[k]) &&
			    text_eq(json_text(it, "type", NULL), "function_call")) {
				json_set_text(it, "status", "rejected");
				json_del(it, "approved");
			}
	}
}

static void finalize(struct req *r, const char *chat_id, struct json_object *answer)
{
	struct json_object *spec = json_new_object(r->arena), *done = json_new_object(r->arena);
	struct json_object *output = json_get(answer, "output"), *fields = json_new_object(r->arena);
	struct turn t;

	json_set_text(spec, "chat_id", chat_id);
	json_set(spec, "message_id", json_ref(json_get(answer, "id")));
	turn_init(&t, r->arena, spec);
	t.user = r->user;
	t.user_room = arena_printf(r->arena, "user:%s", r->user.id);
	reject_waiting(output);
	json_set_bool(fields, "done", true);
	if (json_is(output, json_type_array))
		json_set(fields, "output", json_ref(output));
	store_message(&t, fields, false, NULL);
	json_set_bool(done, "done", true);
	json_set(done, "output", json_ref(output));
	turn_emit(&t, "chat:completion", json_print(done));
	turn_emit(&t, "chat:tasks:cancel", NULL);
	turn_flush(&t);
	turn_free(&t);
}

static int finalize_waiting(struct req *r, const char *chat_id)
{
	struct json_object *list;
	const char *text;

	if (!req_db_text(r, &text, Q_TURN_WAITING, chat_id, r->user.id))
		return 0;
	req_db_release(r);
	list = json_parse_text(r->arena, text);
	for (size_t i = 0; i < json_len(list); i++)
		finalize(r, chat_id, json_item(list, i));
	return send_stopped(r, json_len(list) ? "Finalized pending approval message." : "No tasks found.");
}

static int chat_task_stop(struct req *r)
{
	const char *message = NULL, *chat_id = r->params[0];
	struct json_object *ids;
	int rc = own_tasks(r, chat_id, &ids);

	if (rc <= 0)
		return rc < 0 ? 0 : req_fail(r, ERR_NOT_FOUND);
	for (size_t i = 0; i < json_len(ids); i++) {
		const char *task = json_str(json_item(ids, i));

		if (!jobs_stop(r->arena, task))
			return req_fail(r, ERR_UNAVAILABLE);
		message = socket_of(chat_id) ? arena_printf(r->arena, "All tasks for item %s stopped.", chat_id)
					     : stopped_text(r, task);
	}
	if (message)
		return send_stopped(r, message);
	if (socket_of(chat_id))
		return send_stopped(r, arena_printf(r->arena, "No tasks found for item %s.", chat_id));
	return finalize_waiting(r, chat_id);
}

const struct route task_routes[] = {
	{ "GET", "/api/tasks", ADMIN, task_list },
	{ "POST", "/api/tasks/stop/{task_id}", ADMIN, task_stop },
	{ "GET", "/api/tasks/chat/{chat_id}", USER, chat_task_list },
	{ "POST", "/api/tasks/chat/{chat_id}/stop", USER, chat_task_stop },
	ROUTES_END
};
