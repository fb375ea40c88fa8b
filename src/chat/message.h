#ifndef OW_CHAT_MESSAGE_H
#define OW_CHAT_MESSAGE_H

/*
 * message - put messages into a chat's document without rebuilding the rest of it.
 *
 * The document is JSON text (chat.chat); the messages lie in history.messages by id.  Only the text of
 * the messages that change is replaced; everything else is copied as it stands.
 */

#include "json/json.h"

/* The message of that id as a tree (a copy in the arena), or NULL. */
struct json_object *message_get(struct arena *a, struct str doc, const char *id);

/* The branch that ends at a message (NULL: where the document stands), oldest first: copies in a list of the
 * arena, empty when there is no such message.  Only the branch is parsed; a circle ends where it began. */
struct json_object *message_branch(struct arena *a, struct str doc, const char *id);

/*
 * The document with `changes` ({ id: { field: value … } }) laid over its messages: fields are replaced,
 * messages that are not there are added.  `current_id` (NULL: as it is) becomes history.currentId;
 * `fields` (NULL: none) replaces members of the document itself.  NULL when it is no object.
 */
const char *message_put(struct arena *a, struct str doc, struct json_object *changes,
			const char *current_id, struct json_object *fields);

#endif
