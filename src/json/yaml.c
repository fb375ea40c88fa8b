#include "json/yaml.h"

#include <errno.h>
#include <math.h>
#include <yaml.h>

#include "base/map.h"

enum { NODE_BYTES = 64 };	/* a text counts as many nodes as it has times these bytes */

/* An anchor: the node and how many nodes it is worth. */
struct anchor {
	struct json_object *node;
	size_t nodes;
};

struct reader {
	struct arena *a;
	yaml_parser_t parser;
	struct map *anchors;
	size_t nodes;
	const char *err;
};

static struct json_object *read_node(struct reader *r, yaml_event_t *e, int depth);

static bool next(struct reader *r, yaml_event_t *e)
{
	if (!yaml_parser_parse(&r->parser, e)) {
		r->err = r->parser.problem ? arena_strdup(r->a, r->parser.problem) : "not YAML";
		return false;
	}
	return true;
}

static bool is_word(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool read_int(const char *s, int64_t *out)
{
	const char *digits = s + (*s == '-' || *s == '+');
	int base = digits[0] == '0' && digits[1] == 'x' ? 16 : digits[0] == '0' && digits[1] ? 8 : 10;
	char *end;

	if (digits[strspn(digits, base == 16 ? "0123456789abcdefABCDEFx" : base == 8 ? "01234567" : "0123456789")] ||
	    !*digits)
		return false;
	errno = 0;
	*out = strtoll(s, &end, base);
	return !*end && !errno;
}

static bool read_float(const char *s, double *out)
{
	char *end;

	if (s[strspn(s, "+-0123456789.eE")] || !strpbrk(s, "0123456789") || !strpbrk(s, "."))
		return false;
	*out = strtod(s, &end);
	return !*end && isfinite(*out);
}

static struct json_object *typed(const char *s, size_t n)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const yes[] = { "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL };
	static const char *const no[] = { "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL };
	int64_t i;
	double d;

	if (strlen(s) != n)
		return json_object_new_string_len(s, (int)n);
	if (is_word(s, nulls))
		return NULL;
	if (is_word(s, yes) || is_word(s, no))
		return json_object_new_boolean(is_word(s, yes));
	if (read_int(s, &i))
		return json_object_new_int64(i);
	if (read_float(s, &d))
		return json_object_new_double(d);
	return json_object_new_string_len(s, (int)n);
}

static struct json_object *scalar(const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value, *tag = (const char *)e->data.scalar.tag;

	if (e->data.scalar.plain_implicit && !tag && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return typed(s, e->data.scalar.length);
	return json_object_new_string_len(s, (int)e->data.scalar.length);
}

/* A node seen before stands for all that it holds: the sum is what is bounded. */
static struct json_object *alias(struct reader *r, const char *name)
{
	struct anchor *known = r->anchors ? map_get(r->anchors, name) : NULL;

	if (!known) {
		r->err = "an alias of nothing";
		return NULL;
	}
	r->nodes += known->nodes;
	return json_ref(known->node);
}

static void remember(struct reader *r, const char *name, struct json_object *node, size_t before)
{
	struct anchor *x;

	if (!name)
		return;
	if (!r->anchors)
		r->anchors = map_new();
	x = arena_alloc(r->a, sizeof(*x));
	x->node = node;
	x->nodes = r->nodes - before;
	if (node)
		json_own(r->a, json_ref(node));
	map_set(r->anchors, name, x);
}

static struct json_object *sequence(struct reader *r, int depth)
{
	struct json_object *list = json_object_new_array();
	yaml_event_t e;

	while (!r->err && next(r, &e)) {
		bool end = e.type == YAML_SEQUENCE_END_EVENT;

		if (!end)
			json_object_array_add(list, read_node(r, &e, depth + 1));
		yaml_event_delete(&e);
		if (end)
			break;
	}
	return list;
}

/* "<<": the members of another mapping, or of several, where there are none of that name. */
static void merge(struct json_object *into, struct json_object *from)
{
	for (size_t i = 0; json_is(from, json_type_array) && i < json_len(from); i++)
		merge(into, json_item(from, i));
	if (!json_is(from, json_type_object))
		return;
	json_object_object_foreach(from, key, value) {
		if (!json_has(into, key))
			json_set(into, key, json_ref(value));
	}
}

static struct json_object *mapping(struct reader *r, int depth)
{
	struct json_object *o = json_object_new_object(), *more = NULL;
	yaml_event_t e;

	while (!r->err && next(r, &e)) {
		bool end = e.type == YAML_MAPPING_END_EVENT;
		struct json_object *value;
		const char *name = NULL;

		if (!end && e.type != YAML_SCALAR_EVENT)
			r->err = "a key that is no text";
		if (!end && !r->err)
			name = arena_strndup(r->a, (char *)e.data.scalar.value, e.data.scalar.length);
		yaml_event_delete(&e);
		if (end || r->err || !next(r, &e))
			break;
		value = read_node(r, &e, depth + 1);
		yaml_event_delete(&e);
		if (strcmp(name, "<<") == 0) {
			json_object_put(more);
			more = value;
		} else {
			json_set(o, name, value);
		}
	}
	merge(o, more);
	json_object_put(more);
	return o;
}

static struct json_object *read_node(struct reader *r, yaml_event_t *e, int depth)
{
	struct json_object *node = NULL;
	const char *anchor = NULL;
	size_t before = r->nodes;

	if (depth > JSON_MAX_DEPTH || ++r->nodes > YAML_MAX_NODES) {
		r->err = "the document is too large";
		return NULL;
	}
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		r->nodes += e->data.scalar.length / NODE_BYTES;
		anchor = (const char *)e->data.scalar.anchor;
		node = scalar(e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = (const char *)e->data.sequence_start.anchor;
		node = sequence(r, depth);
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = (const char *)e->data.mapping_start.anchor;
		node = mapping(r, depth);
		break;
	case YAML_ALIAS_EVENT:
		return alias(r, (const char *)e->data.alias.anchor);
	default:
		r->err = "not YAML";
	}
	remember(r, anchor, node, before);
	return node;
}

static struct json_object *read_document(struct reader *r)
{
	struct json_object *o = NULL;
	yaml_event_t e;
	bool more = true;

	while (more && !r->err && next(r, &e)) {
		if (e.type == YAML_STREAM_END_EVENT)
			r->err = "the document is empty";
		else if (e.type != YAML_STREAM_START_EVENT && e.type != YAML_DOCUMENT_START_EVENT) {
			o = read_node(r, &e, 0);
			more = false;
		}
		yaml_event_delete(&e);
	}
	return o;
}

struct json_object *yaml_parse(struct arena *a, const char *s, size_t n, const char **err)
{
	struct reader r = { .a = a };
	struct json_object *o;

	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)s, n);
	o = read_document(&r);
	yaml_parser_delete(&r.parser);
	map_free(r.anchors, NULL);
	if (r.err) {
		json_object_put(o);
		o = NULL;
	}
	if (err)
		*err = !o && !r.err ? "the document is empty" : r.err;
	return o ? json_own(a, o) : NULL;
}
