/* chats_messages - /api/v1/chats/{id}/messages: change or remove one message. */

#include "chat/edit.h"
#include "fcgi/routes/chats.h"
#include "realtime/publish.h"

enum { VOICE_MAX = 100000 };	/* bytes of JSON that describe a recording */

static const struct field message_form[] = {
	{ "content", T_STR | T_NULL },
	{ "voice", T_DICT | T_NULL },
	SCHEMA_END
};

static struct str doc_of(const struct rows *chat)
{
	return (struct str){ rows_text(chat, 0, LOCK_DOC), rows_len(chat, 0, LOCK_DOC) };
}

/* Tell the owner's browsers. */
static void announce(struct req *r, const char *owner, const char *content, const char *voice)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "{\"chat_id\":");
	buf_json(b, r->params[0]);
	buf_adds(b, ",\"message_id\":");
	buf_json(b, r->params[1]);
	buf_printf(b, ",\"data\":{\"type\":\"chat:message%s\",\"data\":{\"chat_id\":",
		   content ? "" : ":voice");
	buf_json(b, r->params[0]);
	buf_adds(b, ",\"message_id\":");
	buf_json(b, r->params[1]);
	buf_printf(b, ",\"%s\":%s}}}", content ? "content" : "voice", content ? content : voice);
	publish_event(r->arena, arena_printf(r->arena, "user:%s", owner), "events", buf_text(b), NULL);
}

static int message_update(struct req *r)
{
	const char *content = chats_body_raw(r, "content"), *voice = chats_body_raw(r, "voice"), *head;
	struct buf *patch = buf_in(r->arena, 0);
	const struct rows *chat = chats_lock_editable(r, r->params[0]);
	struct chat_merged m;

	if (!chat)
		return 0;
	if (voice && strlen(voice) > VOICE_MAX)
		return chats_leave(r, ERR_DEFAULT);
	if (voice && !chat_edit_has(r->arena, doc_of(chat), r->params[1]))
		return chats_leave(r, ERR_NOT_FOUND);
	if (!content && !voice)
		return chats_leave(r, ERR_DEFAULT);
	buf_addc(patch, '{');
	if (content)
		buf_printf(patch, "\"content\":%s%s", content, voice ? "," : "");
	if (voice)
		buf_printf(patch, "\"meta\":{\"voice\":%s}", voice);
	buf_addc(patch, '}');
	if (!chat_edit_put(r->arena, doc_of(chat), r->params[1],
			   (struct str){ buf_text(patch), patch->len }, &m))
		return chats_leave(r, ERR_DEFAULT);
	head = chats_store(r, r->params[0], &m, NULL, NULL);
	if (!head)
		return 0;
	announce(r, rows_text(chat, 0, LOCK_OWNER), content, voice);
	return chats_send(r, head, m.text);
}

static int message_delete(struct req *r)
{
	const struct rows *chat = chats_lock_editable(r, r->params[0]);
	struct buf *gone = buf_in(r->arena, 0);
	struct chat_merged m;
	const char *head;

	if (!chat)
		return 0;
	if (!chat_edit_delete(r->arena, doc_of(chat), r->params[1], &m, gone))
		return chats_leave(r, ERR_ACCESS_PROHIBITED);
	head = chats_store(r, r->params[0], &m, NULL, buf_text(gone));
	return head ? chats_send(r, head, m.text) : 0;
}

const struct route chat_message_routes[] = {
	{ "POST", "/api/v1/chats/{id}/messages/{message_id}", USER, message_update, message_form,
	  .event = "message.updated {message_id} chat_id={id} content_preview=.content/300" },
	{ "DELETE", "/api/v1/chats/{id}/messages/{message_id}", USER, message_delete,
	  .event = "message.deleted {message_id} chat_id={id}" },
	ROUTES_END
};
