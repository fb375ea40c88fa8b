/* auths_other - what exists of the second factor. */

#include "fcgi/request.h"

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
	{ "GET", "/api/v1/auths/mfa/status", ANY_ROLE, mfa_status, .flags = R_NO_STORE | R_NO_API_KEY,
	  .sql = Q_AUTH_MFA, .args = "user" },
	ROUTES_END
};
