/* What is written down: knowledge bases with their files, and earlier chats. */

#include "tool/builtin.h"

#define COUNT(def) { "count", "integer", "At most so many results", def, NULL }
#define SKIP { "skip", "integer", "Results to leave out at the beginning", "0", NULL }
#define SINCE \
	{ "start_timestamp", "integer", "Only what changed at or after this Unix time", "", NULL }, \
	{ "end_timestamp", "integer", "Only what changed at or before this Unix time", "", NULL }

static const struct param list_bases[] = { COUNT("10"), SKIP, { 0 } };

static const struct param search_bases[] = {
	{ "query", "string", "Words of the name or the description", NULL, NULL }, COUNT("5"), SKIP, { 0 }
};

static const struct param query_bases[] = {
	{ "query", "string", "What the knowledge base is about", NULL, NULL }, COUNT("5"), { 0 }
};

static const struct param search_files[] = {
	{ "query", "string", "Part of the file's name", NULL, NULL },
	{ "knowledge_id", "string", "Only files of this knowledge base", "", NULL }, COUNT("5"), SKIP, { 0 }
};

static const struct param grep[] = {
	{ "pattern", "string", "Text to find in the lines of the files", NULL, NULL },
	{ "file_id", "string", "Only this file", "", NULL },
	{ "case_insensitive", "boolean", "Upper and lower case count as the same", "false", NULL },
	{ "count_only", "boolean", "Only the number of lines in each file", "false", NULL },
	{ 0 }
};

static const struct param query_files[] = {
	{ "query", "string", "What you want to know, in the words of the texts", NULL, NULL },
	{ "knowledge_ids", "array", "Only these knowledge bases", "", "{\"type\":\"string\"}" }, COUNT("5"), { 0 }
};

static const struct param view_file[] = {
	{ "file_id", "string", "Id of the file", NULL, NULL },
	{ "offset", "integer", "Characters to leave out at the beginning", "0", NULL },
	{ "max_chars", "integer", "At most so many characters", "10000", NULL },
	{ "line_numbers", "boolean", "Number the lines", "false", NULL },
	{ "start_line", "integer", "First line, counted from 1: lines instead of characters", "", NULL },
	{ "end_line", "integer", "Last line", "", NULL },
	{ 0 }
};

static const struct param list_attached[] = {
	{ "knowledge_id", "string", "Show the files of this knowledge base", "", NULL }, SKIP, COUNT("50"), { 0 }
};

static const struct param search_chats[] = {
	{ "query", "string", "Words of titles and messages", NULL, NULL }, COUNT("5"), SINCE, { 0 }
};

static const struct param view_chat[] = { { "chat_id", "string", "Id of the chat", NULL, NULL }, { 0 } };
static const struct param view_note[] = { { "note_id", "string", "Id of the note", NULL, NULL }, { 0 } };

#define FILE_TOOLS(group) \
	{ "grep_knowledge_files", "Find lines with a text in the files of knowledge bases.", \
	  grep, group, Q_TOOL_KNOWLEDGE_GREP, NULL }, \
	{ "search_knowledge_files", "Find files of knowledge bases by their names.", \
	  search_files, group, Q_TOOL_KNOWLEDGE_FILES, NULL }, \
	{ "query_knowledge_files", "Find the passages of the files that fit a question best.", \
	  query_files, group, Q_TOOL_KNOWLEDGE_QUERY, NULL }, \
	{ "view_knowledge_file", "Read a file of a knowledge base, or a part of it.", \
	  view_file, group, Q_TOOL_KNOWLEDGE_VIEW, NULL }

const struct builtin builtin_knowledge[] = {
	{ "list_knowledge_bases", "List the knowledge bases that the user may read.",
	  list_bases, BG_KNOWLEDGE, Q_TOOL_KNOWLEDGE_BASES, NULL },
	{ "search_knowledge_bases", "Find knowledge bases by name or description.",
	  search_bases, BG_KNOWLEDGE, Q_TOOL_KNOWLEDGE_BASES, NULL },
	{ "query_knowledge_bases", "Find the knowledge bases that fit a subject best.",
	  query_bases, BG_KNOWLEDGE, Q_TOOL_KNOWLEDGE_RANK, NULL },
	FILE_TOOLS(BG_KNOWLEDGE),
	{ "list_knowledge", "List what is attached to this model: knowledge bases, files and notes.",
	  list_attached, BG_KNOWLEDGE_ATTACHED, Q_TOOL_KNOWLEDGE_ATTACHED, NULL },
	FILE_TOOLS(BG_KNOWLEDGE_ATTACHED),
	{ "view_note", "Read a note.", view_note, BG_NOTE_ATTACHED, Q_TOOL_NOTE_VIEW, NULL },
	{ "search_chats", "Find earlier chats of the user by words in their titles and messages.",
	  search_chats, BG_CHATS, Q_TOOL_CHATS_SEARCH, NULL },
	{ "view_chat", "Read an earlier chat of the user.", view_chat, BG_CHATS, Q_TOOL_CHAT_VIEW, NULL },
	{ 0 }
};
