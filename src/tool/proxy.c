#include "tool/proxy.h"

#include "base/env.h"
#include "oauth/session.h"
#include "tool/server.h"
#include "turn/turn.h"

enum { DECODE_MAX = 8, SEGMENTS_MAX = 256, HEADERS_MAX = 8 };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decode in place; did anything change? */
static bool decode(char *s)
{
	char *out = s;
	bool changed = false;

	for (; *s; s++) {
		if (*s == '%' && hex_value(s[1]) >= 0 && hex_value(s[2]) >= 0) {
			*out++ = (char)(hex_value(s[1]) << 4 | hex_value(s[2]));
			s += 2;
			changed = true;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
	return changed;
}

/* Put the segments together without "." and ".."; false: they lead out, or nothing is left. */
static bool join(struct buf *b, const char *path)
{
	struct str rest = str_of(path), kept[SEGMENTS_MAX];
	bool absolute = *path == '/';
	size_t n = 0;

	while (rest.p) {
		struct str seg = str_split(&rest, '/');

		if (!seg.n || str_eq(seg, "."))
			continue;
		if (!str_eq(seg, "..")) {
			if (n == SEGMENTS_MAX)
				return false;
			kept[n++] = seg;
		} else if (n) {
			n--;
		} else if (!absolute) {
			return false;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(b, '/');
		buf_addstr(b, kept[i]);
	}
	return (n || absolute) && !(n && str_starts(kept[0], ".."));
}

const char *proxy_path(struct arena *a, const char *path)
{
	char *s = arena_strdup(a, path);
	struct buf *b = buf_in(a, 0);
	size_t len;
	int i;

	/* "%252e%252e" is ".." to a server that decodes once more than we do. */
	for (i = 0; i < DECODE_MAX && decode(s); i++)
		;
	if (i == DECODE_MAX || strpbrk(s, "\\\t\r\n") || !join(b, s))
		return NULL;
	len = strlen(s);
	if (len && s[len - 1] == '/' && b->len)
		buf_addc(b, '/');
	return buf_text(b);
}

static bool is_orchestrator(struct json_object *connection)
{
	return text_eq(json_text(connection, "server_type", NULL), "orchestrator") ||
	       !text_empty(json_text(connection, "policy_id", NULL));
}

/* https://host/base[/p/<policy>], NULL when there is no address. */
static const char *base_url(struct arena *a, struct json_object *connection)
{
	const char *url = json_text(connection, "url", ""), *policy = json_text(connection, "policy_id", "");
	struct str trimmed = str_trim(str_of(policy));
	struct buf *b = buf_in(a, 0);
	size_t n = strlen(url);

	while (n && url[n - 1] == '/')
		n--;
	if (!n)
		return NULL;
	buf_add(b, url, n);
	if (trimmed.n) {
		buf_adds(b, "/p/");
		buf_uri(b, arena_strndup(a, trimmed.p, trimmed.n));
	}
	return buf_text(b);
}

static bool for_administrators(struct json_object *connection, const char *path)
{
	static const char *const closed[] = { "api/v1/policies", "api/v1/status", "api/v1/terminals" };

	if (!text_empty(json_text(connection, "policy_id", NULL)))
		return false;	/* below /p/ there is only the policy's own terminal */
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
		size_t n = strlen(closed[i]);

		if (strncasecmp(path, closed[i], n) == 0 && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

/* What a path may hold as it is (RFC 3986, pchar and "/"); the rest is encoded. */
static void add_path(struct buf *b, const char *path)
{
	for (; *path; path++) {
		char one[2] = { *path, '\0' };

		if (strchr("!$&'()*+,;=:@/", *path))
			buf_addc(b, *path);
		else
			buf_uri(b, one);
	}
}

static bool refuse(struct proxy_fault *fault, int status, const char *text)
{
	*fault = (struct proxy_fault){ status, text };
	return false;
}

/* Which of the chat's own terminals is meant; false: *fault. */
static bool take_context(struct arena *a, struct json_object *connection, const char *chat, const char **header,
			 struct proxy_fault *fault)
{
	struct json_object *contexts = json_get(json_get(connection, "config"), "contexts");
	struct json_object *mine = json_get(contexts, "chat");

	*header = NULL;
	if (!is_orchestrator(connection))
		return true;
	if (json_is(mine, json_type_boolean) && !json_object_get_boolean(mine))
		return refuse(fault, 403, "Terminal server is not available in chats");
	if (!text_eq(json_text(mine, "context_id", NULL), "chat_id"))
		return true;
	if (!turn_is_saved(chat))
		return refuse(fault, 409, "A saved chat is required for this terminal");
	*header = arena_printf(a, "X-Terminal-Context-Id: chat:%s", chat);
	return true;
}

static const char *bearer_of(struct arena *a, const struct config *c, const struct user *u,
			     struct json_object *connection, const struct proxy_ask *ask)
{
	const char *type = json_text(connection, "auth_type", "bearer"), *token = NULL;
	struct json_object *tokens;

	if (strcmp(type, "bearer") == 0) {
		token = json_text(connection, "key", NULL);
	} else if (strcmp(type, "session") == 0) {
		token = ask->token;
	} else if (strcmp(type, "system_oauth") == 0 && ask->oauth_session) {
		tokens = oauth_system_token(a, c, u->id, ask->oauth_session);
		token = json_text(tokens, "access_token", NULL);
	}
	return text_empty(token) ? NULL : arena_printf(a, "Authorization: Bearer %s", token);
}

static void add_header(const char **list, size_t *n, const char *header)
{
	if (header && *n < HEADERS_MAX && !strpbrk(header, "\r\n"))
		list[(*n)++] = header;
}

static bool make_request(struct arena *a, const struct config *c, const struct user *u,
			 struct json_object *connection, const char *url, const struct proxy_ask *ask,
			 struct http_request *out, struct proxy_fault *fault)
{
	const char **headers = arena_calloc(a, HEADERS_MAX + 1, sizeof(*headers)), *context = NULL;
	size_t n = 0;

	if (ask->chat_id && !take_context(a, connection, ask->chat_id, &context, fault))
		return false;
	add_header(headers, &n, arena_printf(a, "X-User-Id: %s", u->id));
	if (ask->chat_id)
		add_header(headers, &n, arena_printf(a, "X-Session-Id: %s", ask->chat_id));
	add_header(headers, &n, context);
	add_header(headers, &n, bearer_of(a, c, u, connection, ask));
	if (ask->content_type)
		add_header(headers, &n, arena_printf(a, "Content-Type: %s", ask->content_type));
	if (ask->cookies && json_flag(connection, "forward_cookies", false))
		add_header(headers, &n, arena_printf(a, "Cookie: %s", ask->cookies));
	*out = (struct http_request){ .method = ask->method, .url = url, .headers = headers, .cancel_fd = -1,
				      .timeout_ms = PROXY_TIMEOUT_MS, .keep_head = true };
	return true;
}

static struct json_object *find_connection(struct arena *a, const struct config *c, const char *id)
{
	struct json_object *list = config_tree(a, c, CK_TERMINAL_SERVER_CONNECTIONS);

	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_text(json_item(list, i), "id", NULL), id))
			return json_item(list, i);
	return NULL;
}

bool proxy_open(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		const struct proxy_ask *ask, struct http_request *out, struct proxy_fault *fault)
{
	struct json_object *connection = find_connection(a, c, ask->server_id);
	struct buf *url = buf_in(a, 0);
	const char *base, *path;

	if (!env_bool("ENABLE_TOOL_SERVERS", true))
		return refuse(fault, 403, "Tool servers are disabled");
	if (!connection)
		return refuse(fault, 404, arena_printf(a, "Terminal server '%s' not found", ask->server_id));
	if (!json_flag(connection, "enabled", true))
		return refuse(fault, 403, "Terminal server disabled");
	if (!server_allowed(a, db, u, connection))
		return refuse(fault, 403, "Access denied");
	base = base_url(a, connection);
	if (!base)
		return refuse(fault, 503, "Terminal server URL not configured");
	path = proxy_path(a, ask->path);
	if (!path)
		return refuse(fault, 400, "Invalid path");
	if (for_administrators(connection, path))
		return refuse(fault, 403, "Path not allowed");
	buf_adds(url, base);
	buf_addc(url, '/');
	add_path(url, path);
	if (!text_empty(ask->query))
		buf_printf(url, "?%s", ask->query);
	return make_request(a, c, u, connection, buf_text(url), ask, out, fault);
}

bool proxy_each_header(struct arena *a, const struct http_answer *answer, const char **at, const char **name,
		       const char **value)
{
	static const char *const kept_back[] = { "transfer-encoding", "connection", "content-encoding",
		"content-length", "content-type", "server", "date", "keep-alive", "set-cookie" };
	const char *p = *at ? *at : answer->head ? buf_text(answer->head) : "";

	while (*p) {
		struct str rest = { p, strcspn(p, "\n") }, line = rest, key = str_split(&line, ':');
		bool hidden = !line.p || memchr(key.p, ' ', key.n);	/* the status line has no colon */

		p += rest.n + (p[rest.n] == '\n');
		for (size_t i = 0; i < ARRAY_SIZE(kept_back); i++)
			hidden = hidden || (key.n == strlen(kept_back[i]) && strncasecmp(key.p, kept_back[i], key.n) == 0);
		if (hidden)
			continue;
		line = str_trim(line);
		*name = arena_strndup(a, key.p, key.n);
		*value = arena_strndup(a, line.p, line.n);
		*at = p;
		return true;
	}
	return false;
}

bool proxy_streams(const char *type)
{
	return strstr(type, "application/octet-stream") || strstr(type, "image/") || strstr(type, "application/pdf");
}
