/* Skills: read, made and changed by the model. */

#include "base/env.h"
#include "skill/package.h"
#include "skill/store.h"
#include "tool/builtin.h"

static const struct param view_skill[] = { { "id", "string", "Id of the skill", NULL, NULL }, { 0 } };

static const struct param read_skill[] = {
	{ "id", "string", "Id of the skill", NULL, NULL },
	{ "path", "string", "The file, as view_skill lists it", NULL, NULL },
	{ "offset", "integer", "Characters to leave out at the beginning", "0", NULL },
	{ "max_chars", "integer", "At most so many characters", "10000", NULL },
	{ 0 }
};

static const struct param grep_skill[] = {
	{ "id", "string", "Id of the skill", NULL, NULL },
	{ "pattern", "string", "Text to find in the lines", NULL, NULL },
	{ "path", "string", "Only this file", "", NULL },
	{ "case_insensitive", "boolean", "Upper and lower case count as the same", "true", NULL },
	{ "max_results", "integer", "At most so many lines", "10", NULL },
	{ 0 }
};

#define FILE_FIELDS \
	"\"path\":{\"type\":\"string\",\"description\":\"Like notes/list.md\"}," \
	"\"content\":{\"type\":\"string\",\"description\":\"All of its text\"}"
#define COMMIT { "commit_message", "string", "What this version is about", "", NULL }

static const struct param create[] = {
	{ "id", "string", "Short name of small letters, digits and hyphens; nobody else's", NULL, NULL },
	{ "name", "string", "Name that people see", NULL, NULL },
	{ "content", "string", "All of SKILL.md: a block with name and description between lines of ---, then the "
			       "instructions", NULL, NULL },
	{ "files", "array", "Texts beside SKILL.md", "",
	  "{\"type\":\"object\",\"properties\":{" FILE_FIELDS "},\"required\":[\"path\",\"content\"]}" },
	COMMIT, { 0 }
};

static const struct param change[] = {
	{ "id", "string", "Id of the skill", NULL, NULL },
	{ "operations", "array", "put writes a file (SKILL.md too), move renames it to `destination`, delete removes it", NULL,
	  "{\"type\":\"object\",\"properties\":{\"op\":{\"type\":\"string\",\"enum\":[\"put\",\"move\",\"delete\"]},"
	  FILE_FIELDS ",\"destination\":{\"type\":\"string\"}},\"required\":[\"op\",\"path\"]}" },
	COMMIT, { 0 }
};

const char *skills_all(const struct toolbox *b)
{
	return b->user->is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true) ? "t" : "f";
}

static void refused(struct toolbox *b, const struct skill_end *end, struct tool_value *out)
{
	const char *why = end->why;

	if (end->current)
		why = "The skill was changed meanwhile. Read it again and repeat the change.";
	else if (!why && end->failure.fault == DB_RAISED)
		why = strstr(end->failure.message, "ERR_") ? "The skill is not there, not yours to change, or its id is taken."
							    : end->failure.message;
	else if (!why)
		why = "The database cannot be reached.";
	tool_fail(b, out, "%s", why);
}

/* Only texts, and only in these fields: the rest of what a model says is left out. */
static struct json_object *texts_of(struct toolbox *b, struct json_object *list, const char **why)
{
	static const char *const fields[] = { "op", "path", "content", "destination" };
	struct json_object *out = json_new_array(b->arena);

	*why = list && !json_is(list, json_type_array) ? "A list is expected." : NULL;
	for (size_t i = 0; !*why && i < json_len(list); i++) {
		struct json_object *from = json_item(list, i), *o = json_object_new_object();

		json_object_array_add(out, o);
		for (size_t k = 0; k < ARRAY_SIZE(fields); k++)
			if (json_str(json_get(from, fields[k])))
				json_set(o, fields[k], json_ref(json_get(from, fields[k])));
		if (text_empty(json_text(o, "path", NULL)))
			*why = "Every file needs a path.";
		else if (json_get(from, "encoding"))
			*why = "Files can only be texts.";
	}
	return out;
}

static void create_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct json_object *form = json_new_object(b->arena), *files, *first = json_object_new_object();
	const char *content = json_text(args, "content", ""), *name, *about, *json, *why;
	struct skill_end end;
	struct db *db;

	files = texts_of(b, json_get(args, "files"), &why);
	for (size_t i = 0; !why && i < json_len(files); i++)
		if (text_eq(json_text(json_item(files, i), "path", ""), "SKILL.md"))
			why = "SKILL.md belongs into content.";
	json_set_text(first, "path", "SKILL.md");
	json_set_text(first, "content", content);
	json_object_array_add(files, first);
	if (why)
		return tool_fail(b, out, "%s", why);
	skill_frontmatter(b->arena, content, &name, &about);
	json_set_text(form, "id", json_text(args, "id", ""));
	json_set_text(form, "name", json_text(args, "name", ""));
	json_set_text(form, "description", about ? about : "");
	json_set_text(form, "commit_message", json_text(args, "commit_message", NULL));
	json_set(form, "files", json_ref(files));
	json_set(form, "meta", json_object_new_object());
	json_set_bool(form, "is_active", true);
	db = db_get();
	json = skill_store_make(b->arena, db, b->user->id, form, "[]", &end);
	db_put(db);
	if (!json)
		return refused(b, &end, out);
	out->json = json_new_object(b->arena);
	json_set_text(out->json, "id", json_text(form, "id", ""));
	json_set_text(out->json, "url", arena_printf(b->arena, "/workspace/skills/edit?id=%s", json_text(form, "id", "")));
}

static void change_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct json_object *form = json_new_object(b->arena), *operations;
	const char *id = json_text(args, "id", ""), *why, *done;
	struct db_failure failure = { 0 };
	struct skill_end end = { 0 };
	struct rows *rows;
	struct db *db;

	operations = texts_of(b, json_get(args, "operations"), &why);
	if (why)
		return tool_fail(b, out, "%s", why);
	if (db_run_alone(b->arena, &rows, &failure, Q_SKILL_LOCK, "skill", id, b->user->id, skills_all(b), "write",
			 "ERR_NOT_FOUND", "ERR_UNAUTHORIZED") <= 0) {
		end.failure = failure;
		return refused(b, &end, out);
	}
	json_set_text(form, "expected_version_id", rows_text(rows, 0, 0));
	json_set(form, "operations", json_ref(operations));
	json_set_text(form, "commit_message", json_text(args, "commit_message", NULL));
	db = db_get();
	done = skill_store_change(b->arena, db, b->user->id, skills_all(b), id, form, &end);
	db_put(db);
	if (!done)
		return refused(b, &end, out);
	out->json = json_new_object(b->arena);
	json_set_text(out->json, "id", id);
}

const struct builtin builtin_skills[] = {
	{ "view_skill", "Read the instructions of a skill.", view_skill, BG_SKILLS, Q_TOOL_SKILL_VIEW, NULL },
	{ "read_skill_file", "Read a supporting file of a skill.", read_skill, BG_SKILLS, Q_TOOL_SKILL_READ, NULL },
	{ "grep_skill_files", "Find lines in the files of a skill.", grep_skill, BG_SKILLS, Q_TOOL_SKILL_GREP, NULL },
	{ "update_skill_files", "Change files of a skill; that makes a new version of it.",
	  change, BG_SKILLS_CHANGE, Q_NONE, change_run },
	{ "create_skill", "Make a new skill of the user: instructions for later chats, with texts beside them.",
	  create, BG_SKILLS_MAKE, Q_NONE, create_run },
	{ 0 }
};
