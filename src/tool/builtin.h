#ifndef OW_TOOL_BUILTIN_H
#define OW_TOOL_BUILTIN_H

/*
 * builtin - the tools that come with the server: time, questions, chats, notes, knowledge and so on.
 *
 * A tool is a row: its name, what the model is told, and a statement of sql/queries/tool.sql (or a
 * function) that does it.  A statement takes (user, arguments, surroundings) as far as it needs them
 *
 *	surroundings: { chat_id, model_id, admin, knowledge: [{type, id, name}] }
 *
 * and gives one JSON value.  Which groups of tools a turn gets is decided by the model's settings, the
 * switches of the instance, the features that the request asks for, and the account's permissions.
 */

#include "db/queries.h"
#include "tool/tool.h"

struct param {
	const char *name;
	const char *type;		/* "string", "integer", "boolean", "array", "object" */
	const char *about;
	const char *def;		/* default as JSON text; "" for an optional one without; NULL: required */
	const char *items;		/* schema of an array's items, JSON text */
};

enum builtin_group {
	BG_TIME, BG_ASK, BG_KNOWLEDGE, BG_KNOWLEDGE_ATTACHED, BG_NOTE_ATTACHED, BG_CHATS, BG_MEMORY, BG_CODE,
	BG_NOTES, BG_CHANNELS, BG_SKILLS, BG_SKILLS_CHANGE, BG_SKILLS_MAKE, BG_TASKS, BG_AUTOMATIONS, BG_CALENDAR,
	BG_NOTIFY, BG_COUNT
};

struct builtin {
	const char *name;
	const char *about;
	const struct param *params;	/* ends with an empty one; NULL: none */
	enum builtin_group group;
	enum query sql;			/* or: */
	void (*run)(struct toolbox *b, struct json_object *args, struct tool_value *out);
};

/* All rows, in the order in which they are offered; ends with an empty one. */
extern const struct builtin *const builtin_tables[];
extern const struct builtin builtin_person[], builtin_knowledge[], builtin_memory[], builtin_plans[];
extern const struct builtin builtin_skills[], builtin_automations[];

/* May the account read and change everybody's skills? "t" or "f". */
const char *skills_all(const struct toolbox *b);

/* Add the built-in tools that this turn may use.  `note_chat`: the chat belongs to a note. */
void toolbox_add_builtin(struct toolbox *b, bool note_chat);

/* Is it the built-in tool of that name (not one of a server that is called the same)? */
bool builtin_is(const struct tool *t, const char *name);

#endif
