#include "user/ldap.h"

#include <ctype.h>
#include <ldap.h>
#include <sys/time.h>

#include "base/log.h"
#include "json/json.h"
#include "user/account.h"

enum { LDAPS_STARTTLS_PORT = 389 };

/* One conversation with a directory. */
struct talk {
	struct arena *arena;
	const struct config *c;
	LDAP *ld;
	const char *why;
};

char *ldap_escape(struct arena *a, const char *value)
{
	struct buf *b = buf_in(a, 0);

	for (; *value; value++) {
		if (strchr("\\*()", *value) || (unsigned char)*value < 0x20)
			buf_printf(b, "\\%02x", (unsigned char)*value);
		else
			buf_addc(b, *value);
	}
	return arena_strdup(a, buf_text(b));
}

char *ldap_first_cn(struct arena *a, const char *dn)
{
	char *cn = NULL;
	LDAPDN parts = NULL;

	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
		return NULL;
	for (int i = 0; parts && parts[i] && !cn; i++)
		for (int k = 0; parts[i][k] && !cn; k++) {
			const LDAPAVA *ava = parts[i][k];

			if (ava->la_attr.bv_len == 2 && !strncasecmp(ava->la_attr.bv_val, "cn", 2))
				cn = arena_strndup(a, ava->la_value.bv_val, ava->la_value.bv_len);
		}
	ldap_dnfree(parts);
	return cn;
}

static bool set_tls(struct talk *t)
{
	const char *ca = config_text(t->c, CK_LDAP_SERVER_CA_CERT_FILE);
	const char *ciphers = config_text(t->c, CK_LDAP_SERVER_CIPHERS);
	int need = config_bool(t->c, CK_LDAP_SERVER_VALIDATE_CERT) ? LDAP_OPT_X_TLS_DEMAND
								   : LDAP_OPT_X_TLS_NEVER;
	int server = 0;

	if (ldap_set_option(t->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &need) != LDAP_OPT_SUCCESS)
		return false;
	if (!text_empty(ca) && ldap_set_option(t->ld, LDAP_OPT_X_TLS_CACERTFILE, ca) != LDAP_OPT_SUCCESS)
		return false;
	/* "ALL" is OpenSSL's word for what is anyway so; the library may be built with another one. */
	if (!text_empty(ciphers) && !text_eq(ciphers, "ALL") &&
	    ldap_set_option(t->ld, LDAP_OPT_X_TLS_CIPHER_SUITE, ciphers) != LDAP_OPT_SUCCESS)
		return false;
	return ldap_set_option(t->ld, LDAP_OPT_X_TLS_NEWCTX, &server) == LDAP_OPT_SUCCESS;
}

/* TLS is LDAPS, on LDAP's own port StartTLS. */
static bool open_directory(struct talk *t)
{
	const struct timeval limit = { .tv_sec = LDAP_SECONDS };
	int64_t port = config_i64(t->c, CK_LDAP_SERVER_PORT, LDAPS_STARTTLS_PORT);
	bool tls = config_bool(t->c, CK_LDAP_SERVER_USE_TLS), start = tls && port == LDAPS_STARTTLS_PORT;
	const char *host = config_text(t->c, CK_LDAP_SERVER_HOST);
	int version = LDAP_VERSION3;
	char *url = arena_printf(t->arena, "%s://%s:%" PRId64, tls && !start ? "ldaps" : "ldap", host, port);

	t->ld = NULL;
	t->why = "LDAP authentication failed.";
	if (strpbrk(host, "/?# ") || ldap_initialize(&t->ld, url) != LDAP_SUCCESS)
		return false;
	ldap_set_option(t->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(t->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap_set_option(t->ld, LDAP_OPT_NETWORK_TIMEOUT, &limit);
	ldap_set_option(t->ld, LDAP_OPT_TIMEOUT, &limit);
	ldap_set_option(t->ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
	if (tls && !set_tls(t)) {
		t->why = "Failed to configure TLS for LDAP connection.";
		return false;
	}
	return !start || ldap_start_tls_s(t->ld, NULL, NULL) == LDAP_SUCCESS;
}

static void close_directory(struct talk *t)
{
	if (t->ld)
		ldap_unbind_ext_s(t->ld, NULL, NULL);
	t->ld = NULL;
}

static int bind_as(struct talk *t, const char *dn, const char *password)
{
	char *copy = arena_strdup(t->arena, password);
	struct berval secret = { strlen(copy), copy };
	int rc = ldap_sasl_bind_s(t->ld, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);

	explicit_bzero(copy, secret.bv_len);
	return rc;
}

/* A failed step: the directory is unreachable, or it refuses with `refusal`. */
static bool refused(struct talk *t, int rc, const char *refusal)
{
	t->why = LDAP_API_ERROR(rc) ? "LDAP authentication failed." : refusal;
	if (LDAP_API_ERROR(rc))
		log_warn("ldap_failed", "error=\"%s\"", ldap_err2string(rc));
	return false;
}

static const char *first_value(struct talk *t, LDAPMessage *entry, const char *attribute)
{
	struct berval **v = ldap_get_values_len(t->ld, entry, attribute);
	const char *text = v && v[0] ? arena_strndup(t->arena, v[0]->bv_val, v[0]->bv_len) : NULL;

	ldap_value_free_len(v);
	return text_empty(text) ? NULL : text;
}

static bool has_value(struct talk *t, LDAPMessage *entry, const char *attribute, const char *user)
{
	struct berval **v = ldap_get_values_len(t->ld, entry, attribute);
	size_t n = strlen(user);
	bool found = false;

	for (int i = 0; v && v[i]; i++)
		found |= v[i]->bv_len == n && !strncasecmp(v[i]->bv_val, user, n);
	ldap_value_free_len(v);
	return found;
}

static struct json_object *groups_of(struct talk *t, LDAPMessage *entry, const char *attribute)
{
	struct berval **v = ldap_get_values_len(t->ld, entry, attribute);
	struct json_object *names = json_new_array(t->arena);

	for (int i = 0; v && v[i] && i < LDAP_GROUPS_MAX; i++) {
		char *cn = ldap_first_cn(t->arena,
					 arena_strndup(t->arena, v[i]->bv_val, v[i]->bv_len));

		if (!text_empty(cn))
			json_object_array_add(names, json_object_new_string(cn));
	}
	ldap_value_free_len(v);
	return json_len(names) ? names : NULL;
}

static const char *mail_of(struct talk *t, LDAPMessage *entry, const char *user)
{
	const char *domain = config_text(t->c, CK_LDAP_SERVER_DEFAULT_EMAIL_DOMAIN);
	const char *mail = first_value(t, entry, config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_MAIL));

	if (!mail && !text_empty(domain)) {
		mail = arena_printf(t->arena, "%s@%s", user, domain);
		if (!email_valid(mail))
			mail = NULL;
	}
	return mail ? arena_lower(t->arena, mail) : NULL;
}

/* Who the first entry of the answer is; false with t->why. */
static bool read_entry(struct talk *t, LDAPMessage *found, const char *user, struct ldap_person *out,
		       const char **dn)
{
	LDAPMessage *entry = ldap_first_entry(t->ld, found);
	char *name;

	t->why = "User not found in the LDAP server";
	if (!entry)
		return false;
	*out = (struct ldap_person){ .mail = mail_of(t, entry, user) };
	t->why = "User does not have a valid email address.";
	if (!out->mail)
		return false;
	t->why = "User record mismatch.";
	if (!has_value(t, entry, config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_USERNAME), user))
		return false;
	out->name = first_value(t, entry, "cn");
	if (!out->name)
		out->name = user;
	if (config_bool(t->c, CK_LDAP_GROUP_ENABLE_MANAGEMENT))
		out->groups = groups_of(t, entry, config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_GROUPS));
	name = ldap_get_dn(t->ld, entry);
	*dn = arena_strdup(t->arena, name ? name : "");
	ldap_memfree(name);
	return **dn != '\0';	/* binding without a name would be anonymous, and succeed */
}

static bool look_up(struct talk *t, const char *user, struct ldap_person *out, const char **dn)
{
	const char *by = config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_USERNAME);
	char *filter = arena_printf(t->arena, "(&(%s=%s)%s)", by,
				    ldap_escape(t->arena, arena_lower(t->arena, user)),
				    config_text(t->c, CK_LDAP_SERVER_SEARCH_FILTER));
	char *attributes[] = {
		arena_strdup(t->arena, by),
		arena_strdup(t->arena, config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_MAIL)),
		arena_strdup(t->arena, "cn"),
		arena_strdup(t->arena, config_text(t->c, CK_LDAP_SERVER_ATTRIBUTE_FOR_GROUPS)), NULL,
	};
	struct timeval limit = { .tv_sec = LDAP_SECONDS };
	LDAPMessage *found = NULL;
	bool ok;
	int rc = ldap_search_ext_s(t->ld, config_text(t->c, CK_LDAP_SERVER_USERS_DN), LDAP_SCOPE_SUBTREE,
				   filter, attributes, 0, NULL, NULL, &limit, LDAP_NO_LIMIT, &found);

	ok = rc == LDAP_SUCCESS ? read_entry(t, found, user, out, dn)
				: refused(t, rc, "User not found in the LDAP server");
	ldap_msgfree(found);
	return ok;
}

bool ldap_find(struct arena *a, const struct config *c, const char *user, struct ldap_person *out,
	       const char **why)
{
	const char *app = config_text(c, CK_LDAP_SERVER_APP_DN);
	struct talk t = { .arena = a, .c = c };
	bool ok = open_directory(&t);
	int rc;

	if (ok && (rc = bind_as(&t, app, *app ? config_text(c, CK_LDAP_SERVER_APP_PASSWORD) : "")))
		ok = refused(&t, rc, "Application account bind failed");
	ok = ok && look_up(&t, user, out, &out->dn);
	close_directory(&t);
	*why = t.why;
	return ok;
}

/* Over a connection of its own, as a bind says nothing of those before it. */
bool ldap_check(struct arena *a, const struct config *c, const struct ldap_person *who, const char *password,
		const char **why)
{
	struct talk t = { .arena = a, .c = c };
	bool ok = open_directory(&t);
	int rc;

	if (ok && (rc = bind_as(&t, who->dn, password)))
		ok = refused(&t, rc, "Authentication failed.");
	close_directory(&t);
	*why = t.why;
	return ok;
}
