/* channels - /api/v1/channels: channels, who may open them, who is in them. */

#include "fcgi/grants.h"
#include "fcgi/routes/channels.h"
#include "realtime/publish.h"

#define CHANNEL_FIELDS \
	{ "name", T_STR, .def = "\"\"" }, \
	{ "description", T_STR | T_NULL }, \
	{ "is_private", T_BOOL | T_NULL }, \
	{ "data", T_DICT | T_NULL }, \
	{ "meta", T_DICT | T_NULL }, \
	{ "group_ids", T_LIST | T_NULL, .item = &text_item }, \
	{ "user_ids", T_LIST | T_NULL, .item = &text_item }

static const struct field create_form[] = {
	CHANNEL_FIELDS,
	{ "access_grants", T_LIST | T_NULL, .item = &grant_item },
	{ "type", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field update_form[] = {
	CHANNEL_FIELDS,
	SCHEMA_END
};

static const struct field access_form[] = {
	{ "access_grants", T_LIST, F_REQUIRED, .item = &grant_item },
	SCHEMA_END
};

static const struct field add_form[] = {
	{ "user_ids", T_LIST, .item = &text_item, .def = "[]" },
	{ "group_ids", T_LIST, .item = &text_item, .def = "[]" },
	SCHEMA_END
};

static const struct field remove_form[] = {
	{ "user_ids", T_LIST, .item = &text_item, .def = "[]" },
	SCHEMA_END
};

static const struct field active_form[] = { { "is_active", T_BOOL, F_REQUIRED }, SCHEMA_END };
static const struct field mute_form[] = { { "is_channel_muted", T_BOOL, F_REQUIRED }, SCHEMA_END };

static const struct field members_query[] = {
	{ "query", T_STR | T_NULL },
	{ "order_by", T_STR | T_NULL },
	{ "direction", T_STR | T_NULL },
	{ "page", T_INT | T_NULL, .def = "1" },
	SCHEMA_END
};

static const char *admin(struct req *r)
{
	return channels_flag(r->user.is_admin);
}

/* { name, type } of a channel, raw JSON, for its event. */
static void note(struct req *r, const char *event, const char *id, struct str channel)
{
	struct json_object *data = json_new_object(r->arena);
	struct str name, type;

	if (json_find(channel, "name", &name))
		json_set_text(data, "name", json_raw_text(r->arena, name));
	if (json_find(channel, "type", &type))
		json_set_text(data, "type", json_raw_text(r->arena, type));
	req_event(r, event, id, data);
}

static void note_users(struct req *r, const char *event, struct json_object *users, struct json_object *groups)
{
	struct json_object *data = json_new_object(r->arena);

	json_set(data, "user_ids", json_ref(users));
	if (groups)
		json_set(data, "group_ids", json_ref(groups));
	req_event(r, event, r->params[0], data);
}

static void note_active(struct req *r, const char *id, bool on)
{
	struct json_object *data = json_new_object(r->arena);

	json_set_bool(data, "is_active", on);
	req_event(r, "channel.member_active_updated", id, data);
}

/* Answer with a channel that somebody made or found, whose people are in it now. */
static int send_entered(struct req *r, const char *answer)
{
	struct str channel = channels_part(answer, "channel"), raw;
	const char *id = json_find(channel, "id", &raw) ? json_raw_text(r->arena, raw) : "";

	channel_enter(r->arena, id, channels_part(answer, "users"));
	if (str_eq(channels_part(answer, "created"), "true"))
		note(r, "channel.created", id, channel);
	else
		note_active(r, id, true);
	return req_send_json(r, 200, channel.p, channel.n);
}

static int create(struct req *r)
{
	const char *type = json_text(r->body, "type", ""), *grants, *answer;

	if (!text_eq(type, "group") && !text_eq(type, "dm") && !r->user.is_admin)
		return req_fail(r, ERR_UNAUTHORIZED);
	grants = req_grants(r, "channel", false);
	if (!grants || !req_db_text(r, &answer, Q_CHANNEL_CREATE, r->user.id, r->body_text, grants))
		return 0;
	return send_entered(r, answer);
}

static int direct(struct req *r)
{
	const char *answer;

	return req_db_text(r, &answer, Q_CHANNEL_DM, r->user.id, r->params[0]) ? send_entered(r, answer) : 0;
}

static int update(struct req *r)
{
	const char *answer;

	if (!req_db_text(r, &answer, Q_CHANNEL_UPDATE, r->user.id, admin(r), r->params[0], r->body_text))
		return 0;
	note(r, "channel.updated", r->params[0], str_of(answer));
	return req_send_text(r, answer);
}

static int access_update(struct req *r)
{
	const char *grants = req_grants(r, "channel", true), *answer;

	if (!grants || !req_db_text(r, &answer, Q_CHANNEL_ACCESS, r->user.id, admin(r), r->params[0], grants))
		return 0;
	channel_leave(r->arena, r->params[0], channels_part(answer, "lost"));
	note(r, "channel.updated", r->params[0], channels_part(answer, "channel"));
	return channels_send(r, answer, "channel");
}

static int delete(struct req *r)
{
	const char *gone;

	if (!req_db_text(r, &gone, Q_CHANNEL_DELETE, r->user.id, admin(r), r->params[0]))
		return 0;
	channel_close(r->arena, r->params[0]);
	note(r, "channel.deleted", r->params[0], str_of(gone));
	return req_send_true(r);
}

static int members_add(struct req *r)
{
	struct json_object *users = json_new_array(r->arena), *list;
	const char *added;

	if (!req_db_text(r, &added, Q_CHANNEL_MEMBERS_ADD, r->user.id, admin(r), r->params[0], r->body_text))
		return 0;
	list = json_parse_text(r->arena, added);
	for (size_t i = 0; i < json_len(list); i++)
		json_object_array_add(users, json_ref(json_get(json_item(list, i), "user_id")));
	channel_enter(r->arena, r->params[0], str_of(json_print(users)));
	note_users(r, "channel.member_added", json_get(r->body, "user_ids"), json_get(r->body, "group_ids"));
	return req_send_text(r, added);
}

static int members_remove(struct req *r)
{
	struct json_object *users = json_get(r->body, "user_ids");
	const char *count, *ids = json_print(users);

	if (!req_db_text(r, &count, Q_CHANNEL_MEMBERS_REMOVE, r->user.id, admin(r), r->params[0], ids))
		return 0;
	channel_leave(r->arena, r->params[0], str_of(ids));
	note_users(r, "channel.member_removed", users, NULL);
	return req_send_text(r, count);
}

static int mute(struct req *r)
{
	bool on = json_flag(r->body, "is_channel_muted", false);
	const char *answer;
	struct buf *b = buf_in(r->arena, 0);

	if (!req_db_text(r, &answer, Q_CHANNEL_MUTE, r->user.id, admin(r), r->params[0], channels_flag(on)))
		return 0;
	buf_adds(b, "{\"channel_id\":");
	buf_json(b, r->params[0]);
	buf_printf(b, ",\"data\":{\"type\":\"channel:mute\",\"data\":%s}}", answer);
	publish_event(r->arena, arena_printf(r->arena, "user:%s", r->user.id), "events:channel", buf_text(b), NULL);
	return req_send_text(r, answer);
}

static int active(struct req *r)
{
	bool on = json_flag(r->body, "is_active", false);
	const char *answer;

	if (!req_db_text(r, &answer, Q_CHANNEL_SHOW, r->user.id, r->params[0], channels_flag(on)))
		return 0;
	note_active(r, r->params[0], on);
	return req_send_text(r, answer);
}

const struct route channel_routes[] = {
	{ "GET", "/api/v1/channels/", USER, .sql = Q_CHANNEL_LIST, .args = "user", CHANNELS },
	{ "GET", "/api/v1/channels/list", USER, .sql = Q_CHANNEL_ALL, .args = "user admin", CHANNELS },
	{ "GET", "/api/v1/channels/users/{user_id}", USER, direct, CHANNELS },
	{ "POST", "/api/v1/channels/create", USER, create, create_form, CHANNELS },
	{ "GET", "/api/v1/channels/{id}", USER, .sql = Q_CHANNEL_GET, .args = "user admin {id}", CHANNELS },
	{ "POST", "/api/v1/channels/{id}/update", USER, update, update_form, CHANNELS },
	{ "POST", "/api/v1/channels/{id}/access/update", USER, access_update, access_form, CHANNELS },
	{ "DELETE", "/api/v1/channels/{id}/delete", USER, delete, CHANNELS },
	{ "GET", "/api/v1/channels/{id}/members", USER, .query = members_query, .sql = Q_CHANNEL_MEMBERS,
	  .args = "user admin {id} ?query ?order_by ?direction ?page", CHANNELS },
	{ "POST", "/api/v1/channels/{id}/members/active", USER, active, active_form, CHANNELS },
	{ "POST", "/api/v1/channels/{id}/members/mute", USER, mute, mute_form, CHANNELS },
	{ "POST", "/api/v1/channels/{id}/update/members/add", USER, members_add, add_form, CHANNELS },
	{ "POST", "/api/v1/channels/{id}/update/members/remove", USER, members_remove, remove_form, CHANNELS },
	ROUTES_END
};
