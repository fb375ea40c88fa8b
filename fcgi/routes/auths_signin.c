/* auths_signin - POST /api/v1/auths/signin: by password, by a trusted proxy's headers, or for nobody. */

#include <ctype.h>

#include "base/env.h"
#include "base/rand.h"
#include "event/event.h"
#include "fcgi/routes/session.h"

static const struct field signin_form[] = {
	{ "email", T_STR, F_REQUIRED },
	{ "password", T_STR, F_REQUIRED },
	SCHEMA_END
};

static int by_password(struct req *r)
{
	struct account who;

	if (!session_try(r, json_text(r->body, "email", "")))
		return 0;
	switch (account_sign_in(r->arena, req_db(r), json_text(r->body, "email", ""),
				json_text(r->body, "password", ""), &who)) {
	case SIGN_IN_LIMITED:
		return req_fail(r, ERR_RATE_LIMIT);
	case SIGN_IN_DOWN:
		return req_db_failed(r);
	case SIGN_IN_WRONG:
		return req_fail(r, ERR_INVALID_CRED);
	default:
		break;
	}
	if (body_has_nul(r, "password"))
		return req_fail(r, ERR_INVALID_CRED);
	return session_send(r, &who, "password");
}

static const char *trusted(struct req *r, const char *variable)
{
	const char *header = env_str(variable, "");

	return *header ? req_header(r, header) : NULL;
}

/* Percent-decoded, as proxies send names; what is no text is replaced. */
static const char *decoded(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s), *at = out;
	struct buf *b = buf_in(a, 0);

	for (; *s; s++) {
		char two[3] = { s[0] == '%' ? s[1] : 0, s[0] == '%' && s[1] ? s[2] : 0 };

		if (isxdigit((unsigned char)two[0]) && isxdigit((unsigned char)two[1])) {
			*at++ = (char)strtol(two, NULL, 16);
			s += 2;
		} else {
			*at++ = *s;
		}
	}
	buf_adds_clean(b, out, (size_t)(at - out));
	return buf_text(b);
}

/* Memberships become those of the header: names of groups that exist, separated by commas. */
static bool sync_groups(struct req *r, const struct account *who)
{
	struct json_object *names = json_new_array(r->arena);
	struct str rest = str_of(trusted(r, "WEBUI_AUTH_TRUSTED_GROUPS_HEADER"));

	while (rest.n) {
		struct str name = str_trim(str_split(&rest, ','));

		if (name.n)
			json_object_array_add(names, json_object_new_string_len(name.p, (int)name.n));
	}
	return !json_len(names) ||
	       req_db_run(r, NULL, Q_GROUP_SYNC, who->id, json_print(names));
}

static bool sync_role(struct req *r, struct account *who)
{
	static const char *const roles[] = { "admin", "user", "pending" };
	struct str given = str_trim(str_of(trusted(r, "WEBUI_AUTH_TRUSTED_ROLE_HEADER")));

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (given.n != strlen(roles[i]) || strncasecmp(given.p, roles[i], given.n) != 0 ||
		    text_eq(who->role, roles[i]))
			continue;
		who->role = roles[i];
		json_set_text(session_event(r, who, "user.role_updated", "trusted_header")->data, "role", roles[i]);
		return req_db_run(r, NULL, Q_USER_ROLE_SET, who->id, roles[i]);
	}
	return true;
}

static int by_header(struct req *r)
{
	const char *email = trusted(r, "WEBUI_AUTH_TRUSTED_EMAIL_HEADER"), *name;
	char password[UUID_SIZE];
	struct account who;

	if (!email)
		return req_fail_detail(r, 400, "The header that names the account is missing.");
	name = trusted(r, "WEBUI_AUTH_TRUSTED_NAME_HEADER");
	uuid4(password);
	if (!session_account(r, email, name ? decoded(r->arena, name) : email, password, "trusted_header", &who) ||
	    !sync_groups(r, &who) || !sync_role(r, &who))
		return 0;
	return session_send(r, &who, "trusted_header");
}

/* WEBUI_AUTH=false: everybody is the one account that there is. */
static int for_nobody(struct req *r)
{
	struct account who;
	bool any;
	int rc = account_by_email(r->arena, req_db(r), "admin@localhost", &who);

	if (rc < 0 || !req_db_bool(r, &any, Q_AUTH_ANY))
		return rc < 0 ? req_db_failed(r) : 0;
	if (!rc && any)
		return req_fail_detail(r, 400, "Sign-in cannot be switched off: there are accounts already.");
	if (!rc && !session_account(r, "admin@localhost", "User", "admin", "system", &who))
		return 0;
	return session_send(r, &who, "system");
}

static int signin(struct req *r)
{
	if (!env_bool("ENABLE_PASSWORD_AUTH", true))
		return req_fail(r, ERR_ACTION_PROHIBITED);
	if (*env_str("WEBUI_AUTH_TRUSTED_EMAIL_HEADER", ""))
		return by_header(r);
	return env_bool("WEBUI_AUTH", true) ? by_password(r) : for_nobody(r);
}

const struct route auth_signin_routes[] = {
	{ "POST", "/api/v1/auths/signin", ANON, signin, signin_form,
	  .flags = R_NO_STORE | R_STREAM },
	ROUTES_END
};
