/* library - lists of functions, skills, prompts and knowledge. */

#include "base/env.h"
#include "fcgi/request.h"

static const struct field query_only[] = { { "query", T_STR | T_NULL }, SCHEMA_END };

static const struct field page_query[] = {
	{ "query", T_STR | T_NULL }, { "view_option", T_STR | T_NULL }, { "tag", T_STR | T_NULL },
	{ "source", T_STR | T_NULL }, { "order_by", T_STR | T_NULL },
	{ "direction", T_STR | T_NULL }, { "page", T_INT | T_NULL },
	SCHEMA_END
};

static const struct field files_query[] = {
	{ "query", T_STR | T_NULL }, { "include_content", T_BOOL, .def = "false" }, { "page", T_INT | T_NULL, .def = "1" },
	SCHEMA_END
};

static int functions(struct req *r)
{
	if (!env_bool("ENABLE_FUNCTIONS", true))
		return req_send_text(r, "[]");
	return req_send_sql(r, r->user.is_admin && strstr(r->path, "/list") ? Q_FUNCTION_LIST_USERS
									     : Q_FUNCTION_LIST);
}

const struct route library_routes[] = {
	{ "GET", "/api/v1/functions/", USER, functions },
	{ "GET", "/api/v1/functions/list", ADMIN, functions },
	{ "GET", "/api/v1/skills/", USER, .query = query_only, .sql = Q_SKILL_LIST,
	  .args = "user admin_all ?query" },
	{ "GET", "/api/v1/skills/list", USER, .query = page_query, .sql = Q_SKILL_PAGE,
	  .args = "user admin_all ?query ?view_option ?order_by ?direction ?page" },
	{ "GET", "/api/v1/prompts/", USER, .sql = Q_PROMPT_LIST, .args = "user admin_all" },
	{ "GET", "/api/v1/prompts/tags", USER, .sql = Q_PROMPT_TAGS, .args = "user admin_all" },
	{ "GET", "/api/v1/prompts/list", USER, .query = page_query, .sql = Q_PROMPT_PAGE,
	  .args = "user admin_all ?query ?view_option ?tag ?order_by ?direction ?page" },
	{ "GET", "/api/v1/knowledge/search", USER, .query = page_query, .sql = Q_KNOWLEDGE_PAGE,
	  .args = "user admin_all ?query ?view_option ?source ?order_by ?direction ?page" },
	{ "GET", "/api/v1/knowledge/search/files", USER, .query = files_query, .sql = Q_KNOWLEDGE_FILES,
	  .args = "user ?query ?include_content ?page" },
	ROUTES_END
};
