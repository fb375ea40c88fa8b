/* automations - /api/v1/automations: prompts that run by themselves.  They are their owner's alone. */

#include "automation/automation.h"
#include "event/event.h"
#include "fcgi/request.h"

static const struct field target_form[] = {
	{ "type", T_STR, 0, .choices = "chat|channel", .def = "\"chat\"" },
	{ "channel_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field terminal_form[] = {
	{ "server_id", T_STR, F_REQUIRED },
	{ "cwd", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field data_form[] = {
	{ "prompt", T_STR, F_REQUIRED },
	{ "model_id", T_STR, F_REQUIRED },
	{ "rrule", T_STR, F_REQUIRED },
	{ "target", T_MODEL | T_NULL, 0, target_form },
	{ "terminal", T_MODEL | T_NULL, 0, terminal_form },
	SCHEMA_END
};

static const struct field automation_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "folder_id", T_STR | T_NULL },
	{ "data", T_MODEL, F_REQUIRED, data_form },
	{ "meta", T_DICT | T_NULL },
	{ "is_active", T_BOOL | T_NULL },
	SCHEMA_END
};

static const struct field list_query[] = {
	{ "query", T_STR | T_NULL }, { "status", T_STR | T_NULL }, { "folder_id", T_STR | T_NULL },
	{ "page", T_INT | T_NULL, 0, .def = "1" },
	SCHEMA_END
};

static const struct field runs_query[] = {
	{ "skip", T_INT, 0, .def = "0" },
	{ "limit", T_INT, 0, .def = "50" },
	SCHEMA_END
};

static void publish(struct req *r, const char *name, const char *json)
{
	static const char *const shown[] = { "name", "is_active", "folder_id" };
	struct json_object *o = json_parse_text(r->arena, json), *data = json_new_object(r->arena);
	struct event e = { .name = name, .actor = &r->user, .subject_id = json_text(o, "id", r->params[0]), .data = data };

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (json_has(o, shown[i]))
			json_set(data, shown[i], json_ref(json_get(o, shown[i])));
	event_publish(r->arena, r->cfg, &e);
}

static int send(struct req *r, const char *event, const char *json, const char *rule)
{
	if (!json)
		return req_fail(r, ERR_NOT_FOUND);
	if (event)
		publish(r, event, json);
	return req_send_text(r, automation_with_next(r->arena, json, rule, r->user.timezone));
}

/* May the account name the channel of the form?  false: answered. */
static bool channel_fits(struct req *r)
{
	struct json_object *target = json_get(json_get(r->body, "data"), "target");
	const char *channel = json_text(target, "channel_id", NULL);
	struct rows *rows;

	if (!text_eq(json_text(target, "type", NULL), "channel"))
		return true;
	if (text_empty(channel) || !config_bool(r->cfg, CK_CHANNELS_ENABLE)) {
		req_fail(r, ERR_NOT_FOUND);
		return false;
	}
	if (!req_db_run(r, &rows, Q_AUTOMATION_CHANNEL, r->user.id, channel))
		return false;
	if (!rows_count(rows))
		req_fail(r, ERR_NOT_FOUND);
	else if (!r->user.is_admin && (!req_permitted(r, "features.channels") || !rows_bool(rows, 0, 0)) && !r->status)
		req_fail(r, ERR_DEFAULT_403);
	return !r->status;
}

/* Folder, channel and schedule of the form; the next time of the schedule.  false: answered. */
static bool form_fits(struct req *r, const char *rule, int64_t *next)
{
	const char *fault;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_AUTOMATION_FOLDER, r->user.id, json_text(r->body, "folder_id", NULL)) ||
	    !channel_fits(r))
		return false;
	fault = automation_fault(r->arena, r->cfg, &r->user, rule, r->user.timezone, next);
	if (fault)
		req_fail_detail(r, 400, "%s", fault);
	return !r->status;
}

static const char *rule_of(struct req *r)
{
	return json_text(json_get(r->body, "data"), "rrule", "");
}

static int create(struct req *r)
{
	const char *json, *rule = arena_strdup(r->arena, rule_of(r));
	int64_t next;

	if (!form_fits(r, rule, &next))
		return 0;
	automation_clean(r->arena, r->body);
	if (!req_db_text(r, &json, Q_AUTOMATION_CREATE, r->user.id, req_body_text(r), arena_i64(r->arena, next),
			 arena_i64(r->arena, automation_most(r->cfg, &r->user))))
		return 0;
	return send(r, "automation.created", json, rule);
}

/* The automation of the path and its rule, or an answer. */
static bool find(struct req *r, struct rows **rows)
{
	if (!req_db_run(r, rows, Q_AUTOMATION_GET, r->user.id, r->params[0]))
		return false;
	if (!rows_count(*rows))
		req_fail(r, ERR_NOT_FOUND);
	return !r->status;
}

static int get(struct req *r)
{
	struct rows *rows;

	return find(r, &rows) ? send(r, NULL, rows_text(rows, 0, 0), rows_text(rows, 0, 1)) : 0;
}

static int update(struct req *r)
{
	const char *json, *rule = arena_strdup(r->arena, rule_of(r));
	struct rows *rows;
	int64_t next;

	if (!find(r, &rows) || !form_fits(r, rule, &next))
		return 0;
	automation_clean(r->arena, r->body);
	if (!req_db_text(r, &json, Q_AUTOMATION_UPDATE, r->user.id, r->params[0], req_body_text(r), arena_i64(r->arena, next)))
		return 0;
	return send(r, "automation.updated", json, rule);
}

static int toggle(struct req *r)
{
	const char *json, *rule;
	struct rows *rows;
	int64_t next = 0;

	if (!find(r, &rows))
		return 0;
	rule = rows_text(rows, 0, 1);
	if (automation_schedule(r->arena, rule ? rule : "", r->user.timezone, &next))
		next = 0;	/* it has had its last run */
	if (!req_db_text(r, &json, Q_AUTOMATION_TOGGLE, r->user.id, r->params[0], next ? arena_i64(r->arena, next) : NULL))
		return 0;
	return send(r, json && strstr(json, "\"is_active\" : true") ? "automation.enabled" : "automation.disabled", json,
		    rule);
}

static int run(struct req *r)
{
	struct rows *rows;
	const char *json;

	if (!find(r, &rows) || !req_db_text(r, &json, Q_AUTOMATION_TOUCH, r->user.id, r->params[0]))
		return 0;
	if (!automation_queue(r->arena, r->params[0]))
		return req_fail(r, ERR_UNAVAILABLE);
	return send(r, "automation.run_started", json, rows_text(rows, 0, 1));
}

static int delete(struct req *r)
{
	const char *done;

	if (!req_db_text(r, &done, Q_AUTOMATION_DELETE, r->user.id, r->params[0]))
		return 0;
	if (!done)
		return req_fail(r, ERR_NOT_FOUND);
	publish(r, "automation.deleted", "{}");
	return req_send_text(r, done);
}

#define AUTOMATIONS .feature = "automations.enable", .feature_err = ERR_FORBIDDEN, \
	.permission = "features.automations", .permission_err = ERR_FORBIDDEN

const struct route automation_routes[] = {
	{ "GET", "/api/v1/automations/list", USER, .query = list_query, .sql = Q_AUTOMATION_LIST,
	  .args = "user ?query ?status ?folder_id ?page", AUTOMATIONS },
	{ "POST", "/api/v1/automations/create", USER, create, automation_form, AUTOMATIONS },
	{ "GET", "/api/v1/automations/{id}", USER, get, AUTOMATIONS },
	{ "POST", "/api/v1/automations/{id}/update", USER, update, automation_form, AUTOMATIONS },
	{ "POST", "/api/v1/automations/{id}/toggle", USER, toggle, AUTOMATIONS },
	{ "POST", "/api/v1/automations/{id}/run", USER, run, AUTOMATIONS },
	{ "GET", "/api/v1/automations/{id}/runs", USER, .query = runs_query, .sql = Q_AUTOMATION_RUNS,
	  .args = "user {id} ?skip ?limit", AUTOMATIONS },
	{ "DELETE", "/api/v1/automations/{id}/delete", USER, delete, AUTOMATIONS },
	ROUTES_END
};
