#ifndef OW_CHAT_EDIT_H
#define OW_CHAT_EDIT_H

/*
 * edit - change or remove one message of a chat's document.
 *
 * The document is repaired first (chat/tree.h), and the repair is stored with the change.
 * Source: contract/notes-workspace.md, "Chats".
 */

#include "chat/merge.h"

/*
 * Set members of the message `id`.  `patch` is an object of raw members; a `meta` in it is merged
 * into the stored one.  An unknown message is made: below the message that lists it as a child, else
 * without parent; it becomes the current one.  False when the document is malformed.
 */
bool chat_edit_put(struct arena *a, struct str doc, const char *id, struct str patch,
		   struct chat_merged *out);

/*
 * Remove a message with its direct children; grandchildren move up to its parent.  `gone` receives a
 * JSON list of the removed ids ("[]": there was no such message; the repaired document is still to
 * be stored).  False when the document is malformed.
 */
bool chat_edit_delete(struct arena *a, struct str doc, const char *id, struct chat_merged *out,
		      struct buf *gone);

/* Is the message in the document? */
bool chat_edit_has(struct arena *a, struct str doc, const char *id);

#endif
