#include "auth/session.h"
#include "auth/revoked.h"

#include "base/str.h"
#include "db/db.h"

enum { COL_ID, COL_NAME, COL_EMAIL, COL_ROLE, COL_IMAGE, COL_TIMEZONE, COL_STAMP, COL_ACTIVE };

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

bool session_user(const struct rows *rows, const struct token *t, struct user *out)
{
	const char *stamp;

	if (!rows_count(rows))
		return false;
	stamp = rows_text(rows, 0, COL_STAMP);
	if (stamp && !text_eq(stamp, t->session_stamp))
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
	if (!session_user(rows, &t, out) || session_revoked(a, &t))
		return SESSION_BAD;
	return SESSION_OK;
}

void session_revoke(struct arena *a, const struct token *t)
{
	revoked_add_token(a, t);
}
