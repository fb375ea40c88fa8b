#include "unit.h"
#include "fcgi/schema.h"

static const struct field sub[] = { { "id", T_STR, F_REQUIRED }, SCHEMA_END };

static const struct field form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "n", T_INT | T_NULL },
	{ "on", T_BOOL },
	{ "ratio", T_FLOAT },
	{ "data", T_DICT | T_NULL },
	{ "tags", T_LIST, 0, .item = &text_item },
	{ "file", T_MODEL | T_NULL, 0, .sub = sub },
	{ "either", T_STR | T_INT },
	{ "mode", T_STR, 0, .choices = "a|b", .def = "\"a\"" },
	SCHEMA_END
};

/* Faults of a body as "type:loc type:loc". */
static const char *faults_of(struct arena *a, const char *body, struct json_object **out)
{
	struct json_object *faults = json_new_array(a), *o = json_parse_text(a, body);
	struct buf *b = buf_in(a, 0);
	bool ok = schema_check(form, o, "body", faults);

	ck_assert_int_eq(ok, json_len(faults) == 0);
	for (size_t i = 0; i < json_len(faults); i++) {
		struct json_object *f = json_item(faults, i);

		buf_printf(b, "%s%s", i ? " " : "", json_text(f, "type", "?"));
		for (size_t k = 1; k < json_len(json_get(f, "loc")); k++)
			buf_printf(b, ".%s", json_object_get_string(json_item(json_get(f, "loc"), k)));
	}
	if (out)
		*out = o;
	return buf_text(b);
}

START_TEST(faults_are_those_of_pydantic)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(faults_of(a, "{\"name\":\"x\"}", NULL), "");
	ck_assert_str_eq(faults_of(a, "{}", NULL), "missing.name");
	ck_assert_str_eq(faults_of(a, "{\"name\":5}", NULL), "string_type.name");
	ck_assert_str_eq(faults_of(a, "{\"name\":null}", NULL), "string_type.name");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"n\":\"x\",\"on\":\"maybe\"}", NULL),
			 "int_parsing.n bool_parsing.on");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"n\":1.5,\"tags\":[\"a\",2]}", NULL),
			 "int_from_float.n string_type.tags.1");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"file\":{}}", NULL), "missing.file.id");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"data\":[]}", NULL), "dict_type.data");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"either\":[]}", NULL),
			 "string_type.either.str int_type.either.int");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"mode\":\"z\"}", NULL), "literal_error.mode");
	ck_assert_str_eq(faults_of(a, "{\"name\":\"\",\"mode\":7,\"n\":1e30}", NULL),
			 "int_parsing_size.n literal_error.mode");
	ck_assert_str_eq(faults_of(a, "[1]", NULL), "model_attributes_type");
	arena_free(a);
}
END_TEST

START_TEST(values_are_coerced)
{
	struct arena *a = arena_new();
	struct json_object *o;

	ck_assert_str_eq(faults_of(a, "{\"name\":\"x\",\"n\":\"12\",\"on\":\"yes\",\"ratio\":\"0.5\",\"q\":1}", &o), "");
	ck_assert_int_eq(json_i64(o, "n", 0), 12);
	ck_assert(json_flag(o, "on", false));
	ck_assert(json_is(json_get(o, "ratio"), json_type_double));
	ck_assert_str_eq(json_text(o, "mode", ""), "a");
	ck_assert_int_eq(json_i64(o, "q", 0), 1);
	arena_free(a);
}
END_TEST

UNIT_MAIN("schema", faults_are_those_of_pydantic, values_are_coerced)
