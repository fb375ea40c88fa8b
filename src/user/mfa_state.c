#include "user/mfa_state.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/fernet.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/rand.h"
#include "db/db.h"

enum { IN_HASH = 6, IN_STATE = 8, TRIES_MAX = 10, KEY_BYTES = 32, KEY_TEXT = 44 };

const struct mfa_fault mfa_fine;
const struct mfa_fault mfa_expired = { 401, "This sign-in step has expired. Please start again." };
const struct mfa_fault mfa_busy = { 409, "The account is being changed by another request. Please try again." };

static const struct mfa_fault down = { 503, "Sign-in is not available at the moment. Please try again." };
static const struct mfa_fault unknown = { 401, "The sign-in request is not valid." };

/* All members in their order, with what they are when nothing is known. */
static struct json_object *complete(struct arena *a, struct json_object *given)
{
	static const char *const members[][2] = {
		{ "revision", "null" }, { "secret", "null" }, { "last_step", "-1" }, { "recovery_hashes", "[]" },
		{ "login_challenge", "null" }, { "manage_challenge", "null" }, { "reset_required", "false" },
		{ "reset_ticket", "null" }, { "limits", "{}" },
	};
	struct json_object *o = json_new_object(a);

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct json_object *v = json_get(given, members[i][0]);

		json_set(o, members[i][0], v ? json_ref(v) : json_ref(json_parse_text(a, members[i][1])));
	}
	return o;
}

struct mfa_fault mfa_load(struct arena *a, struct db *db, const char *user_id, struct mfa_state *out)
{
	struct rows *rows;
	int rc = db_run(db, a, &rows, Q_AUTH_MFA_LOAD, user_id);

	if (rc < 0)
		return down;
	if (!rc)
		return unknown;
	account_read(rows, &out->who);
	out->password = rows_text(rows, 0, IN_HASH);
	out->data = complete(a, json_parse_text(a, rows_text(rows, 0, IN_STATE)));
	out->revision = arena_strdup(a, json_text(out->data, "revision", NULL));
	return mfa_fine;
}

struct mfa_fault mfa_save(struct arena *a, struct db *db, struct mfa_state *m, bool revoke)
{
	char revision[UUID_SIZE], stamp[UUID_SIZE];
	struct rows *rows;

	uuid4(revision);
	uuid4(stamp);
	json_set_text(m->data, "revision", revision);
	if (db_run(db, a, &rows, Q_AUTH_MFA_SAVE, m->who.id, m->password, m->who.stamp, m->revision,
		   json_print(m->data), revoke ? stamp : NULL) < 0)
		return down;
	if (!rows_affected(rows))
		return (struct mfa_fault){ 409, "The account was changed by another request. Please start again." };
	m->revision = arena_strdup(a, revision);
	if (revoke)
		m->who.stamp = arena_strdup(a, stamp);
	return mfa_fine;
}

struct mfa_fault mfa_count(struct mfa_state *m, const char *kind)
{
	struct json_object *limits = json_get(m->data, "limits"), *limit = json_get(limits, kind);
	int64_t now = time_s(), until = json_i64(limit, "expires_at", 0), count = json_i64(limit, "count", 0);

	if (until <= now) {
		count = 0;
		until = now + MFA_LIMIT_S;
	}
	if (count >= TRIES_MAX)
		return (struct mfa_fault){ 429, "Too many attempts. Please try again later.", until - now };
	limit = json_object_new_object();
	json_set_i64(limit, "count", count + 1);
	json_set_i64(limit, "expires_at", until);
	json_set(limits, kind, limit);
	return mfa_fine;
}

void mfa_close_challenges(struct mfa_state *m)
{
	json_set(m->data, "login_challenge", NULL);
	json_set(m->data, "manage_challenge", NULL);
	json_set(m->data, "reset_ticket", NULL);
}

static void hmac(const void *key, size_t key_len, const void *text, size_t n, unsigned char out[KEY_BYTES])
{
	unsigned len = KEY_BYTES;

	if (!HMAC(EVP_sha256(), key, (int)key_len, text, n, out, &len))
		abort();
}

/* MFA_ENCRYPTION_KEY, else one derived of WEBUI_SECRET_KEY (HKDF, RFC 5869, without a salt). */
static bool sealing_key(struct arena *a, struct fernet *f)
{
	static const unsigned char no_salt[KEY_BYTES], info[] = "open-webui/mfa-encryption/v1\1";
	const char *given = env_str("MFA_ENCRYPTION_KEY", ""), *secret = env_str("WEBUI_SECRET_KEY", "");
	unsigned char extracted[KEY_BYTES], key[KEY_BYTES];
	struct buf *b = buf_in(a, 0);

	if (*given)
		return strlen(given) == KEY_TEXT && fernet_key(f, given);
	if (!*secret)
		return false;
	hmac(no_salt, sizeof(no_salt), secret, strlen(secret), extracted);
	hmac(extracted, sizeof(extracted), info, sizeof(info) - 1, key);
	base64url_encode(b, key, sizeof(key));
	buf_addc(b, '=');
	return fernet_key(f, b->data);
}

char *mfa_seal(struct arena *a, const char *key)
{
	struct fernet f;

	return sealing_key(a, &f) ? fernet_seal(a, &f, key, strlen(key)) : NULL;
}

char *mfa_open(struct arena *a, const char *sealed)
{
	struct fernet f;
	size_t n;

	return sealed && sealing_key(a, &f) ? fernet_open(a, &f, sealed, &n) : NULL;
}

const char *mfa_unfit(struct arena *a, struct db *db)
{
	struct fernet f;
	struct rows *rows;

	if (!env_bool("WEBUI_AUTH", true) || !config_persistent())
		return "second factors need WEBUI_AUTH and ENABLE_PERSISTENT_CONFIG";
	if (!sealing_key(a, &f))
		return "MFA_ENCRYPTION_KEY is not a key of 32 bytes in base64";
	if (db_run(db, a, &rows, Q_AUTH_MFA_KEYS) < 0)
		return "the database cannot be read";
	for (size_t i = 0; i < rows_count(rows); i++) {
		size_t n;

		if (!fernet_open(a, &f, rows_text(rows, i, 0), &n))
			return "stored authenticators were sealed with another WEBUI_SECRET_KEY or MFA_ENCRYPTION_KEY";
	}
	return NULL;
}
