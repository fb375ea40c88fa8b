/*
 * coverage > FILE: write docs/coverage.md.  Without argument it checks that the file is current and
 * that the route tables agree with tests/contract/openapi.json (paths, and required fields of bodies) and
 * that each row gives its statement the parameters it takes.
 */

#include "db/db.h"
#include "fcgi/events.h"
#include "fcgi/operations.h"
#include "fcgi/schema.h"
#include "json/json.h"

static struct json_object *read_contract(struct arena *a, const char *top)
{
	const char *path = arena_printf(a, "%s/tests/contract/openapi.json", top);
	struct buf *b = buf_in(a, 0);
	FILE *f = fopen(path, "re");
	char part[65536];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(part, 1, sizeof(part), f)))
		buf_add(b, part, n);
	fclose(f);
	return json_parse(a, buf_text(b), b->len, NULL);
}

static int check_current(struct arena *a, const char *top)
{
	const char *path = arena_printf(a, "%s/docs/coverage.md", top);
	FILE *f = fopen(path, "re");
	char *now = NULL, *was = NULL;
	size_t now_len = 0, was_len = 0;
	FILE *m = open_memstream(&now, &now_len);
	int stale;

	operations_report(m);
	fclose(m);
	stale = !f || getdelim(&was, &was_len, '\0', f) <= 0 || strcmp(was, now) != 0;
	if (stale)
		printf("FAILED docs/coverage.md is not current: run `make coverage`\n");
	if (f)
		fclose(f);
	free(now);
	free(was);
	return stale;
}

/* The operation in the contract; NULL when there is none. */
static struct json_object *operation_of(struct json_object *doc, const struct route *r)
{
	char path[512], *at;
	char method[16];

	snprintf(path, sizeof(path), "%s", r->path);
	at = strstr(path, ":path}");
	if (at)
		memmove(at, at + 5, strlen(at + 5) + 1);
	for (size_t i = 0; i <= strlen(r->method) && i < sizeof(method); i++)
		method[i] = (char)(r->method[i] | (r->method[i] ? 32 : 0));
	return json_get(json_get(json_get(doc, "paths"), path), method);
}

/* The schema of a JSON body, references followed; NULL when there is none. */
static struct json_object *body_schema(struct json_object *doc, const struct route *r)
{
	struct json_object *op = operation_of(doc, r), *schema;
	const char *ref;

	schema = json_get(json_get(json_get(json_get(op, "requestBody"), "content"), "application/json"),
			  "schema");
	ref = json_text(schema, "$ref", NULL);
	if (!ref)
		return schema;
	return json_get(json_get(json_get(doc, "components"), "schemas"), strrchr(ref, '/') + 1);
}

static const struct field *field_of(const struct field *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static bool is_required(struct json_object *schema, const char *name)
{
	struct json_object *list = json_get(schema, "required");

	for (size_t i = 0; i < json_len(list); i++)
		if (strcmp(json_str(json_item(list, i)), name) == 0)
			return true;
	return false;
}

/* The areas whose fields and parameters are compared down to their types. */
static bool compared_closely(const char *path)
{
	static const char *const areas[] = {
		"/api/v1/auths/", "/api/v1/users/", "/api/v1/groups/", "/api/v1/configs/", "/api/v1/utils/",
		"/api/v1/notifications/", "/api/v1/analytics/", "/api/events",
	};

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (strncmp(path, areas[i], strlen(areas[i])) == 0)
			return true;
	return false;
}

/* The types that a schema of the contract allows; T_ANY when it says nothing. */
static unsigned types_of(struct json_object *doc, struct json_object *schema)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "string", T_STR }, { "integer", T_INT }, { "number", T_FLOAT }, { "boolean", T_BOOL },
		{ "object", T_DICT }, { "array", T_LIST }, { "null", T_NULL },
	};
	struct json_object *any = json_get(schema, "anyOf");
	const char *ref = json_text(schema, "$ref", NULL), *type = json_text(schema, "type", "");
	unsigned bits = 0;

	if (ref)
		return types_of(doc, json_get(json_get(json_get(doc, "components"), "schemas"),
					      strrchr(ref, '/') + 1));
	for (size_t i = 0; i < json_len(any); i++)
		bits |= types_of(doc, json_item(any, i));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, type) == 0)
			bits |= known[i].bit;
	if (strcmp(json_text(schema, "format", ""), "date") == 0)
		bits |= T_INT;		/* seconds, too */
	return bits ? bits : T_ANY;
}

static int check_types(struct json_object *doc, const struct route *r, const struct field *f,
		       struct json_object *schema)
{
	unsigned want = types_of(doc, schema), have = f->type;

	if (have & T_MODEL)
		have = (have & ~(unsigned)T_MODEL) | T_DICT;
	if (have & T_ANY)
		have = T_ANY;
	if (want & T_ANY)
		want = T_ANY;
	if (f->fault)			/* a check of its own may refuse null */
		have |= want & T_NULL;
	if (want == have)
		return 0;
	printf("FAILED %s %s: %s has types %#x, in the contract %#x\n", r->method, r->path, f->name, have, want);
	return 1;
}

static int check_body(struct json_object *doc, const struct route *r)
{
	struct json_object *schema = body_schema(doc, r), *fields = json_get(schema, "properties");
	int failed = 0;

	if (!r->body || !json_is(fields, json_type_object))
		return 0;
	json_object_object_foreach(fields, name, property) {
		const struct field *f = property ? field_of(r->body, name) : NULL;

		if (is_required(schema, name) != (f && (f->flags & F_REQUIRED))) {
			printf("FAILED %s %s: field %s is %s in the contract\n", r->method, r->path, name,
			       is_required(schema, name) ? "required" : "optional");
			failed++;
		} else if (f && compared_closely(r->path)) {
			failed += check_types(doc, r, f, property);
		}
	}
	for (const struct field *f = r->body; f->name; f++) {
		bool shown_only = f->type == T_ANY && f->def && !f->config;	/* fcgi/settings.h */

		if (shown_only || json_has(fields, f->name))
			continue;
		printf("FAILED %s %s: field %s is not in the contract\n", r->method, r->path, f->name);
		failed++;
	}
	return failed;
}

/* Query parameters: the same names, as necessary and of the same types. */
static int check_query(struct json_object *doc, const struct route *r)
{
	struct json_object *list = json_get(operation_of(doc, r), "parameters");
	size_t in_contract = 0, in_table = 0;
	int failed = 0;

	if (!compared_closely(r->path))
		return 0;
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *param = json_item(list, i);
		const char *name = json_text(param, "name", "");
		const struct field *f = r->query ? field_of(r->query, name) : NULL;

		if (strcmp(json_text(param, "in", ""), "query") != 0)
			continue;
		in_contract++;
		if (!f || json_flag(param, "required", false) != !!(f->flags & F_REQUIRED)) {
			printf("FAILED %s %s: parameter %s is %s\n", r->method, r->path, name,
			       f ? "as necessary in one as not in the other" : "missing");
			failed++;
		}
	}
	for (const struct field *f = r->query; f && f->name; f++)
		in_table++;
	if (in_table > in_contract) {
		printf("FAILED %s %s: %zu parameters, %zu in the contract\n", r->method, r->path, in_table,
		       in_contract);
		failed++;
	}
	return failed;
}

/* A word of `args` that the row can give: fcgi/router.h. */
static bool arg_known(struct arena *a, const struct route *r, struct str word)
{
	static const char *const words[] = { "user", "role", "admin", "admin_all", "body", "now", "now_ns" };
	const char *name = arena_strndup(a, word.p, word.n);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	switch (*name) {
	case '{':
		return strstr(r->path, name) ||
		       strstr(r->path, arena_printf(a, "%.*s:path}", (int)word.n - 1, name));
	case '.':
		return r->body && field_of(r->body, name + 1);
	case '?':
		return r->query && field_of(r->query, name + 1);
	default:
		return word.n >= 2 && *name == '\'' && name[word.n - 1] == '\'';
	}
}

/* The parameters of a row's statement: as many as the statement has, and each to be had. */
static int check_args(struct arena *a, const struct route *r)
{
	struct str rest = str_of(r->args ? r->args : "");
	size_t n = 0;
	int failed = 0;

	if (!r->sql)
		return 0;
	while (rest.n) {
		struct str word = str_split(&rest, ' ');

		n += word.n != 0;
		if (word.n && !arg_known(a, r, word)) {
			printf("FAILED %s %s: nothing gives %.*s\n", r->method, r->path, (int)word.n, word.p);
			failed++;
		}
	}
	if (n != query_params(r->sql)) {
		printf("FAILED %s %s: %zu parameters for %s, which takes %zu\n", r->method, r->path, n,
		       query_name(r->sql), query_params(r->sql));
		failed++;
	}
	return failed;
}

static int check_event(const struct route *r)
{
	const char *fault = r->event ? events_row_fault(r) : NULL;

	if (fault)
		printf("FAILED %s %s: the event names %s: %s\n", r->method, r->path, fault, r->event);
	return fault != NULL;
}

static int check_bodies(struct arena *a, const char *top)
{
	struct json_object *doc = read_contract(a, top);
	int failed = 0;

	if (!doc) {
		printf("FAILED tests/contract/openapi.json cannot be read\n");
		return 1;
	}
	for (size_t i = 0; route_tables[i]; i++)
		for (const struct route *r = route_tables[i]; r->method; r++)
			failed += check_body(doc, r) + check_query(doc, r) + check_args(a, r) + check_event(r);
	return failed;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	struct arena *a = arena_new();
	int failed;

	(void)argv;
	if (argc > 1) {
		operations_report(stdout);
		return 0;
	}
	if (!top)
		top = ".";
	failed = check_current(a, top) + check_bodies(a, top);
	arena_free(a);
	return failed != 0;
}
