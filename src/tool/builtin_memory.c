/* What is remembered of the user from chat to chat. */

#include "memory/memory.h"
#include "tool/builtin.h"

#define KIND(def) \
	{ "type", "string", "\"user\" for facts about the user, \"context\" for the rest, \"all\"", def, NULL }

static const struct param search[] = {
	{ "query", "string", "Words to look for; empty takes all", "\"\"", NULL },
	{ "count", "integer", "At most so many", "5", NULL }, KIND("\"all\""),
	{ "path", "string", "Only below this path", "", NULL },
	{ "memory_id", "string", "Only this one", "", NULL },
	{ 0 }
};

static const struct param paths[] = {
	{ "query", "string", "Part of the path", "\"\"", NULL },
	{ "count", "integer", "At most so many", "100", NULL }, KIND("\"all\""), { 0 }
};

static const struct param read_path[] = {
	{ "path", "string", "The path", NULL, NULL },
	{ "count", "integer", "At most so many", "50", NULL }, KIND("\"all\""),
	{ "include_children", "boolean", "Also what lies below the path", "true", NULL },
	{ 0 }
};

static const struct param add[] = {
	{ "content", "string", "What to remember, in one sentence", NULL, NULL }, KIND("\"user\""),
	{ "path", "string", "Where it belongs, like work/projects", "", NULL },
	{ 0 }
};

static const struct param replace[] = {
	{ "memory_id", "string", "Id of the memory", NULL, NULL },
	{ "content", "string", "The new text", NULL, NULL }, KIND(""),
	{ "path", "string", "The new path", "", NULL },
	{ 0 }
};

static const struct param remove_one[] = { { "memory_id", "string", "Id of the memory", NULL, NULL }, { 0 } };

#define OPERATION_ITEMS \
	"{\"type\":\"object\",\"properties\":{" \
	"\"action\":{\"type\":\"string\",\"enum\":[\"add\",\"replace\",\"move\",\"remove\"]}," \
	"\"id\":{\"type\":\"string\",\"description\":\"Id of the memory; of all but add\"}," \
	"\"content\":{\"type\":\"string\",\"description\":\"Of add and replace\"}," \
	"\"type\":{\"type\":\"string\",\"enum\":[\"user\",\"context\"]}," \
	"\"path\":{\"type\":\"string\",\"description\":\"Where it belongs; one of list_memory_paths where it fits\"}}," \
	"\"required\":[\"action\"]}"

static const struct param update[] = {
	{ "operations", "array", "Changes, done together or not at all", NULL, OPERATION_ITEMS }, { 0 }
};

/* Do the operations; NULL: `out` says why not. */
static struct json_object *apply(struct toolbox *b, struct json_object *operations, struct tool_value *out)
{
	static const char *const actions[] = { "add", "replace", "move", "remove", NULL };
	const char *json, *why = NULL, *const *known;
	struct db_failure failure = { 0 };

	for (size_t i = 0; i < json_len(operations); i++) {
		const char *action = json_text(json_item(operations, i), "action", "");

		for (known = actions; *known && strcmp(*known, action) != 0; known++)
			;
		if (!*known) {
			tool_fail(b, out, "There is no action \"%.40s\" on memories.", action);
			return NULL;
		}
	}
	switch (memory_apply(b->arena, b->cfg, b->user->id, operations, "tool", &json, &why, &failure)) {
	case MEMORY_DONE:
		return json_parse_text(b->arena, json);
	case MEMORY_DB_FAILED:
		why = failure.fault != DB_RAISED ? "The database cannot be reached." : failure.message;
		why += text_starts(why, "404 ") ? 4 : 0;
		/* fallthrough */
	default:
		tool_fail(b, out, "%s", why);
		return NULL;
	}
}

static void update_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	struct json_object *done = apply(b, json_get(args, "operations"), out);

	if (done)
		out->json = done;
}

/* One operation with the arguments as they were given; its memory as the answer. */
static void one(struct toolbox *b, const char *action, struct json_object *args, struct tool_value *out)
{
	struct json_object *list = json_new_array(b->arena), *op = json_object_new_object(), *done, *memory;
	const char *type = json_text(args, "type", NULL);

	json_object_array_add(list, op);
	json_set_text(op, "action", action);
	json_set_text(op, "id", json_text(args, "memory_id", NULL));
	json_set_text(op, "content", json_text(args, "content", NULL));
	json_set_text(op, "path", json_text(args, "path", NULL));
	if (text_eq(type, "user") || text_eq(type, "context"))
		json_set_text(op, "type", type);
	done = json_item(apply(b, list, out), 0);
	if (!done)
		return;
	memory = json_get(done, "memory");
	out->json = json_new_object(b->arena);
	json_set_text(out->json, "status", "success");
	json_set(out->json, "id", json_ref(json_get(memory ? memory : done, "id")));
	if (!memory)
		return;
	json_set(out->json, "type", json_ref(json_get(memory, "type")));
	json_set(out->json, "path", json_ref(json_get(memory, "path")));
	json_set(out->json, "content", json_ref(json_get(memory, "content")));
}

static void add_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	one(b, "add", args, out);
}

/* A path that is not given stays. */
static void replace_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	const char *id = json_text(args, "memory_id", "");
	struct rows *rows;

	if (text_empty(json_text(args, "path", NULL)) &&
	    db_run_alone(b->arena, &rows, NULL, Q_MEMORY_GET, b->user->id, id) > 0)
		json_set_text(args, "path", rows_text(rows, 0, 1));
	one(b, "replace", args, out);
}

static void remove_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	one(b, "remove", args, out);
}

const struct builtin builtin_memory[] = {
	{ "search_memories", "Find what was remembered of the user.", search, BG_MEMORY, Q_TOOL_MEMORY_SEARCH, NULL },
	{ "list_memory_paths", "List the paths under which memories are kept.",
	  paths, BG_MEMORY, Q_TOOL_MEMORY_PATHS, NULL },
	{ "read_memory_path", "Read the memories under a path.", read_path, BG_MEMORY, Q_TOOL_MEMORY_READ, NULL },
	{ "list_memories", "List everything that was remembered of the user.",
	  NULL, BG_MEMORY, Q_TOOL_MEMORY_LIST, NULL },
	{ "update_memory", "Change several memories at once, after learning something that will matter in later chats. "
			   "Leave out what is true for a day or a mood, unless the user asks to remember it.",
	  update, BG_MEMORY, Q_NONE, update_run },
	{ "add_memory", "Remember something about the user for later chats.", add, BG_MEMORY, Q_NONE, add_run },
	{ "replace_memory_content", "Correct a memory.", replace, BG_MEMORY, Q_NONE, replace_run },
	{ "delete_memory", "Forget a memory.", remove_one, BG_MEMORY, Q_NONE, remove_run },
	{ 0 }
};
