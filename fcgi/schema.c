#include "fcgi/schema.h"

#include <math.h>

const struct field text_item = { "", T_STR };

/* Where a fault lies: a chain of keys and indexes back to the body. */
struct where {
	const struct where *up;
	const char *key;		/* NULL: the index */
	size_t index;
};

static const struct {
	unsigned type;
	const char *code, *msg, *branch;
} kinds[] = {
	{ T_STR, "string_type", "Input should be a valid string", "str" },
	{ T_INT, "int_type", "Input should be a valid integer", "int" },
	{ T_FLOAT, "float_type", "Input should be a valid number", "float" },
	{ T_BOOL, "bool_type", "Input should be a valid boolean", "bool" },
	{ T_DICT, "dict_type", "Input should be a valid dictionary", "dict[str,any]" },
	{ T_LIST, "list_type", "Input should be a valid list", "list[any]" },
	{ T_MODEL, "model_attributes_type",
	  "Input should be a valid dictionary or object to extract fields from", "model" },
	{ T_FILE, "value_error", "Value error, Expected UploadFile, received: <class 'str'>", "file" },
};

static void add_loc(struct json_object *loc, const struct where *w)
{
	if (!w)
		return;
	add_loc(loc, w->up);
	json_object_array_add(loc, w->key ? json_object_new_string(w->key)
					  : json_object_new_int64((int64_t)w->index));
}

static struct json_object *fault_at(struct json_object *faults, const char *type,
				    const struct where *w, const char *msg,
				    struct json_object *input)
{
	struct json_object *f = json_object_new_object(), *loc = json_object_new_array();

	add_loc(loc, w);
	json_set_text(f, "type", type);
	json_set(f, "loc", loc);
	json_set_text(f, "msg", msg);
	json_set(f, "input", json_ref(input));
	json_object_array_add(faults, f);
	return f;
}

void schema_fault(struct json_object *faults, const char *type, const char *where, const char *key,
		  const char *msg, struct json_object *input)
{
	struct where top = { NULL, where, 0 }, at = { &top, key, 0 };

	fault_at(faults, type, key ? &at : &top, msg, input);
}

static void fault_with(struct json_object *faults, const char *type, const struct where *w,
		       const char *msg, struct json_object *input, const char *ctx_key,
		       const char *ctx_value)
{
	struct json_object *f = fault_at(faults, type, w, msg, input);
	struct json_object *ctx = json_object_new_object();
	double n;

	if (text_to_double(ctx_value, &n))
		json_set_i64(ctx, ctx_key, (int64_t)n);
	else
		json_set_text(ctx, ctx_key, ctx_value);
	json_set(f, "ctx", ctx);
}

static bool bool_text(const char *s, bool *out)
{
	static const char *const yes[] = { "true", "1", "yes", "y", "on", "t" };
	static const char *const no[] = { "false", "0", "no", "n", "off", "f" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(s, yes[i]) == 0 || strcasecmp(s, no[i]) == 0) {
			*out = strcasecmp(s, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

/* A whole number as Pydantic reads one: "5", "5.0", "1_000". */
static bool int_text(const char *s, int64_t *out)
{
	struct str t = str_trim(str_of(s));
	const char *dot = t.n ? memchr(t.p, '.', t.n) : NULL;
	char plain[32];
	size_t n = 0, whole = dot ? (size_t)(dot - t.p) : t.n;

	if (dot && (dot + 1 == t.p + t.n || strspn(dot + 1, "0") < (size_t)(t.p + t.n - dot - 1)))
		return false;
	for (size_t i = 0; i < whole; i++) {
		bool between = i && i + 1 < whole && t.p[i - 1] != '_';

		if (t.p[i] == '_' && between)
			continue;
		if (n >= sizeof(plain))
			return false;
		plain[n++] = t.p[i];
	}
	return str_to_i64((struct str){ plain, n }, INT64_MIN, INT64_MAX, out);
}

/* The value as the kind of number or switch that is wanted, or NULL. */
static struct json_object *coerce(unsigned type, struct json_object *v)
{
	const char *s = json_str(v);
	int64_t i;
	double f;
	bool b;

	if (type == T_BOOL) {
		if (s && bool_text(s, &b))
			return json_object_new_boolean(b);
		if ((json_is(v, json_type_int) || json_is(v, json_type_double)) &&
		    (json_object_get_double(v) == 0 || json_object_get_double(v) == 1))
			return json_object_new_boolean(json_object_get_double(v) == 1);
	}
	if (type == T_INT) {
		if (s && int_text(s, &i))
			return json_object_new_int64(i);
		if (json_is(v, json_type_boolean))
			return json_object_new_int64(json_object_get_boolean(v));
		f = json_is(v, json_type_double) ? json_object_get_double(v) : NAN;
		if (!isnan(f) && f == floor(f) && fabs(f) < 0x1p63)
			return json_object_new_int64((int64_t)f);
	}
	if (type == T_FLOAT) {
		if (s && text_to_double(s, &f))
			return json_object_new_double(f);
		if (json_is(v, json_type_boolean))
			return json_object_new_double(json_object_get_boolean(v));
	}
	return NULL;
}

static bool is_exactly(unsigned type, struct json_object *v)
{
	switch (type) {
	case T_STR:
		return json_is(v, json_type_string);
	case T_INT:
		return json_is(v, json_type_int);
	case T_FLOAT:
		return json_is(v, json_type_double) || json_is(v, json_type_int);
	case T_BOOL:
		return json_is(v, json_type_boolean);
	case T_DICT:
	case T_MODEL:
	case T_FILE:
		return json_is(v, json_type_object);
	case T_LIST:
		return json_is(v, json_type_array);
	default:
		return false;
	}
}

/* The code that Pydantic gives for a text or number that almost fits. */
static bool parsing_fault(struct json_object *faults, unsigned type, const struct where *w,
			  struct json_object *v)
{
	if (type == T_INT && json_is(v, json_type_string)) {
		fault_at(faults, "int_parsing", w,
			 "Input should be a valid integer, unable to parse string as an integer", v);
		return true;
	}
	if (type == T_INT && json_is(v, json_type_double)) {
		double f = json_object_get_double(v);

		if (f == floor(f))
			fault_at(faults, "int_parsing_size", w,
				 "Input should be a valid integer, this one has too many digits", v);
		else
			fault_at(faults, "int_from_float", w,
				 "Input should be a valid integer, got a number with a fractional part", v);
		return true;
	}
	if (type == T_FLOAT && json_is(v, json_type_string)) {
		fault_at(faults, "float_parsing", w,
			 "Input should be a valid number, unable to parse string as a number", v);
		return true;
	}
	if (type == T_BOOL && (json_is(v, json_type_string) || json_is(v, json_type_int))) {
		fault_at(faults, "bool_parsing", w,
			 "Input should be a valid boolean, unable to interpret input", v);
		return true;
	}
	return false;
}

static bool check_fields(const struct field *table, struct json_object *o, const struct where *w,
			 struct json_object *faults);
static bool check_value(const struct field *f, struct json_object **v, const struct where *w,
			struct json_object *faults);

static bool check_items(const struct field *item, struct json_object *list, const struct where *w,
			struct json_object *faults)
{
	bool ok = true;

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *v = json_item(list, i), *before = v;
		struct where at = { w, NULL, i };

		ok &= check_value(item, &v, &at, faults);
		if (v != before)
			json_object_array_put_idx(list, i, v);
	}
	return ok;
}

static bool check_values(const struct field *item, struct json_object *o, const struct where *w,
			 struct json_object *faults)
{
	bool ok = true;

	json_object_object_foreach(o, key, value) {
		struct where at = { w, key, 0 };
		struct json_object *v = value;

		ok &= check_value(item, &v, &at, faults);
		if (v != value)
			json_object_put(v);
	}
	return ok;
}

static bool check_bounds(const struct field *f, struct json_object *v, const struct where *w,
			 struct json_object *faults)
{
	bool number = json_is(v, json_type_int) || json_is(v, json_type_double);
	const char *s = json_str(v);
	double n = number ? json_object_get_double(v) : s ? (double)strlen(s) : (double)json_len(v);
	double limit;

	if (f->min && f->min[0] == '>') {
		if (text_to_double(f->min + 1, &limit) && n <= limit) {
			fault_with(faults, "greater_than", w, "Input should be greater than the minimum",
				   v, "gt", f->min + 1);
			return false;
		}
	} else if (f->min && text_to_double(f->min, &limit) && n < limit) {
		if (number)
			fault_with(faults, "greater_than_equal", w,
				   "Input should be greater than or equal to the minimum", v, "ge", f->min);
		else
			fault_with(faults, s ? "string_too_short" : "too_short", w,
				   "Input is too short", v, "min_length", f->min);
		return false;
	}
	if (f->max && text_to_double(f->max, &limit) && n > limit) {
		if (number)
			fault_with(faults, "less_than_equal", w,
				   "Input should be less than or equal to the maximum", v, "le", f->max);
		else
			fault_with(faults, s ? "string_too_long" : "too_long", w,
				   "Input is too long", v, "max_length", f->max);
		return false;
	}
	return true;
}

static bool is_choice(const char *choices, const char *s)
{
	struct str rest = str_of(choices);

	while (rest.p)
		if (str_eq(str_split(&rest, '|'), s))
			return true;
	return false;
}

static void literal_fault(struct json_object *faults, const struct field *f, const struct where *w,
			  struct json_object *v)
{
	fault_with(faults, "literal_error", w, "Input should be one of the allowed values", v, "expected",
		   f->choices);
}

/* The field's own check; false: a fault was added. */
static bool check_own(const struct field *f, struct json_object *v, const struct where *w, struct json_object *faults)
{
	const char *fault = f->fault ? f->fault(v) : NULL;

	if (fault)
		fault_with(faults, "value_error", w, fault, v, "error", fault);
	return !fault;
}

static bool check_inside(const struct field *f, struct json_object *v, const struct where *w,
			 struct json_object *faults)
{
	if (!(f->flags & F_BEFORE) && !check_own(f, v, w, faults))
		return false;
	if (f->choices && !(json_str(v) && is_choice(f->choices, json_str(v)))) {
		literal_fault(faults, f, w, v);
		return false;
	}
	if (f->pattern && json_str(v) && !f->pattern(json_str(v))) {
		fault_at(faults, "string_pattern_mismatch", w, "This text has not the form that is wanted", v);
		return false;
	}
	if (json_is(v, json_type_object) && (f->type & T_MODEL) && f->sub)
		return check_fields(f->sub, v, w, faults);
	if (json_is(v, json_type_object) && (f->type & T_DICT) && f->item)
		return check_values(f->item, v, w, faults);
	if ((f->min || f->max) && !check_bounds(f, v, w, faults))
		return false;
	if (json_is(v, json_type_array) && f->item)
		return check_items(f->item, v, w, faults);
	return true;
}

static bool single_kind(unsigned type)
{
	unsigned kinds_only = type & ~(unsigned)T_NULL;

	return (kinds_only & (kinds_only - 1)) == 0;
}

/* No kind of the field took the value: one fault, or one per branch of a union. */
static void wrong_kind(const struct field *f, struct json_object *v, const struct where *w,
		       struct json_object *faults)
{
	bool single = single_kind(f->type);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool texts = kinds[i].type == T_LIST && f->item && f->item->type == T_STR;
		struct where branch = { w, texts ? "list[str]" : kinds[i].branch, 0 };
		const struct where *at = single ? w : &branch;

		if (!(f->type & kinds[i].type))
			continue;
		if (f->choices && kinds[i].type == T_STR)
			literal_fault(faults, f, at, v);
		else if ((f->flags & F_STRICT) || !parsing_fault(faults, kinds[i].type, at, v))
			fault_at(faults, kinds[i].code, at, kinds[i].msg, v);
	}
}

/* Check *v; where it was coerced *v becomes a new reference that the caller stores. */
static bool check_value(const struct field *f, struct json_object **v, const struct where *w,
			struct json_object *faults)
{
	if ((f->flags & F_BEFORE) && !check_own(f, *v, w, faults))
		return false;
	if ((f->type & T_ANY) || (!*v && (f->type & T_NULL)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((f->type & kinds[i].type) && is_exactly(kinds[i].type, *v))
			return check_inside(f, *v, w, faults);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool may = (f->type & kinds[i].type) && !(f->flags & F_STRICT);
		struct json_object *fit = may ? coerce(kinds[i].type, *v) : NULL;

		if (!fit)
			continue;
		if (!check_inside(f, fit, w, faults)) {
			json_object_put(fit);
			return false;
		}
		*v = fit;
		return true;
	}
	wrong_kind(f, *v, w, faults);
	return false;
}

static bool check_field(const struct field *f, struct json_object *o, const struct where *w,
			struct json_object *faults)
{
	struct where at = { w, f->name, 0 };
	struct json_object *v, *before;
	bool ok;

	if (!json_object_object_get_ex(o, f->name, &v)) {
		if (f->flags & F_REQUIRED)
			fault_at(faults, "missing", &at, "Field required", o);
		else if (f->def)
			json_set(o, f->name, json_tokener_parse(f->def));
		return !(f->flags & F_REQUIRED);
	}
	before = v;
	ok = check_value(f, &v, &at, faults);
	if (v != before)
		json_set(o, f->name, v);
	return ok;
}

static bool known(const struct field *table, const char *key)
{
	for (; table->name; table++)
		if (strcmp(table->name, key) == 0)
			return true;
	return false;
}

static bool check_fields(const struct field *table, struct json_object *o, const struct where *w,
			 struct json_object *faults)
{
	const struct field *f;
	bool ok = true;

	for (f = table; f->name; f++)
		ok &= check_field(f, o, w, faults);
	if (!(f->flags & F_FORBID_EXTRA))
		return ok;
	json_object_object_foreach(o, key, v) {
		struct where at = { w, key, 0 };

		if (known(table, key))
			continue;
		fault_at(faults, "extra_forbidden", &at, "Extra inputs are not permitted", v);
		ok = false;
	}
	return ok;
}

bool schema_check(const struct field *table, struct json_object *body, const char *where,
		  struct json_object *faults)
{
	struct where top = { NULL, where, 0 };
	struct json_object *v = body;

	if (table->name && !table->name[0])	/* the body itself is of this type */
		return check_value(table, &v, &top, faults);
	if (!json_is(body, json_type_object)) {
		fault_at(faults, "model_attributes_type", &top,
			 "Input should be a valid dictionary or object to extract fields from", body);
		return false;
	}
	return check_fields(table, body, &top, faults);
}
