#include "scim/change.h"
#include "scim/filter.h"
#include "unit.h"

static const char *const attrs[] = { "userName", "externalId", NULL };

static int filter(struct arena *a, const char *text, const char **attr, const char **value)
{
	*attr = *value = NULL;
	return scim_filter(a, text, attrs, attr, value);
}

START_TEST(filters)
{
	struct arena *a = arena_new();
	const char *attr, *value;

	ck_assert_int_eq(filter(a, "userName eq \"a@b.c\"", &attr, &value), 1);
	ck_assert_str_eq(attr, "userName");
	ck_assert_str_eq(value, "a@b.c");
	ck_assert_int_eq(filter(a, "  externalId  eq\"x\\\"y' OR 1=1 --\" ", &attr, &value), 1);
	ck_assert_str_eq(attr, "externalId");
	ck_assert_str_eq(value, "x\"y' OR 1=1 --");
	ck_assert_int_eq(filter(a, "urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"x\"", &attr,
				&value), 1);
	ck_assert_str_eq(attr, "userName");
	ck_assert_int_eq(filter(a, NULL, &attr, &value), 0);
	ck_assert_int_eq(filter(a, "", &attr, &value), 0);
	ck_assert_int_eq(filter(a, "nickName eq \"x\"", &attr, &value), 0);
	ck_assert_int_eq(filter(a, "userName sw \"x\"", &attr, &value), 0);
	ck_assert_int_eq(filter(a, "userName", &attr, &value), 0);
	ck_assert_int_eq(filter(a, "userName eq", &attr, &value), -1);
	ck_assert_int_eq(filter(a, "userName eq true", &attr, &value), -1);
	ck_assert_int_eq(filter(a, "userName eq \"open", &attr, &value), -1);
	ck_assert_int_eq(filter(a, "userName eq \"a\" or userName eq \"b\"", &attr, &value), -1);
	ck_assert_ptr_null(value);
	arena_free(a);
}
END_TEST

static const char *patched(struct arena *a, const char *operations, bool group)
{
	struct scim_fault why = { NULL, NULL };
	const char *text = arena_printf(a, "{\"Operations\":%s}", operations);
	struct json_object *body = json_parse_text(a, text), *out;

	out = group ? scim_group_patch(a, body, &why) : scim_user_patch(a, body, &why);
	return out ? json_print(out) : why.detail;
}

START_TEST(user_patches)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(patched(a, "[]", false), "{}");
	ck_assert_str_eq(patched(a, "[{\"op\":\"Replace\",\"value\":{\"active\":false,\"displayName\":\"N\"}},"
				 "{\"op\":\"add\",\"path\":\"emails[primary eq true].value\",\"value\":\"e\"},"
				 "{\"op\":\"remove\",\"path\":\"externalId\"}]", false),
			 "{\"active\":false,\"name\":\"N\",\"email\":\"e\",\"external_id\":null}");
	ck_assert_str_eq(patched(a, "[{\"op\":\"replace\",\"path\":\"active\",\"value\":\"no\"}]", false),
			 "active must be a boolean");
	ck_assert_str_eq(patched(a, "[{\"op\":\"remove\"}]", false), "Remove requires a path");
	ck_assert_str_eq(patched(a, "[{\"op\":\"replace\",\"path\":\"x\"}]", false), "Unsupported PATCH path: x");
	arena_free(a);
}
END_TEST

START_TEST(group_patches)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(patched(a, "[{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"u\"}]},"
				 "{\"op\":\"remove\",\"path\":\"members[value eq \\\"v\\\"]\"},"
				 "{\"op\":\"remove\",\"path\":\"members\"}]", true),
			 "[{\"op\":\"add\",\"value\":[\"u\"]},{\"op\":\"remove\",\"value\":[\"v\"]}]");
	ck_assert_str_eq(patched(a, "[{\"op\":\"add\",\"path\":\"members\",\"value\":\"u\"}]", true),
			 "Members must be a list of users.");
	ck_assert_str_eq(patched(a, "[{\"op\":\"add\",\"path\":\"members\",\"value\":[\"u\"]}]", true),
			 "A member user ID is required.");
	ck_assert_str_eq(patched(a, "[{\"op\":\"remove\",\"path\":\"members[\"}]", true), "[]");
	arena_free(a);
}
END_TEST

START_TEST(new_users)
{
	struct arena *a = arena_new();
	struct json_object *body = json_parse_text(a,
		"{\"userName\":\"login\",\"displayName\":\"D\",\"name\":{\"familyName\":\"F\"},\"active\":false,"
		"\"emails\":[{\"value\":\"b\",\"primary\":false},{\"value\":\"a\"}]}");

	ck_assert_str_eq(json_print(scim_user_new(a, body)),
			 "{\"email\":\"a\",\"name\":\"F\",\"image\":\"/user.png\",\"role\":\"pending\","
			 "\"external_id\":null}");
	arena_free(a);
}
END_TEST

UNIT_MAIN("scim", filters, user_patches, group_patches, new_users)
