#include "unit.h"
#include "auth/password.h"

START_TEST(a_hash_fits_its_password_only)
{
	struct arena *a = arena_new();
	char *hash = password_hash(a, "Passw0rd!user");

	ck_assert(strncmp(hash, "$2b$12$", 7) == 0);
	ck_assert(password_verify("Passw0rd!user", hash));
	ck_assert(!password_verify("Passw0rd!use", hash));
	ck_assert(!password_verify("", hash));
	arena_free(a);
}
END_TEST

START_TEST(hashes_of_others_fit)
{
	/* A published test vector; the older prefix $2a$ stands for the same. */
	ck_assert(password_verify("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
	ck_assert(!password_verify("U*V", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}
END_TEST

START_TEST(only_72_bytes_count)
{
	struct arena *a = arena_new();
	char text[PASSWORD_MAX + 2];
	char *hash;

	memset(text, 'x', sizeof(text));
	text[PASSWORD_MAX] = '\0';
	ck_assert_int_eq(password_check(text), PASSWORD_OK);
	hash = password_hash(a, text);
	text[PASSWORD_MAX] = 'y';
	text[PASSWORD_MAX + 1] = '\0';
	ck_assert_int_eq(password_check(text), PASSWORD_TOO_LONG);
	ck_assert(password_verify(text, hash));
	arena_free(a);
}
END_TEST

START_TEST(no_hash_fits_nothing)
{
	ck_assert(!password_verify("x", NULL));
	ck_assert(!password_verify("", ""));
	ck_assert(!password_verify("x", "plain"));
	ck_assert(!password_verify("*0", "*0"));
	ck_assert(!password_verify("x", "$9z$broken"));
}
END_TEST

START_TEST(rules_apply_where_they_are_on)
{
	setenv("ENABLE_PASSWORD_VALIDATION", "true", 1);
	ck_assert_int_eq(password_check("password"), PASSWORD_TOO_WEAK);
	ck_assert_int_eq(password_check("Passw0rd!"), PASSWORD_OK);
	setenv("PASSWORD_VALIDATION_REGEX_PATTERN", "^[a-z]{4}$", 1);
	ck_assert_int_eq(password_check("abcd"), PASSWORD_OK);
	ck_assert_int_eq(password_check("abcde"), PASSWORD_TOO_WEAK);
	unsetenv("ENABLE_PASSWORD_VALIDATION");
	ck_assert_int_eq(password_check(""), PASSWORD_OK);
}
END_TEST

UNIT_MAIN("password", a_hash_fits_its_password_only, hashes_of_others_fit,
	  only_72_bytes_count, no_hash_fits_nothing, rules_apply_where_they_are_on)
