#ifndef OW_CHAT_VIEW_H
#define OW_CHAT_VIEW_H

/*
 * view - a chat's document as somebody may see it.
 *
 * The stored text passes through as it is; only what must be different is rewritten: child links
 * and the current message are repaired, every question names its author, what belongs to the owner
 * is left out for others, the text of running answers is laid over the stored one.
 *
 *	v = chat_view_new(a, doc, &who);
 *	if ((ids = chat_view_missing(v)))	a JSON list of accounts whose names are not known
 *		chat_view_names(v, names);	{ id: name }
 *	chat_view_write(v, out);
 *
 * Source: contract/notes-workspace.md, "Chats".
 */

#include "chat/tree.h"

struct chat_viewer {
	const char *user_id;	/* NULL: somebody without account */
	const char *owner_id;
	const char *share_mode;	/* raw JSON put into the answer; NULL: none is */
	bool repair;
};

struct chat_view;

/* NULL when the document is no object. */
struct chat_view *chat_view_new(struct arena *a, struct str doc, const struct chat_viewer *who);

const char *chat_view_missing(const struct chat_view *v);
void chat_view_names(struct chat_view *v, const char *names_json);

/* Show this content and output (raw JSON) for a message, as not done. */
void chat_view_overlay(struct chat_view *v, struct str message_id, struct str content,
		       struct str output);

void chat_view_write(struct chat_view *v, struct buf *out);

#endif
