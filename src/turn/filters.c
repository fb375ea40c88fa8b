#include "turn/filters.h"

#include "base/log.h"
#include "db/db.h"
#include "provider/pipelines.h"
#include "turn/events.h"
#include "turn/history.h"
#include "turn/prepare.h"
#include "turn/store.h"

/* What the filters see of the request beside the provider's fields, and may change. */
static const char *const lent[] = { "features", "tool_ids", "skill_ids", "terminal_id", "files" };

static const struct catalog *catalog(struct turn *t)
{
	struct db *db = db_get();
	const struct catalog *cat = catalog_get(t->arena, db, t->cfg, false);

	db_put(db);
	return cat;
}

static struct json_object *metadata(struct turn *t)
{
	static const char *const names[] = { "chat_id", "message_id", "user_message_id", "session_id",
					     "folder_id", "filter_ids", "tool_ids", "files", "features",
					     "variables" };
	struct json_object *o = json_object_new_object();

	json_set_text(o, "user_id", t->user.id);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_set(o, names[i], json_ref(json_get(t->spec, names[i])));
	return o;
}

static void lend(struct turn *t)
{
	json_set_text(t->form, "model", t->model.id);
	if (!json_has(t->form, "metadata"))
		json_set(t->form, "metadata", metadata(t));
	for (size_t i = 0; i < ARRAY_SIZE(lent); i++)
		if (json_has(t->spec, lent[i]))
			json_set(t->form, lent[i], json_ref(json_get(t->spec, lent[i])));
}

static void take_back(struct turn *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(lent); i++)
		if (json_has(t->form, lent[i]))
			json_set(t->spec, lent[i], json_ref(json_get(t->form, lent[i])));
	turn_take_fields(t->form, t->spec);
	if (!json_is(json_get(t->form, "messages"), json_type_array))
		json_set(t->form, "messages", json_object_new_array());
}

bool filters_inlet(struct turn *t)
{
	const struct catalog *cat = catalog(t);
	struct pipelines_reply refused;
	struct json_object *form;

	if (!cat || !pipelines_any(cat, t->model.id))
		return true;
	lend(t);
	form = pipelines_filter(t->arena, t->cfg, cat, t->model.id, &t->user, PIPELINES_INLET, t->form, &refused);
	if (!form)
		return turn_refuse(t, refused.status, refused.detail);
	t->form = form;
	take_back(t);
	return true;
}

/* The messages as filters know them. */
static struct json_object *for_filters(struct turn *t, struct json_object *branch)
{
	static const char *const names[] = { "id", "role", "content", "info", "timestamp" };
	static const char *const more[] = { "output", "usage", "sources" };
	struct json_object *list = json_new_array(t->arena);

	for (size_t i = 0; i < json_len(branch); i++) {
		struct json_object *m = json_item(branch, i), *o = json_object_new_object();

		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			json_set(o, names[k], json_ref(json_get(m, names[k])));
		for (size_t k = 0; k < ARRAY_SIZE(more); k++)
			if (json_get(m, more[k]))
				json_set(o, more[k], json_ref(json_get(m, more[k])));
		json_object_array_add(list, o);
	}
	return list;
}

/* The branch that the answer ends: of a chat that is not stored, from the request. */
static struct json_object *outlet_branch(struct turn *t)
{
	struct json_object *list, *m;
	struct buf *text;

	if (t->saved)
		return history_branch(t, t->message_id);
	list = json_copy(t->arena, json_get(t->form, "messages"));
	m = json_object_new_object();
	text = buf_in(t->arena, 0);
	output_content(text, &t->out);
	json_set_text(m, "id", t->message_id);
	json_set_text(m, "role", "assistant");
	json_set_text(m, "content", buf_text(text));
	json_object_array_add(list, m);
	return list;
}

static struct json_object *find(struct json_object *list, const char *id)
{
	for (size_t i = 0; id && i < json_len(list); i++)
		if (text_eq(json_text(json_item(list, i), "id", NULL), id))
			return json_item(list, i);
	return NULL;
}

static void store_changes(struct turn *t, struct json_object *before, struct json_object *after)
{
	for (size_t i = 0; i < json_len(after); i++) {
		struct json_object *m = json_item(after, i), *old = find(before, json_text(m, "id", NULL));
		bool text = old && !json_object_equal(json_get(m, "content"), json_get(old, "content"));
		bool items = old && json_get(m, "output") &&
			     !json_object_equal(json_get(m, "output"), json_get(old, "output"));
		struct json_object *fields;

		if (!text && !items)
			continue;
		fields = json_new_object(t->arena);
		json_set(fields, "originalContent", json_ref(json_get(old, "content")));
		if (text)
			json_set(fields, "content", json_ref(json_get(m, "content")));
		if (items)
			json_set(fields, "output", json_ref(json_get(m, "output")));
		store_fields(t, json_text(m, "id", ""), fields, true, NULL);
	}
}

void filters_outlet(struct turn *t)
{
	const struct catalog *cat = catalog(t);
	struct json_object *data, *branch, *messages, *told;
	struct pipelines_reply refused;

	if (!cat || !t->model.id || !pipelines_any(cat, t->model.id) || !(branch = outlet_branch(t)))
		return;
	data = json_new_object(t->arena);
	json_set_text(data, "model", t->model.id);
	json_set(data, "messages", json_ref(for_filters(t, branch)));
	json_set(data, "filter_ids", json_ref(json_get(t->spec, "filter_ids")));
	json_set_text(data, "chat_id", t->chat_id);
	json_set_text(data, "session_id", t->session_id);
	json_set_text(data, "id", t->message_id);
	data = pipelines_filter(t->arena, t->cfg, cat, t->model.id, &t->user, PIPELINES_OUTLET, data, &refused);
	messages = json_get(data, "messages");
	if (!data)
		log_info("outlet_refused", "chat=%s why=\"%s\"", t->chat_id, refused.detail);
	if (!json_len(messages))
		return;
	if (t->saved)
		store_changes(t, branch, messages);
	told = json_new_object(t->arena);
	json_set(told, "messages", json_ref(messages));
	turn_emit(t, "chat:outlet", json_print(told));
	turn_flush(t);
}
