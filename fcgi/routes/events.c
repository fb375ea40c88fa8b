/* events - /api/events: the catalogue, and the webhooks that administrators set up. */

#include "event/catalog.h"
#include "event/webhook.h"
#include "fcgi/settings.h"

static int catalog_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"schema\":\"" OWUI_REFERENCE_VERSION "\",\"events\":");
	for (const struct event_def *d = event_catalog; d->name; d++) {
		buf_addc(b, d == event_catalog ? '[' : ',');
		buf_adds(b, "{\"event\":");
		buf_json(b, d->name);
		buf_adds(b, ",\"description\":");
		buf_json(b, d->description);
		buf_adds(b, ",\"message\":");
		buf_json(b, d->message);
		buf_addc(b, '}');
	}
	buf_adds(b, "]}");
	return req_send_json(r, 200, b->data, b->len);
}

static int webhooks_get(struct req *r)
{
	return req_send_obj(r, webhook_list(r->arena, r->cfg));
}

static const struct field text_values = { "", T_DICT, .item = &text_item };
static const struct field create_form[] = {
	{ "url", T_STR, F_REQUIRED }, { "name", T_STR | T_NULL }, { "enabled", T_BOOL, .def = "true" },
	{ "events", T_LIST | T_NULL, .item = &text_item },
	{ "targets", T_LIST | T_NULL, .item = &text_values }, SCHEMA_END
};
static const struct field update_form[] = {
	{ "url", T_STR | T_NULL }, { "name", T_STR | T_NULL }, { "enabled", T_BOOL | T_NULL },
	{ "events", T_LIST | T_NULL, .item = &text_item },
	{ "targets", T_LIST | T_NULL, .item = &text_values }, SCHEMA_END
};

static void tell(struct req *r, const char *action, const char *id, struct json_object *hook)
{
	static const char *const shown[] = { "enabled", "events", "targets" };
	struct json_object *data = json_new_object(r->arena);

	json_set_text(data, "action", action);
	for (size_t i = 0; hook && i < ARRAY_SIZE(shown); i++)
		json_set(data, shown[i], json_ref(json_get(hook, shown[i])));
	req_event(r, "config.webhook.updated", id, data);
}

/* Store the list; `legacy`: the older setting ends with it. */
static bool store(struct req *r, struct json_object *list, bool legacy)
{
	struct json_object *changes = json_new_object(r->arena);

	json_set(changes, "events.webhooks", json_ref(list));
	if (legacy)
		json_set_text(changes, "webhook_url", "");
	return settings_store(r, changes);
}

/* The webhook in its normal form; NULL: answered. */
static struct json_object *checked(struct req *r, struct json_object *given)
{
	const char *why;
	struct json_object *hook = webhook_checked(r->arena, given, &why);

	if (!hook)
		req_fail_detail(r, 400, "%s", why);
	return hook;
}

static int webhook_create(struct req *r)
{
	struct json_object *list = webhook_list(r->arena, r->cfg), *hook = checked(r, r->body);

	if (!hook)
		return 0;
	json_object_array_add(list, json_ref(hook));
	if (!store(r, list, false))
		return 0;
	tell(r, "created", json_text(hook, "id", ""), hook);
	return req_send_obj(r, hook);
}

static size_t place(struct json_object *list, const struct json_object *hook)
{
	size_t i = 0;

	while (i < json_len(list) && json_item(list, i) != hook)
		i++;
	return i;
}

static int webhook_update(struct req *r)
{
	struct json_object *list = webhook_list(r->arena, r->cfg);
	struct json_object *old = webhook_find(list, r->params[0]), *merged, *hook;

	if (!old)
		return req_fail_detail(r, 404, "Webhook not found");
	merged = json_copy(r->arena, old);
	json_object_object_foreach(r->body, key, v) {
		json_set(merged, key, json_ref(v));
	}
	json_set_text(merged, "id", r->params[0]);
	json_del(merged, "updated_at");
	hook = checked(r, merged);
	if (!hook)
		return 0;
	json_object_array_put_idx(list, place(list, old), json_ref(hook));
	if (!store(r, list, false))
		return 0;
	tell(r, "updated", r->params[0], hook);
	return req_send_obj(r, hook);
}

static int webhook_delete(struct req *r)
{
	struct json_object *list = webhook_list(r->arena, r->cfg);
	struct json_object *old = webhook_find(list, r->params[0]);

	if (!old)
		return req_fail_detail(r, 404, "Webhook not found");
	json_object_array_del_idx(list, place(list, old), 1);
	if (!store(r, list, strcmp(r->params[0], WEBHOOK_DEFAULT_ID) == 0))
		return 0;
	tell(r, "deleted", r->params[0], NULL);
	return req_send_text(r, "{\"status\":true}");
}

const struct route event_routes[] = {
	{ "GET", "/api/events", ADMIN, catalog_get },
	{ "GET", "/api/events/webhooks", ADMIN, webhooks_get },
	{ "POST", "/api/events/webhooks", ADMIN, webhook_create, create_form, .flags = R_STREAM },
	{ "PUT", "/api/events/webhooks/{webhook_id}", ADMIN, webhook_update, update_form,
	  .flags = R_STREAM },
	{ "DELETE", "/api/events/webhooks/{webhook_id}", ADMIN, webhook_delete },
	ROUTES_END
};
