#include "tool/builtin.h"

#include <pthread.h>

#include "access/access.h"
#include "base/log.h"
#include "db/db.h"

/* What has to hold for a group; a field that is not set asks for nothing. */
struct gate {
	const char *category;		/* meta.builtinTools.<category> of the model is not false */
	bool has_switch;
	enum config_key on;		/* a switch of the instance */
	const char *capability;		/* meta.capabilities.<…> of the model is not false */
	const char *feature;		/* asked for by the request */
	const char *permission;
	bool saved;			/* chats in the database only */
};

static const struct gate gates[BG_COUNT] = {
	[BG_TIME] = { .category = "time" },
	[BG_ASK] = { .category = "user_input" },
	[BG_KNOWLEDGE] = { .category = "knowledge" },
	[BG_KNOWLEDGE_ATTACHED] = { .category = "knowledge" },
	[BG_NOTE_ATTACHED] = { .category = "knowledge" },
	[BG_CHATS] = { .category = "chats" },
	[BG_MEMORY] = { "memory", true, CK_MEMORIES_ENABLE, "memory", "memory", "features.memories", false },
	[BG_CODE] = { "code_interpreter", true, CK_CODE_INTERPRETER_ENABLE, "code_interpreter",
		      "code_interpreter", "features.code_interpreter", false },
	[BG_NOTES] = { "notes", true, CK_NOTES_ENABLE, NULL, NULL, "features.notes", false },
	[BG_CHANNELS] = { "channels", true, CK_CHANNELS_ENABLE, NULL, NULL, "features.channels", false },
	[BG_SKILLS] = { .category = "skills" },
	[BG_SKILLS_CHANGE] = { .category = "skills" },
	[BG_SKILLS_MAKE] = { .category = "skills", .permission = "workspace.skills" },
	[BG_TASKS] = { .category = "tasks", .saved = true },
	[BG_AUTOMATIONS] = { "automations", true, CK_AUTOMATIONS_ENABLE, NULL, NULL, "features.automations", false },
	[BG_CALENDAR] = { "calendar", true, CK_CALENDAR_ENABLE, NULL, NULL, "features.calendar", false },
	[BG_NOTIFY] = { "notifications", true, CK_UI_ENABLE_USER_WEBHOOKS, NULL, NULL, "features.webhooks", false },
};

const struct builtin *const builtin_tables[] = {
	builtin_person, builtin_knowledge, builtin_memory, builtin_skills, builtin_plans, builtin_automations, NULL
};

/* Not switched off: absent counts as on. */
static bool not_off(struct json_object *o, const char *key)
{
	return !key || !json_is(json_get(o, key), json_type_boolean) || json_flag(o, key, true);
}

static bool permitted(struct toolbox *b, const char *permission)
{
	struct db *db;
	int rc;

	if (!permission || b->user->is_admin)
		return true;
	db = db_get();
	rc = access_permitted(b->arena, db, b->cfg, b->user, permission);
	db_put(db);
	return rc > 0;
}

static bool open_to(struct toolbox *b, const struct gate *g)
{
	return not_off(json_get(b->model_meta, "builtinTools"), g->category) &&
	       (!g->has_switch || config_bool(b->cfg, g->on)) &&
	       not_off(json_get(b->model_meta, "capabilities"), g->capability) &&
	       (!g->feature || json_flag(b->features, g->feature, false)) &&
	       (!g->saved || b->saved) && permitted(b, g->permission);
}

/* What is attached to the model: collections, files, notes. */
static bool has_knowledge(struct toolbox *b, const char *type)
{
	struct json_object *all = json_get(b->model_meta, "knowledge");

	for (size_t i = 0; i < json_len(all); i++)
		if (!type || text_eq(json_text(json_item(all, i), "type", NULL), type))
			return true;
	return false;
}

static bool has_skills(struct toolbox *b)
{
	struct rows *rows;

	return db_run_alone(b->arena, &rows, NULL, Q_TOOL_HAS_SKILLS, b->user->id) > 0 && rows_bool(rows, 0, 0);
}

static bool has_own_skills(struct toolbox *b)
{
	struct rows *rows;

	return db_run_alone(b->arena, &rows, NULL, Q_TOOL_HAS_OWN_SKILLS, b->user->id, skills_all(b)) > 0 &&
	       rows_bool(rows, 0, 0);
}

static void decide(struct toolbox *b, bool note_chat, bool *open)
{
	for (int g = 0; g < BG_COUNT; g++)
		open[g] = open_to(b, &gates[g]);
	open[BG_KNOWLEDGE] = open[BG_KNOWLEDGE] && !has_knowledge(b, NULL);
	open[BG_KNOWLEDGE_ATTACHED] = open[BG_KNOWLEDGE_ATTACHED] && has_knowledge(b, NULL);
	open[BG_NOTE_ATTACHED] = open[BG_NOTE_ATTACHED] && has_knowledge(b, "note");
	open[BG_NOTES] = open[BG_NOTES] || note_chat;
	open[BG_SKILLS] = open[BG_SKILLS] && has_skills(b);
	open[BG_SKILLS_CHANGE] = open[BG_SKILLS_CHANGE] && has_own_skills(b);
}

static struct json_object *schema_of(const struct builtin *t)
{
	struct json_object *o = json_object_new_object(), *all = json_object_new_object();
	struct json_object *required = json_object_new_array();

	for (const struct param *p = t->params; p && p->name; p++) {
		struct json_object *property = json_object_new_object();

		json_set_text(property, "type", p->type);
		json_set_text(property, "description", p->about);
		if (p->items)
			json_set(property, "items", json_tokener_parse(p->items));
		if (!p->def)
			json_object_array_add(required, json_object_new_string(p->name));
		else if (*p->def)
			json_set(property, "default", json_tokener_parse(p->def));
		json_set(all, p->name, property);
	}
	json_set_text(o, "type", "object");
	json_set(o, "properties", all);
	if (json_len(required))
		json_set(o, "required", required);
	else
		json_object_put(required);
	return o;
}

static const char *surroundings(struct toolbox *b)
{
	struct json_object *o = json_new_object(b->arena), *known = json_get(b->model_meta, "knowledge");

	json_set_text(o, "chat_id", b->saved ? b->chat_id : NULL);
	json_set_text(o, "model_id", b->model_id);
	json_set_bool(o, "admin", b->user->is_admin);
	if (json_is(known, json_type_array))
		json_set(o, "knowledge", json_ref(known));
	return json_print(o);
}

/* The statement's value as compact text. */
static void run_sql(struct toolbox *b, enum query q, struct json_object *args, struct tool_value *out)
{
	const char *params[3] = { b->user->id, json_print(args), surroundings(b) };
	struct db *db = db_get();
	struct rows *rows;
	int rc = db_run_v(db, b->arena, &rows, q, query_params(q), params);
	struct json_object *value = rc > 0 ? json_parse_text(b->arena, rows_text(rows, 0, 0)) : NULL;

	if (rc < 0)
		tool_fail(b, out, "%s", db_error(db) == DB_DOWN || db_error(db) == DB_BUSY
			  ? "The database cannot be reached." : db_message(db));
	else if (!value)
		tool_fail(b, out, "Not found, or not for this account.");
	else
		out->json = json_own(b->arena, json_object_new_string(json_print(value)));
	db_put(db);
}

/* A tool's `self`. */
struct self {
	const struct builtin *row;
};

static void call(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out)
{
	const struct builtin *row = ((struct self *)t->self)->row;

	if (row->run)
		row->run(b, args, out);
	else
		run_sql(b, row->sql, args, out);
	/* Compact text, as the reference's own tools answer. */
	if (json_is(out->json, json_type_object) || json_is(out->json, json_type_array))
		out->json = json_own(b->arena, json_object_new_string(json_print(out->json)));
}

static const struct tool_ops builtin_ops = { "builtin", false, call };

bool builtin_is(const struct tool *t, const char *name)
{
	return t && t->ops == &builtin_ops && strcmp(((struct self *)t->self)->row->name, name) == 0;
}

/* The rows' specifications as text, the same for every turn: made once, by table and row. */
enum { TABLE_ROWS_MAX = 64 };

static struct {
	pthread_once_t once;
	const char *text[ARRAY_SIZE(builtin_tables)][TABLE_ROWS_MAX];
} specs = { .once = PTHREAD_ONCE_INIT };

static void make_specs(void)
{
	for (size_t i = 0; builtin_tables[i]; i++)
		for (size_t k = 0; builtin_tables[i][k].name; k++) {
			const struct builtin *row = &builtin_tables[i][k];
			struct json_object *o = json_object_new_object();

			if (k == TABLE_ROWS_MAX)
				die("builtin_tools", "why=\"a table is too long\"");
			json_set_text(o, "name", row->name);
			json_set_text(o, "description", row->about);
			json_set(o, "parameters", schema_of(row));
			specs.text[i][k] = xstrdup(json_print(o));
			json_object_put(o);
		}
}

static void add_row(struct toolbox *b, const struct builtin *row, const char *spec)
{
	struct self *self = arena_alloc(b->arena, sizeof(*self));
	struct tool *t;

	self->row = row;
	t = toolbox_add_text(b, row->name, spec, &builtin_ops, self);
	if (t)
		t->id = arena_printf(b->arena, "builtin:%s", row->name);
}

void toolbox_add_builtin(struct toolbox *b, bool note_chat)
{
	bool open[BG_COUNT];

	pthread_once(&specs.once, make_specs);
	decide(b, note_chat, open);
	for (size_t i = 0; builtin_tables[i]; i++)
		for (size_t k = 0; builtin_tables[i][k].name; k++)
			if (open[builtin_tables[i][k].group])
				add_row(b, &builtin_tables[i][k], specs.text[i][k]);
}
