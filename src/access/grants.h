#ifndef OW_ACCESS_GRANTS_H
#define OW_ACCESS_GRANTS_H

/*
 * grants - who may share what with whom.
 *
 * A list of grants comes from a client: [{ principal_type, principal_id, permission }].  Entries of
 * another shape are ignored, doubles count once.  Which audiences an account may name depends on the
 * kind of the resource and on its permissions; administrators may name every audience that the kind
 * knows.  Stored with owui.grants_set(type, id, list).
 *
 * Source: contract/notes-workspace.md, "Who may do what".
 */

#include "access/access.h"

enum { GRANTS_MAX = 10000 };

struct grants {
	const char *allowed;	/* JSON list of the grants that the account may give */
	bool refused;		/* there were others */
};

/* Sort the list out for a resource of `type` ("shared_chat", "folder", "note", "model" …).
 * 1 done, 0 no such type or too many, -1 PostgreSQL failed. */
int grants_sort(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		const char *type, struct json_object *list, struct grants *out);

#endif
