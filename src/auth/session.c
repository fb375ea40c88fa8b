#include "auth/session.h"
#include "auth/revoked.h"

#include "base/str.h"
#include "config/config.h"
#include "db/db.h"

enum { COL_ID, COL_NAME, COL_EMAIL, COL_ROLE, COL_IMAGE, COL_TIMEZONE, COL_STAMP, COL_ACTIVE,
       COL_FACTOR };

bool user_is_verified(const struct user *u)
{
	return text_eq(u->role, "user") || text_eq(u->role, "admin");
}

bool session_revoked(struct arena *a, const struct token *t)
{
	return revoked_check(a, t);
}

void session_key_user(const struct rows *rows, struct user *out)
{
	out->id = rows_text(rows, 0, COL_ID);
	out->name = rows_text(rows, 0, COL_NAME);
	out->email = rows_text(rows, 0, COL_EMAIL);
	out->role = rows_text(rows, 0, COL_ROLE);
	out->profile_image_url = rows_text(rows, 0, COL_IMAGE);
	out->timezone = rows_text(rows, 0, COL_TIMEZONE);
	out->last_active_at = rows_i64(rows, 0, COL_ACTIVE, 0);
	out->is_admin = text_eq(out->role, "admin");
	out->by_api_key = true;
}

bool session_needs_factor(const struct config *cfg, const char *method)
{
	if (!config_bool(cfg, CK_AUTH_MFA_ENABLE))
		return false;
	if (text_eq(method, "oauth"))
		return !config_bool(cfg, CK_AUTH_MFA_ALLOW_OAUTH_BYPASS);
	if (text_eq(method, "trusted_header"))
		return !config_bool(cfg, CK_AUTH_MFA_ALLOW_TRUSTED_HEADER_BYPASS);
	return true;
}

bool session_complete(const struct config *cfg, const struct token *t, bool ready)
{
	return (t->mfa_verified && ready) || !session_needs_factor(cfg, t->auth_method);
}

bool session_user(const struct rows *rows, const struct config *cfg, const struct token *t, struct user *out)
{
	if (!rows_count(rows) || !rows_text(rows, 0, COL_FACTOR))
		return false;
	if (!text_eq(rows_text(rows, 0, COL_STAMP), t->session_stamp))
		return false;
	if (!session_complete(cfg, t, rows_bool(rows, 0, COL_FACTOR)))
		return false;
	session_key_user(rows, out);
	out->by_api_key = false;
	out->token = *t;
	return true;
}

enum session_result session_check(struct arena *a, struct db *db, const char *jwt, struct user *out)
{
	struct rows *rows;
	struct token t;

	if (text_empty(jwt))
		return SESSION_NONE;
	if (token_verify(a, jwt, &t) <= 0 || !text_eq(t.typ, "session"))
		return SESSION_BAD;
	if (db_run(db, a, &rows, Q_AUTH_USER, t.id) < 0)
		return SESSION_DOWN;
	if (!session_user(rows, config_get_in(a), &t, out) || session_revoked(a, &t))
		return SESSION_BAD;
	return SESSION_OK;
}

void session_revoke(struct arena *a, const struct token *t)
{
	revoked_add_token(a, t);
}
