#include "unit.h"
#include "tool/proxy.h"

static const char *path(struct arena *a, const char *s)
{
	const char *p = proxy_path(a, s);

	return p ? p : "(none)";
}

START_TEST(paths_stay_below_the_server)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(path(a, "files/list"), "files/list");
	ck_assert_str_eq(path(a, "files/"), "files/");
	ck_assert_str_eq(path(a, "a//b/./c/../d"), "a/b/d");
	ck_assert_str_eq(path(a, "/etc/passwd"), "etc/passwd");
	ck_assert_str_eq(path(a, "a%20b"), "a b");
	ck_assert_str_eq(path(a, "100%"), "100%");
	ck_assert_str_eq(path(a, "../../secret"), "(none)");
	ck_assert_str_eq(path(a, "a/../../b"), "(none)");
	ck_assert_str_eq(path(a, "%2e%2e/secret"), "(none)");
	ck_assert_str_eq(path(a, "%252e%252e/secret"), "(none)");
	ck_assert_str_eq(path(a, "%25252525252525252525252e"), "(none)");
	ck_assert_str_eq(path(a, "a\\..\\b"), "(none)");
	ck_assert_str_eq(path(a, ".\t./x"), "(none)");
	ck_assert_str_eq(path(a, "..x"), "(none)");
	ck_assert_str_eq(path(a, ""), "(none)");
	ck_assert_str_eq(path(a, "."), "(none)");
	arena_free(a);
}
END_TEST

UNIT_MAIN("proxy", paths_stay_below_the_server)
