/* What is remembered of the user from chat to chat. */

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

const struct builtin builtin_memory[] = {
	{ "search_memories", "Find what was remembered of the user.", search, BG_MEMORY, Q_TOOL_MEMORY_SEARCH, NULL },
	{ "list_memory_paths", "List the paths under which memories are kept.",
	  paths, BG_MEMORY, Q_TOOL_MEMORY_PATHS, NULL },
	{ "read_memory_path", "Read the memories under a path.", read_path, BG_MEMORY, Q_TOOL_MEMORY_READ, NULL },
	{ "list_memories", "List everything that was remembered of the user.",
	  NULL, BG_MEMORY, Q_TOOL_MEMORY_LIST, NULL },
	{ "add_memory", "Remember something about the user for later chats.", add, BG_MEMORY, Q_TOOL_MEMORY_ADD, NULL },
	{ "replace_memory_content", "Correct a memory.", replace, BG_MEMORY, Q_TOOL_MEMORY_REPLACE, NULL },
	{ "delete_memory", "Forget a memory.", remove_one, BG_MEMORY, Q_TOOL_MEMORY_DELETE, NULL },
	{ 0 }
};
