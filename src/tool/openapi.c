#include "tool/openapi.h"

#include <ctype.h>

/* The work that a description may cause. */
struct digest {
	struct arena *arena;
	struct json_object *components;
	size_t nodes;			/* made so far */
};

/* The names of references on the way down: a cycle ends where one comes again. */
struct way {
	const char *name;
	const struct way *up;
	int depth;
};

static struct json_object *resolve(struct digest *d, struct json_object *schema, const struct way *way);

static bool comes_again(const struct way *way, const char *ref)
{
	for (; way; way = way->up)
		if (way->name && strcmp(way->name, ref) == 0)
			return true;
	return false;
}

/* "#/components/schemas/X": walk from the components on; what leads elsewhere is not followed. */
static struct json_object *referenced(struct digest *d, const char *ref)
{
	struct json_object *o = d->components;
	struct str rest = str_of(ref);

	if (!str_starts(rest, "#/components/"))
		return NULL;
	rest.p += strlen("#/components/");
	rest.n -= strlen("#/components/");
	while (rest.p && o) {
		struct str part = str_split(&rest, '/');

		o = json_get(o, arena_strndup(d->arena, part.p, part.n));
	}
	return o;
}

static struct json_object *resolve_members(struct digest *d, struct json_object *all, const struct way *way)
{
	struct json_object *o = json_object_new_object();

	json_object_object_foreach(all, key, v) {
		json_set(o, key, resolve(d, v, way));
	}
	return o;
}

static struct json_object *resolve_items(struct digest *d, struct json_object *all, const struct way *way)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_len(all); i++)
		json_object_array_add(list, resolve(d, json_item(all, i), way));
	return list;
}

static bool is_composition(const char *key)
{
	return strcmp(key, "oneOf") == 0 || strcmp(key, "anyOf") == 0 || strcmp(key, "allOf") == 0;
}

/* A schema with its references put in; a new reference for the caller. */
static struct json_object *resolve(struct digest *d, struct json_object *schema, const struct way *way)
{
	struct way here = { .up = way, .depth = way ? way->depth + 1 : 0 };
	const char *ref = json_text(schema, "$ref", NULL);
	struct json_object *o = json_object_new_object();

	if (!json_is(schema, json_type_object) || here.depth > OPENAPI_MAX_DEPTH ||
	    ++d->nodes > OPENAPI_MAX_NODES)
		return o;
	if (ref) {
		json_object_put(o);
		here.name = ref;
		return resolve(d, comes_again(way, ref) ? NULL : referenced(d, ref), &here);
	}
	json_object_object_foreach(schema, key, v) {
		if (strcmp(key, "properties") == 0 && json_is(v, json_type_object))
			json_set(o, key, resolve_members(d, v, &here));
		else if (strcmp(key, "items") == 0)
			json_set(o, key, resolve(d, v, &here));
		else if (is_composition(key) && json_is(v, json_type_array))
			json_set(o, key, resolve_items(d, v, &here));
		else
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	return o;
}

static bool has_type(struct json_object *schema, const char *type)
{
	return text_eq(json_text(schema, "type", NULL), type);
}

/* { anyOf: [X, null] } is X. */
static void drop_null_alternatives(struct json_object *schema)
{
	struct json_object *any = json_get(schema, "anyOf"), *kept = json_object_new_array();

	for (size_t i = 0; i < json_len(any); i++)
		if (!has_type(json_item(any, i), "null"))
			json_object_array_add(kept, json_ref(json_item(any, i)));
	if (json_len(kept) != 1 || !json_is(json_item(kept, 0), json_type_object)) {
		json_set(schema, "anyOf", kept);
		return;
	}
	json_object_object_foreach(json_item(kept, 0), key, v) {
		json_set(schema, key, v ? json_ref(v) : NULL);
	}
	if (!json_has(json_item(kept, 0), "anyOf"))
		json_del(schema, "anyOf");
	json_object_put(kept);
}

static void clean(struct json_object *schema, int depth)
{
	struct json_object *properties;

	if (!json_is(schema, json_type_object) || depth > OPENAPI_MAX_DEPTH)
		return;
	if (json_is(json_get(schema, "anyOf"), json_type_array))
		drop_null_alternatives(schema);
	if (json_has(schema, "default") && !json_get(schema, "default"))
		json_del(schema, "default");
	if (!json_has(schema, "type") && !json_has(schema, "anyOf") && !json_has(schema, "properties"))
		json_set_text(schema, "type", "string");
	properties = json_get(schema, "properties");
	if (json_is(properties, json_type_object)) {
		json_object_object_foreach(properties, key, v) {
			(void)key;
			clean(v, depth + 1);
		}
	}
	clean(json_get(schema, "items"), depth + 1);
}

void openapi_clean(struct json_object *schema)
{
	clean(schema, 0);
}

static bool is_method(const char *name)
{
	static const char *const methods[] = { "get", "put", "post", "delete", "options", "head", "patch" };

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(name, methods[i]) == 0)
			return true;
	return false;
}

static bool same_parameter(struct json_object *p, struct json_object *q)
{
	return text_eq(json_text(p, "name", NULL), json_text(q, "name", NULL)) &&
	       text_eq(json_text(p, "in", ""), json_text(q, "in", ""));
}

/* A parameter itself or the one that a reference names. */
static struct json_object *parameter_at(struct digest *d, struct json_object *list, size_t i)
{
	struct json_object *p = json_item(list, i);
	const char *ref = json_text(p, "$ref", NULL);

	if (ref)
		p = referenced(d, ref);
	return text_empty(json_text(p, "name", NULL)) ? NULL : p;
}

/* Those of the path and those of the operation, which win. */
static struct json_object *parameters_of(struct digest *d, struct json_object *path, struct json_object *op)
{
	struct json_object *common = json_get(path, "parameters"), *own = json_get(op, "parameters");
	struct json_object *all = json_new_array(d->arena);

	for (size_t i = 0; i < json_len(common); i++) {
		struct json_object *p = parameter_at(d, common, i);

		for (size_t k = 0; p && k < json_len(own); k++)
			if (same_parameter(p, parameter_at(d, own, k)))
				p = NULL;
		if (p)
			json_object_array_add(all, json_ref(p));
	}
	for (size_t i = 0; i < json_len(own); i++) {
		struct json_object *p = parameter_at(d, own, i);

		if (p)
			json_object_array_add(all, json_ref(p));
	}
	return all;
}

/* What the model is told of a parameter; the choices stand in the text too. */
static const char *parameter_text(struct digest *d, struct json_object *p, struct json_object *schema)
{
	const char *text = json_text(schema, "description", "");
	struct json_object *choices = json_get(schema, "enum");
	struct buf *b;

	if (!*text)
		text = json_text(p, "description", "");
	if (!json_len(choices))
		return text;
	b = buf_in(d->arena, 0);
	buf_printf(b, "%s%sOne of: ", text, *text ? ". " : "");
	for (size_t i = 0; i < json_len(choices); i++) {
		struct json_object *v = json_item(choices, i);

		buf_printf(b, "%s%s", i ? ", " : "", v ? json_object_get_string(v) : "null");
	}
	return buf_text(b);
}

static void add_parameter(struct digest *d, struct json_object *tool, struct json_object *p)
{
	struct json_object *schema = json_own(d->arena, resolve(d, json_get(p, "schema"), NULL));
	struct json_object *property = json_object_new_object(), *outside = json_object_new_object();
	struct json_object *type = json_get(schema, "type"), *items = json_get(schema, "items");
	const char *name = json_text(p, "name", "");

	json_set(property, "type", type ? json_ref(type) : json_object_new_string("string"));
	json_set_text(property, "description", parameter_text(d, p, schema));
	if (has_type(schema, "array") && items)
		json_set(property, "items", json_ref(items));
	json_set(json_at(tool, "parameters.properties"), name, property);
	if (json_flag(p, "required", false))
		json_object_array_add(json_at(tool, "parameters.required"), json_object_new_string(name));
	json_set_text(outside, "name", name);
	json_set_text(outside, "in", json_text(p, "in", ""));
	json_set_bool(outside, "required", json_flag(p, "required", false));
	json_object_array_add(json_get(tool, "in"), outside);
}

static void add_required(struct json_object *to, struct json_object *more)
{
	for (size_t i = 0; i < json_len(more); i++) {
		const char *name = json_str(json_item(more, i));
		bool known = !name;

		for (size_t k = 0; k < json_len(to) && !known; k++)
			known = text_eq(json_str(json_item(to, k)), name);
		if (!known)
			json_object_array_add(to, json_object_new_string(name));
	}
}

static void add_body(struct digest *d, struct json_object *tool, struct json_object *body)
{
	struct json_object *content = json_get(body, "content"), *schema, *properties;
	struct json_object *members = json_get(tool, "members");

	json_set_bool(tool, "body", json_is(content, json_type_object) && json_object_object_length(content));
	schema = json_get(json_get(content, "application/json"), "schema");
	if (!json_is(schema, json_type_object))
		return;
	schema = json_own(d->arena, resolve(d, schema, NULL));
	properties = json_get(schema, "properties");
	if (json_is(properties, json_type_object) && json_object_object_length(properties)) {
		bool composed = json_has(schema, "allOf") || json_has(schema, "anyOf") || json_has(schema, "oneOf");

		json_object_object_foreach(properties, key, v) {
			json_set(json_at(tool, "parameters.properties"), key, v ? json_ref(v) : NULL);
			if (!composed)
				json_object_array_add(members, json_object_new_string(key));
		}
		add_required(json_at(tool, "parameters.required"), json_get(schema, "required"));
	} else if (has_type(schema, "array")) {
		json_set(tool, "parameters", json_ref(schema));
	}
}

static struct json_object *digest_operation(struct digest *d, const char *path, struct json_object *item,
					    const char *method, struct json_object *op)
{
	const char *name = json_text(op, "operationId", NULL);
	const char *about = json_text(op, "description", json_text(op, "summary", name));
	struct json_object *tool, *parameters, *all;

	if (text_empty(name))
		return NULL;
	tool = json_new_object(d->arena);
	parameters = json_object_new_object();
	json_set_text(parameters, "type", "object");
	json_set(parameters, "properties", json_object_new_object());
	json_set(parameters, "required", json_object_new_array());
	json_set_text(tool, "name", name);
	json_set_text(tool, "description", about);
	json_set(tool, "parameters", parameters);
	json_set_text(tool, "method", method);
	json_set_text(tool, "path", path);
	json_set(tool, "in", json_object_new_array());
	json_set_bool(tool, "body", false);
	json_set(tool, "members", json_object_new_array());
	all = parameters_of(d, item, op);
	for (size_t i = 0; i < json_len(all); i++)
		add_parameter(d, tool, json_item(all, i));
	add_body(d, tool, json_get(op, "requestBody"));
	openapi_clean(json_get(tool, "parameters"));
	return tool;
}

struct json_object *openapi_digest(struct arena *a, struct json_object *doc, const char **err)
{
	struct digest d = { .arena = a, .components = json_get(doc, "components") };
	struct json_object *paths = json_get(doc, "paths"), *out = json_new_object(a);
	struct json_object *tools = json_object_new_array();

	json_set_text(out, "title", json_text(json_get(doc, "info"), "title", NULL));
	json_set_text(out, "description", json_text(json_get(doc, "info"), "description", NULL));
	json_set(out, "tools", tools);
	if (!json_is(paths, json_type_object)) {
		*err = "The answer is no OpenAPI description: it has no paths.";
		return NULL;
	}
	json_object_object_foreach(paths, path, item) {
		if (!json_is(item, json_type_object))
			continue;
		json_object_object_foreach(item, method, op) {
			struct json_object *tool = NULL;

			if (is_method(method) && json_is(op, json_type_object) && json_len(tools) < OPENAPI_MAX_TOOLS)
				tool = digest_operation(&d, path, item, method, op);
			if (tool)
				json_object_array_add(tools, json_ref(tool));
		}
	}
	return out;
}

/* A value inside an address. */
static const char *as_text(struct json_object *v)
{
	return v ? json_object_get_string(v) : "";
}

/* A piece of a path as the description has it, with what no address may hold encoded. */
static void put_literal(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] > ' ' && s[i] < 127 && !strchr("\"<>\\^`{|}", s[i]))
			buf_addc(b, s[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)s[i]);
	}
}

/* "/users/{id}" with its values; false: one of them would change the path's meaning. */
static bool put_path(struct buf *b, struct json_object *tool, struct json_object *args, const char **err)
{
	const char *path = json_text(tool, "path", ""), *open, *close;

	if (*path != '/')	/* it must not become part of the host's name */
		buf_addc(b, '/');
	while ((open = strchr(path, '{')) && (close = strchr(open, '}'))) {
		char name[128];
		const char *value;

		snprintf(name, sizeof(name), "%.*s", (int)(close - open - 1), open + 1);
		put_literal(b, path, (size_t)(open - path));
		path = close + 1;
		if (!json_has(args, name)) {
			put_literal(b, open, (size_t)(close + 1 - open));
			continue;
		}
		value = as_text(json_get(args, name));
		if (!*value || strcmp(value, ".") == 0 || strcmp(value, "..") == 0) {
			*err = "An argument that is part of the path is empty or \"..\".";
			return false;
		}
		buf_uri(b, value);
	}
	put_literal(b, path, strlen(path));
	return true;
}

static void put_pair(struct buf *b, bool *first, const char *name, struct json_object *v)
{
	buf_addc(b, *first ? '?' : '&');
	*first = false;
	buf_uri(b, name);
	buf_addc(b, '=');
	buf_uri(b, as_text(v));
}

static void put_query(struct buf *b, struct json_object *tool, struct json_object *args)
{
	struct json_object *all = json_get(tool, "in");
	bool first = !strchr(json_text(tool, "path", ""), '?');

	for (size_t i = 0; i < json_len(all); i++) {
		struct json_object *p = json_item(all, i), *v = json_get(args, json_text(p, "name", ""));
		const char *name = json_text(p, "name", "");

		if (strcmp(json_text(p, "in", ""), "query") != 0 || !v ||
		    (text_eq(json_str(v), "") && !json_flag(p, "required", false)))
			continue;
		if (!json_is(v, json_type_array))
			put_pair(b, &first, name, v);
		for (size_t k = 0; k < json_len(v); k++)
			put_pair(b, &first, name, json_item(v, k));
	}
}

static bool lists(struct json_object *list, const char *key, const char *name)
{
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *item = json_item(list, i);

		if (text_eq(key ? json_text(item, key, NULL) : json_str(item), name))
			return true;
	}
	return false;
}

/* Arguments for the body: its members, and what nobody declared; servers refuse the others. */
static const char *body_text(struct arena *a, struct json_object *tool, struct json_object *args)
{
	struct json_object *members = json_get(tool, "members"), *o = json_new_object(a);

	if (!json_flag(tool, "body", false))
		return "{}";
	json_object_object_foreach(args, key, v) {
		if (!json_len(members) || lists(members, NULL, key) || !lists(json_get(tool, "in"), "name", key))
			json_set(o, key, v ? json_ref(v) : NULL);
	}
	return json_print(o);
}

bool openapi_request(struct arena *a, const char *base, struct json_object *tool, struct json_object *args,
		     struct openapi_request *out, const char **err)
{
	struct buf *url = buf_in(a, OPENAPI_MAX_URL);
	char *method = arena_strdup(a, json_text(tool, "method", "get"));
	size_t n = strlen(base);

	while (n && base[n - 1] == '/')
		n--;
	buf_add(url, base, n);
	if (!put_path(url, tool, args, err))
		return false;
	put_query(url, tool, args);
	if (url->full) {
		*err = "The arguments are too long for an address.";
		return false;
	}
	for (char *p = method; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	out->method = method;
	out->url = buf_text(url);
	out->body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		    strcmp(method, "PATCH") == 0 || strcmp(method, "DELETE") == 0
		    ? body_text(a, tool, args) : NULL;
	return true;
}
