/* chats_copy - /api/v1/chats: conversations made of others: clone and fork. */

#include "chat/active.h"
#include "fcgi/routes/chats.h"
#include "json/splice.h"

static const struct field clone_form[] = {
	{ "title", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field fork_form[] = {
	{ "message_id", T_STR | T_NULL },
	SCHEMA_END
};

#define IMPORTS .permission = "chat.import", .permission_err = ERR_FORBIDDEN

/* A chat or a snapshot that is copied. */
struct source {
	struct json_object *head, *doc;	/* the document as the caller may see it */
	const char *owner, *id;
	bool mine, snapshot;
};

static bool open_source(struct req *r, struct source *s, const struct rows *rows, size_t owner_col,
			bool snapshot)
{
	struct chat_viewer who = { r->user.id, rows_text(rows, 0, owner_col), NULL, !snapshot };
	struct str text = chats_view_text(r, (struct str){ rows_text(rows, 0, 1), rows_len(rows, 0, 1) },
					  &who);

	if (!text.p)
		return false;
	s->head = json_parse_text(r->arena, rows_text(rows, 0, 0));
	s->doc = json_parse_text(r->arena, text.p);
	s->owner = who.owner_id;
	s->id = json_text(s->head, "id", "");
	s->mine = text_eq(s->owner, r->user.id);
	s->snapshot = snapshot;
	if (!s->doc)
		req_fail(r, ERR_INTERNAL);
	return s->doc != NULL;
}

/* Find a chat that the caller may read (or own, for `own`): 1, 0 none, -1 answered. */
static int find_chat(struct req *r, struct source *s, const char *id, bool own)
{
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_CHAT_GET, r->user.id, id, chats_flag(chats_any(r)),
			chats_flag(r->user.is_admin)))
		return -1;
	if (!rows_text(rows, 0, 2) || (own && !text_eq(rows_text(rows, 0, 3), r->user.id)))
		return 0;
	return open_source(r, s, rows, 3, false) ? 1 : -1;
}

/* Find what a share link leads to: 1, 0 no such link, -1 answered. */
static int find_shared(struct req *r, struct source *s, const char *id)
{
	struct rows *share;

	if (!req_db_run(r, &share, Q_CHAT_SHARED_GET, r->user.id, id))
		return -1;
	if (!rows_count(share))
		return 0;
	if (!chats_shared_readable(r, share)) {
		req_fail(r, ERR_ACCESS_PROHIBITED);
		return -1;
	}
	if (text_eq(rows_text(share, 0, 6), "continue")) {
		int found = find_chat(r, s, rows_text(share, 0, 3), false);

		if (found)
			return found;
	}
	return open_source(r, s, share, 2, true) ? 1 : -1;
}

/* What the owner wrote is the caller's in the copy. */
static void adopt(struct req *r, const struct source *s, struct json_object *message)
{
	struct json_object *user;
	const char *by = json_text(message, "user_id", s->owner);

	if (!text_eq(by, s->owner) || !json_is(message, json_type_object))
		return;
	json_set_text(message, "user_id", r->user.id);
	if (!text_eq(json_text(message, "role", ""), "user"))
		return;
	user = json_object_new_object();
	json_set_text(user, "id", r->user.id);
	json_set_text(user, "name", r->user.name);
	json_set(message, "user", user);
}

static void adopt_all(struct req *r, const struct source *s, struct json_object *doc)
{
	struct json_object *messages = json_at(doc, "history.messages"), *legacy = json_get(doc, "messages");

	if (s->mine)
		return;
	if (json_is(messages, json_type_object)) {
		json_object_object_foreach(messages, key, message) {
			(void)key;
			adopt(r, s, message);
		}
	}
	for (size_t i = 0; i < json_len(legacy); i++)
		adopt(r, s, json_item(legacy, i));
}

/* Store a copy and answer it. */
static int send_copy(struct req *r, struct chats_new *n, struct json_object *doc)
{
	struct json_object *messages = json_at(doc, "history.messages");
	const char *head;

	n->title = json_text(doc, "title", "New Chat");
	n->messages = messages ? arena_strdup(r->arena, json_print(messages)) : NULL;
	n->current = json_str(json_at(doc, "history.currentId"));
	n->doc = json_print(doc);
	head = chats_insert(r, n);
	return head ? chats_send(r, head, str_of(n->doc)) : 0;
}

static int copy_all(struct req *r, struct source *s, const char *title)
{
	struct json_object *current = json_at(s->doc, "history.currentId"), *meta = json_get(s->head, "meta");
	struct chats_new n = { .any_folder = true };

	if (!json_is(json_get(s->doc, "history"), json_type_object) ||
	    !json_has(json_get(s->doc, "history"), "currentId"))
		return req_fail(r, ERR_INTERNAL);
	adopt_all(r, s, s->doc);
	json_set_text(s->doc, "originalChatId", s->id);
	json_set(s->doc, "branchPointMessageId", json_ref(current));
	json_set_text(s->doc, "title", title);
	n.meta = arena_strdup(r->arena, json_print(meta));
	n.pinned = json_flag(s->head, "pinned", false);
	if (s->mine && !s->snapshot) {
		n.vars = arena_strdup(r->arena, json_print(json_get(s->head, "variables")));
		n.folder = json_text(s->head, "folder_id", NULL);
	}
	return send_copy(r, &n, s->doc);
}

static int clone(struct req *r)
{
	const char *title = json_text(r->body, "title", NULL);
	struct source s;
	int found;

	found = find_chat(r, &s, r->params[0], true);
	if (found <= 0)
		return found ? 0 : req_fail(r, ERR_DEFAULT_401);
	if (!chats_may_create(r))
		return 0;
	if (text_empty(title))
		title = arena_printf(r->arena, "Clone of %s", json_text(s.head, "title", ""));
	return copy_all(r, &s, title);
}

static int clone_shared(struct req *r)
{
	struct source s;
	int found = find_shared(r, &s, r->params[0]);

	if (!found && chats_any(r))
		found = find_chat(r, &s, r->params[0], false);
	if (found <= 0)
		return found ? 0 : req_fail(r, ERR_NOT_FOUND_401);
	if (!chats_may_create(r))
		return 0;
	return copy_all(r, &s, arena_printf(r->arena, "Clone of %s", json_text(s.head, "title", "")));
}

/* Does an unfinished answer wait for its user? */
static bool waits(struct json_object *message)
{
	struct json_object *output = json_get(message, "output");

	for (size_t i = 0; i < json_len(output); i++) {
		const char *status = json_text(json_item(output, i), "status", "");

		if (text_eq(json_text(json_item(output, i), "type", ""), "function_call") &&
		    (text_eq(status, "pending") || text_eq(status, "queued") ||
		     text_eq(status, "requires_approval")))
			return true;
	}
	return false;
}

/* A message of a fork: what chat_message keeps of it, or all of a snapshot's. */
static struct json_object *fork_message(struct req *r, const struct source *s, struct json_object *from)
{
	static const char *const kept[] = { "user_id", "role", "content", "output", "model", "files",
					    "sources", "embeds", "meta", "done", "statusHistory", "error",
					    "usage", "contextSummary", "timestamp", "user" };
	struct json_object *to, *usage;

	if (s->snapshot) {
		to = json_copy(r->arena, from);
	} else {
		to = json_new_object(r->arena);
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			if (json_get(from, kept[i]))
				json_set(to, kept[i], json_ref(json_get(from, kept[i])));
		if (!json_has(to, "done"))
			json_set_bool(to, "done", true);
		usage = json_get(to, "usage");
		if (usage) {
			struct json_object *info = json_object_new_object();

			json_set(info, "usage", json_ref(usage));
			json_set(to, "info", info);
		}
	}
	if (text_eq(json_text(to, "role", ""), "assistant") && !json_flag(to, "done", true) && !waits(to))
		json_set_bool(to, "done", true);
	return to;
}

/* The branch that ends at `last`: newest first.  NULL: answered. */
static struct json_object *branch_of(struct req *r, struct json_object *messages, const char *last)
{
	struct json_object *branch = json_new_array(r->arena), *seen = json_new_object(r->arena);

	for (const char *id = last; !text_empty(id);) {
		struct json_object *m = json_get(messages, id);

		if (!json_is(m, json_type_object)) {
			req_fail(r, ERR_NOT_FOUND);
			return NULL;
		}
		if (json_has(seen, id)) {
			req_fail(r, ERR_DEFAULT);
			return NULL;
		}
		json_set_bool(seen, id, true);
		json_object_array_add(branch, json_object_new_string(id));
		id = json_text(m, "parentId", NULL);
	}
	return branch;
}

/* Put the branch into the document as its whole history. */
static void set_branch(struct req *r, struct source *s, struct json_object *branch, const char *last)
{
	struct json_object *messages = json_at(s->doc, "history.messages");
	struct json_object *history = json_object_new_object(), *map = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = json_len(branch); i-- > 0;) {
		const char *id = json_str(json_item(branch, i));
		struct json_object *m = fork_message(r, s, json_get(messages, id));
		struct json_object *children = json_object_new_array();

		json_set_text(m, "id", id);
		json_set_text(m, "parentId", json_str(json_item(branch, i + 1)));
		if (i > 0)
			json_object_array_add(children, json_ref(json_item(branch, i - 1)));
		json_set(m, "childrenIds", children);
		json_set(map, id, json_ref(m));
		json_object_array_add(list, json_ref(m));
	}
	json_set(history, "messages", map);
	json_set_text(history, "currentId", last);
	json_set(s->doc, "history", history);
	json_set(s->doc, "messages", list);
}

static int fork_source(struct req *r, struct source *s)
{
	const char *last = json_text(r->body, "message_id", NULL);
	struct json_object *branch, *meta = json_new_object(r->arena);
	struct chats_new n = { .any_folder = true };

	if (text_empty(last))
		last = json_text(s->head, "current_message_id", NULL);
	if (text_empty(last))
		last = json_str(json_at(s->doc, "history.currentId"));
	if (text_empty(last) || !json_at(s->doc, "history.messages"))
		return req_fail(r, ERR_DEFAULT);
	last = arena_strdup(r->arena, last);
	branch = branch_of(r, json_at(s->doc, "history.messages"), last);
	if (!branch)
		return 0;
	set_branch(r, s, branch, last);
	adopt_all(r, s, s->doc);
	json_del(s->doc, "currentId");
	json_del(s->doc, "share_mode");
	json_set_text(s->doc, "originalChatId", s->id);
	json_set_text(s->doc, "branchPointMessageId", last);
	json_set_text(s->doc, "title", arena_printf(r->arena, "%s (fork)", json_text(s->head, "title", "")));
	if (s->mine && !s->snapshot) {
		meta = json_get(s->head, "meta") ? json_get(s->head, "meta") : meta;
		n.folder = json_text(s->head, "folder_id", NULL);
		n.vars = arena_strdup(r->arena, json_print(json_get(s->head, "variables")));
		n.pinned = json_flag(s->head, "pinned", false);
	}
	json_set_text(meta, "forked_from", s->id);
	json_set_text(meta, "forked_from_message_id", last);
	n.meta = arena_strdup(r->arena, json_print(meta));
	return send_copy(r, &n, s->doc);
}

static int fork_chat(struct req *r)
{
	struct source s;
	int found = find_chat(r, &s, r->params[0], false);

	if (!found)
		found = find_shared(r, &s, r->params[0]);
	if (found <= 0)
		return found ? 0 : req_fail(r, ERR_NOT_FOUND_401);
	if (!s.snapshot && chat_is_active(r->arena, s.id))
		return req_fail(r, ERR_CHAT_BUSY);
	if (!chats_may_create(r))
		return 0;
	return fork_source(r, &s);
}

const struct route chat_copy_routes[] = {
	{ "POST", "/api/v1/chats/{id}/clone", USER, clone, clone_form, IMPORTS,
	  .event = "chat.cloned @id original_chat_id={id}" },
	{ "POST", "/api/v1/chats/{id}/clone/shared", USER, clone_shared, IMPORTS },
	{ "POST", "/api/v1/chats/{id}/fork", USER, fork_chat, fork_form, .flags = R_BODY_OPTIONAL, IMPORTS,
	  .event = "chat.cloned @id original_chat_id={id} forked_from_message_id=.message_id" },
	ROUTES_END
};
