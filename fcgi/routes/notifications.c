/* notifications - /api/v1/notifications: where an account wants its notifications. */

#include "config/app.h"
#include "event/catalog.h"
#include "event/deliver.h"
#include "event/event.h"
#include "event/message.h"
#include "event/target.h"
#include "fcgi/settings.h"

enum { SETTINGS = SESSION_COLUMNS };		/* column of Q_AUTH_SETTINGS */

static int events_get(struct req *r)
{
	struct json_object *o = json_new_object(r->arena), *list = json_object_new_array();

	for (size_t i = 0; event_notifications[i]; i++) {
		const struct event_def *d = event_find(event_notifications[i]);
		struct json_object *one = json_object_new_object();

		json_set_text(one, "event", d->name);
		json_set_text(one, "label", d->message);
		json_set_text(one, "description", d->description);
		json_object_array_add(list, one);
	}
	json_set(o, "events", list);
	return req_send_obj(r, o);
}

static struct json_object *load(struct req *r)
{
	return targets_load(r->arena, rows_text(r->account, 0, SETTINGS));
}

static bool store(struct req *r, struct json_object *notifications)
{
	struct json_object *o = json_new_object(r->arena);
	const char *text;

	json_set(o, "notifications", json_ref(notifications));
	text = json_print(o);
	return req_db_run(r, NULL, Q_USER_SETTINGS_PATCH, r->user.id,
			  json_strip_nul(r->arena, text, strlen(text)), NULL);
}

static int targets_get(struct req *r)
{
	return req_send_obj(r, targets_shown(r->arena, load(r)));
}

static const struct field target_form[] = {
	{ "id", T_STR | T_NULL }, { "type", T_STR | T_NULL }, { "enabled", T_BOOL | T_NULL },
	{ "events", T_LIST | T_NULL, .item = &text_item }, { "delivery", T_STR | T_NULL },
	{ "config", T_DICT | T_NULL }, SCHEMA_END
};

/* Store the changed notifications and show the target; NULL: `why`. */
static int finish(struct req *r, struct json_object *n, struct json_object *target, const char *why)
{
	if (!target)
		return req_fail_detail(r, 400, "%s", why);
	return store(r, n) ? req_send_obj(r, target_shown(r->arena, n, target)) : 0;
}

static int create(struct req *r)
{
	struct json_object *n = load(r), *target;
	const char *why = NULL;

	target = target_create(r->arena, n, r->body, &why);
	return finish(r, n, target, why);
}

static int update(struct req *r)
{
	struct json_object *n = load(r), *target;
	const char *why = NULL;

	target = target_update(r->arena, n, r->params[0], r->body, &why);
	return finish(r, n, target, why);
}

static int make_default(struct req *r)
{
	struct json_object *n = load(r);

	return finish(r, n, target_make_default(n, r->params[0]), "Notification target not found");
}

static int delete(struct req *r)
{
	struct json_object *n = load(r);

	if (!target_delete(r->arena, n, r->params[0]))
		return req_fail(r, ERR_NOT_FOUND);
	return store(r, n) ? req_send_text(r, "{\"ok\":true}") : 0;
}

/* The one delivery that waits for its answer: the account wants to see whether it works. */
static int try(struct req *r)
{
	struct json_object *target = target_find(load(r), r->params[0]), *data = json_new_object(r->arena);
	const char *url = json_text(json_get(target, "config"), "url", "");
	struct message m = { "Test notification", NULL, data };

	if (!target)
		return req_fail_detail(r, 400, "Notification target not found");
	m.description = arena_printf(r->arena, "%s sends notifications here.", config_app_name());
	json_set_text(data, "action", "test");
	json_set_text(data, "user_id", r->user.id);
	req_db_release(r);
	if (!deliver_now(r->arena, url, message_body(r->arena, url, &m)))
		return req_fail_detail(r, 400, "Webhook delivery failed");
	return req_send_text(r, "{\"ok\":true}");
}

#define ROW(method, path, handler, ...)                                                                  \
	{ method, "/api/v1/notifications" path, USER, handler, .account = Q_AUTH_SETTINGS,               \
	  .feature = "ui.enable_user_webhooks", .feature_err = ERR_NOT_FOUND,                            \
	  .permission = "features.webhooks", .permission_err = ERR_FORBIDDEN, ##__VA_ARGS__ }

const struct route notification_routes[] = {
	ROW("GET", "/events", events_get),
	ROW("GET", "/targets", targets_get),
	ROW("POST", "/targets", create, .body = target_form, .flags = R_STREAM),
	ROW("PUT", "/targets/{target_id}", update, .body = target_form, .flags = R_STREAM),
	ROW("DELETE", "/targets/{target_id}", delete),
	ROW("PUT", "/targets/{target_id}/default", make_default),
	ROW("POST", "/targets/{target_id}/test", try, .flags = R_STREAM),
	ROUTES_END
};
