#include "event/event.h"

#include "audit/redact.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "cache/redis.h"
#include "event/catalog.h"
#include "event/webhook.h"
#include "turn/jobs.h"

const char *const event_notifications[] = {
	"chat.finished", "chat.failed", "channel.message", "calendar.alert",
	"retrieval.content.process_failed", NULL,
};

bool event_is_notification(const char *name)
{
	for (size_t i = 0; event_notifications[i]; i++)
		if (strcmp(event_notifications[i], name) == 0)
			return true;
	return false;
}

static struct json_object *clean(struct arena *a, struct json_object *v)
{
	struct json_object *out;

	if (json_is(v, json_type_object)) {
		out = json_object_new_object();
		json_object_object_foreach(v, key, member) {
			if (!secret_name(str_of(key)))
				json_set(out, key, clean(a, member));
		}
		return out;
	}
	if (json_is(v, json_type_array)) {
		out = json_object_new_array();
		for (size_t i = 0; i < json_len(v); i++)
			json_object_array_add(out, clean(a, json_item(v, i)));
		return out;
	}
	if (json_is(v, json_type_string)) {
		size_t len = strlen(json_str(v)), at = utf8_head(json_str(v), len, EVENT_TEXT_MAX);

		if (at < len)
			return json_object_new_string(arena_printf(a, "%.*s...", (int)at, json_str(v)));
	}
	return json_ref(v);
}

static struct json_object *actor_json(const struct user *who)
{
	struct json_object *o;

	if (!who)
		return NULL;
	o = json_object_new_object();
	json_set_text(o, "id", who->id);
	if (who->name)
		json_set_text(o, "name", who->name);
	if (who->email)
		json_set_text(o, "email", who->email);
	if (who->role)
		json_set_text(o, "role", who->role);
	json_set_text(o, "type", "user");
	return o;
}

static struct json_object *subject_json(const struct event *e, const char *resource)
{
	struct json_object *o;

	if (!e->subject_id && !e->subject_type)
		return NULL;
	o = json_object_new_object();
	json_set_text(o, "type", e->subject_type ? e->subject_type : resource);
	json_set_text(o, "id", e->subject_id);
	return o;
}

struct json_object *event_build(struct arena *a, const struct event *e)
{
	struct json_object *o = json_new_object(a);
	const char *dot = strrchr(e->name, '.');
	const char *resource = arena_strndup(a, e->name, (size_t)(dot - e->name));
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(o, "schema", OWUI_REFERENCE_VERSION);
	json_set_text(o, "id", id);
	json_set_text(o, "event", e->name);
	json_set_text(o, "resource", resource);
	json_set_text(o, "operation", dot + 1);
	json_set_i64(o, "created_at", time_s());
	json_set_text(o, "instance_id", NULL);
	json_set_text(o, "version", OWUI_REFERENCE_VERSION);
	json_set_text(o, "source", e->source ? e->source : "api");
	json_set(o, "actor", actor_json(e->actor));
	json_set(o, "subject", subject_json(e, resource));
	json_set(o, "data", e->data ? clean(a, e->data) : json_object_new_object());
	json_set_text(o, "message", e->message);
	return o;
}

/* The webhooks that want it; a new list of the arena. */
static struct json_object *wanting(struct arena *a, const struct config *cfg, const char *name)
{
	struct json_object *hooks = webhook_list(a, cfg), *out = json_new_array(a);

	for (size_t i = 0; i < json_len(hooks); i++)
		if (webhook_wants(json_item(hooks, i), name))
			json_object_array_add(out, json_ref(json_item(hooks, i)));
	return out;
}

static bool for_accounts(const struct config *cfg, const char *name)
{
	return event_is_notification(name) && config_bool(cfg, CK_UI_ENABLE_USER_WEBHOOKS);
}

bool event_wanted(struct arena *a, const struct config *cfg, const char *name)
{
	return for_accounts(cfg, name) || json_len(wanting(a, cfg, name));
}

void event_publish(struct arena *a, const struct config *cfg, const struct event *e)
{
	struct json_object *hooks, *job;
	bool accounts = for_accounts(cfg, e->name);
	struct redis_batch *b;

	if (!event_find(e->name)) {
		log_error("event_unknown", "event=%s", e->name);
		return;
	}
	hooks = wanting(a, cfg, e->name);
	if (!accounts && !json_len(hooks))
		return;
	job = json_new_object(a);
	json_set(job, "event", json_ref(event_build(a, e)));
	json_set(job, "webhooks", json_ref(hooks));
	json_set_bool(job, "accounts", accounts);
	b = redis_batch_new(a);
	jobs_queue(b, a, "event", job);
	if (redis_batch_run(b, a, NULL) < 0)
		log_warn("event_lost", "event=%s", e->name);
}
