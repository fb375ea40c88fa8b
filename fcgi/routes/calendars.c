/* calendars - /api/v1/calendars: calendars, their events, invitations. */

#include "base/clock.h"
#include "calendar/calendar.h"
#include "fcgi/grants.h"

enum { NS_PER_MS = 1000000, IDS_MAX = 1000 };

static const struct field calendar_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "color", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	{ "access_grants", T_LIST | T_NULL, .item = &grant_item },
	SCHEMA_END
};

static const struct field calendar_update_form[] = {
	{ "name", T_STR | T_NULL },
	{ "color", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	SCHEMA_END
};

static const struct field access_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	SCHEMA_END
};

static const struct field dict_item = { "", T_DICT };

static const struct field event_form[] = {
	{ "calendar_id", T_STR, F_REQUIRED },
	{ "title", T_STR, F_REQUIRED },
	{ "description", T_STR | T_NULL },
	{ "start_at", T_INT, F_REQUIRED },
	{ "end_at", T_INT | T_NULL },
	{ "all_day", T_BOOL },
	{ "rrule", T_STR | T_NULL },
	{ "color", T_STR | T_NULL },
	{ "location", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	{ "attendees", T_LIST | T_NULL, .item = &dict_item },
	SCHEMA_END
};

static const struct field event_update_form[] = {
	{ "calendar_id", T_STR | T_NULL },
	{ "title", T_STR | T_NULL },
	{ "description", T_STR | T_NULL },
	{ "start_at", T_INT | T_NULL },
	{ "end_at", T_INT | T_NULL },
	{ "all_day", T_BOOL | T_NULL },
	{ "rrule", T_STR | T_NULL },
	{ "color", T_STR | T_NULL },
	{ "location", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	{ "is_cancelled", T_BOOL | T_NULL },
	{ "attendees", T_LIST | T_NULL, .item = &dict_item },
	SCHEMA_END
};

static const struct field rsvp_form[] = { { "status", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field range_query[] = {
	{ "start", T_STR, F_REQUIRED },
	{ "end", T_STR, F_REQUIRED },
	{ "calendar_ids", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field search_query[] = {
	{ "query", T_STR | T_NULL },
	{ "skip", T_INT, 0, .def = "0" },
	{ "limit", T_INT, 0, .def = "30" },
	SCHEMA_END
};

static const char *admin_flag(const struct req *r)
{
	return r->user.is_admin ? "t" : "f";
}

/* Are there scheduled tasks for the account?  An error counts as no. */
static bool has_tasks(struct req *r)
{
	return config_bool(r->cfg, CK_AUTOMATIONS_ENABLE) && req_permitted(r, "features.automations");
}

static int list(struct req *r)
{
	return req_send_sql(r, Q_CALENDAR_LIST, r->user.id, has_tasks(r) ? "t" : "f");
}

static int create(struct req *r)
{
	const char *grants = req_grants(r, "calendar", false);

	return grants ? req_send_sql(r, Q_CALENDAR_CREATE, r->user.id, r->body_text, grants) : 0;
}

static int share(struct req *r)
{
	const char *grants;
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_CALENDAR_CHECK_OWNER, r->user.id, admin_flag(r), r->params[0]))
		return 0;
	grants = req_grants(r, "calendar", true);
	return grants ? req_send_sql(r, Q_CALENDAR_SHARE, r->params[0], grants) : 0;
}

/* "a,b" as a JSON list; NULL for all.  *tasks: the scheduled tasks are among them. */
static const char *wanted_ids(struct req *r, bool *tasks)
{
	const char *given = req_query(r, "calendar_ids");
	struct json_object *ids = json_new_array(r->arena);
	struct str rest = str_of(given);

	if (text_empty(given))
		return NULL;
	*tasks = false;
	for (int i = 0; rest.p && i < IDS_MAX; i++) {
		struct str id = str_split(&rest, ',');

		*tasks = *tasks || str_eq(id, "__scheduled_tasks__");
		json_object_array_add(ids, json_object_new_string_len(id.p, (int)id.n));
	}
	return json_print(ids);
}

/* Automations are shown from now on, what they did by their runs; with a COUNT they go on counting from
 * their start. */
static void write_event(struct req *r, struct buf *out, struct calendar_range *range, const struct rows *rows,
			size_t i)
{
	struct calendar_event e = { rows_text(rows, i, 0), rows_text(rows, i, 1), rows_i64(rows, i, 2, 0),
				    rows_i64(rows, i, 3, 0) };
	int64_t from = range->from_ns, now = time_ns();
	const char *err;
	struct recur *own;

	if (rows_i64(rows, i, 4, 0) != 1) {
		calendar_write(r->arena, out, range, &e);
		return;
	}
	own = recur_open(r->arena, e.rule, RECUR_OWN, zone_clock(range->zone, e.start_ns / 1000 / NS_PER_MS), &err);
	if (own && recur_has_count(own))
		e.start_ns = zone_instant(range->zone, recur_start(own)) * 1000 * NS_PER_MS;
	range->from_ns = from > now ? from : now;
	if (own && range->from_ns < range->to_ns)
		calendar_write(r->arena, out, range, &e);
	range->from_ns = from;
}

static int range_get(struct req *r)
{
	struct calendar_range range = { .zone = zone_find(r->user.timezone) };
	bool tasks = true;
	const char *ids = wanted_ids(r, &tasks);
	struct buf *out = buf_in(r->arena, 0);
	int64_t from, to;
	struct rows *rows;

	if (!zone_read_iso(NULL, req_query(r, "start"), &from) || !zone_read_iso(NULL, req_query(r, "end"), &to))
		return req_fail_detail(r, 400, "Invalid date format. Use ISO 8601 (e.g. 2026-04-01T00:00:00)");
	range.from_ns = from > INT64_MAX / NS_PER_MS ? INT64_MAX : from < INT64_MIN / NS_PER_MS ? INT64_MIN : from * NS_PER_MS;
	range.to_ns = to > INT64_MAX / NS_PER_MS ? INT64_MAX : to < INT64_MIN / NS_PER_MS ? INT64_MIN : to * NS_PER_MS;
	tasks = tasks && has_tasks(r);
	if (r->status || !req_db_run(r, &rows, Q_CALENDAR_RANGE, r->user.id,
				     arena_i64(r->arena, range.from_ns),
				     arena_i64(r->arena, range.to_ns), ids, tasks ? "t" : "f",
				     arena_printf(r->arena, "%d", CALENDAR_EVENTS_MAX)))
		return 0;
	range.deadline_ms = mono_ms() + CALENDAR_BUDGET_MS;
	buf_addc(out, '[');
	for (size_t i = 0; i < rows_count(rows); i++)
		write_event(r, out, &range, rows, i);
	buf_addc(out, ']');
	return out->full ? req_fail(r, ERR_TOO_LARGE) : req_send_json(r, 200, out->data, out->len);
}

/* Is the rule of the body one that is taken?  false: answered. */
static bool rule_fits(struct req *r)
{
	const char *fault = calendar_rule_fault(r->arena, json_text(r->body, "rrule", NULL));

	if (fault)
		req_fail_detail(r, 422, "%s", fault);
	return !fault;
}

static int event_create(struct req *r)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_EVENT_MAY_WRITE, r->user.id, admin_flag(r),
			json_text(r->body, "calendar_id", "")) || !rule_fits(r))
		return 0;
	return req_send_sql(r, Q_EVENT_CREATE, r->user.id, admin_flag(r), r->body_text);
}

static int event_update(struct req *r)
{
	const char *target = json_text(r->body, "calendar_id", NULL);
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_EVENT_CHECK, r->user.id, admin_flag(r), r->params[0]) ||
	    (target && !text_eq(target, rows_text(rows, 0, 0)) &&
	     !req_db_run(r, &rows, Q_EVENT_MAY_WRITE, r->user.id, admin_flag(r), target)) || !rule_fits(r))
		return 0;
	return req_send_sql(r, Q_EVENT_UPDATE, r->user.id, admin_flag(r), r->params[0], r->body_text);
}

static int rsvp(struct req *r)
{
	static const char *const known[] = { "accepted", "declined", "tentative", "pending" };
	const char *answer = json_text(r->body, "status", "");

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], answer) == 0)
			return req_send_sql(r, Q_EVENT_ANSWER, r->user.id, r->params[0], answer);
	return req_fail_detail(r, 400, "Invalid status");
}

#define CALENDAR .feature = "calendar.enable", .feature_err = ERR_FORBIDDEN, .permission = "features.calendar", \
	.permission_err = ERR_FORBIDDEN

const struct route calendar_routes[] = {
	{ "GET", "/api/v1/calendars/", USER, list, CALENDAR, .flags = R_PERMISSIONS },
	{ "POST", "/api/v1/calendars/create", USER, create, calendar_form, CALENDAR,
	  .event = "calendar.created @id name=@name" },
	{ "GET", "/api/v1/calendars/events", USER, range_get, .query = range_query, CALENDAR,
	  .flags = R_PERMISSIONS },
	{ "POST", "/api/v1/calendars/events/create", USER, event_create, event_form, CALENDAR,
	  .event = "calendar.event.created @id calendar_id=@calendar_id title=@title" },
	{ "GET", "/api/v1/calendars/events/search", USER, .query = search_query, .sql = Q_EVENT_SEARCH,
	  .args = "user ?query ?skip ?limit", CALENDAR },
	{ "GET", "/api/v1/calendars/events/{event_id}", USER, .sql = Q_EVENT_GET, .args = "user admin {event_id}",
	  CALENDAR },
	{ "POST", "/api/v1/calendars/events/{event_id}/update", USER, event_update, event_update_form, CALENDAR,
	  .event = "calendar.event.updated @id calendar_id=@calendar_id title=@title" },
	{ "DELETE", "/api/v1/calendars/events/{event_id}/delete", USER, .sql = Q_EVENT_DELETE,
	  .args = "user admin {event_id}", CALENDAR, .event = "calendar.event.deleted" },
	{ "POST", "/api/v1/calendars/events/{event_id}/rsvp", USER, rsvp, rsvp_form, CALENDAR,
	  .event = "calendar.event.rsvp_updated {event_id} status=@status" },
	{ "GET", "/api/v1/calendars/{calendar_id}", USER, .sql = Q_CALENDAR_GET, .args = "user admin {calendar_id}",
	  CALENDAR },
	{ "POST", "/api/v1/calendars/{calendar_id}/update", USER, NULL, calendar_update_form,
	  .sql = Q_CALENDAR_UPDATE, .args = "user admin {calendar_id} body", CALENDAR,
	  .event = "calendar.updated @id name=@name" },
	{ "POST", "/api/v1/calendars/{calendar_id}/access/update", USER, share, access_form, CALENDAR,
	  .event = "calendar.updated @id name=@name" },
	{ "DELETE", "/api/v1/calendars/{calendar_id}/delete", USER, .sql = Q_CALENDAR_DELETE,
	  .args = "user admin {calendar_id}", CALENDAR, .event = "calendar.deleted" },
	{ "POST", "/api/v1/calendars/{calendar_id}/default", USER, .sql = Q_CALENDAR_DEFAULT,
	  .args = "user {calendar_id}", CALENDAR, .event = "calendar.default_updated @id name=@name" },
	ROUTES_END
};
