#include "executor/languages.h"

#include "base/str.h"
#include "executor/cell.gen.h"
#include "executor/settings.h"
#include "executor/wire.h"

struct language languages[] = {
	{ "python", { "py" }, "script.py", "/usr/bin/python3", NULL, "python3 --version",
	  "ENABLE_PYTHON" },
	{ "javascript", { "js", "node" }, "script.js", "/usr/bin/node", NULL, "node --version",
	  "ENABLE_JAVASCRIPT" },
	{ "shell", { "sh", "bash" }, "script.sh", "/bin/sh", NULL, "echo POSIX shell",
	  "ENABLE_SHELL" },
	{ "rust", { "rs" }, "script.rs", NULL,
	  "rustc --edition 2021 -o /tmp/program script.rs", "rustc --version", "ENABLE_RUST" },
	{ "perl", { "pl" }, "script.pl", "/usr/bin/perl", NULL, "perl -e 'print $^V'",
	  "SANDBOX_ENABLE_PERL", true },
	{ "ruby", { "rb" }, "script.rb", "/usr/bin/ruby", NULL, "ruby --version",
	  "SANDBOX_ENABLE_RUBY", true },
	{ "php", { NULL }, "script.php", "/usr/bin/php", NULL, "php --version",
	  "SANDBOX_ENABLE_PHP", true },
	{ "lua", { NULL }, "script.lua", "/usr/bin/lua", NULL, "lua -v", "SANDBOX_ENABLE_LUA",
	  true },
	{ "c", { NULL }, "script.c", NULL, "cc -O1 -o /tmp/program script.c -lm", "cc --version",
	  "SANDBOX_ENABLE_C", true },
	{ "c++", { "cpp" }, "script.cpp", NULL, "c++ -O1 -o /tmp/program script.cpp",
	  "c++ --version", "SANDBOX_ENABLE_CPP", true },
};
const size_t languages_count = ARRAY_SIZE(languages);

void languages_setup(void)
{
	for (size_t i = 0; i < languages_count; i++)
		languages[i].enabled = setting_bool(languages[i].enable, true);
}

static bool named(const char *name, const char *given, size_t n)
{
	return name && strlen(name) == n && strncasecmp(name, given, n) == 0;
}

struct language *language_find(const char *name, size_t n)
{
	for (size_t i = 0; i < languages_count; i++) {
		struct language *l = &languages[i];

		if (named(l->name, name, n))
			return l;
		for (size_t k = 0; k < LANGUAGE_ALIASES; k++)
			if (named(l->aliases[k], name, n))
				return l;
	}
	return NULL;
}

const char **language_command_ahead(struct arena *a, const char *modules)
{
	struct str rest = str_of(modules), name;
	size_t n = 0, max = strlen(modules) + 8;
	const char **v = arena_calloc(a, max, sizeof(*v));

	v[n++] = languages[0].interpreter;
	v[n++] = "-c";
	v[n++] = cell_text;
	v[n++] = "-";
	v[n++] = TALK_FD_TEXT;
	while (rest.p) {
		name = str_trim(str_split(&rest, ','));
		if (name.n)
			v[n++] = arena_strndup(a, name.p, name.n);
	}
	return v;
}

const char **language_command(struct arena *a, const struct language *l, bool capture_result,
			      const char *const *args, size_t nargs)
{
	const char **v = arena_calloc(a, nargs + 8, sizeof(*v));
	size_t n = 0;

	if (l->compile) {
		v[n++] = "/bin/sh";
		v[n++] = "-c";
		v[n++] = arena_printf(a, "%s && exec /tmp/program \"$@\"", l->compile);
	} else if (capture_result && l == &languages[0]) {
		v[n++] = l->interpreter;
		v[n++] = "-c";
		v[n++] = cell_text;
		v[n++] = RESULT_PATH;
	} else {
		v[n++] = l->interpreter;
	}
	v[n++] = l->script;
	for (size_t i = 0; i < nargs; i++)
		v[n++] = args[i];
	return v;
}
