#include "event/message.h"

#include "base/utf8.h"
#include "config/app.h"
#include "event/catalog.h"

enum { DISCORD_MAX = 2000, DISCORD_CUT = 1980 };

static const char *plain_text(struct arena *a, const struct message *m)
{
	const char *event = json_text(m->data, "event", "");
	struct buf *b = buf_in(a, 0);

	buf_adds(b, m->text);
	if (!text_empty(m->description) && strcmp(m->description, m->text) != 0)
		buf_printf(b, "\n%s", m->description);
	if (*event)
		buf_printf(b, "\nEvent: %s", event);
	return buf_text(b);
}

static struct json_object *only(struct arena *a, const char *key, const char *text)
{
	struct json_object *o = json_new_object(a);

	json_set_text(o, key, text);
	return o;
}

static struct json_object *discord(struct arena *a, const struct message *m)
{
	const char *text = plain_text(a, m);
	size_t len = strlen(text);

	if (len >= DISCORD_MAX)
		text = arena_printf(a, "%.*s... (truncated)", (int)utf8_cut(text, len, DISCORD_CUT), text);
	return only(a, "content", text);
}

static void add_fact(struct json_object *facts, const char *name, struct json_object *value)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "name", name);
	json_set(o, "value", value);
	json_object_array_add(facts, o);
}

static struct json_object *teams_facts(const struct message *m)
{
	struct json_object *facts = json_object_new_array(), *who = json_get(m->data, "user");
	const char *event = json_text(m->data, "event", NULL);

	if (!who)
		who = json_get(m->data, "actor");
	if (m->description)
		add_fact(facts, "description", json_object_new_string(m->description));
	if (event)
		add_fact(facts, "event", json_object_new_string(event));
	if (json_is(who, json_type_object)) {
		json_object_object_foreach(who, name, value) {
			add_fact(facts, name, json_ref(value));
		}
	}
	return facts;
}

static struct json_object *teams(struct arena *a, const struct message *m)
{
	struct json_object *o = json_new_object(a), *section = json_object_new_object();
	struct json_object *sections = json_object_new_array();

	json_set_text(o, "@type", "MessageCard");
	json_set_text(o, "@context", "http://schema.org/extensions");
	json_set_text(o, "themeColor", "0076D7");
	json_set_text(o, "summary", m->text);
	json_set_text(section, "activityTitle", m->text);
	json_set_text(section, "activitySubtitle",
		      arena_printf(a, "%s (%s) - %s", config_app_name(), OWUI_REFERENCE_VERSION,
				   json_text(m->data, "action", "undefined")));
	json_set_text(section, "text", m->description);
	json_set(section, "facts", teams_facts(m));
	json_set_bool(section, "markdown", true);
	json_object_array_add(sections, section);
	json_set(o, "sections", sections);
	return o;
}

const char *message_body(struct arena *a, const char *url, const struct message *m)
{
	struct json_object *o = m->data;

	if (text_starts(url, "https://hooks.slack.com/") || text_starts(url, "https://chat.googleapis.com/"))
		o = only(a, "text", plain_text(a, m));
	else if (text_starts(url, "https://discord.com/api/webhooks"))
		o = discord(a, m);
	else if (strstr(url, "webhook.office.com"))
		o = teams(a, m);
	return json_print(o);
}

struct message message_of_event(struct arena *a, struct json_object *event)
{
	const char *name = json_text(event, "event", "");
	const char *id = json_text(json_get(event, "subject"), "id", "");
	const struct event_def *def = event_find(name);
	struct message m = { json_text(event, "message", def ? def->message : name),
			     def ? def->description : NULL, event };

	if (*id)
		m.text = arena_printf(a, "%s (%s)", m.text, id);
	return m;
}

static const char *joined(struct arena *a, const char *one, const char *two)
{
	return arena_printf(a, "%s%s%s", one, *one && *two ? "\n" : "", two);
}

/* A chat's end, or a message in a channel: a title and a text with the way there. */
static struct message about(struct arena *a, const char *action, const char *title, const char *shown,
			    const char *content, const char *url)
{
	struct json_object *o = json_new_object(a);

	json_set_text(o, "action", action);
	json_set_text(o, "message", content);
	json_set_text(o, "title", title);
	json_set_text(o, "url", url);
	return (struct message){ shown, joined(a, content, url), o };
}

static struct message calendar_alert(struct arena *a, struct json_object *event, struct json_object *data)
{
	struct json_object *o = json_new_object(a);
	const char *title = json_text(data, "title", json_text(event, "message", "Calendar alert"));
	struct json_object *id = json_get(data, "event_id");

	if (!id)
		id = json_get(json_get(event, "subject"), "id");
	json_set_text(o, "action", "calendar_alert");
	json_set_text(o, "title", title);
	json_set(o, "minutes_until", json_ref(json_get(data, "minutes_until")));
	json_set(o, "event_id", json_ref(id));
	return (struct message){ arena_printf(a, "**%s**\nstarting %s", title, json_text(data, "starts_in", "")),
				 NULL, o };
}

struct message message_of_notification(struct arena *a, struct json_object *event)
{
	const char *name = json_text(event, "event", ""), *said = json_text(event, "message", NULL);
	struct json_object *data = json_get(event, "data");
	const char *url = json_text(data, "url", ""), *content = json_text(data, "message", "");
	const struct event_def *def = event_find(name);
	const char *title = json_text(data, "title", said ? said : def ? def->message : name);

	if (strcmp(name, "chat.finished") == 0)
		return about(a, "chat", title, arena_printf(a, "**%s**", title), content, url);
	if (strcmp(name, "chat.failed") == 0) {
		title = said ? said : "Chat failed";
		return about(a, "chat_failed", title, arena_printf(a, "**%s**", title), content, url);
	}
	if (strcmp(name, "channel.message") == 0)
		return about(a, "channel", title, arena_printf(a, "**#%s**", title),
			     json_text(data, "content", content), url);
	if (strcmp(name, "calendar.alert") == 0)
		return calendar_alert(a, event, data);
	title = said ? said : def ? def->message : name;
	return (struct message){ title, *content ? content : json_text(data, "preview", title), event };
}
