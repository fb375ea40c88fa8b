/* users - /api/v1/users: the accounts, for administrators and as others see them. */

#include "auth/password.h"
#include "base/env.h"
#include "event/event.h"
#include "fcgi/file.h"
#include "fcgi/image.h"
#include "fcgi/routes/session.h"
#include "realtime/publish.h"

static const struct field page_query[] = {
	{ "query", T_STR }, { "order_by", T_STR }, { "direction", T_STR },
	{ "page", T_INT, .def = "1" }, SCHEMA_END
};
static const struct field inherited_query[] = {
	{ "include_inherited", T_BOOL, .def = "false" }, SCHEMA_END
};

static const char *room(struct req *r, const char *user_id)
{
	return arena_printf(r->arena, "user:%s", user_id);
}

static const char *image_fault(struct json_object *v)
{
	return !v || (json_str(v) && image_url_valid(json_str(v)))
	       ? NULL : "Value error, the address of the profile image is not allowed.";
}

static const struct field update_form[] = {
	{ "role", T_STR | T_NULL }, { "name", T_STR | T_NULL }, { "email", T_STR | T_NULL },
	{ "profile_image_url", T_STR | T_NULL, F_BEFORE, .fault = image_fault },
	{ "password", T_STR | T_NULL }, SCHEMA_END
};

/* The answer to what owui.user_update_check() says; false: none was needed. */
static bool refused(struct req *r, const char *verdict)
{
	if (text_eq(verdict, "primary"))
		req_fail(r, ERR_ACTION_PROHIBITED);
	else if (text_eq(verdict, "missing"))
		req_fail(r, ERR_USER_NOT_FOUND);
	else if (text_eq(verdict, "taken"))
		req_fail(r, ERR_EMAIL_TAKEN);
	return r->status;
}

/* A password that does not fit: what else is wrong comes first. */
static bool password_taken(struct req *r, const char *password)
{
	const char *verdict;

	if (password_check(password) == PASSWORD_OK)
		return true;
	if (req_db_text(r, &verdict, Q_USER_UPDATE_CHECK, r->user.id, r->params[0],
			json_text(r->body, "role", NULL), json_text(r->body, "email", NULL)) &&
	    !refused(r, verdict))
		password_fits(r, password, "password");
	return false;
}

static void tell_update(struct req *r, const struct rows *rows, bool password)
{
	struct json_object *fields = json_parse_text(r->arena, rows_text(rows, 0, 2));
	const char *id = r->params[0], *role = rows_text(rows, 0, 3);
	struct json_object *data;

	if (fields) {
		data = json_new_object(r->arena);
		json_set(data, "updated_fields", json_ref(fields));
		req_event(r, "user.updated", id, data);
	}
	if (role) {
		data = json_new_object(r->arena);
		json_set_text(data, "role", role);
		req_event(r, "user.role_updated", id, data);
	}
	if (password)
		req_event(r, "auth.password_changed", id, NULL)->source = "admin";
}

static int user_update(struct req *r)
{
	const char *id = r->params[0], *password = json_text(r->body, "password", ""), *hash = NULL;
	struct rows *rows;

	if (*password) {
		if (!password_taken(r, password))
			return 0;
		hash = password_hash(r->arena, password);
	}
	if (!req_db_run(r, &rows, Q_USER_UPDATE, r->user.id, id, r->body_text, hash) ||
	    refused(r, rows_text(rows, 0, 0)))
		return 0;
	tell_update(r, rows, hash);
	if (hash || rows_text(rows, 0, 3))	/* its sockets have to authenticate again */
		publish_disconnect(r->arena, room(r, id));
	return req_send_text(r, rows_text(rows, 0, 1));
}

static int user_delete(struct req *r)
{
	bool done;

	if (!req_db_bool(r, &done, Q_USER_REMOVE, r->user.id, r->params[0]))
		return 0;
	if (!done)
		return req_fail(r, ERR_ACTION_PROHIBITED);
	req_event(r, "user.deleted", r->params[0], NULL);
	publish_disconnect(r->arena, room(r, r->params[0]));
	return req_send_true(r);
}

static int sessions_revoke(struct req *r)
{
	const char *verdict;

	if (!req_db_text(r, &verdict, Q_USER_SESSIONS_END, r->user.id, r->params[0]))
		return 0;
	if (text_eq(verdict, "missing"))
		return req_fail(r, ERR_USER_NOT_FOUND_404);
	if (refused(r, verdict))
		return 0;
	req_event(r, "auth.sessions_revoked", r->params[0], NULL);
	publish_disconnect(r->arena, room(r, r->params[0]));
	return req_send_true(r);
}

static int image_get(struct req *r)
{
	const char *url = rows_text(r->rows, 0, 0);

	if (!url)
		return req_fail(r, ERR_USER_NOT_FOUND);
	if (text_starts(url, "http") && env_bool("ENABLE_PROFILE_IMAGE_URL_FORWARDING", true))
		return req_send_redirect(r, 302, url);
	if (image_send_data(r, url) || file_send(r, file_web_dir(), "static/user.png", 0))
		return 0;
	return req_fail(r, ERR_NOT_FOUND);
}

const struct route user_routes[] = {
	{ "GET", "/api/v1/users/", ADMIN, .query = page_query, .sql = Q_USER_LIST,
	  .args = "?query ?order_by ?direction ?page" },
	{ "GET", "/api/v1/users/all", ADMIN, .sql = Q_USER_ALL },
	{ "GET", "/api/v1/users/search", USER, .query = page_query, .sql = Q_USER_SEARCH,
	  .args = "?query ?order_by ?direction ?page" },
	{ "GET", "/api/v1/users/groups", USER, .query = inherited_query, .sql = Q_USER_GROUP_LIST,
	  .args = "user ?include_inherited" },
	{ "GET", "/api/v1/users/{user_id}", ADMIN, .sql = Q_USER_GET, .args = "{user_id}",
	  .none = ERR_USER_NOT_FOUND },
	{ "DELETE", "/api/v1/users/{user_id}", ADMIN, user_delete },
	{ "GET", "/api/v1/users/{user_id}/info", USER, .sql = Q_USER_INFO, .args = "{user_id}",
	  .none = ERR_USER_NOT_FOUND },
	{ "GET", "/api/v1/users/{user_id}/oauth/sessions", ADMIN, .sql = Q_USER_OAUTH_SESSIONS,
	  .args = "{user_id}", .none = ERR_USER_NOT_FOUND },
	{ "GET", "/api/v1/users/{user_id}/profile/image", USER, image_get, .sql = Q_USER_IMAGE,
	  .args = "{user_id}" },
	{ "GET", "/api/v1/users/{user_id}/active", USER, .sql = Q_USER_IS_ACTIVE,
	  .args = "{user_id}" },
	{ "POST", "/api/v1/users/{user_id}/sessions/revoke", ADMIN, sessions_revoke },
	{ "POST", "/api/v1/users/{user_id}/update", ADMIN, user_update, update_form },
	{ "GET", "/api/v1/users/{user_id}/groups", ADMIN, .query = inherited_query,
	  .sql = Q_USER_GROUP_LIST, .args = "{user_id} ?include_inherited" },
	{ "GET", "/api/v1/users/{user_id}/preview", ADMIN, .sql = Q_USER_PREVIEW,
	  .args = "{user_id}", .none = ERR_USER_NOT_FOUND_404 },
	ROUTES_END
};
