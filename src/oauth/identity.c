#include "oauth/identity.h"

#include "base/env.h"

struct json_object *claim_get(struct json_object *claims, const char *path)
{
	struct json_object *v = json_at(claims, path);

	if (!json_is(v, json_type_array) && !json_is(v, json_type_string) && !json_is(v, json_type_int))
		v = json_get(claims, path);
	return json_is(v, json_type_array) || json_is(v, json_type_string) || json_is(v, json_type_int) ? v : NULL;
}

const char *claim_text(struct json_object *claims, const char *name)
{
	struct json_object *v = json_get(claims, name);
	const char *s;

	if (!json_is(v, json_type_string) && !json_is(v, json_type_int))
		return NULL;
	s = json_object_get_string(v);
	/* "a" and "a\0b" must not become the same account. */
	if (json_str(v) && strlen(s) != (size_t)json_object_get_string_len(v))
		return NULL;
	return *s ? s : NULL;
}

static struct json_object *claim_of(struct json_object *claims, struct json_object *more, const char *path)
{
	struct json_object *v = *path ? claim_get(claims, path) : NULL;

	return v || !*path ? v : claim_get(more, path);
}

/* A claim as a list of texts: a text is cut at the separator. */
static struct json_object *words_of(struct arena *a, struct json_object *v, const char *separator)
{
	struct json_object *list = json_new_array(a);
	const char *s, *end;

	for (size_t i = 0; json_is(v, json_type_array) && i < json_len(v); i++)
		if (json_str(json_item(v, i)))
			json_object_array_add(list, json_ref(json_item(v, i)));
	if (json_is(v, json_type_int))
		json_object_array_add(list, json_object_new_string(json_object_get_string(v)));
	for (s = json_str(v); s; s = end ? end + strlen(separator) : NULL) {
		end = *separator ? strstr(s, separator) : NULL;
		json_object_array_add(list, json_object_new_string_len(s, end ? (int)(end - s) : (int)strlen(s)));
	}
	return list;
}

/* A setting that is a list, or a text with commas. */
static struct json_object *setting_list(struct arena *a, const struct config *c, enum config_key key)
{
	struct json_object *v = config_tree(a, c, key), *list;
	struct str rest;

	if (json_is(v, json_type_array))
		return v;
	list = json_new_array(a);
	rest = str_of(json_str(v) ? json_str(v) : "");
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (one.n)
			json_object_array_add(list, json_object_new_string_len(one.p, (int)one.n));
	}
	return list;
}

static bool has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), text))
			return true;
	return false;
}

static bool any_of(struct json_object *wanted, struct json_object *list)
{
	for (size_t i = 0; i < json_len(wanted); i++)
		if (has_text(list, json_str(json_item(wanted, i))))
			return true;
	return false;
}

enum oauth_role oauth_role_of(struct arena *a, const struct config *c, struct json_object *claims,
			      struct json_object *token_claims)
{
	struct json_object *roles, *allowed = setting_list(a, c, CK_OAUTH_ALLOWED_ROLES);

	if (!config_bool(c, CK_OAUTH_ENABLE_ROLE_MAPPING))
		return ROLE_KEEP;
	roles = words_of(a, claim_of(claims, token_claims, config_text(c, CK_OAUTH_ROLES_CLAIM)),
			 env_str("OAUTH_ROLES_SEPARATOR", ","));
	if (!json_len(roles))
		return token_claims && json_len(allowed) && !has_text(allowed, "*") ? ROLE_DENIED : ROLE_KEEP;
	if (any_of(setting_list(a, c, CK_OAUTH_ADMIN_ROLES), roles))
		return ROLE_ADMIN;
	return has_text(allowed, "*") || any_of(allowed, roles) ? ROLE_USER : ROLE_DENIED;
}

struct json_object *oauth_groups_of(struct arena *a, const struct config *c, struct json_object *claims,
				    struct json_object *token_claims)
{
	struct json_object *v = claim_of(claims, token_claims, config_text(c, CK_OAUTH_GROUP_CLAIM));

	return words_of(a, json_is(v, json_type_int) ? NULL : v, env_str("OAUTH_GROUPS_SEPARATOR", ";"));
}

struct json_object *oauth_blocked_groups(struct arena *a, const struct config *c)
{
	struct json_object *v = json_parse_text(a, config_text(c, CK_OAUTH_BLOCKED_GROUPS));

	return json_is(v, json_type_array) ? v : setting_list(a, c, CK_OAUTH_BLOCKED_GROUPS);
}

static bool domain_allowed(struct arena *a, const struct config *c, const char *email)
{
	struct json_object *domains = setting_list(a, c, CK_OAUTH_ALLOWED_DOMAINS);
	const char *at = strrchr(email, '@'), *domain = at ? at + 1 : email;

	for (size_t i = 0; i < json_len(domains); i++) {
		const char *one = json_str(json_item(domains, i));

		if (one && (strcmp(one, "*") == 0 || strcasecmp(one, domain) == 0))
			return true;
	}
	return false;
}

const char *oauth_identity_of(struct arena *a, const struct config *c, const struct oauth_provider *p,
			      struct json_object *claims, const char *email, struct oauth_identity *out)
{
	const char *own = config_text(c, CK_OAUTH_SUB_CLAIM), *picture = config_text(c, CK_OAUTH_PICTURE_CLAIM);
	struct oauth_identity who = { .sub = claim_text(claims, *own ? own : p->sub_claim) };
	struct json_object *verified = json_get(claims, "email_verified");

	if (!who.sub)
		return "the claim that identifies the account is missing";
	who.email = claim_text(claims, config_text(c, CK_OAUTH_EMAIL_CLAIM));
	if (!who.email)
		who.email = email;
	if (!who.email && env_bool("ENABLE_OAUTH_EMAIL_FALLBACK", false))
		who.email = arena_printf(a, "%s@%s.local", p->name, who.sub);
	if (!who.email)
		return "the claim with the email address is missing";
	if (!domain_allowed(a, c, who.email))
		return "the email address is not of an allowed domain";
	who.name = claim_text(claims, config_text(c, CK_OAUTH_USERNAME_CLAIM));
	who.picture = "";
	if (*picture)
		who.picture = claim_text(claims, picture) ? claim_text(claims, picture) :
			      json_has(claims, picture) ? "" : p->picture_url;
	who.email_unverified = json_is(verified, json_type_boolean) && !json_object_get_boolean(verified);
	*out = who;
	return NULL;
}
