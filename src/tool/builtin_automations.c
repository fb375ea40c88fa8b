/* Prompts that run by themselves, and word to the user elsewhere. */

#include "automation/automation.h"
#include "base/utf8.h"
#include "db/db.h"
#include "event/deliver.h"
#include "event/message.h"
#include "event/target.h"
#include "tool/builtin.h"

enum { SNIPPET = 100, LIST_MAX = 30 };	/* bytes; automations on the first page of the list */

#define SCHEDULE "an iCalendar rule, as \"DTSTART:20300501T090000\\nRRULE:FREQ=DAILY\" for every day at nine, " \
		 "\"RRULE:FREQ=HOURLY;INTERVAL=2\", or with \";COUNT=1\" for once; in the user's time zone"
#define WHICH { "automation_id", "string", "Id of the automation", NULL, NULL }

static const struct param create[] = {
	{ "name", "string", "Short name", NULL, NULL },
	{ "prompt", "string", "What is asked at each run", NULL, NULL },
	{ "rrule", "string", "When it runs: " SCHEDULE, NULL, NULL },
	{ "folder_id", "string", "Folder of the user for the chats that it makes", "", NULL },
	{ 0 }
};

static const struct param update[] = {
	WHICH,
	{ "name", "string", "A new name", "", NULL },
	{ "prompt", "string", "A new prompt", "", NULL },
	{ "rrule", "string", "A new schedule: " SCHEDULE, "", NULL },
	{ "model_id", "string", "Another model", "", NULL },
	{ "folder_id", "string", "Another folder; null for none", "", NULL },
	{ 0 }
};

static const struct param list[] = {
	{ "status", "string", "active or paused; all if it is not given", "", NULL },
	{ "folder_id", "string", "Only those of this folder", "", NULL },
	{ "count", "integer", "At most so many", "10", NULL },
	{ 0 }
};

static const struct param which[] = { WHICH, { 0 } };

static const struct param send[] = {
	{ "message", "string", "The text", NULL, NULL },
	{ "target", "string", "Id of one of the user's notification targets; the default one if it is not given", "\"\"", NULL },
	{ "title", "string", "A title", "\"\"", NULL },
	{ 0 }
};

static const char *zone_of(struct toolbox *b)
{
	struct rows *rows;

	return db_run_alone(b->arena, &rows, NULL, Q_AUTOMATION_ZONE, b->user->id) > 0 ? rows_text(rows, 0, 0) : NULL;
}

static void failed(struct toolbox *b, const struct db_failure *f, struct tool_value *out)
{
	const char *text = f->fault == DB_RAISED ? f->message : "The database cannot be reached.";

	if (text_starts(text, "ERR_"))
		text = "Not found, or not for this account.";
	else if (text_starts(text, "403 ") || text_starts(text, "404 "))
		text += 4;
	tool_fail(b, out, "%s", text);
}

/* The automation as the database gives it, as the model sees it. */
static void shown(struct toolbox *b, const char *json, const char *rule, struct tool_value *out)
{
	struct json_object *o = json_parse_text(b->arena, automation_with_next(b->arena, json, rule, zone_of(b)));
	struct json_object *data = json_get(o, "data");
	static const char *const fields[] = { "id", "name", "folder_id", "is_active", "next_runs" };

	out->json = json_new_object(b->arena);
	json_set_text(out->json, "status", "success");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		json_set(out->json, fields[i], json_ref(json_get(o, fields[i])));
	json_set(out->json, "model_id", json_ref(json_get(data, "model_id")));
	json_set(out->json, "target", json_ref(json_get(data, "target")));
}

/* A form whose folder and schedule are good, brought into the form that is stored; false: `out` says why not. */
static bool form_fits(struct toolbox *b, struct json_object *form, const char *rule, int64_t *next, struct tool_value *out)
{
	struct db_failure failure;
	const char *fault;
	struct rows *rows;

	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_FOLDER, b->user->id, json_text(form, "folder_id", NULL)) < 0) {
		failed(b, &failure, out);
		return false;
	}
	fault = automation_fault(b->arena, b->cfg, b->user, rule, zone_of(b), next);
	if (fault)
		tool_fail(b, out, "Invalid schedule: %s", fault);
	else
		automation_clean(b->arena, form);
	return !fault;
}

static const char *stored(struct toolbox *b, struct json_object *form)
{
	const char *text = json_print(form);

	return json_strip_nul(b->arena, text, strlen(text));
}

static void create_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct json_object *form = json_new_object(b->arena), *data = json_object_new_object();
	const char *rule = arena_strdup(b->arena, json_text(args, "rrule", "")), *folder = json_text(args, "folder_id", NULL);
	struct db_failure failure;
	struct rows *rows;
	int64_t next;

	json_set_text(form, "name", json_text(args, "name", ""));
	json_set_text(form, "folder_id", text_empty(folder) ? NULL : folder);
	json_set_text(data, "prompt", json_text(args, "prompt", ""));
	json_set_text(data, "model_id", b->model_id);
	json_set_text(data, "rrule", rule);
	json_set(form, "data", data);
	json_set_bool(form, "is_active", true);
	if (!form_fits(b, form, rule, &next, out))
		return;
	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_CREATE, b->user->id, stored(b, form), arena_i64(b->arena, next),
			 arena_i64(b->arena, automation_most(b->cfg, b->user))) <= 0)
		return failed(b, &failure, out);
	shown(b, rows_text(rows, 0, 0), rule, out);
}

/* The account's automation; NULL: `out` says that there is none. */
static struct json_object *find(struct toolbox *b, struct json_object *args, const char **rule, struct tool_value *out)
{
	struct rows *rows;

	if (db_run_alone(b->arena, &rows, NULL, Q_AUTOMATION_GET, b->user->id, json_text(args, "automation_id", "")) <= 0) {
		tool_fail(b, out, "Automation not found");
		return NULL;
	}
	*rule = rows_text(rows, 0, 1) ? rows_text(rows, 0, 1) : "";
	return json_parse_text(b->arena, rows_text(rows, 0, 0));
}

/* What is not given stays as it is. */
static void update_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	static const char *const fields[] = { "prompt", "rrule", "model_id" };
	const char *rule, *folder = json_text(args, "folder_id", "");
	struct json_object *form = find(b, args, &rule, out), *data = json_get(form, "data");
	struct db_failure failure;
	struct rows *rows;
	int64_t next;

	if (!form)
		return;
	if (!text_empty(json_text(args, "name", NULL)))
		json_set_text(form, "name", json_text(args, "name", ""));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!text_empty(json_text(args, fields[i], NULL)))
			json_set(data, fields[i], json_ref(json_get(args, fields[i])));
	if (*folder || (json_has(args, "folder_id") && !json_get(args, "folder_id")))
		json_set_text(form, "folder_id", *folder ? folder : NULL);
	rule = arena_strdup(b->arena, json_text(data, "rrule", ""));
	if (!form_fits(b, form, rule, &next, out))
		return;
	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_UPDATE, b->user->id, json_text(args, "automation_id", ""),
			 stored(b, form), arena_i64(b->arena, next)) <= 0)
		return failed(b, &failure, out);
	shown(b, rows_text(rows, 0, 0), rule, out);
}

static void toggle_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct db_failure failure;
	struct rows *rows;
	const char *rule;
	int64_t next = 0;

	if (!find(b, args, &rule, out))
		return;
	if (automation_schedule(b->arena, rule, zone_of(b), &next))
		next = 0;	/* it has had its last run */
	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_TOGGLE, b->user->id, json_text(args, "automation_id", ""),
			 next ? arena_i64(b->arena, next) : NULL) <= 0)
		return failed(b, &failure, out);
	shown(b, rows_text(rows, 0, 0), rule, out);
}

static void delete_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct db_failure failure;
	struct json_object *o;
	struct rows *rows;
	const char *rule;

	o = find(b, args, &rule, out);
	if (!o)
		return;
	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_DELETE, b->user->id, json_text(args, "automation_id", "")) <= 0)
		return failed(b, &failure, out);
	out->json = json_new_object(b->arena);
	json_set_text(out->json, "status", "success");
	json_set_text(out->json, "message", arena_printf(b->arena, "Automation \"%s\" deleted", json_text(o, "name", "")));
}

static const char *beginning(struct toolbox *b, const char *text)
{
	size_t n = strlen(text);

	return n > SNIPPET ? arena_printf(b->arena, "%.*s...", (int)utf8_cut(text, n, SNIPPET), text) : text;
}

static struct json_object *one_of(struct toolbox *b, struct json_object *item, const char *zone)
{
	struct json_object *o = json_object_new_object(), *data = json_get(item, "data");
	const char *rule = json_text(data, "rrule", "");
	static const char *const fields[] = { "id", "name", "folder_id", "is_active", "last_run_at", "next_runs" };

	item = json_parse_text(b->arena, automation_with_next(b->arena, json_print(item), rule, zone));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		json_set(o, fields[i], json_ref(json_get(item, fields[i])));
	data = json_get(item, "data");
	json_set(o, "rrule", json_ref(json_get(data, "rrule")));
	json_set(o, "model_id", json_ref(json_get(data, "model_id")));
	json_set(o, "target", json_ref(json_get(data, "target")));
	json_set_text(o, "prompt_snippet", beginning(b, json_text(data, "prompt", "")));
	return o;
}

static void list_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	const char *status = json_text(args, "status", NULL), *folder = json_text(args, "folder_id", NULL), *zone = zone_of(b);
	int64_t count = json_i64(args, "count", 10);
	struct json_object *all, *items, *some;
	struct db_failure failure;
	struct rows *rows;

	if (db_run_alone(b->arena, &rows, &failure, Q_AUTOMATION_LIST, b->user->id, NULL, status, folder, "1") <= 0)
		return failed(b, &failure, out);
	all = json_parse_text(b->arena, rows_text(rows, 0, 0));
	items = json_get(all, "items");
	some = json_object_new_array();
	for (size_t i = 0; i < json_len(items) && i < LIST_MAX && (int64_t)i < (count < 1 ? 1 : count); i++)
		json_object_array_add(some, one_of(b, json_item(items, i), zone));
	out->json = json_new_object(b->arena);
	json_set(out->json, "automations", some);
	json_set(out->json, "total", json_ref(json_get(all, "total")));
}

static void send_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	const char *title = json_text(args, "title", ""), *text = json_text(args, "message", ""), *url;
	struct json_object *data = json_new_object(b->arena), *target;
	struct message m = { *title ? title : "Notification", text, data };
	struct rows *rows;

	if (db_run_alone(b->arena, &rows, NULL, Q_TOOL_USER_SETTINGS, b->user->id) <= 0)
		return tool_fail(b, out, "The database cannot be reached.");
	target = target_find(targets_load(b->arena, rows_text(rows, 0, 0)), json_text(args, "target", ""));
	url = json_text(json_get(target, "config"), "url", "");
	if (!target || !json_flag(target, "enabled", true))
		return tool_fail(b, out, target ? "The notification target is switched off." : "There is no such notification target.");
	json_set_text(data, "action", "notify");
	json_set_text(data, "user_id", b->user->id);
	json_set_text(data, "message", text);
	json_set_text(data, "title", title);
	if (!deliver_now(b->arena, url, message_body(b->arena, url, &m)))
		return tool_fail(b, out, "The notification was not taken by its receiver.");
	out->json = json_own(b->arena, json_object_new_string(arena_printf(b->arena, "Notification sent to %s.",
									    json_text(target, "id", ""))));
}

const struct builtin builtin_automations[] = {
	{ "create_automation", "Let a prompt run by itself on a schedule, with this chat's model; each run makes a chat.",
	  create, BG_AUTOMATIONS, Q_NONE, create_run },
	{ "update_automation", "Change an automation; what is not given stays.", update, BG_AUTOMATIONS, Q_NONE, update_run },
	{ "list_automations", "List the user's automations.", list, BG_AUTOMATIONS, Q_NONE, list_run },
	{ "toggle_automation", "Pause an automation, or let a paused one run again.",
	  which, BG_AUTOMATIONS, Q_NONE, toggle_run },
	{ "delete_automation", "Delete an automation with the list of its runs.", which, BG_AUTOMATIONS, Q_NONE, delete_run },
	{ "notify", "Send the user a message outside of this chat.", send, BG_NOTIFY, Q_NONE, send_run },
	{ 0 }
};
