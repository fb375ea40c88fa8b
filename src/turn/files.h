#ifndef OW_TURN_FILES_H
#define OW_TURN_FILES_H

/*
 * files - what is attached to a request (spec.files: documents, notes, chats, collections, texts) becomes
 * sources: { source, document: [text], metadata: [object], distances? }, which the last question carries to
 * the model within the template of the setting rag.template.
 *
 * Unless all of it is wanted in full, the task model names queries first, and what is indexed is searched
 * with them.  Limits: FILES_MAX entries, SOURCES_TEXT_MAX bytes of text in all.
 * Source: contract/chat-completions.md, section 13.
 */

#include "turn/turn.h"

enum { FILES_MAX = 200, SOURCES_TEXT_MAX = 8 * 1024 * 1024, FILES_QUERIES_MAX = 10 };

/* Steps of the preparation: fill t->sources; put them into the messages and tell the chat. */
bool files_load(struct turn *t);
bool files_apply_sources(struct turn *t);

/* <source id="1" name=…>text</source> lines, numbered by distinct source. */
const char *files_context(struct arena *a, struct json_object *sources, bool with_text);

#endif
