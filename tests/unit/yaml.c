#include "unit.h"
#include "json/yaml.h"

static const char *json_of(struct arena *a, const char *text)
{
	const char *err = NULL;
	struct json_object *o = yaml_parse(a, text, strlen(text), &err);

	return o ? json_print(o) : err;
}

START_TEST(documents_become_trees)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(json_of(a, "openapi: 3.1.0\ninfo:\n  version: \"1.0\"\n  n: 7\nlist:\n- a\n- [1, x]\n"),
			 "{\"openapi\":\"3.1.0\",\"info\":{\"version\":\"1.0\",\"n\":7},\"list\":[\"a\",[1,\"x\"]]}");
	ck_assert_str_eq(json_of(a, "[~, null, yes, Off, 0x1f, 010, -3, 1.5, .5, 1e3, '1', 08, 1.2.3, -, 'null']"),
			 "[null,null,true,false,31,8,-3,1.5,0.5,\"1e3\",\"1\",\"08\",\"1.2.3\",\"-\",\"null\"]");
	ck_assert_str_eq(json_of(a, "200:\n  description: |\n    one\n    two\n"),
			 "{\"200\":{\"description\":\"one\\ntwo\\n\"}}");
	arena_free(a);
}
END_TEST

START_TEST(aliases_and_merges_are_followed)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(json_of(a, "a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  l: 3\n"),
			 "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":1,\"l\":2},\"c\":{\"l\":3,\"k\":1}}");
	ck_assert_str_eq(json_of(a, "a: *nothing"), "an alias of nothing");
	ck_assert_str_eq(json_of(a, "a: &x [*x]"), "an alias of nothing");
	arena_free(a);
}
END_TEST

START_TEST(bombs_and_rubbish_are_refused)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);

	buf_adds(b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++)
		buf_printf(b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1,
			   i - 1, i - 1, i - 1, i - 1, i - 1);
	ck_assert_str_eq(json_of(a, b->data), "the document is too large");
	buf_reset(b);
	for (int i = 0; i < 1000; i++)
		buf_addc(b, '[');
	ck_assert_str_eq(json_of(a, b->data), "the document is too large");
	ck_assert_str_eq(json_of(a, ""), "the document is empty");
	ck_assert_str_eq(json_of(a, "~"), "the document is empty");
	ck_assert_str_eq(json_of(a, "{a: [}"), "did not find expected node content");
	ck_assert_str_eq(json_of(a, "? [a]\n: b"), "a key that is no text");
	arena_free(a);
}
END_TEST

UNIT_MAIN("yaml", documents_become_trees, aliases_and_merges_are_followed, bombs_and_rubbish_are_refused)
