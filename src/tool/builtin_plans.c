/* What the user keeps and plans: notes, channels, tasks of a chat, the calendar. */

#include "tool/builtin.h"

#define COUNT(def) { "count", "integer", "At most so many results", def, NULL }
#define SINCE \
	{ "start_timestamp", "integer", "Only what changed at or after this Unix time", "", NULL }, \
	{ "end_timestamp", "integer", "Only what changed at or before this Unix time", "", NULL }

static const struct param search[] = {
	{ "query", "string", "Words to look for", NULL, NULL }, COUNT("5"), SINCE, { 0 }
};

static const struct param view_note[] = { { "note_id", "string", "Id of the note", NULL, NULL }, { 0 } };

static const struct param write_note[] = {
	{ "title", "string", "Title of the note", NULL, NULL },
	{ "content", "string", "Its text, in Markdown", NULL, NULL },
	{ 0 }
};

#define EDIT_ITEMS \
	"{\"type\":\"object\",\"properties\":{" \
	"\"action\":{\"type\":\"string\",\"description\":\"replace_text, or replace for the whole text\"}," \
	"\"find\":{\"type\":\"string\",\"description\":\"Text that stands in the note\"}," \
	"\"replace_all\":{\"type\":\"boolean\",\"description\":\"Every occurrence\"}," \
	"\"content\":{\"type\":\"string\",\"description\":\"What stands there instead\"}}," \
	"\"required\":[\"action\",\"content\"]}"

static const struct param edit_note[] = {
	{ "note_id", "string", "Id of the note", NULL, NULL },
	{ "content", "string", "The whole new text; or use operations", "", NULL },
	{ "operations", "array", "Changes of parts, one after the other", "", EDIT_ITEMS },
	{ "title", "string", "A new title", "", NULL },
	{ 0 }
};

static const struct param search_channels[] = {
	{ "query", "string", "Part of the name or description", NULL, NULL }, COUNT("5"), { 0 }
};

static const struct param search_messages[] = {
	{ "query", "string", "Words of the message", NULL, NULL }, COUNT("10"), SINCE, { 0 }
};

static const struct param view_message[] = { { "message_id", "string", "Id of the message", NULL, NULL }, { 0 } };

static const struct param view_thread[] = {
	{ "parent_message_id", "string", "Id of the message that began the thread", NULL, NULL }, { 0 }
};

#define TASK_ITEMS \
	"{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"content\":{\"type\":\"string\"}," \
	"\"status\":{\"type\":\"string\",\"enum\":[\"pending\",\"in_progress\",\"completed\",\"cancelled\"]}}," \
	"\"required\":[\"content\"]}"

static const struct param create_tasks[] = {
	{ "tasks", "array", "All steps in their order; they take the place of earlier ones", NULL, TASK_ITEMS }, { 0 }
};

static const struct param update_task[] = {
	{ "id", "string", "Id of the task", NULL, NULL },
	{ "status", "string", "pending, in_progress, completed or cancelled", "\"completed\"", NULL },
	{ 0 }
};

#define WHEN "as \"2026-04-20 09:00\", in the user's time zone"

static const struct param search_events[] = {
	{ "query", "string", "Words of title, description or place", "", NULL },
	{ "start", "string", "Only events that end after this time, " WHEN, "", NULL },
	{ "end", "string", "Only events that begin before this time", "", NULL }, COUNT("10"), { 0 }
};

#define EVENT_FIELDS \
	{ "description", "string", "More about it", "", NULL }, \
	{ "location", "string", "Where it takes place", "", NULL }, \
	{ "reminder_minutes", "integer", "Minutes before the beginning to remind the user", "", NULL }

static const struct param create_event[] = {
	{ "title", "string", "What takes place", NULL, NULL },
	{ "start", "string", "When it begins, " WHEN, NULL, NULL },
	{ "end", "string", "When it ends; an hour later if it is not given", "", NULL },
	{ "calendar_id", "string", "In which calendar; the default one if it is not given", "", NULL },
	{ "all_day", "boolean", "It takes the whole day", "false", NULL }, EVENT_FIELDS, { 0 }
};

static const struct param update_event[] = {
	{ "event_id", "string", "Id of the event", NULL, NULL },
	{ "title", "string", "A new title", "", NULL },
	{ "start", "string", "A new beginning, " WHEN, "", NULL },
	{ "end", "string", "A new end", "", NULL },
	{ "all_day", "boolean", "It takes the whole day", "", NULL },
	{ "is_cancelled", "boolean", "It does not take place", "", NULL }, EVENT_FIELDS, { 0 }
};

static const struct param delete_event[] = { { "event_id", "string", "Id of the event", NULL, NULL }, { 0 } };

const struct builtin builtin_plans[] = {
	{ "search_notes", "Find notes that the user may read.", search, BG_NOTES, Q_TOOL_NOTES_SEARCH, NULL },
	{ "view_note", "Read a note.", view_note, BG_NOTES, Q_TOOL_NOTE_VIEW, NULL },
	{ "write_note", "Make a new note.", write_note, BG_NOTES, Q_TOOL_NOTE_WRITE, NULL },
	{ "replace_note_content", "Change a note: all of its text, or parts of it.",
	  edit_note, BG_NOTES, Q_TOOL_NOTE_REPLACE, NULL },
	{ "search_channels", "Find channels of the user.", search_channels, BG_CHANNELS, Q_TOOL_CHANNELS_SEARCH, NULL },
	{ "search_channel_messages", "Find messages in the user's channels.",
	  search_messages, BG_CHANNELS, Q_TOOL_MESSAGES_SEARCH, NULL },
	{ "view_channel_thread", "Read a message of a channel with its replies.",
	  view_thread, BG_CHANNELS, Q_TOOL_THREAD_VIEW, NULL },
	{ "view_channel_message", "Read a message of a channel.",
	  view_message, BG_CHANNELS, Q_TOOL_MESSAGE_VIEW, NULL },
	{ "create_tasks", "Write down the steps of a longer piece of work; the user sees them.",
	  create_tasks, BG_TASKS, Q_TOOL_TASKS_CREATE, NULL },
	{ "update_task", "Say how far a step is.", update_task, BG_TASKS, Q_TOOL_TASK_UPDATE, NULL },
	{ "search_calendar_events", "Find events in the user's calendars.",
	  search_events, BG_CALENDAR, Q_TOOL_EVENTS_SEARCH, NULL },
	{ "create_calendar_event", "Put an event into a calendar of the user.",
	  create_event, BG_CALENDAR, Q_TOOL_EVENT_CREATE, NULL },
	{ "update_calendar_event", "Change an event.", update_event, BG_CALENDAR, Q_TOOL_EVENT_UPDATE, NULL },
	{ "delete_calendar_event", "Remove an event.", delete_event, BG_CALENDAR, Q_TOOL_EVENT_DELETE, NULL },
	{ 0 }
};
