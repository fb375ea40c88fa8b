#include "turn/features.h"

#include "access/access.h"
#include "db/db.h"
#include "memory/context.h"
#include "turn/messages.h"
#include "turn/prepare.h"
#include "turn/prompt.h"
#include "turn/prompts.h"
#include "turn/tell.h"

enum { MEMORY_QUESTIONS = 7, MEMORY_WORDS = 4000 };

static struct json_object *messages(const struct turn *t)
{
	return json_get(t->form, "messages");
}

/* The setting's text, else the built-in one. */
static const char *text_of(const struct turn *t, enum config_key key, const char *built_in)
{
	const char *text = config_text(t->cfg, key);

	return text_empty(text) ? built_in : text;
}

static void add_voice(struct turn *t)
{
	if (config_bool(t->cfg, CK_TASK_VOICE_PROMPT_ENABLE))
		messages_add_system(t->arena, messages(t),
				    text_of(t, CK_TASK_VOICE_PROMPT_TEMPLATE, prompt_voice), false);
}

/* The last questions, oldest first. */
static const char *recent_words(struct turn *t)
{
	struct json_object *list = messages(t);
	const char *words = "";
	size_t found = 0, n;

	for (size_t i = json_len(list); i-- > 0 && found < MEMORY_QUESTIONS;) {
		const char *text = messages_text(json_item(list, i));

		if (!text_eq(json_text(json_item(list, i), "role", NULL), "user") || text_empty(text))
			continue;
		words = found++ ? arena_printf(t->arena, "%s\n\n%s", text, words) : text;
	}
	n = strlen(words);
	for (words += n > MEMORY_WORDS ? n - MEMORY_WORDS : 0; ((unsigned char)*words & 0xc0) == 0x80; words++)
		;
	return words;
}

static void add_memory(struct turn *t)
{
	const char *words, *text;

	if (!config_bool(t->cfg, CK_MEMORIES_ENABLE) ||
	    !config_bool(t->cfg, CK_MEMORIES_SYSTEM_CONTEXT_ENABLE) || !turn_capability(t, "memory"))
		return;
	words = recent_words(t);
	text = *words ? memory_context(t->arena, t->cfg, t->user.id, words) : NULL;
	if (text)
		messages_add_system(t->arena, messages(t), text, true);
}

bool feature_code_in_browser(const struct turn *t)
{
	const char *engine = config_text(t->cfg, CK_CODE_INTERPRETER_ENGINE);

	return !text_eq(engine, "jupyter") && !text_eq(engine, "sandbox");
}

/* A model that calls tools gets the tool; the others are told to write programs between tags. */
static void add_code(struct turn *t)
{
	if (!t->native_tools)
		messages_add_user(t->arena, messages(t),
				  text_of(t, CK_CODE_INTERPRETER_PROMPT_TEMPLATE, prompt_code_interpreter), true);
	if (!feature_code_in_browser(t))
		return;
	if (t->native_tools)
		messages_add_system(t->arena, messages(t), prompt_code_browser, true);
	else
		messages_add_user(t->arena, messages(t), prompt_code_browser, true);
}

/* A feature whose engine this server does not have: the user and the model are told, and the turn goes on. */
static void tell_missing(struct turn *t, const char *action, const char *what)
{
	struct json_object *o = json_new_object(t->arena);

	json_set_text(o, "description", what);
	json_set_bool(o, "error", true);
	turn_tell_status(t, action, true, o);
	messages_add_system(t->arena, messages(t), arena_printf(t->arena, "<context>%s Say so if the answer would have "
		"needed it.</context>", what), true);
}

static void add_web_search(struct turn *t)
{
	if (config_bool(t->cfg, CK_WEB_SEARCH_ENABLE))
		tell_missing(t, "web_search", "The web was not searched: no search engine is available on this server.");
}

static void add_pictures(struct turn *t)
{
	if (config_bool(t->cfg, CK_IMAGE_GENERATION_ENABLE))
		tell_missing(t, "image_generation", "No picture was made: no image engine is available on this server.");
}

static const struct {
	const char *name;
	const char *permission;		/* NULL: none is needed */
	void (*add)(struct turn *t);
} features[] = {
	{ "voice", NULL, add_voice },
	{ "memory", "features.memories", add_memory },
	{ "web_search", "features.web_search", add_web_search },
	{ "image_generation", "features.image_generation", add_pictures },
	{ "code_interpreter", NULL, add_code },
};

bool feature_wanted(const struct turn *t, const char *name)
{
	return json_flag(json_get(t->spec, "features"), name, false);
}

static bool permitted(struct turn *t, const char *permission)
{
	struct db *db;
	int rc;

	if (!permission || t->user.is_admin)
		return true;
	db = db_get();
	rc = access_permitted(t->arena, db, t->cfg, &t->user, permission);
	db_put(db);
	return rc > 0;
}

bool features_add(struct turn *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (feature_wanted(t, features[i].name) && permitted(t, features[i].permission))
			features[i].add(t);
	return true;
}

bool features_add_folder(struct turn *t)
{
	const char *id = json_text(t->spec, "folder_id", NULL), *text;
	struct json_object *data, *all, *given;
	struct rows *rows;
	struct db *db;
	int rc;

	if (text_empty(id))
		return true;
	db = db_get();
	rc = db_run(db, t->arena, &rows, Q_TURN_FOLDER, id, t->user.id, t->user.is_admin ? "t" : "f");
	db_put(db);
	data = rc > 0 ? json_parse_text(t->arena, rows_text(rows, 0, 0)) : NULL;
	text = json_text(data, "system_prompt", NULL);
	if (!text_empty(text))
		messages_add_system(t->arena, messages(t), prompt_resolve(t, text), false);
	if (!json_len(json_get(data, "files")))
		return true;
	if (t->native_tools) {
		json_set(t->spec, "folder_knowledge", json_ref(json_get(data, "files")));
		return true;
	}
	all = json_copy(t->arena, json_get(data, "files"));
	given = json_get(t->spec, "files");
	for (size_t i = 0; i < json_len(given); i++)
		json_object_array_add(all, json_ref(json_item(given, i)));
	json_set(t->spec, "files", json_ref(all));
	return true;
}
