#include "base/env.h"
#include "base/log.h"
#include "base/str.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

static struct str unquote(struct str v)
{
	if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
		return (struct str){ v.p + 1, v.n - 2 };
	return v;
}

static void take_line(char *line)
{
	struct str rest = str_trim(str_of(line));
	struct str name, value;
	char *eq;

	if (!rest.n || rest.p[0] == '#' || !memchr(rest.p, '=', rest.n))
		return;
	name = str_trim(str_split(&rest, '='));
	value = unquote(str_trim(rest));
	eq = line + (name.p - line);
	eq[name.n] = '\0';
	if (value.p)
		line[(value.p - line) + (ptrdiff_t)value.n] = '\0';
	setenv(eq, value.p ? value.p : "", 0);
}

void env_load(void)
{
	const char *path = getenv("OWUI_CONF");
	bool given = !text_empty(path);
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	if (!given)
		path = SYSCONFDIR "/owui/owui.conf";
	f = fopen(path, "re");
	if (!f) {
		if (given)
			die("conf_unreadable", "file=%s error=%s", path, strerror(errno));
		return;
	}
	while (getline(&line, &cap, f) >= 0)
		take_line(line);
	free(line);
	fclose(f);
}

const char *env_str(const char *name, const char *def)
{
	const char *v = getenv(name);

	return v ? v : def;
}

bool env_bool(const char *name, bool def)
{
	const char *v = getenv(name);

	return v ? strcasecmp(v, "true") == 0 : def;
}

int64_t env_int(const char *name, int64_t def, int64_t min, int64_t max)
{
	const char *v = getenv(name);
	int64_t n;

	if (text_empty(v))
		return def;
	if (text_to_i64(v, min, max, &n))
		return n;
	log_warn("env_ignored", "name=%s why=\"not a number from %" PRId64 " to %" PRId64 "\"",
		 name, min, max);
	return def;
}
