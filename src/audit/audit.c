#include "audit/audit.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "audit/redact.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"

enum { BODY_MAX_DEFAULT = 2048, BODY_MAX_MOST = 1024 * 1024, PATHS_MAX = 64 };

struct paths {
	struct str list[PATHS_MAX];	/* without the / in front */
	size_t n;
};

static struct {
	enum audit_level level;
	struct paths excluded, included;
	bool reading, to_stdout;
	size_t body_max;
	const char *path;		/* NULL: no file */
	int64_t file_max;
	pthread_mutex_t lock;		/* of the file */
	int fd;
} audit = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static const char *const level_names[] = { "NONE", "METADATA", "REQUEST", "REQUEST_RESPONSE" };

int64_t audit_size(const char *text)
{
	static const char units[] = "KMGT";
	struct str rest = str_trim(str_of(text));
	double n = 0, unit = 1;
	char number[32];
	size_t len = 0;

	while (len < rest.n && len < sizeof(number) - 1 && (isdigit((unsigned char)rest.p[len]) || rest.p[len] == '.'))
		len++;
	snprintf(number, sizeof(number), "%.*s", (int)len, rest.p ? rest.p : "");
	if (!len || !text_to_double(number, &n))
		return 0;
	rest = str_trim((struct str){ rest.p + len, rest.n - len });
	if (rest.n) {
		const char *at = strchr(units, toupper((unsigned char)*rest.p));

		for (ptrdiff_t i = at ? at - units : -1; i >= 0; i--)
			unit *= rest.n > 1 && rest.p[1] == 'i' ? 1024 : 1000;
	}
	return n * unit < 1e15 ? (int64_t)(n * unit) : 0;
}

static void read_paths(struct paths *p, const char *text)
{
	struct str rest = str_of(text);

	while (rest.n && p->n < PATHS_MAX) {
		struct str one = str_trim(str_split(&rest, ','));

		while (one.n && *one.p == '/') {
			one.p++;
			one.n--;
		}
		if (one.n)
			p->list[p->n++] = one;
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool path_in(const struct paths *p, const char *path)
{
	static const char *const roots[] = { "/api/", "/api/v1/" };

	for (size_t r = 0; r < ARRAY_SIZE(roots); r++) {
		const char *tail = path + strlen(roots[r]);

		if (!text_starts(path, roots[r]))
			continue;
		for (size_t i = 0; i < p->n; i++) {
			struct str one = p->list[i];

			if (strncmp(tail, one.p, one.n) == 0 && is_word(one.p[one.n - 1]) != is_word(tail[one.n]))
				return true;
		}
	}
	return false;
}

static void open_file(void)
{
	if (audit.fd >= 0)
		close(audit.fd);
	audit.fd = open(audit.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (audit.fd < 0)
		log_error("audit_file", "path=%s why=\"%s\"", audit.path, strerror(errno));
}

static void set_level(void)
{
	const char *level = env_str("AUDIT_LOG_LEVEL", "NONE");

	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (strcasecmp(level, level_names[i]) == 0)
			audit.level = (enum audit_level)i;
	if (audit.level == AUDIT_NONE && *level && strcasecmp(level, "NONE") != 0)
		log_error("audit_level", "level=%s", level);
}

void audit_setup(void)
{
	static char path[4096];

	set_level();
	if (audit.level == AUDIT_NONE)
		return;
	read_paths(&audit.excluded, env_str("AUDIT_EXCLUDED_PATHS", "/chats,/chat,/folders"));
	read_paths(&audit.included, env_str("AUDIT_INCLUDED_PATHS", ""));
	audit.reading = env_bool("ENABLE_AUDIT_GET_REQUESTS", false);
	audit.to_stdout = env_bool("ENABLE_AUDIT_STDOUT", false);
	audit.body_max = (size_t)env_int("MAX_BODY_LOG_SIZE", BODY_MAX_DEFAULT, 0, BODY_MAX_MOST);
	audit.file_max = audit_size(env_str("AUDIT_LOG_FILE_ROTATION_SIZE", "10MB"));
	if (!env_bool("ENABLE_AUDIT_LOGS_FILE", true))
		return;
	snprintf(path, sizeof(path), "%s/audit.log", env_str("DATA_DIR", "."));
	audit.path = env_str("AUDIT_LOGS_FILE_PATH", path);
	open_file();
}

enum audit_level audit_of(const char *method, const char *path, bool known)
{
	static const char *const always[] = {
		"/api/v1/auths/signin", "/api/v1/auths/signout", "/api/v1/auths/signup", "/api/v1/auths/mfa",
	};
	static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE", "GET" };
	size_t n = ARRAY_SIZE(methods) - (audit.reading ? 0 : 1), i = 0;

	while (i < n && strcmp(method, methods[i]) != 0)
		i++;
	if (audit.level == AUDIT_NONE || i == n)
		return AUDIT_NONE;
	for (i = 0; i < ARRAY_SIZE(always); i++)
		if (strncasecmp(path, always[i], strlen(always[i])) == 0)
			return audit.level;
	if (!known || (audit.included.n ? !path_in(&audit.included, path) : path_in(&audit.excluded, path)))
		return AUDIT_NONE;
	return audit.level;
}

bool audit_keeps_bodies(const char *path)
{
	return !text_starts(path, "/api/v1/auths") && !text_starts(path, "/oauth/");
}

size_t audit_body_max(void)
{
	return audit.body_max;
}

static void add_body(struct arena *a, struct buf *b, const char *name, struct str body)
{
	struct buf *clean = buf_in(a, 0);

	redact_json(clean, body);
	buf_printf(b, ", \"%s\": ", name);
	buf_json_n(b, clean->data ? clean->data : "", clean->len);
}

static void add_text(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, ", \"%s\": ", name);
	buf_json(b, value);
}

static struct buf *line_of(struct arena *a, const struct audit_entry *e)
{
	struct buf *b = buf_in(a, 0), *url = buf_in(a, 0);
	char id[UUID_SIZE];

	uuid4(id);
	redact_url(url, e->url);
	buf_printf(b, "{\"id\": \"%s\", \"timestamp\": %" PRId64 ", \"user\": {", id, time_s());
	if (e->user) {
		buf_adds(b, "\"id\": ");
		buf_json(b, e->user->id);
		add_text(b, "name", e->user->name);
		add_text(b, "email", e->user->email);
		add_text(b, "role", e->user->role);
	}
	buf_printf(b, "}, \"audit_level\": \"%s\"", level_names[audit.level]);
	add_text(b, "verb", e->verb);
	add_text(b, "request_uri", buf_text(url));
	if (audit.level == AUDIT_RESPONSE)
		buf_printf(b, ", \"response_status_code\": %d", e->status);
	else
		buf_adds(b, ", \"response_status_code\": null");
	add_text(b, "source_ip", e->ip);
	add_text(b, "user_agent", e->agent);
	buf_adds(b, ", \"model_id\": null, \"usage\": null");
	add_body(a, b, "request_object", e->request);
	add_body(a, b, "response_object", e->response);
	buf_adds(b, ", \"extra\": {}}\n");
	return b;
}

/* The file that the name means now may be another: another process, or logrotate, put ours aside. */
static void follow_file(void)
{
	struct stat ours, named;
	char aside[4160];

	if (audit.fd < 0 || fstat(audit.fd, &ours) != 0 || stat(audit.path, &named) != 0 ||
	    ours.st_ino != named.st_ino || ours.st_dev != named.st_dev) {
		open_file();
		return;
	}
	if (!audit.file_max || ours.st_size < audit.file_max)
		return;
	snprintf(aside, sizeof(aside), "%s.%" PRId64, audit.path, time_ms());
	if (rename(audit.path, aside) != 0)
		log_error("audit_rotate", "path=%s why=\"%s\"", audit.path, strerror(errno));
	open_file();
}

void audit_write(struct arena *a, const struct audit_entry *e)
{
	struct buf *b = line_of(a, e);

	pthread_mutex_lock(&audit.lock);
	if (audit.path)
		follow_file();
	if (audit.fd >= 0 && write(audit.fd, b->data, b->len) != (ssize_t)b->len)
		log_error("audit_write", "why=\"%s\"", strerror(errno));
	if (audit.to_stdout && write(STDOUT_FILENO, b->data, b->len) < 0)
		log_error("audit_stdout", "why=\"%s\"", strerror(errno));
	pthread_mutex_unlock(&audit.lock);
}
