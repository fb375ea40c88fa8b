#include "event/dispatch.h"

#include "base/log.h"
#include "db/db.h"
#include "event/deliver.h"
#include "event/message.h"
#include "event/target.h"

static bool has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), text))
			return true;
	return false;
}

static void add_user(struct json_object *users, const char *id)
{
	if (!text_empty(id) && !has_text(users, id))
		json_object_array_add(users, json_object_new_string(id));
}

struct json_object *event_users(struct arena *a, struct json_object *event)
{
	struct json_object *users = json_new_array(a), *subject = json_get(event, "subject");
	struct json_object *data = json_get(event, "data"), *ids = json_get(data, "user_ids");

	add_user(users, json_text(json_get(event, "actor"), "id", NULL));
	if (text_eq(json_text(subject, "type", NULL), "user"))
		add_user(users, json_text(subject, "id", NULL));
	add_user(users, json_text(data, "user_id", NULL));
	for (size_t i = 0; i < json_len(ids); i++)
		add_user(users, json_str(json_item(ids, i)));
	return users;
}

bool event_meant(struct json_object *targets, struct json_object *users, struct json_object *groups)
{
	if (!targets)
		return true;
	if (!json_len(targets))
		return json_len(users) == 0;
	for (size_t i = 0; i < json_len(targets); i++) {
		const char *type = json_text(json_item(targets, i), "type", "");
		const char *id = json_text(json_item(targets, i), "id", "");

		if (has_text(strcmp(type, "user") == 0 ? users : groups, id))
			return true;
	}
	return false;
}

static void send(struct arena *a, struct json_object *event, const char *to, const char *url,
		 const struct message *m)
{
	deliver_queue(a, arena_printf(a, "%s:%s", json_text(event, "id", ""), to), url, message_body(a, url, m));
}

/* The actor as the account is now: the request may have known its id only. */
static void complete_actor(struct arena *a, struct json_object *event)
{
	struct json_object *actor = json_get(event, "actor"), *now;
	struct rows *rows;

	if (!actor || !text_eq(json_text(actor, "type", NULL), "user") ||
	    db_run_alone(a, &rows, NULL, Q_EVENT_ACTOR, json_text(actor, "id", "")) <= 0)
		return;
	now = json_parse_text(a, rows_text(rows, 0, 0));
	json_object_object_foreach(now, key, v) {
		if (!json_has(actor, key))
			json_set(actor, key, json_ref(v));
	}
}

static void tell_webhooks(struct arena *a, struct json_object *event, struct json_object *hooks,
			  struct json_object *users)
{
	struct json_object *groups = NULL;
	struct message m;
	struct rows *rows;

	if (!json_len(hooks))
		return;
	complete_actor(a, event);
	m = message_of_event(a, event);
	for (size_t i = 0; i < json_len(hooks); i++) {
		struct json_object *hook = json_item(hooks, i), *targets = json_get(hook, "targets");

		if (json_len(targets) && !groups && db_run_alone(a, &rows, NULL, Q_EVENT_GROUPS,
								  json_print(users)) > 0)
			groups = json_parse_text(a, rows_text(rows, 0, 0));
		if (event_meant(targets, users, groups))
			send(a, event, json_text(hook, "id", ""), json_text(hook, "url", ""), &m);
	}
}

static void tell_account(struct arena *a, struct json_object *event, const struct rows *rows, size_t row)
{
	const char *name = json_text(event, "event", ""), *id = rows_text(rows, row, 0);
	struct json_object *notifications = targets_load(a, rows_text(rows, row, 1));
	struct json_object *list = json_get(notifications, "targets");
	bool active = rows_bool(rows, row, 2) && strcmp(name, "channel.message") != 0;
	struct message m = message_of_notification(a, event);

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *target = json_item(list, i);
		const char *to = arena_printf(a, "%s:%s", id, json_text(target, "id", ""));

		if (target_wants(target, name, active))
			send(a, event, to, json_text(json_get(target, "config"), "url", ""), &m);
	}
}

static void tell_accounts(struct arena *a, struct json_object *event, struct json_object *users)
{
	struct rows *rows;

	if (db_run_alone(a, &rows, NULL, Q_EVENT_PEOPLE, json_print(users)) < 0) {
		log_warn("event_people", "id=%s", json_text(event, "id", ""));
		return;
	}
	for (size_t i = 0; i < rows_count(rows); i++)
		tell_account(a, event, rows, i);
}

void event_dispatch(struct arena *a, struct json_object *job)
{
	struct json_object *event = json_get(job, "event"), *users = event_users(a, event);

	tell_webhooks(a, event, json_get(job, "webhooks"), users);
	if (json_flag(job, "accounts", false))
		tell_accounts(a, event, users);
}
