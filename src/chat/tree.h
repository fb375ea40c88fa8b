#ifndef OW_CHAT_TREE_H
#define OW_CHAT_TREE_H

/*
 * tree - the messages of a chat's history, read in place.
 *
 * history.messages is { id: message }; a message names its parent in parentId, and parents list
 * their children in childrenIds.  Documents come from browsers and from other versions: links may
 * be missing, stale or circular, messages may be no objects.  Nothing here follows a link twice.
 *
 * A tree points into the text that it was read from, which must outlive it.  Texts are raw JSON
 * unless said otherwise; `children` is a list or absent, children_at
 * is where the member's value stands.  Cost: linear in the text.
 */

#include "json/scan.h"

enum { CHAT_MESSAGES_MAX = 1000000 };

struct chat_msg {
	struct str key;		/* the member's name with its quotes */
	struct str id;		/* the same, unescaped */
	struct str raw;		/* the message */
	struct str own_id, parent_id, children, children_at, role, user_id, user, output, timestamp, meta;
	int parent;		/* index of the message that parentId names, or -1 */
	int first_added, last_added, next_added;	/* children to be appended, -1: none */
	bool is_object;
	bool has_done, done_false;
	bool doubled;		/* a member that matters stands twice */
	bool linked;		/* the parent lists it */
	bool dead;		/* a later member has the same name, or it was removed */
};

struct chat_tree {
	struct arena *arena;
	struct chat_msg *msg;
	int count, room;
	int *table;		/* open addressing by id: index + 1 */
	size_t table_size;
	uint64_t seed;
	bool linked_known;
};

/* Look at one message; `m` is zero but for key and id. */
void chat_msg_read(struct chat_msg *m, struct str raw);

/* Read the text of history.messages; anything but an object is an empty tree.  False: too many. */
bool chat_tree_read(struct chat_tree *t, struct arena *a, struct str messages);

/* The same by steps: begin, then add each member (the message's fields may be read already), then
 * finish.  chat_tree_add() gives NULL when there are too many. */
void chat_tree_begin(struct chat_tree *t, struct arena *a);
struct chat_msg *chat_tree_add(struct chat_tree *t, struct str key);
void chat_tree_finish(struct chat_tree *t);

/* Keep the member `key` of a message if it is one that matters. */
void chat_msg_field(struct chat_msg *m, struct str key, struct str value);

/* The message of an (unescaped) id, or of a raw JSON string; -1: none. */
int chat_tree_find(const struct chat_tree *t, struct str id);
int chat_tree_find_raw(const struct chat_tree *t, struct str raw);

/* A raw JSON string without quotes and escapes; { NULL, 0 } when it is no string. */
struct str chat_raw_text(struct arena *a, struct str raw);

static inline bool chat_same(struct str a, struct str b)
{
	return a.p && b.p && a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Does Python's `if value` hold?  (Absent, null, false, 0, "", [] and {} do not.) */
bool chat_raw_true(struct str raw);

/*
 * Repair what a reader would stumble over: children that their parent does not list are queued for
 * it (first_added …), and `current`, the raw history.currentId, is moved to a message to stand at.
 * True when something had to change; *current is then what to store or show.
 */
bool chat_tree_repair(struct chat_tree *t, struct str *current);

/* Write childrenIds of message i: as stored, with those queued by the repair. */
void chat_tree_children(const struct chat_tree *t, int i, struct buf *out);

/* A document, read in one pass.  The members of the document and of its history are trees of names
 * and values only. */
struct chat_doc {
	struct str text;
	struct chat_tree members, in_history, tree;
	struct str history, messages, current;		/* messages: history.messages */
	struct str legacy;				/* the list `messages` */
	struct str title, current_id, branch_point;
	bool has_share_mode;
};

/* False when the text is no object, is cut off, or holds too many messages. */
bool chat_doc_read(struct chat_doc *d, struct arena *a, struct str text);

/* Where the document stands, as kept in chat.current_message_id: an unescaped id, or { NULL, 0 }. */
struct str chat_doc_current(struct arena *a, const struct chat_doc *d, struct str current);

#endif
