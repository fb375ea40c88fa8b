#ifndef OW_TURN_MESSAGES_H
#define OW_TURN_MESSAGES_H

/*
 * messages - a list of messages on its way to a provider: [{ role, content: text or parts, … }].
 *
 * The lists are changed in place.  Texts may be NULL where a message has none.
 */

#include "json/json.h"

/* May a client's list (absent: empty) be worked on?  It holds objects that each have a role; their contents
 * are texts or parts.  Source: contract/chat-completions.md. */
bool messages_fit(struct json_object *list);

/* The first system message, the last message of a role, or NULL. */
struct json_object *messages_system(struct json_object *list);
struct json_object *messages_last(struct json_object *list, const char *role);

/* The text of a message: its content, or the first text part of it. */
const char *messages_text(struct json_object *m);

/* Put another text in its place; pictures stay. */
void messages_set_text(struct json_object *m, const char *text);

/* Add a line to the text(s) of a message, behind or before what stands there. */
void messages_join(struct arena *a, struct json_object *m, const char *line, bool behind);

/* Append / insert a message; it belongs to the list. */
struct json_object *messages_push(struct json_object *list, const char *role, const char *content);
void messages_insert(struct json_object *list, size_t at, struct json_object *m);

/* Add a line to the system message at the list's beginning; it is made when there is none. */
void messages_add_system(struct arena *a, struct json_object *list, const char *line, bool behind);

/* Add a line to the question at the list's end; it is made when the list ends otherwise. */
void messages_add_user(struct arena *a, struct json_object *list, const char *line, bool behind);

#endif
