#ifndef OW_ROUTES_CHATS_H
#define OW_ROUTES_CHATS_H

/* chats - what the files of /api/v1/chats and /api/v1/folders share. */

#include "chat/merge.h"
#include "chat/view.h"
#include "fcgi/request.h"

/* May the caller read every chat?  Administrators, unless ENABLE_ADMIN_CHAT_ACCESS is off. */
bool chats_any(const struct req *r);
static inline const char *chats_flag(bool on)
{
	return on ? "t" : "f";
}

/* A list of chats with `active` set for those that run; NULL: answered. */
const char *chats_mark_active(struct req *r, const char *list);

/* Answer a list of chats ([{ id, …, active }]) with `active` set for those that run. */
int chats_send_list(struct req *r, const char *list);

/* Write a chat: the head of owui.chat_head() with its document as a further member. */
void chats_write(struct buf *out, const char *head, struct str doc);

/* Answer a chat: the head of owui.chat_head() and its document as it is. */
int chats_send(struct req *r, const char *head, struct str doc);

/* Answer a chat as the caller may see it, see chat/view.h.  share_mode is raw JSON or NULL; `live`
 * repairs the document and lays running answers over it. */
int chats_send_view(struct req *r, const char *head, struct str doc, const char *owner,
		    const char *share_mode, bool live);

/* The document alone, as chats_send_view() answers it; { NULL, 0 }: answered. */
struct str chats_view_text(struct req *r, struct str doc, const struct chat_viewer *who);

/* A chat to be made for the caller.  Raw JSON but for title, folder and current; NULL: none. */
struct chats_new {
	const char *title, *doc, *folder, *meta, *vars, *current, *created, *updated, *messages;
	bool pinned, archived;
	bool any_folder;	/* a folder that the caller may not write to is left out, not refused */
};

/* Make it; its head, or NULL: answered (404 for the folder). */
const char *chats_insert(struct req *r, const struct chats_new *n);

/* May the caller make chats that stay?  false: answered (403). */
bool chats_may_create(struct req *r);

/* May the caller follow the link?  `share` is a row of Q_CHAT_SHARED_GET. */
bool chats_shared_readable(struct req *r, const struct rows *share);

/* The grants of the body that the caller may give; false: answered. */
struct grants;
bool chats_grants(struct req *r, const char *type, struct grants *out);

/* Store a changed document, commit, and give its head; NULL: the client has been answered. */
const char *chats_store(struct req *r, const char *id, const struct chat_merged *m, const char *vars,
			const char *gone);

/* Lock a chat for a change by its owner or an administrator; opens the transaction.
 * Columns: owner, document, title, folder owned by the caller.  NULL: answered (401). */
enum { LOCK_OWNER, LOCK_DOC, LOCK_TITLE, LOCK_FOLDER_OWNED };
const struct rows *chats_lock(struct req *r, const char *id);

/* The same for a chat of the caller, or for an administrator any. */
const struct rows *chats_lock_editable(struct req *r, const char *id);

/* Who may open the chat has changed: all that look at it leave its room and are told; a browser whose
 * account still may joins again. */
void chats_room_changed(struct req *r, const char *id);

/* Give up a transaction and answer with the error. */
int chats_leave(struct req *r, enum err e);

/* The title of a document as text: "New Chat" when it has none, NULL when it is no string. */
const char *chats_title(struct req *r, struct str raw);

/* A member of the body as raw JSON: a slice, or a text; NULL when absent or null. */
struct str chats_body(struct req *r, const char *key);
const char *chats_body_raw(struct req *r, const char *key);

/* The rows to skip for the ?page of `size` rows; NULL when there is no such page. */
const char *chats_skip(struct req *r, int size);

#endif
