/* channel_messages - /api/v1/channels/{id}/messages: posts, threads, reactions, pins. */

#include "fcgi/routes/channels.h"

enum { PREVIEW = 300 };

static const struct field message_form[] = {
	{ "temp_id", T_STR | T_NULL },
	{ "content", T_STR, F_REQUIRED },
	{ "reply_to_id", T_STR | T_NULL },
	{ "parent_id", T_STR | T_NULL },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	SCHEMA_END
};

static const struct field pin_form[] = { { "is_pinned", T_BOOL, F_REQUIRED }, SCHEMA_END };
static const struct field reaction_form[] = { { "name", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field list_query[] = {
	{ "skip", T_INT, .def = "0" },
	{ "limit", T_INT, .def = "50" },
	SCHEMA_END
};

static const struct field thread_query[] = {
	{ "skip", T_INT, .def = "0" },
	{ "limit", T_INT, .def = "50" },
	{ "around", T_STR | T_NULL },
	{ "before", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field page_query[] = { { "page", T_INT, .def = "1" }, SCHEMA_END };

static const char *admin(struct req *r)
{
	return channels_flag(r->user.is_admin);
}

/* The data of an event about a message of the channel. */
static struct json_object *about(struct req *r)
{
	struct json_object *data = json_new_object(r->arena);

	json_set_text(data, "channel_id", r->params[0]);
	return data;
}

static struct json_object *about_content(struct req *r)
{
	struct json_object *data = about(r);
	const char *text = json_text(r->body, "content", ""), *end = text;

	for (int i = 0; *end && i < PREVIEW; i++)
		for (end++; ((unsigned char)*end & 0xc0) == 0x80; end++)
			;
	json_set_text(data, "content_preview", arena_strndup(r->arena, text, (size_t)(end - text)));
	return data;
}

/* Tell those who look at the channel what has changed, and answer. */
static int told(struct req *r, const char *changed)
{
	channel_tell(r->arena, r->params[0], channels_part(changed, "events"));
	return channels_send(r, changed, "answer");
}

static int list(struct req *r)
{
	return req_send_sql(r, Q_MESSAGE_LIST, r->user.id, admin(r), r->params[0], req_query(r, "skip"),
			    req_query(r, "limit"));
}

static int data_of(struct req *r)
{
	const char *data;

	if (!req_db_text(r, &data, Q_MESSAGE_DATA, r->user.id, admin(r), r->params[0], r->params[1]))
		return 0;
	return data ? req_send_text(r, data) : req_send_null(r);
}

static int post(struct req *r)
{
	const char *changed;
	struct str raw;

	if (!req_db_text(r, &changed, Q_MESSAGE_POST, r->user.id, admin(r), r->params[0], r->body_text))
		return 0;
	if (json_find(channels_part(changed, "answer"), "id", &raw))
		req_event(r, "message.created", json_raw_text(r->arena, raw), about_content(r));
	return told(r, changed);
}

static int update(struct req *r)
{
	const char *changed;

	if (!req_db_text(r, &changed, Q_MESSAGE_UPDATE, r->user.id, admin(r), r->params[0], r->params[1], r->body_text))
		return 0;
	req_event(r, "message.updated", r->params[1], about_content(r));
	return told(r, changed);
}

static int pin(struct req *r)
{
	bool on = json_flag(r->body, "is_pinned", false);
	const char *changed;

	if (!req_db_text(r, &changed, Q_MESSAGE_PIN, r->user.id, admin(r), r->params[0], r->params[1],
			 channels_flag(on)))
		return 0;
	req_event(r, on ? "message.pinned" : "message.unpinned", r->params[1], about(r));
	return told(r, changed);
}

static int react(struct req *r, bool put)
{
	const char *changed, *name = json_text(r->body, "name", "");
	struct json_object *data = about(r);

	if (!req_db_text(r, &changed, Q_MESSAGE_REACT, r->user.id, admin(r), r->params[0], r->params[1], name,
			 channels_flag(put)))
		return 0;
	json_set_text(data, "reaction", name);
	req_event(r, put ? "message.reaction_added" : "message.reaction_removed", r->params[1], data);
	return told(r, changed);
}

static int reaction_add(struct req *r)
{
	return react(r, true);
}

static int reaction_remove(struct req *r)
{
	return react(r, false);
}

static int delete(struct req *r)
{
	const char *changed;

	if (!req_db_text(r, &changed, Q_MESSAGE_DELETE, r->user.id, admin(r), r->params[0], r->params[1]))
		return 0;
	req_event(r, "message.deleted", r->params[1], about(r));
	return told(r, changed);
}

#define MESSAGE "/api/v1/channels/{id}/messages/{message_id}"

const struct route channel_message_routes[] = {
	{ "GET", "/api/v1/channels/{id}/messages", USER, list, .query = list_query, CHANNELS },
	{ "GET", "/api/v1/channels/{id}/messages/pinned", USER, .query = page_query, .sql = Q_MESSAGE_PINNED,
	  .args = "user admin {id} ?page", CHANNELS },
	{ "POST", "/api/v1/channels/{id}/messages/post", USER, post, message_form, CHANNELS },
	{ "GET", MESSAGE, USER, .sql = Q_MESSAGE_GET, .args = "user admin {id} {message_id}", CHANNELS },
	{ "GET", MESSAGE "/data", USER, data_of, CHANNELS },
	{ "GET", MESSAGE "/thread", USER, .query = thread_query, .sql = Q_MESSAGE_THREAD,
	  .args = "user admin {id} {message_id} ?skip ?limit ?around ?before", CHANNELS },
	{ "POST", MESSAGE "/update", USER, update, message_form, CHANNELS },
	{ "POST", MESSAGE "/pin", USER, pin, pin_form, CHANNELS },
	{ "POST", MESSAGE "/reactions/add", USER, reaction_add, reaction_form, CHANNELS },
	{ "POST", MESSAGE "/reactions/remove", USER, reaction_remove, reaction_form, CHANNELS },
	{ "DELETE", MESSAGE "/delete", USER, delete, CHANNELS },
	ROUTES_END
};
