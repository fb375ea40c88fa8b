#include "access/access.h"

#include "db/db.h"
#include "json/scan.h"

bool access_default(const struct config *c, const char *permission)
{
	struct str v;

	return json_find_at(str_of(config_json(c, CK_USER_PERMISSIONS)), permission, &v) &&
	       str_eq(v, "true");
}

int access_permitted(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		     const char *permission)
{
	struct rows *rows;
	struct str v;

	if (u->is_admin || access_default(c, permission))
		return 1;
	if (db_run(db, a, &rows, Q_ACCESS_GROUPS, u->id) < 0)
		return -1;
	for (size_t i = 0; i < rows_count(rows); i++)
		if (json_find_at(str_of(rows_text(rows, i, 0)), permission, &v) && str_eq(v, "true"))
			return 1;
	return 0;
}

/* True wins; branches and leaves that the tree lacks are added. */
static void merge(struct json_object *tree, struct json_object *more)
{
	json_object_object_foreach(more, key, v) {
		struct json_object *mine = json_get(tree, key);

		if (json_is(v, json_type_object)) {
			if (!json_is(mine, json_type_object)) {
				json_set(tree, key, json_object_new_object());
				mine = json_get(tree, key);
			}
			merge(mine, v);
		} else if (!json_has(tree, key) || json_flag(more, key, false)) {
			json_set(tree, key, json_ref(v));
		}
	}
}

const char *access_tree(struct arena *a, struct db *db, const struct config *c, const char *user_id)
{
	struct json_object *tree = config_tree(a, c, CK_USER_PERMISSIONS);
	struct rows *rows;

	if (db_run(db, a, &rows, Q_ACCESS_GROUPS, user_id) < 0)
		return NULL;
	for (size_t i = 0; i < rows_count(rows); i++) {
		struct json_object *more = json_parse_text(a, rows_text(rows, i, 0));

		if (json_is(more, json_type_object))
			merge(tree, more);
	}
	return json_print(tree);
}
