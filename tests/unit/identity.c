#include "unit.h"
#include "oauth/identity.h"
#include "oauth/resource.h"
#include "oauth/token.h"

/* The settings that the variables give; each test is a process of its own. */
static const struct config *settings(struct arena *a, const char *const pairs[][2])
{
	setenv("ENABLE_PERSISTENT_CONFIG", "false", 1);
	for (; (*pairs)[0]; pairs++)
		setenv((*pairs)[0], (*pairs)[1], 1);
	ck_assert(config_setup(false));
	return config_get_in(a);
}

static struct json_object *tree(struct arena *a, const char *text)
{
	struct json_object *o = json_parse_text(a, text);

	ck_assert_ptr_nonnull(o);
	return o;
}

START_TEST(claims_are_found_by_name_and_by_path)
{
	struct arena *a = arena_new();
	struct json_object *c = tree(a, "{\"a\":{\"b\":{\"c\":[\"x\"]},\"o\":{}},\"a.b\":\"flat\",\"n\":0,\"e\":[],"
					"\"t\":true,\"z\":\"a\\u0000b\",\"empty\":\"\",\"https://x/y.z\":[\"u\"]}");

	ck_assert_str_eq(json_print(claim_get(c, "a.b.c")), "[\"x\"]");
	ck_assert_str_eq(json_str(claim_get(c, "a.b")), "flat");
	ck_assert_str_eq(json_print(claim_get(c, "n")), "0");
	ck_assert_str_eq(json_print(claim_get(c, "e")), "[]");
	ck_assert_str_eq(json_print(claim_get(c, "https://x/y.z")), "[\"u\"]");
	ck_assert_ptr_null(claim_get(c, "t"));
	ck_assert_ptr_null(claim_get(c, "a.o"));
	ck_assert_ptr_null(claim_get(c, "a.b.c.d"));
	ck_assert_ptr_null(claim_get(NULL, "a"));
	ck_assert_str_eq(claim_text(c, "n"), "0");
	ck_assert_ptr_null(claim_text(c, "z"));
	ck_assert_ptr_null(claim_text(c, "empty"));
	ck_assert_ptr_null(claim_text(c, "t"));
	arena_free(a);
}
END_TEST

START_TEST(roles_open_doors_or_close_them)
{
	struct arena *a = arena_new();
	static const char *const vars[][2] = {
		{ "ENABLE_OAUTH_ROLE_MANAGEMENT", "true" }, { "OAUTH_ROLES_CLAIM", "r.s" },
		{ "OAUTH_ALLOWED_ROLES", "user,staff" }, { "OAUTH_ADMIN_ROLES", "boss, 7" }, { NULL, NULL },
	};
	static const struct {
		const char *claims;
		enum oauth_role role;
	} cases[] = {
		{ "{\"r\":{\"s\":[\"x\",\"staff\"]}}", ROLE_USER }, { "{\"r\":{\"s\":\"x,boss\"}}", ROLE_ADMIN },
		{ "{\"r\":{\"s\":[\"user\",\"boss\"]}}", ROLE_ADMIN }, { "{\"r\":{\"s\":7}}", ROLE_ADMIN },
		{ "{\"r\":{\"s\":[7]}}", ROLE_KEEP }, { "{\"r\":{\"s\":[\"User\"]}}", ROLE_DENIED },
		{ "{\"r\":{\"s\":[]}}", ROLE_KEEP }, { "{\"r\":{}}", ROLE_KEEP }, { "{}", ROLE_KEEP },
	};
	const struct config *c = settings(a, vars);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(oauth_role_of(a, c, tree(a, cases[i].claims), NULL) == cases[i].role, "%s",
			      cases[i].claims);
	/* An exchanged token must say something where roles are demanded; what the user info says goes first. */
	ck_assert_int_eq(oauth_role_of(a, c, tree(a, "{}"), tree(a, "{}")), ROLE_DENIED);
	ck_assert_int_eq(oauth_role_of(a, c, tree(a, "{}"), tree(a, cases[0].claims)), ROLE_USER);
	ck_assert_int_eq(oauth_role_of(a, c, tree(a, cases[5].claims), tree(a, cases[0].claims)), ROLE_DENIED);
	arena_free(a);
}
END_TEST

START_TEST(groups_come_as_lists_and_texts)
{
	struct arena *a = arena_new();
	static const char *const vars[][2] = { { "OAUTH_GROUPS_CLAIM", "g" }, { "OAUTH_BLOCKED_GROUPS", "a, b*,," },
					       { NULL, NULL } };
	const struct config *c = settings(a, vars);

	ck_assert_str_eq(json_print(oauth_groups_of(a, c, tree(a, "{\"g\":[\"x\",1,\"y;z\"]}"), NULL)), "[\"x\",\"y;z\"]");
	ck_assert_str_eq(json_print(oauth_groups_of(a, c, tree(a, "{\"g\":\"x;y\"}"), NULL)), "[\"x\",\"y\"]");
	ck_assert_str_eq(json_print(oauth_groups_of(a, c, tree(a, "{\"g\":5}"), NULL)), "[]");
	ck_assert_str_eq(json_print(oauth_groups_of(a, c, tree(a, "{}"), tree(a, "{\"g\":\"t\"}"))), "[\"t\"]");
	ck_assert_str_eq(json_print(oauth_blocked_groups(a, c)), "[\"a\",\"b*\"]");
	arena_free(a);
}
END_TEST

START_TEST(who_somebody_is)
{
	struct arena *a = arena_new();
	static const char *const vars[][2] = {
		{ "GITHUB_CLIENT_ID", "i" }, { "GITHUB_CLIENT_SECRET", "s" },
		{ "OAUTH_ALLOWED_DOMAINS", "Example.com, b.org" }, { "OAUTH_CODE_CHALLENGE_METHOD", "S256" },
		{ "MICROSOFT_CLIENT_ID", "m" }, { "MICROSOFT_CLIENT_SECRET", "s" },
		{ "OAUTH_CLIENT_ID", "c" }, { "OPENID_PROVIDER_URL", "https://op/x" }, { NULL, NULL },
	};
	const struct config *c = settings(a, vars);
	struct oauth_identity who;
	struct oauth_provider p;

	ck_assert(oauth_provider(a, c, "oidc", &p) && p.pkce && strcmp(p.token_auth, "none") == 0);
	ck_assert(!oauth_provider(a, c, "microsoft", &p));	/* without its tenant */
	ck_assert(!oauth_provider(a, c, "google", &p) && !oauth_provider(a, c, "nobody", &p));
	ck_assert(oauth_provider(a, c, "github", &p));
	ck_assert_ptr_null(oauth_identity_of(a, c, &p, tree(a, "{\"id\":12,\"email\":\"a@EXAMPLE.com\",\"name\":\"A\","
							       "\"picture\":null}"), NULL, &who));
	ck_assert_str_eq(who.sub, "12");
	ck_assert_str_eq(who.name, "A");
	ck_assert_str_eq(who.picture, "");
	ck_assert(!who.email_unverified);
	ck_assert_ptr_null(oauth_identity_of(a, c, &p, tree(a, "{\"id\":1,\"email_verified\":false}"), "x@b.org", &who));
	ck_assert_str_eq(who.email, "x@b.org");
	ck_assert(who.email_unverified);
	ck_assert_ptr_nonnull(oauth_identity_of(a, c, &p, tree(a, "{\"id\":1,\"email\":\"a@b.org.evil\"}"), NULL, &who));
	ck_assert_ptr_nonnull(oauth_identity_of(a, c, &p, tree(a, "{\"id\":1,\"email\":\"a@b.org@evil\"}"), NULL, &who));
	ck_assert_ptr_nonnull(oauth_identity_of(a, c, &p, tree(a, "{\"id\":1}"), NULL, &who));
	ck_assert_ptr_nonnull(oauth_identity_of(a, c, &p, tree(a, "{\"sub\":\"1\",\"email\":\"a@b.org\"}"), NULL, &who));
	arena_free(a);
}
END_TEST

START_TEST(documents_of_servers)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	struct json_object *o = server_document(a, tree(a, "{\"issuer\":\"https://s\",\"authorization_endpoint\":\"https://s/a\","
		"\"token_endpoint\":\"https://s/t\",\"scopes_supported\":[\"x\"],\"more\":1}"), &why);

	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_object_object_length(o), 24);
	ck_assert_str_eq(json_print(json_get(o, "response_types_supported")), "[\"code\"]");
	ck_assert(json_has(o, "registration_endpoint") && !json_get(o, "registration_endpoint"));
	ck_assert_ptr_null(server_document(a, tree(a, "{\"issuer\":\"https://s\",\"authorization_endpoint\":\"https://s/a\"}"), &why));
	ck_assert_str_eq(why, "\"token_endpoint\" is missing or of the wrong type");
	ck_assert_ptr_null(server_document(a, tree(a, "{\"issuer\":\"https://s\",\"authorization_endpoint\":\"javascript:x\","
						      "\"token_endpoint\":\"https://s/t\"}"), &why));
	arena_free(a);
}
END_TEST

static int64_t expiry(struct arena *a, const char *token)
{
	struct json_object *o = tree(a, token);

	oauth_token_expiry(o, 1000.5);
	return json_i64(o, "expires_at", 0);
}

START_TEST(tokens_end_some_day)
{
	struct arena *a = arena_new();

	ck_assert_int_eq(expiry(a, "{\"expires_in\":60}"), 1060);
	ck_assert_int_eq(expiry(a, "{\"expires_in\":\"60\"}"), 1060);
	ck_assert_int_eq(expiry(a, "{\"expires_at\":5,\"expires_in\":60}"), 5);
	ck_assert_int_eq(expiry(a, "{\"refresh_token\":\"r\"}"), 4600);
	ck_assert_int_eq(expiry(a, "{}"), 253402300799);
	ck_assert_int_eq(expiry(a, "{\"expires_in\":9223372036854775807}"), 253402300799);
	arena_free(a);
}
END_TEST

UNIT_MAIN("identity", claims_are_found_by_name_and_by_path, roles_open_doors_or_close_them,
	  groups_come_as_lists_and_texts, who_somebody_is, documents_of_servers, tokens_end_some_day)
