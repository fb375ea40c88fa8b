/* owuictl doctor - check what the programs need; say what is wrong and what to do about it. */

#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/env.h"
#include "cache/redis.h"
#include "config/config.h"
#include "migrate/migrate.h"
#include "tools/ctl.h"

enum { PROVIDER_TIMEOUT_S = 5, KEY_MIN = 32 };

static int faults;

static void good(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void bad(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void PRINTF_LIKE(3, 0) line(const char *mark, const char *what, const char *fmt, va_list ap)
{
	printf("%-4s  %-12s ", mark, what);
	vprintf(fmt, ap);
	putchar('\n');
}

#define SAY(name, mark, count)                            \
	static void name(const char *what, const char *fmt, ...) \
	{                                                 \
		va_list ap;                               \
		va_start(ap, fmt);                        \
		line(mark, what, fmt, ap);                \
		va_end(ap);                               \
		faults += count;                          \
	}
SAY(good, "ok", 0)
SAY(bad, "FAIL", 1)
SAY(note, "note", 0)

static bool check_database(struct ctl *c)
{
	enum migrate_state state;
	struct rows *rows;
	const char *advice;

	if (text_empty(getenv("DATABASE_URL"))) {
		bad("database", "DATABASE_URL is not set: give it as postgresql://user:password@host:5432/name");
		return false;
	}
	if (db_exec_text(c->db, c->arena, &rows,
			 "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
			 " current_setting('max_connections'), EXISTS (SELECT FROM pg_extension WHERE"
			 " extname = 'vector'), pg_encoding_to_char(encoding) FROM pg_database"
			 " WHERE datname = current_database()") < 0) {
		bad("database", "%s: is PostgreSQL running, and is DATABASE_URL right?", db_message(c->db));
		return false;
	}
	if (rows_i64(rows, 0, 1, 0) < 140000)
		bad("database", "PostgreSQL %s is too old: 14 or newer is needed", rows_text(rows, 0, 0));
	else
		good("database", "PostgreSQL %s, at most %s connections", rows_text(rows, 0, 0),
		     rows_text(rows, 0, 2));
	if (strcmp(rows_text(rows, 0, 4), "UTF8") != 0)
		bad("database", "its encoding is %s: make a database with ENCODING 'UTF8'",
		    rows_text(rows, 0, 4));
	if (!rows_bool(rows, 0, 3))
		note("pgvector", "not there: documents are searched without an index");
	state = migrate_look(c->db, c->arena, &advice);
	(state == MIGRATE_CURRENT ? good : bad)("migration", "%s", advice);
	return state == MIGRATE_CURRENT;
}

static void check_redis(struct ctl *c)
{
	struct redis_reply *reply;

	if (!redis_configured())
		bad("redis", "REDIS_URL is not set: give it as redis://host:6379/0 or unix:///path/redis.sock");
	else if (redis_run(c->arena, &reply, "PING") < 0)
		bad("redis", "no answer at REDIS_URL: is Redis running?");
	else
		good("redis", "answers, key prefix \"%s\"", redis_prefix());
}

static void check_key(void)
{
	size_t n = strlen(env_str("WEBUI_SECRET_KEY", ""));

	if (n < KEY_MIN)
		bad("secret key", "WEBUI_SECRET_KEY has %zu characters: set at least %d random ones (`openssl rand -hex 32`)",
		    n, KEY_MIN);
	else
		good("secret key", "set");
}

static void check_dirs(void)
{
	const char *web = env_str("OWUI_WEB_DIR", ""), *data = env_str("DATA_DIR", "");
	char index[4096];

	snprintf(index, sizeof(index), "%s/index.html", web);
	if (!*web)
		note("web UI", "OWUI_WEB_DIR is not set: only the API is served");
	else if (access(index, R_OK) != 0)
		bad("web UI", "%s cannot be read: put the files of the web UI there", index);
	else
		good("web UI", "%s", web);
	if (!*data)
		note("data", "DATA_DIR is not set: files are kept in the programs' default folder");
	else if (access(data, R_OK | W_OK | X_OK) != 0)
		bad("data", "%s cannot be written: make the folder and give it to the programs' user", data);
	else
		good("data", "%s", data);
}

static void check_socket(const char *what, const char *variable, const char *def, const char *program)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = env_str(variable, def);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (strlen(path) >= sizeof(addr.sun_path))
		bad(what, "%s is too long for the path of a socket", variable);
	else if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		bad(what, "nobody listens at %s: start %s", path, program);
	else
		good(what, "%s", path);
	close(fd);
}

static size_t drop(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n;
}

static void check_provider(struct ctl *c, const char *base, const char *key)
{
	struct curl_slist *headers = NULL;
	CURL *h = curl_easy_init();
	CURLcode rc;
	long status = 0;

	if (!text_empty(key))
		headers = curl_slist_append(NULL, arena_printf(c->arena, "Authorization: Bearer %s", key));
	curl_easy_setopt(h, CURLOPT_URL, arena_printf(c->arena, "%s/models", base));
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)PROVIDER_TIMEOUT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, drop);
	rc = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		bad("provider", "%s: %s", base, curl_easy_strerror(rc));
	else if (status != 200)
		bad("provider", "%s answers %ld%s", base, status,
		    status == 401 || status == 403 ? ": is its key right?" : "");
	else
		good("provider", "%s", base);
	curl_slist_free_all(headers);
	curl_easy_cleanup(h);
}

static void check_providers(struct ctl *c)
{
	const struct config *cfg;
	struct json_object *urls, *keys;

	config_setup(false);
	cfg = config_get_in(c->arena);
	urls = config_tree(c->arena, cfg, CK_OPENAI_API_BASE_URLS);
	keys = config_tree(c->arena, cfg, CK_OPENAI_API_KEYS);
	if (!config_bool(cfg, CK_OPENAI_ENABLE))
		note("provider", "OpenAI-compatible connections are switched off");
	for (size_t i = 0; config_bool(cfg, CK_OPENAI_ENABLE) && i < json_len(urls); i++) {
		const char *url = json_str(json_item(urls, i));

		if (!text_empty(url))
			check_provider(c, url, json_str(json_item(keys, i)));
	}
}

int ctl_doctor(struct ctl *c, int argc, char **argv)
{
	bool migrated;

	(void)argv;
	if (argc)
		return CTL_USAGE;
	migrated = check_database(c);
	check_redis(c);
	check_key();
	check_dirs();
	check_socket("requests", "OWUI_FCGI_SOCKET", "/run/owui/fcgi.sock", "owui-fcgi");
	check_socket("streams", "OWUI_FCGI_STREAM_SOCKET", "/run/owui/stream.sock", "owui-fcgi");
	check_socket("websocket", "OWUI_WSD_SOCKET", "/run/owui/wsd.sock", "owui-wsd");
	if (migrated)
		check_providers(c);
	printf(faults ? "\n%d faults\n" : "\nall is well\n", faults);
	return faults ? CTL_FAILED : CTL_OK;
}
