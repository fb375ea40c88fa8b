/* auths_ldap - POST /api/v1/auths/ldap: sign-in with a directory. */

#include "user/ldap.h"
#include "base/env.h"
#include "base/rand.h"
#include "fcgi/routes/groups.h"
#include "fcgi/routes/session.h"

static const struct field ldap_form[] = {
	{ "user", T_STR, F_REQUIRED },
	{ "password", T_STR, F_REQUIRED },
	SCHEMA_END
};

/* Memberships become those of the directory. */
static bool sync_groups(struct req *r, const struct account *who, const struct ldap_person *p)
{
	const char *names;

	if (!p->groups)
		return true;
	names = json_print(p->groups);
	if (config_bool(r->cfg, CK_LDAP_GROUP_ENABLE_CREATION))
		return req_db_run(r, NULL, Q_GROUP_SYNC_MAKING, who->id, names, group_share_default());
	return req_db_run(r, NULL, Q_GROUP_SYNC, who->id, names);
}

static int ldap(struct req *r)
{
	const char *user = json_text(r->body, "user", ""), *why;
	const char *password = json_text(r->body, "password", "");
	struct ldap_person person;
	struct account who;
	char unknown[UUID_SIZE];

	if (!config_bool(r->cfg, CK_LDAP_ENABLE))
		return req_fail_detail(r, 400, "LDAP authentication is not enabled");
	if (!env_bool("ENABLE_PASSWORD_AUTH", true))
		return req_fail(r, ERR_ACTION_PROHIBITED);
	/* Directories let everybody in without a password (RFC 4513, section 5.1.2). */
	if (!str_trim(str_of(password)).n || body_has_nul(r, "password") || body_has_nul(r, "user"))
		return req_fail(r, ERR_INVALID_CRED);
	if (!ldap_find(r->arena, r->cfg, user, &person, &why))
		return req_fail_detail(r, 400, "%s", why);
	if (!session_try(r, person.mail))
		return 0;
	req_db_release(r);
	if (!ldap_check(r->arena, r->cfg, &person, password, &why))
		return req_fail_detail(r, 400, "%s", why);
	uuid4(unknown);
	if (!session_account(r, person.mail, person.name, unknown, "ldap", &who) || !sync_groups(r, &who, &person))
		return 0;
	return session_send(r, &who, "ldap");
}

const struct route auth_ldap_routes[] = {
	{ "POST", "/api/v1/auths/ldap", ANON, ldap, ldap_form, .flags = R_NO_STORE | R_STREAM },
	ROUTES_END
};
