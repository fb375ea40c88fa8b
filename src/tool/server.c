#include "tool/server.h"

#include <openssl/evp.h>

#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "db/db.h"
#include "http/client.h"
#include "json/yaml.h"
#include "tool/mcp.h"
#include "tool/openapi.h"
#include "tool/rest.h"

enum { DIGEST_S = 600, FAILED_S = 30, FETCH_S = 10 };

static bool enabled(struct json_object *connection)
{
	return json_flag(json_get(connection, "config"), "enable", false);
}

const char *server_spec_url(struct arena *a, struct json_object *connection)
{
	const char *url = json_text(connection, "url", ""), *path = json_text(connection, "path", "openapi.json");
	size_t n = strlen(url);

	if (strstr(path, "://"))
		return path;
	while (n && url[n - 1] == '/')
		n--;
	return arena_printf(a, "%.*s%s%s", (int)n, url, *path == '/' ? "" : "/", path);
}

/* What the description depends on: a changed connection is fetched anew. */
static const char *cache_key(struct arena *a, struct json_object *connection)
{
	static const char *const parts[] = { "url", "path", "spec_type", "spec", "auth_type", "key" };
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	char hex[33];
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		buf_json(b, json_text(connection, parts[i], NULL));
		buf_addc(b, '\n');
	}
	EVP_Digest(b->data, b->len, sum, &n, EVP_sha256(), NULL);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return redis_key(a, "owui:toolspec:%s", hex);
}

static struct json_object *cached(struct arena *a, const char *key)
{
	struct redis_reply *r;

	return redis_run(a, &r, "GET", key) > 0 ? json_parse_text(a, reply_text(r)) : NULL;
}

static void keep(struct arena *a, const char *key, struct json_object *digest)
{
	struct redis_reply *r;

	redis_run(a, &r, "SET", key, digest ? json_print(digest) : "{}", "EX",
		  arena_printf(a, "%d", digest ? DIGEST_S : FAILED_S));
}

struct json_object *server_description(struct arena *a, const char *text, size_t len, const char **err)
{
	struct str clean = tool_clean(a, (struct str){ text, len });
	struct json_object *doc = json_parse(a, clean.p, clean.n, err);

	return doc ? doc : yaml_parse(a, clean.p, clean.n, err);
}

static struct json_object *digest_of(struct arena *a, const struct server *s, const char *text, size_t len)
{
	const char *err = NULL;
	struct json_object *doc = server_description(a, text, len, &err), *digest;

	digest = doc ? openapi_digest(a, doc, &err) : NULL;
	if (!digest)
		log_warn("tool_server", "id=%s url=%s error=\"%s\"", s->id,
			 json_text(s->connection, "url", ""), err ? err : "no description");
	return digest;
}

static void request_spec(struct arena *a, const struct server *s, struct http_request *req)
{
	const char *key = str_trim(str_of(json_text(s->connection, "key", ""))).n
			  ? json_text(s->connection, "key", "") : NULL;
	const char **headers = arena_calloc(a, 3, sizeof(*headers));
	bool bearer = strcmp(json_text(s->connection, "auth_type", "bearer"), "bearer") == 0;

	memset(req, 0, sizeof(*req));
	headers[0] = "Accept: application/json";
	headers[1] = bearer && key && !strpbrk(key, "\r\n")
		     ? arena_printf(a, "Authorization: Bearer %s", key) : NULL;
	req->method = "GET";
	req->url = server_spec_url(a, s->connection);
	req->headers = headers;
	req->cancel_fd = -1;
	req->max_body = SERVER_SPEC_MAX;
	req->timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT_TOOL_SERVER_DATA", FETCH_S, 1, 3600) * 1000;
}

static void take_answer(struct arena *a, struct server *s, const struct http_answer *answer)
{
	if (answer->end == HTTP_DONE && answer->status == 200)
		s->digest = digest_of(a, s, buf_text(answer->body), answer->body->len);
	else
		log_warn("tool_server", "id=%s url=%s status=%d error=\"%s\"", s->id,
			 json_text(s->connection, "url", ""), answer->status,
			 answer->end == HTTP_TOO_LARGE ? "the description is too large"
			 : answer->error ? answer->error : "");
}

/* Fetch the descriptions that are not in Redis, all at once. */
static void fetch_digests(struct arena *a, struct server *list, const size_t *missing, size_t n)
{
	struct http_request *reqs = arena_calloc(a, n + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(a, n + 1, sizeof(*answers));

	for (size_t i = 0; i < n; i++)
		request_spec(a, &list[missing[i]], &reqs[i]);
	if (n)
		http_run_all(a, reqs, answers, n, reqs[0].timeout_ms);
	for (size_t i = 0; i < n; i++) {
		take_answer(a, &list[missing[i]], &answers[i]);
		keep(a, cache_key(a, list[missing[i]].connection), list[missing[i]].digest);
	}
}

static void load_digests(struct arena *a, struct server *list, size_t n)
{
	size_t missing[SERVERS_MAX], count = 0;

	for (size_t i = 0; i < n; i++) {
		const char *given = json_text(list[i].connection, "spec", "");
		struct json_object *known;

		if (list[i].mcp)
			continue;
		if (strcmp(json_text(list[i].connection, "spec_type", "url"), "json") == 0) {
			if (strlen(given) <= SERVER_SPEC_MAX)
				list[i].digest = digest_of(a, &list[i], given, strlen(given));
			continue;
		}
		known = cached(a, cache_key(a, list[i].connection));
		if (known)
			list[i].digest = json_has(known, "tools") ? known : NULL;
		else if (count < SERVERS_MAX)
			missing[count++] = i;
	}
	fetch_digests(a, list, missing, count);
}

size_t servers_list(struct arena *a, const struct config *c, bool digests, struct server *out, size_t max)
{
	struct json_object *all = config_tree(a, c, CK_TOOL_SERVER_CONNECTIONS);
	size_t n = 0;

	if (!env_bool("ENABLE_PLUGINS", true) || !env_bool("ENABLE_TOOL_SERVERS", true))
		return 0;
	for (size_t i = 0; i < json_len(all) && n < max; i++) {
		struct json_object *connection = json_item(all, i);
		const char *type = json_text(connection, "type", "openapi");
		const char *id = json_text(json_get(connection, "info"), "id", "");

		if (!enabled(connection) || (strcmp(type, "openapi") != 0 && strcmp(type, "mcp") != 0))
			continue;
		out[n] = (struct server){ .connection = connection, .index = i };
		out[n].mcp = strcmp(type, "mcp") == 0;
		out[n].id = *id || out[n].mcp ? id : arena_printf(a, "%zu", i);
		n++;
	}
	if (digests)
		load_digests(a, out, n);
	return n;
}

bool server_allowed(struct arena *a, struct db *db, const struct user *u, struct json_object *connection)
{
	struct json_object *grants = json_get(json_get(connection, "config"), "access_grants");
	struct rows *rows;

	if (u->is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true))
		return true;
	if (!json_len(grants))
		return u->is_admin;
	return db_run(db, a, &rows, Q_TOOL_SERVER_ALLOWED, u->id, json_print(grants)) > 0 && rows_bool(rows, 0, 0);
}

/* The parts of a list of names that start with '!' or not. */
static bool one_fits(struct json_object *connection, const char *function, bool blocked, bool *any)
{
	const char *list = json_text(json_get(connection, "config"), "function_name_filter_list", "");
	struct str rest = str_of(list), name = str_of(function);

	*any = false;
	while (rest.p) {
		struct str part = str_trim(str_split(&rest, ','));
		bool bang = part.n && *part.p == '!';

		if (bang) {
			part = str_trim((struct str){ part.p + 1, part.n - 1 });
		}
		if (!part.n || bang != blocked)
			continue;
		*any = true;
		if (part.n <= name.n && memcmp(name.p + name.n - part.n, part.p, part.n) == 0)
			return true;
	}
	return false;
}

bool server_lets_through(struct json_object *connection, const char *function)
{
	bool any, fits = one_fits(connection, function, false, &any);

	if (any && !fits)
		return false;
	return !one_fits(connection, function, true, &any);
}

static const struct server *find(const struct server *list, size_t n, bool mcp, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].mcp == mcp && strcmp(list[i].id, id) == 0)
			return &list[i];
	return NULL;
}

static void tell_unreachable(struct toolbox *b, const char *id)
{
	struct json_object *o = json_new_object(b->arena);

	if (!b->emit)
		return;
	json_set_text(o, "action", "tool_connection");
	json_set_text(o, "description", arena_printf(b->arena, "The MCP server '%s' cannot be reached", id));
	json_set_bool(o, "error", true);
	json_set_bool(o, "done", true);
	b->emit(b->emit_ctx, "status", json_print(o));
}

static bool allowed(struct toolbox *b, const struct server *s)
{
	struct db *db = db_get();
	bool yes = server_allowed(b->arena, db, b->user, s->connection);

	db_put(db);
	return yes;
}

bool server_mcp_of(struct toolbox *b, const char *id, struct server *out)
{
	struct server *list = arena_calloc(b->arena, SERVERS_MAX, sizeof(*list));
	const struct server *s = find(list, servers_list(b->arena, b->cfg, false, list, SERVERS_MAX), true, id);

	if (!s || !allowed(b, s))
		return false;
	*out = *s;
	return true;
}

/* "server:<id>", "server:openapi:<id>" or "server:mcp:<id>"; "|" and function names may follow. */
static const char *split_id(struct arena *a, const char *tool_id, bool *mcp)
{
	const char *id = tool_id + strlen("server:");

	*mcp = text_starts(id, "mcp:");
	if (*mcp)
		id += strlen("mcp:");
	else if (text_starts(id, "openapi:"))
		id += strlen("openapi:");
	return arena_strndup(a, id, strcspn(id, "|"));
}

static void add_one(struct toolbox *b, const struct server *list, size_t n, const char *tool_id)
{
	bool mcp;
	const char *id = split_id(b->arena, tool_id, &mcp);
	const struct server *s = find(list, n, mcp, id);

	if (!s || !allowed(b, s)) {
		log_warn("tool_server", "id=%s user=%s error=\"%s\"", id, b->user->id,
			 s ? "not for this account" : "not connected");
		return;
	}
	if (!mcp)
		rest_add(b, s, tool_id);
	else if (!mcp_add(b, s))
		tell_unreachable(b, id);
}

void toolbox_add_servers(struct toolbox *b, struct json_object *tool_ids)
{
	struct server *list = arena_calloc(b->arena, SERVERS_MAX, sizeof(*list));
	bool openapi = false, any = false;
	size_t n;

	for (size_t i = 0; i < json_len(tool_ids); i++) {
		const char *id = json_str(json_item(tool_ids, i));

		any = any || text_starts(id, "server:");
		openapi = openapi || (text_starts(id, "server:") && !text_starts(id, "server:mcp:"));
	}
	if (!any)
		return;
	n = servers_list(b->arena, b->cfg, openapi, list, SERVERS_MAX);
	for (size_t i = 0; i < json_len(tool_ids) && !toolbox_cancelled(b); i++)
		if (text_starts(json_str(json_item(tool_ids, i)), "server:"))
			add_one(b, list, n, json_str(json_item(tool_ids, i)));
}
