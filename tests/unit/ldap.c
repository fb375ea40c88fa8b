#include "unit.h"
#include "user/ldap.h"

START_TEST(values_mean_themselves)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(ldap_escape(a, "jane"), "jane");
	ck_assert_str_eq(ldap_escape(a, "*)(uid=*"), "\\2a\\29\\28uid=\\2a");
	ck_assert_str_eq(ldap_escape(a, "a\\b"), "a\\5cb");
	ck_assert_str_eq(ldap_escape(a, "d\xc3\xb6""e"), "d\xc3\xb6""e");
	arena_free(a);
}
END_TEST

START_TEST(names_of_groups)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(ldap_first_cn(a, "cn=staff,ou=groups,dc=example"), "staff");
	ck_assert_str_eq(ldap_first_cn(a, "CN=Sales\\, North,ou=groups"), "Sales, North");
	ck_assert_str_eq(ldap_first_cn(a, "ou=x,cn=first,cn=second"), "first");
	ck_assert_ptr_null(ldap_first_cn(a, "ou=groups,dc=example"));
	ck_assert_ptr_null(ldap_first_cn(a, "not a name"));
	arena_free(a);
}
END_TEST

UNIT_MAIN("ldap", values_mean_themselves, names_of_groups)
