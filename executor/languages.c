#include "executor/languages.h"

#include "base/str.h"
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

/*
 * Runs the script as a notebook cell does: the value of a last expression and the open figures go to
 * RESULT_PATH.  sys.argv[1] is that path, [2] the script, the rest the program's arguments.
 */
static const char python_capture[] =
"import ast,sys,os,traceback\n"
"def main():\n"
"    result,path=sys.argv[1:3]\n"
"    sys.argv=sys.argv[2:]\n"
"    sys.path[0]='/workspace'\n"
"    os.environ.setdefault('MPLBACKEND','Agg')\n"
"    import types\n"
"    module=types.ModuleType('__main__')\n"
"    sys.modules['__main__']=module\n"
"    space=module.__dict__\n"
"    space['__file__']=path\n"
"    space['__builtins__']=__builtins__\n"
"    lines=[]\n"
"    code=0\n"
"    try:\n"
"        import linecache\n"
"        with open(path,encoding='utf-8') as f: text=f.read()\n"
"        linecache.cache[path]=(len(text),None,text.splitlines(True),path)\n"
"        tree=ast.parse(text,path)\n"
"        last=None\n"
"        if tree.body and isinstance(tree.body[-1],ast.Expr):\n"
"            last=ast.Expression(tree.body.pop().value)\n"
"        exec(compile(tree,path,'exec'),space)\n"
"        if last is not None:\n"
"            value=eval(compile(last,path,'eval'),space)\n"
"            if value is not None: lines.append(repr(value))\n"
"    except SystemExit as e:\n"
"        code=e.code if isinstance(e.code,int) else 0 if e.code is None else 1\n"
"        if code and not isinstance(e.code,int): print(e.code,file=sys.stderr)\n"
"    except BaseException as e:\n"
"        t=e.__traceback__\n"
"        while t is not None and t.tb_frame.f_code.co_filename!=path: t=t.tb_next\n"
"        traceback.print_exception(type(e),e,t)\n"
"        code=1\n"
"    plt=sys.modules.get('matplotlib.pyplot')\n"
"    if plt is not None:\n"
"        import base64,io\n"
"        for n in plt.get_fignums()[:8]:\n"
"            for dpi in (100,60,30):\n"
"                b=io.BytesIO()\n"
"                plt.figure(n).savefig(b,format='png',dpi=dpi)\n"
"                if b.tell()<=700*1024:\n"
"                    lines.append('data:image/png;base64,'+base64.b64encode(b.getvalue()).decode())\n"
"                    break\n"
"    if lines:\n"
"        with open(result,'w',encoding='utf-8',errors='replace') as f: f.write('\\n'.join(lines))\n"
"    try: sys.stdout.flush()\n"
"    except Exception: pass\n"
"    sys.exit(code)\n"
"main()\n";

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
		v[n++] = python_capture;
		v[n++] = RESULT_PATH;
	} else {
		v[n++] = l->interpreter;
	}
	v[n++] = l->script;
	for (size_t i = 0; i < nargs; i++)
		v[n++] = args[i];
	return v;
}
