#include "event/webhook.h"

#include "base/clock.h"
#include "base/rand.h"
#include "event/catalog.h"
#include "http/target.h"

static struct json_object *normal_events(struct arena *a, struct json_object *given, const char **why)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < json_len(given); i++) {
		const char *pattern = arena_trim(a, json_str(json_item(given, i)));

		if (*pattern && !event_pattern_known(pattern))
			*why = arena_printf(a, "Invalid event: %s", pattern);
		if (*pattern)
			json_object_array_add(out, json_object_new_string(pattern));
	}
	if (!json_len(out))
		json_object_array_add(out, json_object_new_string("*"));
	return out;
}

/* Each once; NULL stays NULL: everybody. */
static struct json_object *normal_targets(struct arena *a, struct json_object *given, const char **why)
{
	struct json_object *out, *seen = json_new_object(a);

	if (!given)
		return NULL;
	out = json_object_new_array();
	if (!json_is(given, json_type_array))
		*why = "Invalid targets";
	for (size_t i = 0; i < json_len(given); i++) {
		const char *type = arena_trim(a, json_text(json_item(given, i), "type", ""));
		const char *id = arena_trim(a, json_text(json_item(given, i), "id", ""));
		const char *key = arena_printf(a, "%s:%s", type, id);
		struct json_object *one;

		if (!*id || (strcmp(type, "user") != 0 && strcmp(type, "group") != 0))
			*why = "Invalid target";
		if (json_has(seen, key))
			continue;
		json_set_bool(seen, key, true);
		one = json_object_new_object();
		json_set_text(one, "type", type);
		json_set_text(one, "id", id);
		json_object_array_add(out, one);
	}
	return out;
}

struct json_object *webhook_normal(struct arena *a, struct json_object *given, const char **why)
{
	struct json_object *o = json_new_object(a);
	const char *id = json_text(given, "id", ""), *name = json_text(given, "name", "");
	int64_t now = time_s();
	char fresh[UUID_SIZE];

	*why = NULL;
	uuid4(fresh);
	if (!*id)
		id = fresh;
	if (!*name)
		name = strcmp(id, WEBHOOK_DEFAULT_ID) == 0 ? "Default webhook" : "Webhook";
	json_set_text(o, "id", id);
	json_set_text(o, "name", name);
	json_set_text(o, "url", arena_trim(a, json_text(given, "url", "")));
	json_set_bool(o, "enabled", json_has(given, "enabled") ? json_flag(given, "enabled", false) : true);
	json_set(o, "events", normal_events(a, json_get(given, "events"), why));
	json_set(o, "targets", normal_targets(a, json_get(given, "targets"), why));
	json_set_i64(o, "created_at", json_i64(given, "created_at", now));
	json_set_i64(o, "updated_at", json_i64(given, "updated_at", now));
	return *why ? NULL : o;
}

struct json_object *webhook_checked(struct arena *a, struct json_object *given, const char **why)
{
	struct json_object *hook = webhook_normal(a, given, why);
	const char *url = json_text(hook, "url", "");

	if (!*url || target_allowed(url))
		return hook;
	*why = TARGET_REFUSED;
	return NULL;
}

struct json_object *webhook_find(struct json_object *list, const char *id)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_text(json_item(list, i), "id", NULL), id))
			return json_item(list, i);
	return NULL;
}

static struct json_object *legacy(struct arena *a, const char *url)
{
	struct json_object *o = json_new_object(a);
	const char *why;

	json_set_text(o, "id", WEBHOOK_DEFAULT_ID);
	json_set_text(o, "url", url);
	return webhook_normal(a, o, &why);
}

struct json_object *webhook_list(struct arena *a, const struct config *cfg)
{
	struct json_object *stored = config_tree(a, cfg, CK_EVENTS_WEBHOOKS), *out = json_new_array(a);
	const char *url = config_text(cfg, CK_WEBHOOK_URL), *why;

	if (*url && !webhook_find(stored, WEBHOOK_DEFAULT_ID))
		json_object_array_add(out, json_ref(legacy(a, url)));
	for (size_t i = 0; i < json_len(stored); i++) {
		struct json_object *hook = json_item(stored, i);

		hook = json_is(hook, json_type_object) ? webhook_normal(a, hook, &why) : NULL;
		if (hook)
			json_object_array_add(out, json_ref(hook));
	}
	return out;
}

bool webhook_wants(struct json_object *hook, const char *event)
{
	struct json_object *events = json_get(hook, "events");

	if (!json_flag(hook, "enabled", true) || !*json_text(hook, "url", ""))
		return false;
	for (size_t i = 0; i < json_len(events); i++)
		if (event_pattern_matches(json_str(json_item(events, i)), event))
			return true;
	return false;
}
