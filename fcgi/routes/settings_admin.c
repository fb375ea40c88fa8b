/* settings_admin - /api/v1/auths/admin/config: general settings, LDAP and OAuth. */

#include "base/env.h"
#include "fcgi/settings.h"
#include "realtime/publish.h"

static const char *unsafe_name(const char *s)
{
	static const char *const unsafe[] = { "__proto__", "prototype", "constructor" };

	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		if (strcmp(s, unsafe[i]) == 0)
			return unsafe[i];
	return str_trim(str_of(s)).n ? NULL : "";
}

/* The next {{name}} of *s, trimmed, up to a comma; false when there is none. */
static bool next_placeholder(const char **s, struct str *name)
{
	const char *open = strstr(*s, "{{"), *close = open ? strstr(open, "}}") : NULL;
	size_t n;

	if (!close)
		return false;
	n = strcspn(open + 2, ",}");
	*name = str_trim((struct str){ open + 2, n });
	if (name->n && name->p[0] == '-')
		*name = str_trim((struct str){ name->p + 1, name->n - 1 });
	*s = close + 2;
	return true;
}

/* Every placeholder of `a` stands in `b` too? */
static bool has_placeholders(const char *a, const char *b)
{
	struct str want, have;

	while (next_placeholder(&a, &want)) {
		const char *at = b;
		bool found = false;

		while (!found && next_placeholder(&at, &have))
			found = have.n == want.n && memcmp(have.p, want.p, want.n) == 0;
		if (!found)
			return false;
	}
	return true;
}

static const char *language_fault(struct json_object *entries)
{
	json_object_object_foreach(entries, key, v) {
		const char *text = json_str(v);

		if (unsafe_name(key))
			return "Value error, not a name for a translation.";
		if (text && str_trim(str_of(text)).n &&
		    (!has_placeholders(key, text) || !has_placeholders(text, key)))
			return "Value error, the placeholders of a translation differ.";
	}
	return NULL;
}

static const char *i18n_fault(struct json_object *languages)
{
	json_object_object_foreach(languages, name, entries) {
		if (unsafe_name(name))
			return "Value error, not a name for a language.";
		if (json_is(entries, json_type_object) && language_fault(entries))
			return language_fault(entries);
	}
	return NULL;
}

static const struct field strict_text = { "", T_STR, F_STRICT };
static const struct field language = { "", T_DICT, .item = &strict_text };

static const struct field admin_view[] = {
	{ "ENABLE_MFA", T_BOOL, F_STRICT, .config = "auth.mfa.enable" },
	{ "MFA_ALLOW_OAUTH_BYPASS", T_BOOL, F_STRICT,
	  .config = "auth.mfa.allow_oauth_bypass" },
	{ "MFA_ALLOW_TRUSTED_HEADER_BYPASS", T_BOOL, F_STRICT,
	  .config = "auth.mfa.allow_trusted_header_bypass" },
	{ "SHOW_ADMIN_DETAILS", T_BOOL, F_REQUIRED, .config = "auth.admin.show" },
	{ "ADMIN_EMAIL", T_STR | T_NULL, .def = "null", .config = "auth.admin.email" },
	{ "WEBUI_URL", T_STR, F_REQUIRED, .config = "webui.url" },
	{ "ENABLE_LOGIN_FORM", T_BOOL, .config = "ui.enable_login_form" },
	{ "ENABLE_SIGNUP", T_BOOL, F_REQUIRED, .config = "ui.enable_signup" },
	{ "ENABLE_API_KEYS", T_BOOL, F_REQUIRED, .config = "auth.enable_api_keys" },
	{ "ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS", T_BOOL, F_REQUIRED,
	  .config = "auth.api_key.endpoint_restrictions" },
	{ "API_KEYS_ALLOWED_ENDPOINTS", T_STR, F_REQUIRED,
	  .config = "auth.api_key.allowed_endpoints" },
	{ "DEFAULT_USER_ROLE", T_STR, F_REQUIRED, .config = "ui.default_user_role" },
	{ "DEFAULT_GROUP_ID", T_STR, F_REQUIRED, .config = "ui.default_group_id" },
	{ "DEFAULT_INTERFACE_SETTINGS", T_DICT | T_NULL, .def = "null",
	  .config = "ui.default_interface_settings" },
	{ "I18N", T_DICT, .item = &language, .fault = i18n_fault, .config = "ui.i18n" },
	{ "JWT_EXPIRES_IN", T_STR, F_REQUIRED, .config = "auth.jwt_expiry" },
	{ "ENABLE_COMMUNITY_SHARING", T_BOOL, F_REQUIRED, .config = "ui.enable_community_sharing" },
	{ "ENABLE_MESSAGE_RATING", T_BOOL, F_REQUIRED, .config = "ui.enable_message_rating" },
	{ "ENABLE_FOLDERS", T_BOOL, F_REQUIRED, .config = "folders.enable" },
	{ "FOLDER_MAX_FILE_COUNT", T_STR | T_INT | T_NULL, .def = "null",
	  .config = "folders.max_file_count" },
	{ "AUTOMATION_MAX_COUNT", T_STR | T_INT | T_NULL, .def = "null",
	  .config = "automations.max_count" },
	{ "AUTOMATION_MIN_INTERVAL", T_STR | T_INT | T_NULL, .def = "null",
	  .config = "automations.min_interval" },
	{ "ENABLE_AUTOMATIONS", T_BOOL, F_REQUIRED, .config = "automations.enable" },
	{ "ENABLE_CHANNELS", T_BOOL, F_REQUIRED, .config = "channels.enable" },
	{ "ENABLE_ENCRYPTED_CHANNELS", T_BOOL,
	  .config = "channels.encryption.enable" },
	{ "ENABLE_APPS", T_BOOL, .config = "apps.enable" },
	{ "CHANNEL_MODEL_RESPONSE_MODE", T_STR, .def = "\"thread\"",
	  .config = "channels.model_response_mode" },
	{ "ENABLE_CALENDAR", T_BOOL, F_REQUIRED, .config = "calendar.enable" },
	{ "ENABLE_MEMORIES", T_BOOL, F_REQUIRED, .config = "memories.enable" },
	{ "ENABLE_MEMORY_SYSTEM_CONTEXT", T_BOOL, F_REQUIRED,
	  .config = "memories.system_context.enable" },
	{ "ENABLE_SKILL_LAZY_LOADING", T_BOOL,
	  .config = "skills.lazy_loading.enable" },
	{ "SKILL_CONTENT_MAX_CHARS", T_INT | T_NULL, F_STRICT, .min = ">0",
	  .config = "skills.content_max_chars" },
	{ "SKILL_PREVIEW_MAX_CHARS", T_INT | T_NULL, F_STRICT, .min = ">0",
	  .config = "skills.preview_max_chars" },
	{ "ENABLE_NOTES", T_BOOL, F_REQUIRED, .config = "notes.enable" },
	{ "ENABLE_USER_WEBHOOKS", T_BOOL, F_REQUIRED, .config = "ui.enable_user_webhooks" },
	{ "ENABLE_USER_STATUS", T_BOOL, F_REQUIRED, .config = "users.enable_status" },
	{ "PENDING_USER_OVERLAY_TITLE", T_STR | T_NULL, .def = "null",
	  .config = "ui.pending_user_overlay_title" },
	{ "PENDING_USER_OVERLAY_CONTENT", T_STR | T_NULL, .def = "null",
	  .config = "ui.pending_user_overlay_content" },
	{ "RESPONSE_WATERMARK", T_STR | T_NULL, .def = "null", .config = "ui.watermark" },
	SCHEMA_END
};

static const struct field ldap_view[] = {
	{ "label", T_STR, F_REQUIRED, .config = "ldap.server.label" },
	{ "host", T_STR, F_REQUIRED, .config = "ldap.server.host" },
	{ "port", T_INT | T_NULL, .def = "null", .config = "ldap.server.port" },
	{ "attribute_for_mail", T_STR, .def = "\"mail\"",
	  .config = "ldap.server.attribute_for_mail" },
	{ "default_email_domain", T_STR, .def = "\"\"",
	  .config = "ldap.server.default_email_domain" },
	{ "attribute_for_username", T_STR, .def = "\"uid\"",
	  .config = "ldap.server.attribute_for_username" },
	{ "app_dn", T_STR, F_REQUIRED, .config = "ldap.server.app_dn" },
	{ "app_dn_password", T_STR, F_REQUIRED, .config = "ldap.server.app_password" },
	{ "search_base", T_STR, F_REQUIRED, .config = "ldap.server.users_dn" },
	{ "search_filters", T_STR, .def = "\"\"", .config = "ldap.server.search_filter" },
	{ "use_tls", T_BOOL, .def = "true", .config = "ldap.server.use_tls" },
	{ "certificate_path", T_STR | T_NULL, .def = "null", .config = "ldap.server.ca_cert_file" },
	{ "validate_cert", T_BOOL, .def = "true", .config = "ldap.server.validate_cert" },
	{ "ciphers", T_STR | T_NULL, .def = "\"ALL\"", .config = "ldap.server.ciphers" },
	{ "enable_group_management", T_BOOL, .def = "false",
	  .config = "ldap.group.enable_management" },
	{ "enable_group_creation", T_BOOL, .def = "false", .config = "ldap.group.enable_creation" },
	{ "attribute_for_groups", T_STR, .def = "\"memberOf\"",
	  .config = "ldap.server.attribute_for_groups" },
	SCHEMA_END
};

static const struct field oauth_view[] = {
	{ "ENABLE_OAUTH", T_BOOL | T_NULL, F_KEEP_NULL, .config = "oauth.enable" },
	{ "ENABLE_OAUTH_SIGNUP", T_BOOL | T_NULL, F_KEEP_NULL, .config = "oauth.enable_signup" },
	{ "OAUTH_MERGE_ACCOUNTS_BY_EMAIL", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.merge_accounts_by_email" },
	{ "OAUTH_AUTO_REDIRECT", T_BOOL | T_NULL, F_KEEP_NULL, .config = "oauth.auto_redirect" },
	{ "OAUTH_ALLOWED_DOMAINS", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.allowed_domains" },
	{ "OAUTH_BLOCKED_GROUPS", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.blocked_groups" },
	{ "ENABLE_OAUTH_ROLE_MANAGEMENT", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.enable_role_mapping" },
	{ "OAUTH_ROLES_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.roles_claim" },
	{ "OAUTH_ADMIN_ROLES", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.admin_roles" },
	{ "OAUTH_ALLOWED_ROLES", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.allowed_roles" },
	{ "ENABLE_OAUTH_GROUP_MANAGEMENT", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.enable_group_mapping" },
	{ "ENABLE_OAUTH_GROUP_CREATION", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.enable_group_creation" },
	{ "OAUTH_GROUP_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.group_claim" },
	{ "OAUTH_GROUP_DEFAULT_SHARE", T_STR | T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.group_default_share" },
	{ "OAUTH_PROVIDER_NAME", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.provider_name" },
	{ "OPENID_PROVIDER_URL", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.provider_url" },
	{ "OAUTH_CLIENT_ID", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.client_id" },
	{ "OAUTH_CLIENT_SECRET", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.client_secret" },
	{ "OPENID_REDIRECT_URI", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.redirect_uri" },
	{ "OAUTH_SCOPES", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.scopes" },
	{ "OAUTH_CODE_CHALLENGE_METHOD", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "oauth.code_challenge_method" },
	{ "OAUTH_TOKEN_ENDPOINT_AUTH_METHOD", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "oauth.token_endpoint_auth_method" },
	{ "OPENID_END_SESSION_ENDPOINT", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "oauth.end_session_endpoint" },
	{ "OAUTH_TIMEOUT", T_STR | T_INT | T_NULL, F_KEEP_NULL, .config = "oauth.timeout" },
	{ "OAUTH_CLIENT_TIMEOUT", T_STR | T_INT | T_NULL, F_KEEP_NULL,
	  .config = "oauth.client.timeout" },
	{ "OAUTH_EMAIL_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.email_claim" },
	{ "OAUTH_USERNAME_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.username_claim" },
	{ "OAUTH_PICTURE_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.picture_claim" },
	{ "OAUTH_SUB_CLAIM", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.sub_claim" },
	{ "OAUTH_AUDIENCE", T_STR | T_NULL, F_KEEP_NULL, .config = "oauth.audience" },
	{ "OAUTH_UPDATE_EMAIL_ON_LOGIN", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.update_email_on_login" },
	{ "OAUTH_UPDATE_NAME_ON_LOGIN", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.update_name_on_login" },
	{ "OAUTH_UPDATE_PICTURE_ON_LOGIN", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.update_picture_on_login" },
	{ "OAUTH_REFRESH_TOKEN_INCLUDE_SCOPE", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "oauth.refresh_token.include_scope" },
	SCHEMA_END
};

/* Translations without text are left out, and languages without translations. */
static void tidy_i18n(struct json_object *changes)
{
	struct json_object *all = json_get(changes, "ui.i18n"), *out = json_object_new_object();

	json_object_object_foreach(all, name, entries) {
		struct json_object *kept = json_object_new_object();

		json_object_object_foreach(entries, key, v) {
			if (str_trim(str_of(json_str(v))).n)
				json_set(kept, key, json_ref(v));
		}
		if (json_object_object_length(kept))
			json_set(out, name, kept);
		else
			json_object_put(kept);
	}
	json_set(changes, "ui.i18n", out);
}

/* A count: a number, or "" for none.  False: it is no number. */
static bool tidy_count(struct json_object *changes, const char *key)
{
	struct json_object *v = json_get(changes, key);
	const char *s = json_str(v);
	int64_t n = json_i64(changes, key, 0);

	if (s && *s && !str_to_i64(str_trim(str_of(s)), INT64_MIN, INT64_MAX, &n))
		return false;
	if ((s && !*s) || (!s && !n))
		json_set_text(changes, key, "");
	else
		json_set_i64(changes, key, n);
	return true;
}

static bool one_of(const char *s, const char *a, const char *b, const char *c)
{
	return text_eq(s, a) || text_eq(s, b) || text_eq(s, c);
}

static int admin_set(struct req *r)
{
	struct json_object *c = settings_changes(r, admin_view, r->body);
	struct buf *b = buf_in(r->arena, 0);
	bool ended;

	if (!json_get(c, "ui.default_interface_settings"))
		json_set(c, "ui.default_interface_settings", json_object_new_object());
	if (!tidy_count(c, "folders.max_file_count") || !tidy_count(c, "automations.max_count") ||
	    !tidy_count(c, "automations.min_interval"))
		return req_fail_detail(r, 400, "A count must be a number or empty.");
	if (!one_of(json_text(c, "ui.default_user_role", ""), "pending", "user", "admin"))
		json_del(c, "ui.default_user_role");
	if (!one_of(json_text(c, "channels.model_response_mode", ""), "thread", "channel", NULL))
		json_del(c, "channels.model_response_mode");
	if (!duration_valid(json_text(c, "auth.jwt_expiry", "")))
		json_del(c, "auth.jwt_expiry");
	if (json_has(c, "ui.i18n"))
		tidy_i18n(c);
	if (!settings_store_policy(r, c, &ended))
		return 0;
	settings_show(r, b, admin_view);
	b->len--;
	buf_printf(b, ",\"sessions_revoked\":%s}", ended ? "true" : "false");
	return req_send_json(r, 200, b->data, b->len);
}

static int ldap_server_set(struct req *r)
{
	static const char *const needed[] = { "label", "host", "attribute_for_mail",
					      "attribute_for_username", "search_base" };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!*json_text(r->body, needed[i], ""))
			return req_fail_detail(r, 400, "The field %s must not be empty.", needed[i]);
	if (json_flag(r->body, "enable_group_management", false) &&
	    !str_trim(str_of(json_text(r->body, "attribute_for_groups", ""))).n)
		return req_fail_detail(r, 400, "The field attribute_for_groups must not be empty.");
	return settings_set(r);
}

static const struct field ldap_switch_form[] = {
	{ "enable_ldap", T_BOOL | T_NULL, .def = "null", .config = "ldap.enable" }, SCHEMA_END
};
static const struct field ldap_switch_view[] = {
	{ "ENABLE_LDAP", T_BOOL, .config = "ldap.enable" }, SCHEMA_END
};

static int ldap_switch_set(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	if (!settings_store(r, settings_changes(r, ldap_switch_form, r->body)))
		return 0;
	settings_show(r, b, ldap_switch_view);
	return req_send_json(r, 200, b->data, b->len);
}

static const char *const comma_lists[] = { "OAUTH_ALLOWED_DOMAINS", "OAUTH_ADMIN_ROLES",
					   "OAUTH_ALLOWED_ROLES" };

static struct json_object *split_commas(const char *text)
{
	struct json_object *list = json_object_new_array();
	struct str rest = str_of(text);

	while (rest.n) {
		struct str item = str_trim(str_split(&rest, ','));

		if (item.n)
			json_object_array_add(list, json_object_new_string_len(item.p, (int)item.n));
	}
	return list;
}

static const char *join_commas(struct req *r, struct json_object *list)
{
	struct buf *b = buf_in(r->arena, 0);

	for (size_t i = 0; i < json_len(list); i++)
		buf_printf(b, "%s%s", i ? "," : "", json_object_get_string(json_item(list, i)));
	return buf_text(b);
}

/* The form shows lists as texts. */
static int oauth_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);
	struct json_object *o;

	settings_show(r, b, oauth_view);
	o = json_parse(r->arena, b->data, b->len, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(comma_lists); i++)
		if (json_is(json_get(o, comma_lists[i]), json_type_array))
			json_set_text(o, comma_lists[i], join_commas(r, json_get(o, comma_lists[i])));
	if (json_is(json_get(o, "OAUTH_BLOCKED_GROUPS"), json_type_array))
		json_set_text(o, "OAUTH_BLOCKED_GROUPS", json_print(json_get(o, "OAUTH_BLOCKED_GROUPS")));
	json_set_bool(o, "ENABLE_OAUTH_PERSISTENT_CONFIG",
		      env_bool("ENABLE_OAUTH_PERSISTENT_CONFIG", false));
	return req_send_obj(r, o);
}

static int oauth_set(struct req *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(comma_lists); i++)
		if (json_get(r->body, comma_lists[i]))
			json_set(r->body, comma_lists[i],
				 split_commas(json_text(r->body, comma_lists[i], "")));
	return settings_store(r, settings_changes(r, oauth_view, r->body)) ? oauth_get(r) : 0;
}

#define BASE "/api/v1/auths/admin/config"

const struct route settings_admin_routes[] = {
	{ "GET", BASE, ADMIN, settings_get, .view = admin_view, .flags = R_NO_STORE },
	{ "POST", BASE, ADMIN, admin_set, admin_view, .flags = R_NO_STORE },
	{ "GET", BASE "/ldap", ADMIN, settings_get, .view = ldap_switch_view, .flags = R_NO_STORE },
	{ "POST", BASE "/ldap", ADMIN, ldap_switch_set, ldap_switch_form, .flags = R_NO_STORE },
	{ "GET", BASE "/ldap/server", ADMIN, settings_get, .view = ldap_view, .flags = R_NO_STORE },
	{ "POST", BASE "/ldap/server", ADMIN, ldap_server_set, ldap_view, .flags = R_NO_STORE },
	{ "GET", BASE "/oauth", ADMIN, oauth_get, .flags = R_NO_STORE },
	{ "POST", BASE "/oauth", ADMIN, oauth_set, oauth_view, .flags = R_NO_STORE },
	ROUTES_END
};
