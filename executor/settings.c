#include "executor/settings.h"

#include <glob.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/log.h"
#include "base/str.h"

static const char *name_of(const char *name, char *prefixed, size_t size)
{
	if (text_starts(name, "SANDBOX_"))
		return name;
	snprintf(prefixed, size, "SANDBOX_%s", name);
	return text_empty(getenv(prefixed)) ? name : prefixed;
}

static const char *text(const char *name, const char *def)
{
	char prefixed[64];
	const char *v = env_str(name_of(name, prefixed, sizeof(prefixed)), def);

	return text_empty(v) ? def : v;
}

static int number(const char *name, int def, int min, int max)
{
	char prefixed[64];

	return (int)env_int(name_of(name, prefixed, sizeof(prefixed)), def, min, max);
}

bool setting_bool(const char *name, bool def)
{
	char prefixed[64];

	return env_bool(name_of(name, prefixed, sizeof(prefixed)), def);
}

static bool has_rustc(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/bin/rustc", dir);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A compiler outside /usr: a rustup directory of the account that starts the service. */
static const char *find_toolchain(void)
{
	const char *home = getenv("HOME");
	char pattern[PATH_MAX], *found = NULL;
	glob_t g;

	if (has_rustc("/usr") || text_empty(home))
		return "";
	snprintf(pattern, sizeof(pattern), "%s/.rustup/toolchains/stable-*", home);
	if (glob(pattern, 0, NULL, &g) != 0)
		return "";
	for (size_t i = 0; !found && i < g.gl_pathc; i++)
		if (has_rustc(g.gl_pathv[i]))
			found = xstrdup(g.gl_pathv[i]);
	globfree(&g);
	return found ? found : "";
}

/* Beside this program when it was not installed, else in its own folder. */
static const char *find_program(const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		snprintf(slash + 1, sizeof(path) - (size_t)(slash + 1 - path), "%s", name);
		if (access(path, X_OK) == 0)
			return xstrdup(path);
	}
	snprintf(path, sizeof(path), PKGLIBEXECDIR "/%s", name);
	return xstrdup(path);
}

static void read_limits(struct settings *s)
{
	s->max_time = number("MAX_EXECUTION_TIME", 60, 1, 300);
	s->max_memory_mb = number("MAX_MEMORY_MB", 512, 16, 1 << 20);
	s->cpu_quota = number("MAX_CPU_QUOTA", 100000, 1000, 100000000);
	s->disk_mb = number("MAX_DISK_MB", 100, 1, 1 << 20);
	s->places = number("MAX_CONCURRENT_EXECUTIONS", 10, 1, 192);
	s->max_pids = number("SANDBOX_MAX_PIDS", 64, 1, 32768);
	s->rate_per_minute = number("RATE_LIMIT_PER_MINUTE", 30, 0, 1000000);
	s->rate_burst = number("RATE_LIMIT_BURST", 10, 1, 1000000);
	s->max_queue = number("SANDBOX_MAX_QUEUE", 16, 0, 1024);
	s->max_queue_user = number("SANDBOX_MAX_QUEUE_PER_USER", s->max_queue, 0, 1024);
	s->queue_timeout = number("SANDBOX_QUEUE_TIMEOUT", 10, 1, 300);
	s->max_output = (size_t)number("SANDBOX_MAX_OUTPUT_BYTES", 1 << 20, 1024, 16 << 20);
	s->max_body = (size_t)number("SANDBOX_MAX_BODY_BYTES", 2 << 20, 1024, 8 << 20);
	s->max_return_files = number("SANDBOX_MAX_RETURN_FILES", 20, 0, 1000);
	s->max_return_bytes = number("SANDBOX_MAX_RETURN_BYTES", 8 << 20, 0, 16 << 20);
}

static void read_pool(struct settings *s)
{
	s->pool_size = number("POOL_SIZE_PER_LANGUAGE", 3, 0, 64);
	s->pool_age = number("POOL_MAX_CONTAINER_AGE_SECONDS", 600, 10, 86400);
	s->pool_preload = env_str("SANDBOX_POOL_PRELOAD", "numpy,pandas,matplotlib.pyplot");
	if (!setting_bool("ENABLE_CONTAINER_POOL", true))
		s->pool_size = 0;
}

/* Containers; `host` is the same as `bridge`, and in the native sandbox there is no network at all. */
static void read_engine(struct settings *s)
{
	s->backend = text("SANDBOX_BACKEND", "auto");
	if (!text_eq(s->backend, "auto") && !text_eq(s->backend, "native") && !text_eq(s->backend, "docker"))
		die("backend", "given=%s known=\"auto native docker\"", s->backend);
	s->engine = text("DOCKER_HOST", "unix:///var/run/docker.sock");
	s->image = text("CONTAINER_IMAGE", "sandbox-runtime:latest");
	s->read_only = setting_bool("READ_ONLY_ROOT", true);
	s->engine_launcher = find_program("owui-engine");
	s->inside = find_program("owui-inside");
	s->network = text("NETWORK_MODE", "none");
	if (!text_eq(s->network, "none") && text_eq(s->backend, "native"))
		log_warn("network_mode", "given=%s used=none", s->network);
	if (!text_eq(s->network, "none"))
		s->network = "bridge";
}

void settings_read(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	read_limits(s);
	read_pool(s);
	s->host = text("SANDBOX_HOST", "127.0.0.1");
	s->port = number("SANDBOX_PORT", 8090, 1, 65535);
	s->api_key = text("SANDBOX_API_KEY", "");
	s->rootfs = text("SANDBOX_ROOTFS", "/usr");
	s->toolchain = text("SANDBOX_RUST_HOME", NULL);
	if (!s->toolchain)
		s->toolchain = find_toolchain();
	s->launcher = find_program("owui-sandbox");
	s->user = text("SANDBOX_USER", "nobody");
	s->uid_base = number("SANDBOX_UID_BASE", 64000, 1000, 1 << 30);
	s->audit = setting_bool("ENABLE_AUDIT_LOG", true);
	s->audit_path = text("AUDIT_LOG_PATH", "./logs/audit.log");
	s->audit_code = setting_bool("SANDBOX_AUDIT_CODE", false);
	s->jupyter = setting_bool("SANDBOX_JUPYTER", false);
	read_engine(s);
}
