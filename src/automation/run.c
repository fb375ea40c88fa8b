/* run - one run of an automation, from its job to its row in automation_run. */

#include "access/access.h"
#include "automation/automation.h"
#include "base/log.h"
#include "base/utf8.h"
#include "db/db.h"
#include "event/event.h"
#include "realtime/publish.h"
#include "turn/accept.h"
#include "turn/jobs.h"
#include "turn/prompt.h"

/* Columns of Q_AUTOMATION_JOB. */
enum { J_NAME, J_DATA, J_FOLDER, J_OWNER, J_OWNER_NAME, J_EMAIL, J_ROLE, J_ACTIVE, J_MEMORY, J_STATE, J_TASK, J_ERROR };

struct run {
	struct arena *arena;
	const struct config *cfg;
	struct json_object *job, *data;
	const char *id, *chat, *name;
	struct user owner;
	const struct rows *row;
};

static void tell(struct run *r, const char *error)
{
	struct json_object *data = json_new_object(r->arena);
	struct event e = { .name = error ? "automation.run_failed" : "automation.run_completed",
			   .actor = text_empty(r->owner.id) ? NULL : &r->owner, .subject_id = r->id,
			   .source = "scheduler", .data = data };

	json_set_text(data, "name", r->name);
	json_set_text(data, "chat_id", r->chat);
	if (error)
		json_set_text(data, "error", error);
	event_publish(r->arena, r->cfg, &e);
	if (error)
		return;
	json_set_text(data, "automation_id", r->id);
	json_set_text(data, "status", "success");
	publish_event(r->arena, arena_printf(r->arena, "user:%s", r->owner.id), "automation:result",
		      json_print(data), NULL);
}

/* Write the run's row, once; who wrote it tells of it.  NULL: it went well. */
static void record(struct run *r, const char *chat, const char *error)
{
	struct db_failure failure;
	struct rows *rows;
	int rc;

	if (error)
		error = arena_strndup(r->arena, error, utf8_cut(error, strlen(error), AUTOMATION_ERROR_MAX));
	r->chat = chat;
	rc = db_run_alone(r->arena, &rows, &failure, Q_AUTOMATION_RECORD, json_text(r->job, "run", ""), r->id, chat,
			  error ? "error" : "success", error);
	if (rc < 0)
		log_error("automation_run_not_recorded", "automation=%s why=\"%s\"", r->id, failure.message);
	else if (rc > 0)
		tell(r, error);
}

/* The automation, its owner, and the chat as far as it exists: 1, 0 gone, -1 failed. */
static int load(struct arena *a, const struct config *c, struct json_object *job, struct run *r)
{
	struct db *db = db_get();
	struct rows *rows;
	int rc;

	*r = (struct run){ .arena = a, .cfg = c, .job = job, .id = json_text(job, "automation", ""),
			   .chat = json_text(job, "chat", "") };
	rc = db_run(db, a, &rows, Q_AUTOMATION_JOB, r->id, r->chat, json_text(job, "answer", ""));
	db_put(db);
	if (rc <= 0)
		return rc;
	r->row = rows;
	r->name = rows_text(rows, 0, J_NAME);
	r->data = json_parse_text(a, rows_text(rows, 0, J_DATA));
	r->owner = (struct user){ .id = rows_text(rows, 0, J_OWNER), .name = rows_text(rows, 0, J_OWNER_NAME),
				  .email = rows_text(rows, 0, J_EMAIL), .role = rows_text(rows, 0, J_ROLE) };
	r->owner.is_admin = text_eq(r->owner.role, "admin");
	return 1;
}

/* May it run for its owner as it stands now?  NULL: yes. */
static const char *refusal(struct run *r)
{
	struct db *db;
	int rc;

	if (!r->owner.role)
		return "User not found";
	if (!user_is_verified(&r->owner))
		return "Owner no longer permitted to run automations";
	if (!rows_bool(r->row, 0, J_ACTIVE))
		return "Automation owner is no longer active";
	db = db_get();
	rc = access_permitted(r->arena, db, r->cfg, &r->owner, "features.automations");
	db_put(db);
	if (rc <= 0)
		return rc ? "The database cannot be reached" : "Owner no longer permitted to run automations";
	if (text_eq(json_text(json_get(r->data, "target"), "type", "chat"), "channel"))
		return "Automations cannot write to channels on this server";
	return NULL;
}

static const char *fill_prompt(struct run *r)
{
	struct json_object *spec = json_new_object(r->arena), *user = json_object_new_object();
	const char *text;
	struct turn t;

	json_set_text(user, "id", r->owner.id);
	json_set_text(user, "name", r->owner.name);
	json_set_text(user, "email", r->owner.email);
	json_set_text(user, "role", r->owner.role);
	json_set(spec, "user", user);
	turn_init(&t, r->arena, spec);
	text = prompt_resolve(&t, json_text(r->data, "prompt", ""));
	turn_free(&t);
	return text;
}

/* As the account chose, else as new accounts have it, else as the feature is switched. */
static bool uses_memory(struct run *r)
{
	const char *own = rows_text(r->row, 0, J_MEMORY);
	struct json_object *defaults = config_tree(r->arena, r->cfg, CK_UI_DEFAULT_INTERFACE_SETTINGS);

	if (own)
		return text_eq(own, "true");
	return json_flag(defaults, "memory", config_bool(r->cfg, CK_MEMORIES_ENABLE));
}

/* The request that the web UI would send for the chat's last question. */
static struct json_object *request(struct run *r, const char *prompt)
{
	struct json_object *form = json_new_object(r->arena), *message = json_object_new_object();
	struct json_object *list = json_object_new_array(), *asked = json_object_new_object();

	json_set_text(message, "id", json_text(r->job, "question", ""));
	json_set(message, "parentId", NULL);
	json_set_text(message, "role", "user");
	json_set_text(message, "content", prompt);
	json_set_text(asked, "role", "user");
	json_set_text(asked, "content", prompt);
	json_object_array_add(list, asked);
	json_set_text(form, "model", json_text(r->data, "model_id", ""));
	json_set(form, "messages", list);
	json_set_bool(form, "stream", true);
	json_set_text(form, "chat_id", r->chat);
	json_set_text(form, "id", json_text(r->job, "answer", ""));
	json_set(form, "parent_id", NULL);
	json_set(form, "user_message", message);
	json_set_text(form, "session_id", arena_printf(r->arena, "automation:%s", r->id));
	json_set_text(form, "automation_id", r->id);
	json_set(form, "background_tasks", json_object_new_object());
	if (uses_memory(r)) {
		struct json_object *features = json_object_new_object();

		json_set_bool(features, "memory", true);
		json_set(form, "features", features);
	}
	return form;
}

static bool make_chat(struct run *r, const char *prompt)
{
	struct db *db = db_get();
	struct rows *rows;
	int rc = db_run(db, r->arena, &rows, Q_AUTOMATION_CHAT, r->id, r->chat, json_text(r->job, "question", ""),
			json_text(r->job, "answer", ""), prompt);

	db_put(db);
	return rc > 0;
}

/* Let the answer be written: NULL, or why that is not possible. */
static const char *begin(struct run *r)
{
	const char *prompt = fill_prompt(r);
	struct turn_accept accepted = { 0 };
	struct db *db;
	int rc;

	if (!rows_text(r->row, 0, J_STATE) && !make_chat(r, prompt))
		return "Failed to create chat";
	db = db_get();
	rc = turn_accept(r->arena, db, r->cfg, &r->owner, request(r, prompt), &accepted);
	db_put(db);
	if (rc <= 0)
		return rc < 0 ? "The database cannot be reached" : accepted.detail;
	for (size_t i = 0; i < json_len(accepted.specs); i++)
		json_set(json_item(accepted.specs, i), "automation", json_ref(r->job));
	return turn_enqueue(r->arena, &accepted) ? NULL : "The server is busy. Please try again in a moment.";
}

void automation_start(struct arena *a, const struct config *c, struct json_object *job, bool again)
{
	const char *state, *why;
	struct run r;
	int rc = load(a, c, job, &r);

	if (rc <= 0) {
		if (rc < 0)
			log_error("automation_lost", "automation=%s", r.id);
		return;
	}
	state = rows_text(r.row, 0, J_STATE);
	if (state && text_eq(state, "done")) {
		automation_finish(a, c, job, false);
		return;
	}
	/* The chat is there: another job was faster, unless we are the one that a runner died over and
	 * nobody works on its turn. */
	if (state && (!again || (rows_text(r.row, 0, J_TASK) && !jobs_is_gone(a, rows_text(r.row, 0, J_TASK)))))
		return;
	why = refusal(&r);
	if (why) {
		record(&r, NULL, why);
		return;
	}
	why = begin(&r);
	if (why)
		record(&r, r.chat, why);
}

void automation_finish(struct arena *a, const struct config *c, struct json_object *job, bool stopped)
{
	const char *error;
	struct run r;

	if (load(a, c, job, &r) <= 0)
		return;		/* deleted meanwhile: its history went with it */
	error = rows_text(r.row, 0, J_ERROR);
	if (stopped)
		error = "Automation reply was cancelled";
	else if (!error && !text_eq(rows_text(r.row, 0, J_STATE), "done"))
		error = "Automation reply did not complete";
	record(&r, r.chat, error);
}
