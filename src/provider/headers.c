#include "provider/headers.h"

#include "base/env.h"
#include "db/db.h"
#include "http/cookie.h"
#include "oauth/session.h"
#include "provider/entra.h"
#include "user/account.h"

enum { HEADERS_MAX = 64, VALUE_MAX = 16 * 1024, IDENTITY_S = 300 };

void headers_init(struct headers *h, struct arena *a)
{
	h->arena = a;
	h->list = arena_calloc(a, HEADERS_MAX + 1, sizeof(*h->list));
	h->count = 0;
	headers_set(h, "Accept", "*/*");
}

static const char **place_of(struct headers *h, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < h->count; i++)
		if (strncasecmp(h->list[i], name, n) == 0 && h->list[i][n] == ':')
			return &h->list[i];
	return NULL;
}

void headers_set(struct headers *h, const char *name, const char *value)
{
	const char **at = place_of(h, name);

	if (!value || !*name || strpbrk(name, "\r\n: ") || strpbrk(value, "\r\n"))
		return;
	if (!at && h->count < HEADERS_MAX)
		at = &h->list[h->count++];
	if (at)
		*at = arena_printf(h->arena, "%s: %s", name, value);
}

void headers_drop(struct headers *h, const char *name)
{
	const char **at = place_of(h, name);

	if (at) {
		*at = h->list[--h->count];
		h->list[h->count] = NULL;
	}
}

/* A header under the name that the environment gives it. */
static void set_env(struct headers *h, const char *variable, const char *def, const char *value)
{
	headers_set(h, env_str(variable, def), value);
}

static const char *encoded(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, VALUE_MAX);
	struct str s = str_trim(str_of(text));

	for (size_t i = 0; i < s.n; i++) {
		char one[2] = { s.p[i], '\0' };

		if (*one == ' ')
			buf_addc(b, ' ');
		else
			buf_uri(b, one);
	}
	return buf_text(b);
}

void headers_set_user(struct headers *h, const struct caller *c)
{
	const char *secret = env_str("FORWARD_USER_INFO_HEADER_JWT_SECRET", "");
	const struct user *u = c->user;

	if (!u || !env_bool("ENABLE_FORWARD_USER_INFO_HEADERS", false))
		return;
	if (c->auth_type)
		set_env(h, "FORWARD_USER_INFO_HEADER_AUTH_TYPE", "X-OpenWebUI-Auth-Type", c->auth_type);
	if (*secret) {
		set_env(h, "FORWARD_USER_INFO_HEADER_JWT", "X-OpenWebUI-User-Jwt",
			token_identity(h->arena, secret, u->id, u->email, u->name, u->role,
				       env_int("FORWARD_USER_INFO_HEADER_JWT_EXPIRES_SECONDS", IDENTITY_S, 1,
					       INT32_MAX)));
		return;
	}
	set_env(h, "FORWARD_USER_INFO_HEADER_USER_NAME", "X-OpenWebUI-User-Name",
		encoded(h->arena, u->name));
	set_env(h, "FORWARD_USER_INFO_HEADER_USER_ID", "X-OpenWebUI-User-Id", u->id);
	set_env(h, "FORWARD_USER_INFO_HEADER_USER_EMAIL", "X-OpenWebUI-User-Email", u->email);
	set_env(h, "FORWARD_USER_INFO_HEADER_USER_ROLE", "X-OpenWebUI-User-Role", u->role);
}

/* Names and ids of the account's groups: asked for only where a placeholder names them. */
struct groups {
	bool asked;
	const char *names, *ids;
};

static const char *groups_value(struct arena *a, const struct caller *c, struct groups *g, bool ids)
{
	struct rows *rows;
	struct db *db;

	if (!g->asked && c->user) {
		db = db_get();
		if (db_run(db, a, &rows, Q_USER_GROUP_LISTS, c->user->id) > 0) {
			g->names = rows_text(rows, 0, 0);
			g->ids = rows_text(rows, 0, 1);
		}
		db_put(db);
	}
	g->asked = true;
	return ids ? g->ids : g->names;
}

/* The value of {{NAME}}; NULL: no such placeholder. */
static const char *placeholder(struct arena *a, const struct caller *c, struct groups *g, struct str name)
{
	const struct user *u = c->user;
	const char *const known[][2] = {
		{ "CHAT_ID", c->chat_id },
		{ "MESSAGE_ID", c->message_id },
		{ "USER_MESSAGE_ID", c->user_message_id },
		{ "USER_MESSAGE_PARENT_ID", c->user_message_parent_id },
		{ "FILE_ID", NULL },
		{ "FILE_NAME", NULL },
		{ "FILE_CONTENT_TYPE", NULL },
		{ "TASK", c->task },
		{ "MODEL_ID", c->model_id },
		{ "USER_ID", u ? u->id : NULL },
		{ "USER_NAME", u ? u->name : NULL },
		{ "USER_EMAIL", u ? u->email : NULL },
		{ "USER_ROLE", u ? u->role : NULL },
		{ "USER_AGENT", c->user_agent },
		{ "AUTH_TYPE", c->auth_type },
	};

	if (str_eq(name, "USER_GROUPS") || str_eq(name, "USER_GROUP_IDS")) {
		const char *v = groups_value(a, c, g, str_eq(name, "USER_GROUP_IDS"));

		return v ? v : "";
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(name, known[i][0]))
			return known[i][1] ? known[i][1] : "";
	return NULL;
}

/* Visible ASCII, blanks and tabs stay; every other byte is percent-encoded. */
static void add_safe(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if ((c >= 0x20 && c < 0x7f) || c == '\t')
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static const char *fill(struct arena *a, const struct caller *c, struct groups *g, const char *text)
{
	struct buf *b = buf_in(a, VALUE_MAX);
	const char *open;

	while ((open = strstr(text, "{{"))) {
		const char *close = strstr(open, "}}"), *value;

		if (!close)
			break;
		value = placeholder(a, c, g, (struct str){ open + 2, (size_t)(close - open) - 2 });
		add_safe(b, text, (size_t)(open - text));
		if (value)
			add_safe(b, value, strlen(value));
		else
			buf_adds(b, "{{");
		text = value ? close + 2 : open + 2;
	}
	add_safe(b, text, strlen(text));
	return buf_text(b);
}

void headers_set_custom(struct headers *h, struct json_object *custom, const struct caller *c)
{
	struct groups groups = { 0 };

	if (!json_is(custom, json_type_object))
		return;
	json_object_object_foreach(custom, name, v) {
		headers_set(h, name, fill(h->arena, c, &groups, v ? json_object_get_string(v) : "None"));
	}
}

static bool is_entra(const char *auth)
{
	return strcmp(auth, "azure_ad") == 0 || strcmp(auth, "microsoft_entra_id") == 0;
}

/* What the account's own sign-in with a provider has given it. */
static const char *sign_in_token(struct arena *a, const struct caller *c)
{
	const char *session = cookie_value(a, c->cookies, "oauth_session_id");

	return json_text(oauth_system_token(a, config_get_in(a), c->user->id, session), "access_token", NULL);
}

static void set_key(struct headers *h, const struct connection *k, const struct caller *c)
{
	const char *auth = connection_setting(k, "auth_type", "bearer");
	const char *token = NULL;

	if (strcmp(auth, "bearer") == 0)
		token = k->key;
	else if (strcmp(auth, "session") == 0)
		token = c->credential || !c->user ? c->credential : account_token(h->arena, c->user->id);
	else if (strcmp(auth, "system_oauth") == 0 && c->user)
		token = sign_in_token(h->arena, c);
	else if (is_entra(auth))
		token = entra_token(h->arena);
	if (!text_empty(token))
		headers_set(h, "Authorization", arena_printf(h->arena, "Bearer %s", token));
}

static void set_azure(struct headers *h, const struct connection *k)
{
	const char *auth = connection_setting(k, "auth_type", "bearer");

	if (!connection_is_azure(k))
		return;
	if (!is_entra(auth))
		headers_set(h, "api-key", k->key);
	if (!connection_is_azure_v1(k))
		headers_set(h, "api-version", connection_azure_version(k));
}

void headers_set_connection(struct headers *h, const struct connection *k, const struct caller *c)
{
	headers_set(h, "Content-Type", "application/json");
	if (strstr(k->url, "openrouter.ai")) {
		headers_set(h, "HTTP-Referer", "https://openwebui.com/");
		headers_set(h, "X-Title", "Open WebUI");
	}
	headers_set_user(h, c);
	if (c->user && !text_empty(c->chat_id) && env_bool("ENABLE_FORWARD_USER_INFO_HEADERS", false))
		set_env(h, "FORWARD_SESSION_INFO_HEADER_CHAT_ID", "X-OpenWebUI-Chat-Id", c->chat_id);
	set_key(h, k, c);
	if (json_flag(k->settings, "forward_cookies", false) && !text_empty(c->cookies))
		headers_set(h, "Cookie", c->cookies);
	headers_set_custom(h, json_get(k->settings, "headers"), c);
	set_azure(h, k);
}
