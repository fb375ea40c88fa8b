/* code - /api/v1/utils/code: the run button of a code block. */

#include "code/jupyter.h"
#include "code/sandbox.h"
#include "fcgi/request.h"

static const struct field execute_form[] = {
	{ "code", T_STR, F_REQUIRED },
	SCHEMA_END
};

static int code_execute(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	const char *engine = config_text(r->cfg, CK_CODE_EXECUTION_ENGINE), *code = json_text(r->body, "code", "");
	const char *language = json_text(r->body, "language", "python");	/* of clients that know this engine */
	bool jupyter = text_eq(engine, "jupyter");
	struct jupyter server = jupyter_of(r->cfg, false);
	struct code_outcome got;

	if (!config_bool(r->cfg, CK_CODE_EXECUTION_ENABLE))
		return req_fail_detail(r, 403, "Code execution is disabled");
	if (!jupyter && !text_eq(engine, "sandbox"))
		return req_fail_detail(r, 400, "Code execution engine not supported");
	req_db_release(r);
	if (json_str_has_nul(json_get(r->body, "code")))
		got = (struct code_outcome){ "", "Error: the code contains a NUL", "" };
	else if (jupyter)
		jupyter_run(r->arena, &server, code, &got);
	else
		sandbox_run(r->arena, r->cfg, code, language, r->user.id, r->id, -1, &got);
	json_set_text(o, "stdout", got.out);
	json_set_text(o, "stderr", got.err);
	json_set_text(o, "result", got.result);
	return req_send_obj(r, o);
}

const struct route code_routes[] = {
	{ "POST", "/api/v1/utils/code/execute", USER, code_execute, execute_form },
	{ 0 }
};
