#ifndef OW_SKILL_STORE_H
#define OW_SKILL_STORE_H

/*
 * store - make and change skills in the database, their files checked.
 *
 * A form is { id, name, description, content, files | data | operations, expected_version_id, commit_message, meta,
 * is_active }; it is changed.  The functions give the skill with its files as JSON text, NULL: *end says why not.
 * Source: contract/notes-workspace.md, "Skills".
 */

#include "db/db.h"
#include "json/json.h"

struct skill_end {
	const char *why;		/* what is wrong with the form, or … */
	const char *current;		/* … the version that is active instead of the expected one, or … */
	struct db_failure failure;	/* … what the database said */
};

/* `grants`: a checked list, JSON text. */
const char *skill_store_make(struct arena *a, struct db *db, const char *user_id, struct json_object *form,
			     const char *grants, struct skill_end *end);

/* `all`: "t" when the account may change everybody's.  Files change with an expected_version_id only. */
const char *skill_store_change(struct arena *a, struct db *db, const char *user_id, const char *all, const char *id,
			       struct json_object *form, struct skill_end *end);

#endif
