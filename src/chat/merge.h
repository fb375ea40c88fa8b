#ifndef OW_CHAT_MERGE_H
#define OW_CHAT_MERGE_H

/*
 * merge - what a client sent, put into a chat's document.
 *
 * Clients send a document, or some of its top-level members.  Members replace the stored ones, but
 * `history`: its messages are merged by id, so that somebody who writes from an old copy loses
 * nothing; a message is never removed this way.  The stored version of a message stays when it was
 * written by somebody else than the owner, and when it or the new one is an unfinished answer: the
 * turn that writes it wins.  childrenIds are always made from parentId.
 *
 * Every message that a client sends is its author's: user_id, and user for questions, are set.
 *
 * Source: contract/notes-workspace.md, "Chats".
 */

#include "chat/tree.h"

struct chat_author {
	const char *id, *name;
};

struct chat_merged {
	struct str text;	/* the document */
	struct str title;	/* raw; { NULL, 0 }: it has none */
	struct str current;	/* unescaped id of the message it stands at; { NULL, 0 }: none */
	bool current_set;	/* false: leave the column alone */
	bool touched;		/* messages were sent: the chat counts as updated */
	struct str messages;	/* those whose rows must be written: { id: message } or a list; or NULL */
};

/* A new document from what was sent.  False when its history or its messages are malformed. */
bool chat_sent(struct arena *a, struct str sent, const struct chat_author *by,
	       struct chat_merged *out);

/* The stored document with what `by` sent; `owner` owns the chat. False as for chat_sent(). */
bool chat_merge(struct arena *a, struct str stored, struct str sent, const char *owner,
		const struct chat_author *by, struct chat_merged *out);

#endif
