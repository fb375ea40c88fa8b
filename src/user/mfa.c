#include "user/mfa_state.h"

#include "auth/digest.h"
#include "auth/totp.h"
#include "base/clock.h"
#include "base/rand.h"
#include "db/db.h"

enum { ATTEMPTS_MAX = 5, SAVES_MAX = 5, USER_ID_MAX = 64, CODES = 10, CODE_BYTES = 16, TOKEN_BYTES = 32 };

static const struct mfa_fault sealed = { 503, "The authenticator's key cannot be read. Please contact the operator." };

/* A challenge that fits, and where it is kept. */
struct open_challenge {
	struct mfa_state state;
	struct json_object *o;
	const char *slot;
};

/* "replace" is an enrolment to the client. */
static void describe(struct json_object *o, const char *token, struct mfa_challenge *out)
{
	const char *type = json_text(o, "type", "");
	int64_t left = json_i64(o, "expires_at", 0) - time_s();

	out->next_step = text_eq(type, "replace") ? "enroll" : type;
	out->token = token;
	out->expires_in = left > 0 ? left : 0;
}

/* Put a new challenge into the slot. */
static void challenge(struct arena *a, struct mfa_state *m, const char *slot, const char *type,
		      const struct mfa_way *way, int64_t auth_time, struct mfa_challenge *out)
{
	const char *token = arena_printf(a, "%s.%s", m->who.id, rand_base64url(a, TOKEN_BYTES));
	struct json_object *o = json_object_new_object();

	json_set_text(o, "token_hash", text_digest(a, token));
	json_set_text(o, "type", type);
	json_set_i64(o, "expires_at", time_s() + MFA_CHALLENGE_S);
	json_set_i64(o, "attempts", 0);
	json_set_text(o, "auth_method", way->method);
	json_set_i64(o, "auth_time", auth_time);
	json_set_text(o, "session_stamp", m->who.stamp);
	json_set_text(o, "secret", NULL);
	json_set_text(o, "oauth_session_id", way->oauth_session_id);
	json_set_text(o, "provider", way->provider);
	json_set(m->data, slot, o);
	describe(o, token, out);
}

/* Ten new recovery codes: the texts as a JSON array, their digests into the state. */
static const char *new_codes(struct arena *a, struct mfa_state *m)
{
	struct json_object *codes = json_new_array(a), *digests = json_object_new_array();

	for (int i = 0; i < CODES; i++) {
		char code[2 * CODE_BYTES + 1];

		rand_hex(code, CODE_BYTES);
		json_object_array_add(codes, json_object_new_string(code));
		json_object_array_add(digests, json_object_new_string(text_digest(a, code)));
	}
	json_set(m->data, "recovery_hashes", digests);
	return json_print(codes);
}

/* Count a try and save it, however many others do the same; `stamp`: must still be that of the account. */
static struct mfa_fault count_try(struct arena *a, struct db *db, const char *user_id, const char *kind,
				  const struct token *session, struct mfa_state *out)
{
	struct mfa_fault f;

	for (int i = 0; i < SAVES_MAX; i++) {
		f = mfa_load(a, db, user_id, out);
		if (f.status)
			return f;
		if (session && !text_eq(out->who.stamp, session->session_stamp))
			return (struct mfa_fault){ 401, "The session has expired. Please sign in again." };
		f = mfa_count(out, kind);
		if (!f.status)
			f = mfa_save(a, db, out, false);
		if (f.status != 409)
			return f;
	}
	return mfa_busy;
}

struct mfa_fault mfa_count_password(struct arena *a, struct db *db, const char *user_id)
{
	struct mfa_state m;

	return count_try(a, db, user_id, "password", NULL, &m);
}

struct mfa_fault mfa_begin(struct arena *a, struct db *db, const struct account *who,
			   const struct mfa_way *way, struct mfa_challenge *out)
{
	struct mfa_state m;
	struct mfa_fault f = mfa_load(a, db, who->id, &m);
	const char *type;

	if (f.status)
		return f;
	if (!text_eq(m.who.stamp, who->stamp))
		return (struct mfa_fault){ 409, "The account has changed. Please sign in again." };
	type = json_flag(m.data, "reset_required", false) ? "recover" :
	       json_str(json_get(m.data, "secret")) ? "verify" : "enroll";
	challenge(a, &m, "login_challenge", type, way, time_s(), out);
	return mfa_save(a, db, &m, false);
}

/* Is it the challenge of this token, of one of the types (separated by blanks), and still open? */
static bool fits(struct arena *a, const struct mfa_state *m, struct json_object *o, const char *token,
		 const char *types)
{
	struct str rest = str_of(types);
	bool known = false;

	while (rest.n)
		known |= str_eq(str_split(&rest, ' '), json_text(o, "type", ""));
	return known && json_i64(o, "expires_at", 0) > time_s() &&
	       text_eq(json_text(o, "session_stamp", NULL), m->who.stamp) &&
	       secret_eq(json_text(o, "token_hash", ""), text_digest(a, token));
}

static struct mfa_fault find(struct arena *a, struct db *db, const struct config *c, const char *token,
			     const char *types, struct open_challenge *out)
{
	static const char *const slots[] = { "manage_challenge", "login_challenge" };
	struct str rest = str_of(token), id = str_split(&rest, '.');
	struct mfa_fault f;

	out->o = NULL;
	if (!rest.p || id.n > USER_ID_MAX)
		return mfa_expired;
	f = mfa_load(a, db, arena_strndup(a, id.p, id.n), &out->state);
	if (f.status)
		return f;
	for (size_t i = 0; i < ARRAY_SIZE(slots) && !out->o; i++) {
		out->slot = slots[i];
		out->o = json_get(out->state.data, slots[i]);
		if (!fits(a, &out->state, out->o, token, types))
			out->o = NULL;
	}
	if (!out->o)
		return mfa_expired;
	if (!text_eq(out->state.who.role, "admin") && !text_eq(out->state.who.role, "user"))
		return (struct mfa_fault){ 403, "The account has not been approved yet." };
	if (!config_bool(c, CK_AUTH_MFA_ENABLE))
		return (struct mfa_fault){ 403, "Second factors are switched off. Please sign in again." };
	return mfa_fine;
}

/* find(), with one attempt counted for the challenge and one for the account. */
static struct mfa_fault attempt(struct arena *a, struct db *db, const struct config *c, const char *token,
				const char *types, struct open_challenge *out)
{
	for (int i = 0; i < SAVES_MAX; i++) {
		struct mfa_fault f = find(a, db, c, token, types, out);
		int64_t attempts = json_i64(out->o, "attempts", 0), left;

		if (f.status)
			return f;
		if (attempts >= ATTEMPTS_MAX) {
			left = json_i64(out->o, "expires_at", 0) - time_s();
			return (struct mfa_fault){ 429, "Too many codes. Please sign in again.", left > 1 ? left : 1 };
		}
		f = mfa_count(&out->state, "factor");
		if (f.status)
			return f;
		json_set_i64(out->o, "attempts", attempts + 1);
		f = mfa_save(a, db, &out->state, false);
		if (f.status != 409)
			return f;
	}
	return mfa_busy;
}

struct mfa_fault mfa_look(struct arena *a, struct db *db, const struct config *c, const char *token,
			  struct mfa_challenge *out)
{
	struct open_challenge open = { .o = NULL };
	struct mfa_fault f = find(a, db, c, token, "enroll verify recover", &open);

	if (!f.status)
		describe(open.o, token, out);
	return f;
}

struct mfa_fault mfa_enroll_start(struct arena *a, struct db *db, const struct config *c, const char *token,
				  struct mfa_step *out)
{
	struct open_challenge open = { .o = NULL };
	struct mfa_fault f = find(a, db, c, token, "enroll replace", &open);
	const char *kept, *text;

	*out = (struct mfa_step){ 0 };
	if (f.status)
		return f;
	out->who = open.state.who;
	kept = json_text(open.o, "secret", NULL);
	if (kept) {
		out->key = mfa_open(a, kept);
		return out->key ? mfa_fine : sealed;
	}
	out->key = totp_new_key(a);
	text = mfa_seal(a, out->key);
	if (!text)
		return sealed;
	json_set_text(open.o, "secret", text);
	return mfa_save(a, db, &open.state, false);
}

static void take_way(struct arena *a, const struct open_challenge *open, struct mfa_step *out)
{
	out->method = arena_strdup(a, json_text(open->o, "auth_method", ""));
	out->auth_time = json_i64(open->o, "auth_time", 0);
	out->oauth_session_id = arena_strdup(a, json_text(open->o, "oauth_session_id", NULL));
}

struct mfa_fault mfa_enroll_confirm(struct arena *a, struct db *db, const struct config *c, const char *token,
				    const char *code, struct mfa_step *out)
{
	struct open_challenge open = { .o = NULL };
	struct mfa_fault f = attempt(a, db, c, token, "enroll replace", &open);
	struct mfa_state *m = &open.state;
	const char *kept = json_text(open.o, "secret", NULL), *key = NULL;
	int64_t step;

	*out = (struct mfa_step){ 0 };
	if (f.status)
		return f;
	out->who = m->who;
	if (kept && !(key = mfa_open(a, kept)))
		return sealed;
	step = key ? totp_match(key, arena_trim(a, code), -1, time_s()) : -1;
	if (step < 0) {
		out->wrong_code = true;
		return (struct mfa_fault){ 401, "The code is not right. Please check your authenticator and try again." };
	}
	take_way(a, &open, out);
	out->replaced = text_eq(json_text(open.o, "type", ""), "replace");
	json_set(m->data, "secret", json_ref(json_get(open.o, "secret")));
	json_set_i64(m->data, "last_step", step);
	out->codes = new_codes(a, m);
	mfa_close_challenges(m);
	json_set_bool(m->data, "reset_required", false);
	f = mfa_save(a, db, m, true);
	out->who = m->who;
	return f;
}

/* A code of the authenticator that was not used before, or a recovery code, which is used up by this. */
static struct mfa_fault use_code(struct arena *a, struct mfa_state *m, const char *code, bool recovery,
				 struct mfa_step *out)
{
	struct json_object *digests = json_get(m->data, "recovery_hashes");
	const char *kept = json_text(m->data, "secret", NULL), *key, *digest;
	const char *text = arena_trim(a, code);
	int64_t step = -1;

	if (recovery) {
		digest = text_digest(a, arena_lower(a, text));
		for (size_t i = 0; i < json_len(digests); i++) {
			const char *one = json_str(json_item(digests, i));

			if (one && secret_eq(one, digest)) {
				json_object_array_del_idx(digests, i, 1);
				return mfa_fine;
			}
		}
	} else if (kept) {
		key = mfa_open(a, kept);
		if (!key)
			return sealed;
		step = totp_match(key, text, json_i64(m->data, "last_step", -1), time_s());
	}
	if (step < 0) {
		out->wrong_code = true;
		return (struct mfa_fault){ 401, "The code is not right, or was used before." };
	}
	json_set_i64(m->data, "last_step", step);
	return mfa_fine;
}

struct mfa_fault mfa_verify(struct arena *a, struct db *db, const struct config *c, const char *token,
			    const char *code, bool recovery, struct mfa_step *out)
{
	struct open_challenge open = { .o = NULL };
	struct mfa_fault f = attempt(a, db, c, token, "verify", &open);

	*out = (struct mfa_step){ 0 };
	if (f.status)
		return f;
	out->who = open.state.who;
	f = use_code(a, &open.state, code, recovery, out);
	if (f.status)
		return f;
	take_way(a, &open, out);
	json_set(open.state.data, "login_challenge", NULL);
	return mfa_save(a, db, &open.state, false);
}

/* A session proves itself again: its state, with the code used up but not yet saved. */
static struct mfa_fault prove(struct arena *a, struct db *db, const struct config *c, const struct token *session,
			      const char *code, bool recovery, struct mfa_state *m, struct mfa_step *out)
{
	struct mfa_fault f;

	*out = (struct mfa_step){ 0 };
	if (time_s() - session->auth_time > MFA_CHALLENGE_S)
		return (struct mfa_fault){ 403, "reauthentication_required" };
	if (!config_bool(c, CK_AUTH_MFA_ENABLE))
		return (struct mfa_fault){ 403, "Second factors are switched off." };
	f = count_try(a, db, session->id, "factor", session, m);
	out->throttled = f.status == 429;
	if (f.status)
		return f;
	out->who = m->who;
	return use_code(a, m, code, recovery, out);
}

struct mfa_fault mfa_replace(struct arena *a, struct db *db, const struct config *c, const struct token *session,
			     const char *code, bool recovery, struct mfa_step *out)
{
	const struct mfa_way way = { .method = session->auth_method };
	struct mfa_state m;
	struct mfa_fault f = prove(a, db, c, session, code, recovery, &m, out);

	if (f.status)
		return f;
	challenge(a, &m, "manage_challenge", "replace", &way, session->auth_time, &out->next);
	return mfa_save(a, db, &m, false);
}

struct mfa_fault mfa_new_codes(struct arena *a, struct db *db, const struct config *c,
			       const struct token *session, const char *code, bool recovery,
			       struct mfa_step *out)
{
	struct mfa_state m;
	struct mfa_fault f = prove(a, db, c, session, code, recovery, &m, out);

	if (f.status)
		return f;
	out->codes = new_codes(a, &m);
	mfa_close_challenges(&m);
	return mfa_save(a, db, &m, true);
}

struct mfa_fault mfa_recover(struct arena *a, struct db *db, const struct config *c, const char *token,
			     const char *ticket, struct mfa_step *out)
{
	struct open_challenge open = { .o = NULL };
	struct mfa_fault f = attempt(a, db, c, token, "recover", &open);
	struct json_object *kept = json_get(open.state.data, "reset_ticket");
	struct mfa_way way;

	*out = (struct mfa_step){ 0 };
	if (f.status)
		return f;
	out->who = open.state.who;
	if (!json_flag(open.state.data, "reset_required", false) || json_i64(kept, "expires_at", 0) <= time_s() ||
	    !secret_eq(json_text(kept, "token_hash", ""), text_digest(a, ticket)))
		return (struct mfa_fault){ 401, "The operator's recovery token is not valid, or has expired." };
	way = (struct mfa_way){ arena_strdup(a, json_text(open.o, "auth_method", "")),
				arena_strdup(a, json_text(open.o, "oauth_session_id", NULL)),
				arena_strdup(a, json_text(open.o, "provider", NULL)) };
	json_set(open.state.data, "reset_ticket", NULL);
	challenge(a, &open.state, "login_challenge", "enroll", &way, json_i64(open.o, "auth_time", 0), &out->next);
	return mfa_save(a, db, &open.state, false);
}

struct mfa_fault mfa_reset(struct arena *a, struct db *db, const char *user_id, const char **ticket)
{
	const char *text = rand_base64url(a, TOKEN_BYTES);
	struct mfa_state m;
	struct mfa_fault f = mfa_load(a, db, user_id, &m);
	struct json_object *o;

	if (f.status)
		return f;
	json_set(m.data, "secret", NULL);
	json_set_i64(m.data, "last_step", -1);
	json_set(m.data, "recovery_hashes", json_object_new_array());
	mfa_close_challenges(&m);
	json_set_bool(m.data, "reset_required", true);
	o = json_object_new_object();
	json_set_text(o, "token_hash", text_digest(a, text));
	json_set_i64(o, "expires_at", time_s() + MFA_TICKET_S);
	json_set(m.data, "reset_ticket", o);
	*ticket = text;
	return mfa_save(a, db, &m, true);
}
