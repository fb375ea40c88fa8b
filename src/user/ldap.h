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
	const char *dn;
	const char *mail;		/* lower case */
	const char *name;
	struct json_object *groups;	/* names; NULL: groups are not managed, or the directory names none */
};

/* Look the user name up in the directory that the settings name; then check the password.  False: *why for
 * the client, whether the user is unknown, the password is wrong or the directory fails. */
bool ldap_find(struct arena *a, const struct config *c, const char *user, struct ldap_person *out,
	       const char **why);
bool ldap_check(struct arena *a, const struct config *c, const struct ldap_person *who, const char *password,
		const char **why);

/* The value of a filter, so that it means itself (RFC 4515, section 3). */
char *ldap_escape(struct arena *a, const char *value);

/* The first CN of a distinguished name; NULL when it has none or is none. */
char *ldap_first_cn(struct arena *a, const char *dn);

#endif
