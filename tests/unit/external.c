#include "rag/external.h"
#include "unit.h"

static struct json_object *made(struct arena *a, const char *form, struct json_object *old)
{
	const char *why;

	return external_made(a, json_parse_text(a, form), old, "u", &why);
}

START_TEST(forms_are_checked)
{
	struct arena *a = arena_new();
	const char *why;

	ck_assert_ptr_null(made(a, "{\"name\":\"n\",\"provider\":\"chroma\",\"endpoint\":\"e\"}", NULL));
	ck_assert_ptr_null(made(a, "{\"name\":\" \",\"provider\":\"qdrant\",\"endpoint\":\"e\"}", NULL));
	ck_assert_ptr_null(external_made(a, json_parse_text(a, "{\"name\":\"n\",\"provider\":\"milvus\"}"), NULL, "u", &why));
	ck_assert_ptr_nonnull(why);
	arena_free(a);
}
END_TEST

START_TEST(each_provider_keeps_what_it_knows)
{
	struct arena *a = arena_new();
	struct json_object *q = made(a, "{\"name\":\" n \",\"provider\":\" Qdrant\",\"endpoint\":\" e \",\"auth_config\":{\"k\":1},"
				     "\"config\":{\"timeout\":1,\"db_name\":\"d\",\"x\":1},\"capabilities\":{}}", NULL);
	struct json_object *p = made(a, "{\"name\":\"n\",\"provider\":\"pgvector\",\"endpoint\":\"e\",\"auth_config\":{\"k\":1}}", NULL);

	ck_assert_str_eq(json_text(q, "name", ""), "n");
	ck_assert_str_eq(json_text(q, "provider", ""), "qdrant");
	ck_assert_str_eq(json_print(json_get(q, "config")), "{\"timeout\":1}");
	ck_assert_str_eq(json_print(json_get(q, "capabilities")), "{\"retrieve\":true}");
	ck_assert_str_eq(json_print(json_get(p, "auth_config")), "{}");
	ck_assert(json_flag(p, "enabled", false));
	arena_free(a);
}
END_TEST

START_TEST(secrets_stay_and_are_not_shown)
{
	struct arena *a = arena_new();
	struct json_object *one = made(a, "{\"name\":\"n\",\"provider\":\"qdrant\",\"endpoint\":\"e\",\"auth_config\":{\"k\":1}}", NULL);
	struct json_object *two = made(a, "{\"name\":\"m\",\"provider\":\"qdrant\",\"endpoint\":\"e\",\"enabled\":false}", one);
	struct json_object *three = made(a, "{\"name\":\"m\",\"provider\":\"qdrant\",\"endpoint\":\"e\",\"auth_config\":{}}", two);

	ck_assert_str_eq(json_text(two, "id", ""), json_text(one, "id", "?"));
	ck_assert(json_flag(external_shown(a, two), "auth_configured", false));
	ck_assert(!json_has(external_shown(a, two), "auth_config"));
	ck_assert(!json_flag(external_shown(a, three), "auth_configured", true));
	ck_assert(!json_flag(external_tested(two), "ok", true));
	ck_assert(json_flag(external_tested(three), "ok", false));
	ck_assert(json_has(three, "health"));
	arena_free(a);
}
END_TEST

UNIT_MAIN("external", forms_are_checked, each_provider_keeps_what_it_knows, secrets_stay_and_are_not_shown)
