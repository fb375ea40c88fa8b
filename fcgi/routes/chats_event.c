/* chats_event - /api/v1/chats/{id}/messages/{id}/event: a tool or a client tells of a message. */

#include "chat/edit.h"
#include "fcgi/routes/chats.h"
#include "realtime/publish.h"

static const struct field event_form[] = {
	{ "type", T_STR, F_REQUIRED },
	{ "data", T_DICT, F_REQUIRED },
	SCHEMA_END
};

/* The lists that an event adds to.  `stands` first: new entries go behind the stored ones. */
static const struct list_event {
	const char *type, *field, *from;	/* from: the list in the event; NULL: the event is one */
	bool stands_first, existing_only;
} list_events[] = {
	{ "status", "statusHistory", NULL, true, true },
	{ "embeds", "embeds", "embeds", false, false },
	{ "files", "files", "files", false, false },
	{ "source", "sources", NULL, true, false },
	{ "citation", "sources", NULL, true, false },
};

static void append(struct json_object *to, struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		json_object_array_add(to, json_ref(json_item(list, i)));
}

/* What a list becomes. */
static struct json_object *grown_list(struct req *r, const struct list_event *e, struct json_object *message)
{
	struct json_object *data = json_get(r->body, "data"), *stored = json_get(message, e->field);
	struct json_object *list = json_new_array(r->arena);

	if (e->stands_first)
		append(list, stored);
	if (e->from)
		append(list, json_get(data, e->from));
	else
		json_object_array_add(list, json_ref(data));
	if (!e->stands_first && !json_flag(data, "replace", false))
		append(list, stored);
	return list;
}

/* The members of the message that the event changes; NULL: none.  *touch: the chat counts as updated. */
static const char *patch_of(struct req *r, struct json_object *message, bool *touch)
{
	const char *type = json_text(r->body, "type", ""), *more;
	struct json_object *data = json_get(r->body, "data"), *patch = json_new_object(r->arena);

	more = json_text(data, "content", "");
	*touch = false;
	if (text_eq(type, "replace") || (text_eq(type, "message") && message)) {
		*touch = true;
		json_set_text(patch, "content", text_eq(type, "replace") ? more :
			      arena_printf(r->arena, "%s%s", json_text(message, "content", ""), more));
		return json_print(patch);
	}
	for (size_t i = 0; i < ARRAY_SIZE(list_events); i++) {
		const struct list_event *e = &list_events[i];

		if (!text_eq(type, e->type) || (e->existing_only && !message) ||
		    (text_eq(e->field, "sources") && json_get(data, "type")))
			continue;
		json_set(patch, e->field, json_ref(grown_list(r, e, message)));
		return json_print(patch);
	}
	return NULL;
}

/* Events that everybody who looks at the chat gets, too. */
static bool is_shared(const char *type)
{
	static const char *const shared[] = { "chat:messages", "chat:active", "status", "source", "citation",
					      "files", "embeds", "chat:message:error", "chat:tasks:cancel",
					      "chat:message:follow_ups" };

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (text_eq(type, shared[i]))
			return true;
	return false;
}

static void emit(struct req *r, const char *owner)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"chat_id\":");
	buf_json(b, r->params[0]);
	buf_adds(b, ",\"message_id\":");
	buf_json(b, r->params[1]);
	buf_printf(b, ",\"data\":%s}", r->body_text);
	publish_event(r->arena, arena_printf(r->arena, "user:%s", owner), "events", buf_text(b), NULL);
	if (!is_shared(json_text(r->body, "type", "")))
		return;
	b->len--;
	buf_adds(b, ",\"shared\":true,\"user_id\":");
	buf_json(b, owner);
	buf_addc(b, '}');
	publish_event(r->arena, arena_printf(r->arena, "chat:%s", r->params[0]), "events", buf_text(b), NULL);
}

static int message_event(struct req *r)
{
	const struct rows *chat = chats_lock_editable(r, r->params[0]);
	struct str doc, raw = { NULL, 0 };
	struct chat_merged m;
	struct chat_doc d;
	const char *patch;
	bool touch;
	int i;

	if (!chat)
		return 0;
	doc = (struct str){ rows_text(chat, 0, LOCK_DOC), rows_len(chat, 0, LOCK_DOC) };
	if (chat_doc_read(&d, r->arena, doc) && (i = chat_tree_find(&d.tree, str_of(r->params[1]))) >= 0)
		raw = d.tree.msg[i].raw;
	patch = patch_of(r, raw.p ? json_parse(r->arena, raw.p, raw.n, NULL) : NULL, &touch);
	if (!patch) {
		db_rollback(req_db(r));
	} else {
		if (!chat_edit_put(r->arena, doc, r->params[1], str_of(patch), &m))
			return chats_leave(r, ERR_DEFAULT);
		m.touched = touch;
		if (!chats_store(r, r->params[0], &m, NULL, NULL))
			return 0;
	}
	emit(r, rows_text(chat, 0, LOCK_OWNER));
	return req_send_true(r);
}

const struct route chat_event_routes[] = {
	{ "POST", "/api/v1/chats/{id}/messages/{message_id}/event", USER, message_event, event_form,
	  .event = "message.event_received {message_id} chat_id={id} event_type=.type" },
	ROUTES_END
};
