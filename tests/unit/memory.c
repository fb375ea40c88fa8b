#include "unit.h"
#include "memory/memory.h"

START_TEST(paths_have_a_normal_form)
{
	struct arena *a = arena_new();
	const char *p = "";

	ck_assert(memory_path(a, "/work//projects/", &p));
	ck_assert_str_eq(p, "work/projects");
	ck_assert(memory_path(a, "  a b/c ", &p));
	ck_assert_str_eq(p, "a b/c");
	ck_assert(memory_path(a, " // ", &p) && !p);
	ck_assert(memory_path(a, NULL, &p) && !p);
	ck_assert(!memory_path(a, "../up", &p));
	ck_assert(!memory_path(a, "a/./b", &p));
	ck_assert(!memory_path(a, "a\nb", &p));
	arena_free(a);
}
END_TEST

static const char *fault(struct arena *a, const char *list)
{
	return memory_check_operations(a, json_parse_text(a, list));
}

START_TEST(operations_are_checked)
{
	struct arena *a = arena_new();
	struct json_object *list = json_parse_text(a, "[{\"action\":\"add\",\"content\":\" x \",\"path\":\"/a/\"}]");

	ck_assert_ptr_null(memory_check_operations(a, list));
	ck_assert_str_eq(json_print(list),
			 "[{\"action\":\"add\",\"content\":\"x\",\"path\":\"a\",\"type\":\"context\"}]");
	ck_assert_ptr_nonnull(fault(a, "[]"));
	ck_assert_ptr_nonnull(fault(a, "[{\"action\":\"add\"}]"));
	ck_assert_ptr_nonnull(fault(a, "[{\"action\":\"remove\"}]"));
	ck_assert_ptr_nonnull(fault(a, "[{\"action\":\"move\",\"id\":\"1\",\"path\":\"..\"}]"));
	ck_assert_ptr_null(fault(a, "[{\"action\":\"move\",\"id\":\"1\"}]"));
	arena_free(a);
}
END_TEST

static size_t read_openai(struct arena *a, const char *text, struct embedding *out, size_t max)
{
	return embed_read(a, str_of(text), "data", "embedding", out, max);
}

START_TEST(vectors_are_read)
{
	struct arena *a = arena_new();
	struct embedding e[2];

	ck_assert_uint_eq(read_openai(a, "{\"data\":[{\"embedding\":[1,-2.5e-1]},{\"embedding\":[0]}]}", e, 2), 2);
	ck_assert_uint_eq(e[0].n, 2);
	ck_assert(e[0].v[1] == -0.25F && e[1].n == 1);
	ck_assert_uint_eq(embed_read(a, str_of("{\"embeddings\":[[3]]}"), "embeddings", NULL, e, 2), 1);
	ck_assert_uint_eq(read_openai(a, "{\"data\":[{\"embedding\":[\"x\"]}]}", e, 2), 0);
	ck_assert_uint_eq(read_openai(a, "{\"data\":[{\"embedding\":[1e99]}]}", e, 2), 0);
	ck_assert_uint_eq(read_openai(a, "{\"data\":[{\"embedding\":[]}]}", e, 2), 0);
	ck_assert_uint_eq(read_openai(a, "{\"data\":[{\"embedding\":\"AAAA\"}]}", e, 2), 0);
	ck_assert_uint_eq(read_openai(a, "{\"error\":1}", e, 2), 0);
	ck_assert_uint_eq(read_openai(a, "", e, 2), 0);
	arena_free(a);
}
END_TEST

UNIT_MAIN("memory", paths_have_a_normal_form, operations_are_checked, vectors_are_read)
