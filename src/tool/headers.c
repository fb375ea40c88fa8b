#include "base/env.h"
#include "db/db.h"
#include "oauth/session.h"
#include "oauth/toolclient.h"
#include "tool/server.h"
#include "user/account.h"

struct head {
	struct toolbox *box;
	const char **list;
	size_t n;
};

static void put(struct head *h, const char *name, const char *value)
{
	if (h->n < SERVER_HEADERS_MAX - 1 && !text_empty(value) && !strpbrk(name, "\r\n: ") &&
	    !strpbrk(value, "\r\n"))
		h->list[h->n++] = arena_printf(h->box->arena, "%s: %s", name, value);
}

/* A header given later wins. */
static void replace(struct head *h, const char *name, const char *value)
{
	size_t len = strlen(name), kept = 0;

	for (size_t i = 0; i < h->n; i++)
		if (strncasecmp(h->list[i], name, len) != 0 || h->list[i][len] != ':')
			h->list[kept++] = h->list[i];
	h->n = kept;
	put(h, name, value);
}

static void put_bearer(struct head *h, const char *token)
{
	struct str t = str_trim(str_of(token ? token : ""));

	if (t.n)
		put(h, "Authorization", arena_printf(h->box->arena, "Bearer %.*s", (int)t.n, t.p));
}

/* The account's token from the provider that it signed in with, or from the server's own authorization server. */
static const char *provider_token(struct toolbox *b, const struct server *s, const char *auth)
{
	if (strcmp(auth, "system_oauth") == 0)
		return json_text(oauth_system_token(b->arena, b->cfg, b->user->id, NULL), "access_token", NULL);
	if (s->mcp && text_starts(auth, "oauth_2.1"))
		return tool_client_token(b->arena, b->cfg, b->user->id, arena_printf(b->arena, "mcp:%s", s->id));
	return NULL;
}

/* ASCII as it stands, the rest percent-encoded. */
static const char *encoded(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, 0);

	for (; *text; text++) {
		if ((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f)
			buf_addc(b, *text);
		else
			buf_printf(b, "%%%02X", (unsigned char)*text);
	}
	return buf_text(b);
}

static const char *groups_of(struct toolbox *b, bool ids)
{
	struct db *db = db_get();
	struct rows *rows;
	const char *text = db_run(db, b->arena, &rows, Q_TOOL_USER_GROUPS, b->user->id) > 0
			   ? rows_text(rows, 0, ids ? 1 : 0) : NULL;

	db_put(db);
	return text ? text : "";
}

/* What a placeholder stands for; NULL: it is none of ours. */
static const char *placeholder(struct toolbox *b, struct str name)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "CHAT_ID", b->chat_id }, { "MESSAGE_ID", b->message_id }, { "MODEL_ID", b->model_id },
		{ "USER_ID", b->user->id }, { "USER_NAME", b->user->name }, { "USER_EMAIL", b->user->email },
		{ "USER_ROLE", b->user->role }, { "FILE_ID", "" }, { "FILE_NAME", "" },
		{ "FILE_CONTENT_TYPE", "" }, { "TASK", "" }, { "USER_AGENT", "" }, { "AUTH_TYPE", "" },
		{ "USER_MESSAGE_ID", b->user_message_id }, { "USER_MESSAGE_PARENT_ID", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(name, known[i].name))
			return known[i].value ? known[i].value : "";
	if (str_eq(name, "USER_GROUPS") || str_eq(name, "USER_GROUP_IDS"))
		return groups_of(b, str_eq(name, "USER_GROUP_IDS"));
	return NULL;
}

static const char *filled(struct toolbox *b, const char *text)
{
	struct buf *out = buf_in(b->arena, 64 * 1024);
	const char *open, *close;

	while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
		const char *value = placeholder(b, (struct str){ open + 2, (size_t)(close - open - 2) });

		buf_add(out, text, (size_t)(open - text));
		buf_adds(out, value ? value : "{{");
		text = value ? close + 2 : open + 2;
	}
	buf_adds(out, text);
	return encoded(b->arena, buf_text(out));
}

static void put_own(struct head *h, struct json_object *own)
{
	if (json_str(own))
		own = json_parse_text(h->box->arena, json_str(own));
	if (!json_is(own, json_type_object))
		return;
	json_object_object_foreach(own, key, v) {
		replace(h, key, filled(h->box, v ? json_object_get_string(v) : ""));
	}
}

static void put_user(struct head *h)
{
	struct toolbox *b = h->box;
	struct buf *name = buf_in(b->arena, 0);

	if (!env_bool("ENABLE_FORWARD_USER_INFO_HEADERS", false))
		return;
	buf_uri(name, b->user->name);
	put(h, "X-OpenWebUI-User-Name", buf_text(name));
	put(h, "X-OpenWebUI-User-Id", b->user->id);
	put(h, "X-OpenWebUI-User-Email", b->user->email);
	put(h, "X-OpenWebUI-User-Role", b->user->role);
	put(h, "X-OpenWebUI-Chat-Id", b->chat_id);
	put(h, "X-OpenWebUI-Message-Id", b->message_id);
}

bool server_headers(struct toolbox *b, const struct server *s, const char *accept, const char *const **out)
{
	struct head h = { .box = b, .list = arena_calloc(b->arena, SERVER_HEADERS_MAX, sizeof(*h.list)) };
	const char *auth = json_text(s->connection, "auth_type", "bearer");

	put(&h, "Accept", accept);
	put(&h, "Content-Type", "application/json");
	if (strcmp(auth, "bearer") == 0)
		put_bearer(&h, json_text(s->connection, "key", ""));
	else if (strcmp(auth, "session") == 0)
		put_bearer(&h, account_token(b->arena, b->user->id));
	else
		put_bearer(&h, provider_token(b, s, auth));
	put_own(&h, json_get(s->connection, "headers"));
	put_user(&h);
	*out = h.list;
	if (!text_starts(auth, "oauth_2.1"))
		return true;
	for (size_t i = 0; i < h.n; i++)
		if (strncasecmp(h.list[i], "Authorization:", 14) == 0)
			return true;
	return false;
}
