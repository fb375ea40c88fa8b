/* prompts - /api/v1/prompts: texts behind a slash command, with grants and versions. */

#include "base/diff.h"
#include "fcgi/grants.h"
#include "fcgi/things.h"

static const struct thing prompt = { "prompt", false, "ERR_NOT_FOUND", "ERR_ACCESS_PROHIBITED" };

static const struct field prompt_form[] = {
	{ "command", T_STR, F_REQUIRED },
	{ "name", T_STR, F_REQUIRED },
	{ "content", T_STR, F_REQUIRED },
	{ "data", T_DICT | T_NULL },
	{ "meta", T_DICT | T_NULL },
	{ "tags", T_LIST | T_NULL, .item = &text_item },
	{ "access_grants", T_LIST | T_NULL, .item = &grant_item },
	{ "version_id", T_STR | T_NULL },
	{ "commit_message", T_STR | T_NULL },
	{ "is_production", T_BOOL | T_NULL },
	SCHEMA_END
};

static const struct field rename_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "command", T_STR, F_REQUIRED },
	{ "tags", T_LIST | T_NULL, .item = &text_item },
	SCHEMA_END
};

static const struct field version_form[] = { { "version_id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field page_query[] = { { "page", T_INT }, SCHEMA_END };

static const struct field diff_query[] = {
	{ "from_id", T_STR, F_REQUIRED },
	{ "to_id", T_STR, F_REQUIRED },
	SCHEMA_END
};

static int create(struct req *r)
{
	const char *grants;

	if (!req_permitted(r, "workspace.prompts") && !req_permitted(r, "workspace.prompts_import"))
		return r->status ? 0 : req_fail(r, ERR_UNAUTHORIZED);
	grants = req_grants(r, "prompt", false);
	return grants ? req_send_sql(r, Q_PROMPT_CREATE, r->user.id, r->body_text, grants) : 0;
}

static int share(struct req *r)
{
	return thing_share(r, &prompt, r->params[0]);
}

static int diff(struct req *r)
{
	struct json_object *old, *new, *o = json_new_object(r->arena), *list = json_new_array(r->arena);
	const char *from = req_query(r, "from_id"), *to = req_query(r, "to_id"), *old_text, *new_text;
	struct str *lines;
	size_t n;

	if (!thing_two_versions(r, &prompt, r->params[0], "read", &old, &new))
		return 0;
	if (!old || !new)
		return req_fail(r, ERR_NOT_FOUND);
	old_text = json_text(old, "content", "");
	new_text = json_text(new, "content", "");
	n = diff_unified(r->arena, str_of(old_text), str_of(new_text), arena_printf(r->arena, "v%.8s", from),
			 arena_printf(r->arena, "v%.8s", to), &lines);
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string_len(lines[i].p, (int)lines[i].n));
	json_set_text(o, "from_id", from);
	json_set_text(o, "to_id", to);
	json_set(o, "from_snapshot", json_ref(old));
	json_set(o, "to_snapshot", json_ref(new));
	json_set(o, "content_diff", json_ref(list));
	json_set_bool(o, "line_endings_only", !n && !text_eq(old_text, new_text));
	json_set_bool(o, "name_changed", !text_eq(json_text(old, "name", NULL), json_text(new, "name", NULL)));
	return req_send_obj(r, o);
}

#define PROMPT(permission) \
	"'prompt' {prompt_id} user admin '" permission "' 'ERR_NOT_FOUND' 'ERR_ACCESS_PROHIBITED'"

const struct route prompt_routes[] = {
	{ "POST", "/api/v1/prompts/create", USER, create, prompt_form, .flags = R_PERMISSIONS,
	  .event = "prompt.created @id name=@name command=@command" },
	{ "GET", "/api/v1/prompts/id/{prompt_id}", USER, .sql = Q_PROMPT_GET,
	  .args = "{prompt_id} user admin admin_all" },
	{ "POST", "/api/v1/prompts/id/{prompt_id}/update", USER, .body = prompt_form, .sql = Q_PROMPT_UPDATE,
	  .args = "{prompt_id} user admin body", .event = "prompt.updated {prompt_id} name=@name command=@command" },
	{ "POST", "/api/v1/prompts/id/{prompt_id}/update/meta", USER, .body = rename_form,
	  .sql = Q_PROMPT_RENAME, .args = "{prompt_id} user admin body",
	  .event = "prompt.updated {prompt_id} name=@name command=@command" },
	{ "POST", "/api/v1/prompts/id/{prompt_id}/update/version", USER, .body = version_form,
	  .sql = Q_PROMPT_RESTORE, .args = "{prompt_id} user admin .version_id", .none = ERR_DEFAULT,
	  .event = "prompt.version_updated {prompt_id} version_id=@version_id" },
	{ "POST", "/api/v1/prompts/id/{prompt_id}/access/update", USER, share, thing_share_form,
	  .event = "prompt.access_updated {prompt_id} name=@name" },
	{ "POST", "/api/v1/prompts/id/{prompt_id}/toggle", USER, .sql = Q_THING_TOGGLE, .args = PROMPT("write"),
	  .event = "prompt.enabled|prompt.disabled@is_active {prompt_id} name=@name command=@command" },
	{ "DELETE", "/api/v1/prompts/id/{prompt_id}/delete", USER, .sql = Q_THING_DELETE,
	  .args = PROMPT("write"), .event = "prompt.deleted" },
	{ "GET", "/api/v1/prompts/id/{prompt_id}/history", USER, .query = page_query, .sql = Q_VERSION_LIST,
	  .args = PROMPT("read") " ?page '0'" },
	{ "GET", "/api/v1/prompts/id/{prompt_id}/history/diff", USER, diff, .query = diff_query },
	{ "GET", "/api/v1/prompts/id/{prompt_id}/history/{history_id}", USER, .sql = Q_VERSION_GET,
	  .args = PROMPT("read") " {history_id}" },
	{ "DELETE", "/api/v1/prompts/id/{prompt_id}/history/{history_id}", USER, .sql = Q_VERSION_DELETE,
	  .args = PROMPT("write") " {history_id}" },
	ROUTES_END
};
