#ifndef OW_USER_LDAP_H
#define OW_USER_LDAP_H

/*
 * ldap - sign-in with a directory: look the user up as the application's account, then bind as the user.
 * Source: contract/notes-identity.md, "LDAP sign-in"; RFC 4513, 4515.
 *
 * Blocks for up to LDAP_SECONDS per step: call it where waiting is allowed.
 */

#include "config/config.h"

enum { LDAP_SECONDS = 10, LDAP_GROUPS_MAX = 1000 };

struct ldap_person {
	const char *mail;		/* lower case */
	const char *name;
	struct json_object *groups;	/* names; NULL: groups are not managed, or the directory names none */
};

/* Check user name and password with the directory that the settings name.  1 signed in, 0 not, with *why
 * for the client: an unknown user, a wrong password, and a directory that fails alike. */
int ldap_sign_in(struct arena *a, const struct config *c, const char *user, const char *password,
		 struct ldap_person *out, const char **why);

/* The value of a filter, so that it means itself (RFC 4515, section 3). */
char *ldap_escape(struct arena *a, const char *value);

/* The first CN of a distinguished name; NULL when it has none or is none. */
char *ldap_first_cn(struct arena *a, const char *dn);

#endif
