#ifndef OW_ACCESS_H
#define OW_ACCESS_H

/*
 * access - may this account do that?  Permissions are the union of the default tree
 * (config key user.permissions, filled up from the environment) and of every group's, inherited
 * groups too; true wins.
 * Source: contract/notes-identity.md, "Groups and permissions".
 */

#include "auth/session.h"
#include "config/config.h"

/* The default tree with nothing missing: JSON text that lives as long as the snapshot. */
struct config_derived access_default_tree(const struct config *c);

/* Does the default tree grant the dotted permission ("chat.delete")? */
bool access_default(const struct config *c, const char *permission);

/* Do these trees, the JSON array of owui.group_permissions or NULL, grant it? */
bool access_granted(const char *groups, const char *permission);

/* Permission of one account: default tree, then its groups with one query. 1 yes, 0 no, -1 failed. */
int access_permitted(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		     const char *permission);

/* The whole tree as the account sees it, for the session: JSON text, NULL failed. */
const char *access_tree(struct arena *a, struct db *db, const struct config *c, const char *user_id);

/* The same for `groups`, the JSON array of its groups' trees (owui.group_permissions), or NULL. */
const char *access_tree_of(struct arena *a, const struct config *c, const char *groups);

/* A tree with one more laid over it: true wins; `more` may be NULL. */
const char *access_tree_and(struct arena *a, const char *tree, const char *more);

#endif
