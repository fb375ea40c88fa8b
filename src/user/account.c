#include "user/account.h"

#include "auth/password.h"
#include "auth/ratelimit.h"
#include "auth/token.h"
#include "base/env.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "db/db.h"

enum { CALL_TOKEN_S = 600 };	/* lifetime of a token made for one call */

static const struct rate_limit sign_in_limit = { .attempts = 15, .window = 180 };

enum { IN_ID, IN_NAME, IN_EMAIL, IN_ROLE, IN_IMAGE, IN_STAMP, IN_HASH, IN_GROUPS };

void account_read(const struct rows *rows, struct account *out)
{
	*out = (struct account){
		.id = rows_text(rows, 0, IN_ID),
		.name = rows_text(rows, 0, IN_NAME),
		.email = rows_text(rows, 0, IN_EMAIL),
		.role = rows_text(rows, 0, IN_ROLE),
		.image = rows_text(rows, 0, IN_IMAGE),
		.stamp = rows_text(rows, 0, IN_STAMP),
		.groups = rows_text(rows, 0, IN_GROUPS),
	};
}

int account_by_email(struct arena *a, struct db *db, const char *email, struct account *out)
{
	struct rows *rows;

	if (db_run(db, a, &rows, Q_AUTH_BY_EMAIL, email) < 0)
		return -1;
	if (!rows_count(rows) || !rows_text(rows, 0, IN_HASH))
		return 0;
	account_read(rows, out);
	return 1;
}

enum sign_in account_sign_in(struct arena *a, struct db *db, const char *email,
			     const char *password, struct account *out)
{
	struct rows *rows;

	if (rate_limited(a, &sign_in_limit, arena_lower(a, email)))
		return SIGN_IN_LIMITED;
	if (db_run(db, a, &rows, Q_AUTH_BY_EMAIL, email) < 0)
		return SIGN_IN_DOWN;
	if (!password_verify(password, rows_count(rows) ? rows_text(rows, 0, IN_HASH) : NULL))
		return SIGN_IN_WRONG;
	account_read(rows, out);
	return SIGN_IN_OK;
}

int account_create(struct arena *a, struct db *db, const struct account_form *form,
		   struct account *out)
{
	const char *hash = password_hash(a, form->password);
	const char *image = form->image && image_url_valid(form->image) ? form->image : "/user.png";
	struct rows *rows;

	if (db_run(db, a, &rows, Q_AUTH_CREATE, form->name, form->email, hash, image, form->role,
		   form->group) < 0)
		return db_error(db) == DB_UNIQUE ? 0 : -1;
	*out = (struct account){
		.id = rows_text(rows, 0, 0),
		.name = rows_text(rows, 0, 1),
		.email = rows_text(rows, 0, 2),
		.role = rows_text(rows, 0, 3),
		.image = rows_text(rows, 0, 4),
		.stamp = rows_text(rows, 0, 5),
		.first = rows_bool(rows, 0, 6),
	};
	if (*form->group) {
		if (db_run(db, a, &rows, Q_ACCESS_GROUPS, out->id) < 0)
			return -1;
		out->groups = rows_text(rows, 0, 0);
	}
	return 1;
}

const char *account_token(struct arena *a, const char *user_id)
{
	struct token claims = { .id = user_id };
	struct rows *rows;

	if (db_run_alone(a, &rows, NULL, Q_AUTH_STAMP, user_id) <= 0)
		return NULL;
	claims.session_stamp = rows_text(rows, 0, 0);
	return token_issue(a, &claims, CALL_TOKEN_S);
}

void account_setup(void)
{
	struct account_form form = {
		.name = env_str("WEBUI_ADMIN_NAME", "Admin"),
		.email = env_str("WEBUI_ADMIN_EMAIL", ""),
		.password = env_str("WEBUI_ADMIN_PASSWORD", ""),
		.image = "/user.png",
		.role = "admin",
		.group = "",
	};
	struct arena *a = arena_new();
	struct db *db = db_get_in(a);
	struct account who;
	struct rows *rows;

	if (*form.email && *form.password && db_run(db, a, &rows, Q_AUTH_ANY) > 0 &&
	    !rows_bool(rows, 0, 0) && account_create(a, db, &form, &who) > 0) {
		config_store_one(db, a, CK_UI_ENABLE_SIGNUP,
				 json_own(a, json_object_new_boolean(false)));
		log_info("admin_created", "user=%s", who.id);
	}
	arena_free(a);
}

bool email_valid(const char *email)
{
	const char *at, *dot;

	if (str_ends(str_of(email), "@localhost"))
		return true;
	at = strchr(email, '@');
	if (!at || at == email)
		return false;
	dot = at[1] && at[1] != '@' ? strchr(at + 2, '.') : NULL;
	return dot && !memchr(at + 1, '@', (size_t)(dot - at)) && dot[1] && dot[1] != '@';
}

static bool is_profile_route(const char *url)
{
	static const char head[] = "/api/v1/users/", tail[] = "/profile/image";
	size_t n;

	if (!text_starts(url, head))
		return false;
	n = strcspn(url + sizeof(head) - 1, "/?#");
	return n && strcmp(url + sizeof(head) - 1 + n, tail) == 0;
}

static bool has_host(const char *rest)
{
	size_t n = strcspn(rest, "/?#");
	const char *user = memchr(rest, '@', n);
	const char *host = user ? user + 1 : rest;

	return host < rest + n && *host != ':';
}

bool image_url_valid(const char *url)
{
	static const char *const fixed[] = { "", "/user.png", "/favicon.png", "/static/favicon.png" };
	static const char *const kinds[] = { "png;", "jpeg;", "gif;", "webp;" };
	int64_t max;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (strcmp(url, fixed[i]) == 0)
			return true;
	if (is_profile_route(url))
		return true;
	if (strncasecmp(url, "http://", 7) == 0)
		return has_host(url + 7);
	if (strncasecmp(url, "https://", 8) == 0)
		return has_host(url + 8);
	if (strncasecmp(url, "data:image/", 11) != 0)
		return false;
	max = env_int("PROFILE_IMAGE_MAX_DATA_URI_SIZE", 0, 0, INT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (strncasecmp(url + 11, kinds[i], n) == 0 &&
		    strncasecmp(url + 11 + n, "base64,", 7) == 0)
			return !max || strlen(url) <= (size_t)max;
	}
	return false;
}
