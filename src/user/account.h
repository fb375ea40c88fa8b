#ifndef OW_USER_ACCOUNT_H
#define OW_USER_ACCOUNT_H

/*
 * account - who has one: sign-in by password, creation.
 * Source: contract/notes-identity.md, "Accounts".
 */

#include "base/arena.h"

struct db;

struct account {
	const char *id, *name, *email, *role;
	const char *image;		/* profile_image_url as stored */
	const char *stamp;		/* session stamp */
	const char *groups;		/* permission trees of its groups, JSON array; NULL: none */
	bool first;			/* made the first of all just now */
};

enum sign_in { SIGN_IN_OK, SIGN_IN_WRONG, SIGN_IN_LIMITED, SIGN_IN_DOWN };

/* Check address and password; 15 attempts for an address in 180 s.  Takes a quarter of a second,
 * for unknown addresses too. */
enum sign_in account_sign_in(struct arena *a, struct db *db, const char *email,
			     const char *password, struct account *out);

/* The account of an address, whatever its password: 1 found, 0 none, -1 failed. */
int account_by_email(struct arena *a, struct db *db, const char *email, struct account *out);

/* From the columns of Q_AUTH_BY_EMAIL. */
struct rows;
void account_read(const struct rows *rows, struct account *out);

/* A session token of the account that ends soon, for a call made in its name while its own token is not at
 * hand; NULL: the database failed, or there is no such account. */
const char *account_token(struct arena *a, const char *user_id);

/* With WEBUI_ADMIN_EMAIL and WEBUI_ADMIN_PASSWORD the first account is made at start.  Call once, when
 * the settings are loaded. */
void account_setup(void);

struct account_form {
	const char *name, *email, *password, *image;
	const char *role;		/* given to all but the first */
	const char *group;		/* id of the default group, "" for none */
};

/* Make an account: 1 done, 0 the address is taken, -1 failed. */
int account_create(struct arena *a, struct db *db, const struct account_form *form,
		   struct account *out);

/* Does the text look like an address?  As loose as the reference: x@y.z or ending in @localhost. */
bool email_valid(const char *email);

/* May this be the address of a profile image?  "", three fixed paths, the profile image route,
 * http(s) with a host, or a base64 data URI of an image. */
bool image_url_valid(const char *url);

#endif
