#include "turn/tell.h"

#include "turn/events.h"
#include "turn/store.h"

/* Where an event's data is kept in the message. */
static const struct kept {
	const char *type, *field, *list;	/* list: the event carries one of that name; NULL: it is one entry */
	bool first;				/* new entries stand before the others */
} kept[] = {
	{ "status", "statusHistory", NULL, false },
	{ "source", "sources", NULL, false },
	{ "citation", "sources", NULL, false },
	{ "files", "files", "files", true },
	{ "embeds", "embeds", "embeds", true },
};

static void append(struct json_object *to, struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		json_object_array_add(to, json_ref(json_item(list, i)));
}

/* What the message holds so far: only this turn writes these fields while it runs. */
static struct json_object *known(struct turn *t, const char *field)
{
	struct json_object *m;

	if (!t->kept) {
		t->kept = json_new_object(t->arena);
		m = t->continued ? store_read(t, t->message_id) : NULL;
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			if (json_get(m, kept[i].field))
				json_set(t->kept, kept[i].field, json_ref(json_get(m, kept[i].field)));
	}
	return json_get(t->kept, field);
}

void turn_keep(struct turn *t, const char *field, struct json_object *list)
{
	known(t, field);
	json_set(t->kept, field, json_ref(list));
}

static void keep(struct turn *t, const struct kept *k, struct json_object *data)
{
	struct json_object *list = json_new_array(t->arena), *old = known(t, k->field);
	struct json_object *fields = json_new_object(t->arena);

	if (!k->first)
		append(list, old);
	if (k->list)
		append(list, json_get(data, k->list));
	else
		json_object_array_add(list, json_ref(data));
	if (k->first && !json_flag(data, "replace", false))
		append(list, old);
	json_set(t->kept, k->field, json_ref(list));
	json_set(fields, k->field, json_ref(list));
	store_message(t, fields, false, NULL);
}

void turn_tell(struct turn *t, const char *type, struct json_object *data)
{
	if (!t->message_id || text_empty(t->chat_id))
		return;		/* nobody looks at it */
	for (size_t i = 0; t->saved && i < ARRAY_SIZE(kept); i++)
		if (text_eq(type, kept[i].type) &&
		    !(text_eq(kept[i].field, "sources") && json_get(data, "type")))
			keep(t, &kept[i], data);
	turn_emit(t, type, json_print(data));
	turn_flush(t);
}

void turn_tell_status(struct turn *t, const char *action, bool done, struct json_object *data)
{
	struct json_object *o = json_new_object(t->arena);

	json_set_text(o, "action", action);
	if (data) {
		json_object_object_foreach(data, key, v) {
			json_set(o, key, json_ref(v));
		}
	}
	json_set_bool(o, "done", done);
	turn_tell(t, "status", o);
}

static void add_one(struct json_object *o, const char *field, struct json_object *item)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, item);
	json_set(o, field, list);
}

void turn_tell_page(struct turn *t, const char *url, const char *title)
{
	struct json_object *o, *source, *meta;

	if (text_empty(url))
		return;
	o = json_new_object(t->arena);
	source = json_object_new_object();
	meta = json_object_new_object();
	title = text_empty(title) ? url : title;
	json_set_text(source, "name", title);
	json_set_text(source, "url", url);
	json_set_text(meta, "source", url);
	json_set_text(meta, "name", title);
	json_set(o, "source", source);
	add_one(o, "document", json_object_new_string(title));
	add_one(o, "metadata", meta);
	turn_tell(t, "source", o);
}
