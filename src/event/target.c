#include "event/target.h"

#include "base/clock.h"
#include "event/event.h"
#include "http/target.h"

static const char not_found[] = "Notification target not found";

static const char *trimmed(struct arena *a, struct json_object *o, const char *key)
{
	return arena_trim(a, json_text(o, key, ""));
}

/* Lower case letters, digits, - and _; runs of others become one -. */
static const char *slug(struct arena *a, const char *s)
{
	struct buf *b = buf_in(a, 0);

	for (; *s; s++) {
		char c = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
			buf_addc(b, c);
		else if (b->len && b->data[b->len - 1] != '-')
			buf_addc(b, '-');
	}
	while (b->len && b->data[b->len - 1] == '-')
		b->data[--b->len] = '\0';
	return b->len ? b->data : "target";
}

/* Host and path of an address; false when it has none. */
static bool split_url(const char *url, struct str *host, struct str *path)
{
	const char *p = strstr(url, "://"), *at, *end;
	size_t n;

	if (!p)
		return false;
	p += 3;
	n = strcspn(p, "/?#");
	*path = (struct str){ p + n, strcspn(p + n, "?#") };
	at = memrchr(p, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	end = memchr(p, *p == '[' ? ']' : ':', n);
	*host = (struct str){ p, end ? (size_t)(end - p) + (*p == '[') : n };
	return host->n > 0;
}

static const char *masked(struct arena *a, const char *url)
{
	struct str host, path;

	if (!*url)
		return "";
	if (!split_url(url, &host, &path))
		return "****";
	if (path.n > 4)
		path = (struct str){ path.p + path.n - 4, 4 };
	return arena_printf(a, "%.*s://%.*s/...%.*s", (int)strcspn(url, ":"), url, (int)host.n, host.p,
			    (int)path.n, path.p);
}

static struct json_object *normal_events(struct arena *a, struct json_object *given, const char **why)
{
	struct json_object *out = json_object_new_array(), *seen = json_new_object(a);

	for (size_t i = 0; i < json_len(given); i++) {
		const char *name = json_str(json_item(given, i));

		if (!name || !event_is_notification(name))
			*why = arena_printf(a, "unsupported notification event: %s", name ? name : "");
		else if (!json_has(seen, name))
			json_object_array_add(out, json_object_new_string(name));
		json_set_bool(seen, name ? name : "", true);
	}
	return out;
}

/* What it is configured with: the old, changed by the new; a masked address means the old one. */
static struct json_object *normal_config(struct arena *a, struct json_object *form, struct json_object *old,
					 const char **url, const char **why)
{
	struct json_object *had = json_get(old, "config"), *given = json_get(form, "config");
	struct json_object *out = had ? json_copy(a, had) : json_new_object(a);

	if (json_is(given, json_type_object)) {
		json_object_object_foreach(given, key, v) {
			json_set(out, key, json_ref(v));
		}
	}
	*url = trimmed(a, out, "url");
	if (!**url) {
		*why = "Webhook URL is required";
		return out;
	}
	if (strstr(*url, "..."))
		*url = trimmed(a, had, "url");
	if (!target_allowed(*url))
		*why = TARGET_REFUSED;
	json_set_text(out, "url", *url);
	return out;
}

static const char *own_or(struct arena *a, struct json_object *form, struct json_object *old,
			  const char *key, const char *def)
{
	const char *v = trimmed(a, form, key);

	if (!*v)
		v = trimmed(a, old, key);
	return *v ? v : def;
}

static struct json_object *normal(struct arena *a, struct json_object *form, struct json_object *old,
				  const char **why)
{
	struct json_object *o = json_new_object(a), *config, *events = json_get(old, "events");
	const char *type = own_or(a, form, old, "type", "webhook"), *delivery, *url, *id;
	struct str host, path;

	*why = NULL;
	if (strcmp(type, "webhook") != 0)
		*why = "Unsupported notification target type";
	delivery = own_or(a, form, old, "delivery", "away");
	if (strcmp(delivery, "away") != 0 && strcmp(delivery, "always") != 0)
		*why = "Invalid notification delivery mode";
	if (json_has(form, "events"))
		events = json_get(form, "events");
	events = normal_events(a, events, why);
	config = *why ? NULL : normal_config(a, form, old, &url, why);
	if (*why) {
		json_object_put(events);
		return NULL;
	}
	id = own_or(a, form, old, "id", "");
	if (!*id)
		id = split_url(url, &host, &path) ? arena_strndup(a, host.p, host.n) : "webhook";
	json_set_text(o, "id", slug(a, id));
	json_set_text(o, "type", type);
	json_set_bool(o, "enabled", json_flag(form, "enabled", json_flag(old, "enabled", true)) &&
				    !(json_has(form, "enabled") && !json_get(form, "enabled")));
	json_set(o, "events", events);
	json_set_text(o, "delivery", delivery);
	json_set(o, "config", json_ref(config));
	json_set_i64(o, "created_at", json_i64(old, "created_at", time_s()));
	json_set_i64(o, "updated_at", time_s());
	return o;
}

static struct json_object *list_of(struct json_object *n)
{
	return json_get(n, "targets");
}

/* The place of the target in the list, or its length. */
static size_t place_of(struct json_object *list, const char *id)
{
	size_t i = 0;

	while (i < json_len(list) && strcasecmp(json_text(json_item(list, i), "id", ""), id) != 0)
		i++;
	return i;
}

static void from_legacy(struct arena *a, struct json_object *n, const char *url)
{
	static const char *const all[] = { "calendar.alert", "channel.message", "chat.failed",
					   "chat.finished", "retrieval.content.process_failed" };
	struct json_object *form = json_new_object(a), *config = json_object_new_object(), *target;
	struct json_object *events = json_object_new_array();
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		json_object_array_add(events, json_object_new_string(all[i]));
	json_set_text(config, "url", url);
	json_set_text(form, "id", "webhook");
	json_set(form, "config", config);
	json_set(form, "events", events);
	target = normal(a, form, NULL, &why);
	if (!target)
		return;
	json_object_array_add(list_of(n), json_ref(target));
	json_set_text(n, "default_target_id", "webhook");
	json_set_bool(n, "legacy_notification_events_migrated", true);
}

struct json_object *targets_load(struct arena *a, const char *settings)
{
	struct json_object *all = json_parse_text(a, settings), *n = json_get(all, "notifications");
	struct json_object *list = json_object_new_array(), *had;
	const char *url = json_text(json_at(all, "ui.notifications"), "webhook_url", "");

	n = json_is(n, json_type_object) ? json_copy(a, n) : json_new_object(a);
	had = json_get(n, "targets");
	for (size_t i = 0; i < json_len(had); i++)
		if (json_is(json_item(had, i), json_type_object))
			json_object_array_add(list, json_ref(json_item(had, i)));
	json_set(n, "targets", list);
	url = json_text(n, "webhook_url", url);
	if (!json_len(list) && *url)
		from_legacy(a, n, url);
	if (json_len(list) && !json_has(n, "default_target_id"))
		json_set_text(n, "default_target_id", json_text(json_item(list, 0), "id", NULL));
	return n;
}

struct json_object *target_shown(struct arena *a, struct json_object *n, struct json_object *target)
{
	struct json_object *o = json_copy(a, target), *config = json_get(o, "config");
	const char *mask = masked(a, json_text(config, "url", "")), *def = json_text(n, "default_target_id", NULL);

	json_del(config, "url");
	json_set_text(config, "url_masked", mask);
	json_set_bool(o, "is_default", text_eq(json_text(o, "id", NULL), def));
	return o;
}

struct json_object *targets_shown(struct arena *a, struct json_object *n)
{
	struct json_object *o = json_new_object(a), *out = json_object_new_array();

	for (size_t i = 0; i < json_len(list_of(n)); i++)
		json_object_array_add(out, json_ref(target_shown(a, n, json_item(list_of(n), i))));
	json_set(o, "targets", out);
	return o;
}

struct json_object *target_find(struct json_object *n, const char *id)
{
	if (!*id)
		id = json_text(n, "default_target_id", "");
	return *id ? json_item(list_of(n), place_of(list_of(n), id)) : NULL;
}

struct json_object *target_create(struct arena *a, struct json_object *n, struct json_object *form,
				  const char **why)
{
	struct json_object *list = list_of(n), *target = normal(a, form, NULL, why);
	const char *id;

	if (!target)
		return NULL;
	id = json_text(target, "id", "");
	if (*trimmed(a, form, "id") && place_of(list, id) < json_len(list))
		*why = "notification target id already exists";
	else if (json_len(list) >= TARGETS_MAX)
		*why = "There are too many notification targets.";
	if (*why)
		return NULL;
	for (int i = 2; place_of(list, json_text(target, "id", "")) < json_len(list); i++)
		json_set_text(target, "id", arena_printf(a, "%s-%d", id, i));
	json_object_array_add(list, json_ref(target));
	if (!json_has(n, "default_target_id"))
		json_set_text(n, "default_target_id", json_text(target, "id", ""));
	return target;
}

struct json_object *target_update(struct arena *a, struct json_object *n, const char *id,
				  struct json_object *form, const char **why)
{
	struct json_object *list = list_of(n), *old, *target;
	size_t at = place_of(list, id), other;

	old = json_item(list, at);
	*why = not_found;
	target = old ? normal(a, form, old, why) : NULL;
	if (!target)
		return NULL;
	other = place_of(list, json_text(target, "id", ""));
	if (other < json_len(list) && other != at) {
		*why = "notification target id already exists";
		return NULL;
	}
	json_object_array_put_idx(list, at, json_ref(target));
	if (strcasecmp(json_text(n, "default_target_id", ""), id) == 0)
		json_set_text(n, "default_target_id", json_text(target, "id", NULL));
	return target;
}

bool target_delete(struct arena *a, struct json_object *n, const char *id)
{
	struct json_object *list = list_of(n);
	size_t at = place_of(list, id);

	if (at >= json_len(list))
		return false;
	json_object_array_del_idx(list, at, 1);
	if (strcasecmp(json_text(n, "default_target_id", ""), id) == 0)
		json_set_text(n, "default_target_id", arena_strdup(a, json_text(json_item(list, 0), "id", NULL)));
	return true;
}

struct json_object *target_make_default(struct json_object *n, const char *id)
{
	struct json_object *target = *id ? target_find(n, id) : NULL;

	if (target)
		json_set_text(n, "default_target_id", json_text(target, "id", NULL));
	return target;
}

bool target_wants(struct json_object *target, const char *event, bool active)
{
	struct json_object *events = json_get(target, "events");

	if (!json_flag(target, "enabled", true) ||
	    (active && strcmp(json_text(target, "delivery", "away"), "away") == 0))
		return false;
	for (size_t i = 0; i < json_len(events); i++)
		if (text_eq(json_str(json_item(events, i)), event))
			return true;
	return false;
}
