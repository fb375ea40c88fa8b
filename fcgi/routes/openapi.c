#include "fcgi/routes/openapi.h"

#include <ctype.h>

enum { SCHEMA_DEPTH = 8 };

static void add_schema(struct buf *b, const struct field *f, int depth);

static void add_properties(struct buf *b, const struct field *table, int depth)
{
	bool first = true;

	buf_adds(b, "{\"type\":\"object\",\"properties\":{");
	for (const struct field *f = table; f->name; f++) {
		buf_printf(b, "%s\"%s\":", f == table ? "" : ",", f->name);
		add_schema(b, f, depth + 1);
	}
	buf_addc(b, '}');
	for (const struct field *f = table; f->name; f++) {
		if (!(f->flags & F_REQUIRED))
			continue;
		buf_printf(b, "%s\"%s\"", first ? ",\"required\":[" : ",", f->name);
		first = false;
	}
	buf_adds(b, first ? "}" : "]}");
}

static void add_schema(struct buf *b, const struct field *f, int depth)
{
	static const struct {
		unsigned type;
		const char *json;
	} names[] = { { T_STR, "string" }, { T_INT, "integer" }, { T_FLOAT, "number" },
		      { T_BOOL, "boolean" }, { T_DICT, "object" }, { T_LIST, "array" },
		      { T_MODEL, "object" }, { T_NULL, "null" } };
	bool first = true;

	if (depth > SCHEMA_DEPTH || (f->type & T_ANY)) {
		buf_adds(b, "{}");
		return;
	}
	if (f->type == T_MODEL && f->sub) {
		add_properties(b, f->sub, depth);
		return;
	}
	buf_adds(b, "{\"type\":[");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(f->type & names[i].type))
			continue;
		buf_printf(b, "%s\"%s\"", first ? "" : ",", names[i].json);
		first = false;
	}
	buf_addc(b, ']');
	if ((f->type & T_LIST) && f->item) {
		buf_adds(b, ",\"items\":");
		add_schema(b, f->item, depth + 1);
	}
	buf_addc(b, '}');
}

static void add_parameters(struct buf *b, const struct route *route)
{
	struct str rest = str_of(route->path);
	const char *sep = "";

	buf_adds(b, "\"parameters\":[");
	while (rest.p) {
		struct str seg = str_split(&rest, '/'), name;

		if (seg.n < 3 || seg.p[0] != '{')
			continue;
		seg = (struct str){ seg.p + 1, seg.n - 2 };
		name = str_split(&seg, ':');
		buf_printf(b, "%s{\"in\":\"path\",\"required\":true,\"name\":\"%.*s\","
			   "\"schema\":{\"type\":\"string\"}}", sep, (int)name.n, name.p);
		sep = ",";
	}
	for (const struct field *f = route->query; f && f->name; f++) {
		buf_printf(b, "%s{\"in\":\"query\",\"required\":%s,\"name\":\"%s\",\"schema\":", sep,
			   f->flags & F_REQUIRED ? "true" : "false", f->name);
		add_schema(b, f, 0);
		buf_addc(b, '}');
		sep = ",";
	}
	buf_addc(b, ']');
}

static void add_operation(struct buf *b, const struct route *route)
{
	buf_addc(b, '"');
	for (const char *p = route->method; *p; p++)
		buf_addc(b, (char)tolower((unsigned char)*p));
	buf_adds(b, "\":{");
	add_parameters(b, route);
	if (route->body) {
		buf_printf(b, ",\"requestBody\":{\"required\":%s,\"content\":{\"%s\":{\"schema\":",
			   route->flags & R_BODY_OPTIONAL ? "false" : "true",
			   route->flags & R_FORM ? "multipart/form-data" : "application/json");
		if (route->body->name && !route->body->name[0])
			add_schema(b, route->body, 0);
		else
			add_properties(b, route->body, 0);
		buf_adds(b, "}}}");
	}
	if (route->guard > OPTIONAL)
		buf_adds(b, ",\"security\":[{\"HTTPBearer\":[]}]");
	buf_adds(b, ",\"responses\":{\"200\":{\"description\":\"OK\"}}}");
}

/* A path's operations may stand in several rows: all of them at the first one. */
static bool seen_before(const struct route *route)
{
	for (size_t t = 0; route_tables[t]; t++) {
		for (const struct route *q = route_tables[t]; q->method; q++) {
			if (q == route)
				return false;
			if (strcmp(q->path, route->path) == 0)
				return true;
		}
	}
	return false;
}

static void add_path(struct buf *b, const struct route *route)
{
	const char *sep = "";

	buf_json(b, route->path);
	buf_adds(b, ":{");
	for (size_t t = 0; route_tables[t]; t++) {
		for (const struct route *q = route_tables[t]; q->method; q++) {
			if (strcmp(q->path, route->path) != 0)
				continue;
			buf_adds(b, sep);
			add_operation(b, q);
			sep = ",";
		}
	}
	buf_addc(b, '}');
}

int openapi_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);
	const char *sep = "";

	buf_adds(b, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Open WebUI\",\"version\":\""
		    OWUI_REFERENCE_VERSION "\"},\"paths\":{");
	for (size_t t = 0; route_tables[t]; t++) {
		for (const struct route *route = route_tables[t]; route->method; route++) {
			if (seen_before(route))
				continue;
			buf_adds(b, sep);
			add_path(b, route);
			sep = ",";
		}
	}
	buf_adds(b, "},\"components\":{\"securitySchemes\":{\"HTTPBearer\":{\"type\":\"http\","
		    "\"scheme\":\"bearer\"}}}}");
	return req_send_json(r, 200, b->data, b->len);
}

int openapi_page_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "<!doctype html><meta charset=\"utf-8\"><title>API</title><h1>API</h1>"
		    "<p><a href=\"/openapi.json\">openapi.json</a></p><table>");
	for (size_t t = 0; route_tables[t]; t++)
		for (const struct route *q = route_tables[t]; q->method; q++)
			buf_printf(b, "<tr><td>%s<td><code>%s</code>\n", q->method, q->path);
	buf_adds(b, "</table>");
	return req_send_bytes(r, 200, "text/html; charset=utf-8", b->data, b->len);
}
