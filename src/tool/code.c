#include "tool/code.h"

#include "base/rand.h"
#include "code/jupyter.h"
#include "code/sandbox.h"
#include "tool/browser.h"

/* Without the fence that models like to put around a program. */
static const char *bare(struct arena *a, const char *code)
{
	struct str s = str_trim(str_of(code));

	if (str_starts(s, "```")) {
		str_split(&s, '\n');
		s = str_trim(s);
		if (str_ends(s, "```"))
			s.n -= 3;
	}
	return s.p ? arena_strndup(a, s.p, s.n) : "";
}

static void set_output(struct tool_value *out, struct json_object *so, struct json_object *se,
		       struct json_object *result)
{
	json_set_text(out->json, "status", "success");
	json_set(out->json, "stdout", so ? json_ref(so) : json_object_new_string(""));
	json_set(out->json, "stderr", se ? json_ref(se) : json_object_new_string(""));
	json_set(out->json, "result", result ? json_ref(result) : json_object_new_string(""));
}

static void run_in_browser(struct toolbox *b, const char *code, struct tool_value *out)
{
	struct json_object *data = json_new_object(b->arena), *answer, *error;
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(data, "id", id);
	json_set_text(data, "code", code);
	json_set_text(data, "session_id", b->session_id);
	json_set(data, "files", b->files ? json_ref(b->files) : json_object_new_array());
	answer = browser_call(b, "execute:python", data, 0);
	error = json_get(answer, "error");
	if (!json_is(answer, json_type_object))
		set_output(out, NULL, NULL, answer);
	else if (error && text_empty(json_text(answer, "stdout", "")) && !json_get(answer, "result"))
		set_output(out, NULL, error, NULL);
	else
		set_output(out, json_get(answer, "stdout"), json_get(answer, "stderr"), json_get(answer, "result"));
}

static struct json_object *text(struct toolbox *b, const char *s)
{
	return json_own(b->arena, json_object_new_string(s));
}

void code_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	const char *engine = config_text(b->cfg, CK_CODE_INTERPRETER_ENGINE);
	const char *code = bare(b->arena, json_text(args, "code", ""));
	struct jupyter server = jupyter_of(b->cfg, true);
	struct code_outcome o;
	char id[UUID_SIZE];

	out->json = json_new_object(b->arena);
	if (!*engine || strcmp(engine, "pyodide") == 0)
		return run_in_browser(b, code, out);
	uuid4(id);
	if (strcmp(engine, "jupyter") == 0)
		jupyter_run(b->arena, &server, code, &o);
	else if (strcmp(engine, "sandbox") == 0)
		sandbox_run(b->arena, b->cfg, code, "python", b->user->id, id, b->cancel_fd, &o);
	else
		return tool_fail(b, out, "The code interpreter '%s' is not available on this server.", engine);
	set_output(out, text(b, o.out), text(b, o.err), text(b, o.result));
}
