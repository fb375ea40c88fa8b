/* auths_other - the ways to sign in that this server has not learnt yet, as far as it can answer. */

#include "fcgi/request.h"

static const struct field ldap_form[] = {
	{ "user", T_STR, F_REQUIRED }, { "password", T_STR, F_REQUIRED }, SCHEMA_END
};

static int ldap(struct req *r)
{
	if (!config_bool(r->cfg, CK_LDAP_ENABLE))
		return req_fail_detail(r, 400, "LDAP authentication is not enabled");
	if (!str_trim(str_of(json_text(r->body, "password", ""))).n)
		return req_fail(r, ERR_INVALID_CRED);
	return req_fail(r, ERR_NOT_IMPLEMENTED);
}

/* Whether the account has a second factor, and whether it must: the data of the reference. */
static int mfa_status(struct req *r)
{
	struct json_object *mfa = json_parse_text(r->arena, rows_text(r->rows, 0, 0));
	struct json_object *o = json_new_object(r->arena);

	json_set_bool(o, "enabled", json_str(json_get(mfa, "secret")) != NULL);
	json_set_bool(o, "required", config_bool(r->cfg, CK_AUTH_MFA_ENABLE));
	json_set_i64(o, "recovery_codes_remaining",
		     (int64_t)json_len(json_get(mfa, "recovery_hashes")));
	return req_send_obj(r, o);
}

const struct route auth_other_routes[] = {
	{ "POST", "/api/v1/auths/ldap", ANON, ldap, ldap_form, .flags = R_NO_STORE },
	{ "GET", "/api/v1/auths/mfa/status", ANY_ROLE, mfa_status, .flags = R_NO_STORE | R_NO_API_KEY,
	  .sql = Q_AUTH_MFA, .args = "user" },
	ROUTES_END
};
