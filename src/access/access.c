#include "access/access.h"

#include "config/seed.h"
#include "db/db.h"
#include "json/scan.h"

/* Add what the tree lacks. */
static void fill(struct json_object *tree, struct json_object *defaults)
{
	json_object_object_foreach(defaults, key, v) {
		struct json_object *mine = json_get(tree, key);

		if (!json_has(tree, key))
			json_set(tree, key, json_ref(v));
		else if (json_is(v, json_type_object) && json_is(mine, json_type_object))
			fill(mine, v);
	}
}

static char *make_default_tree(const struct config *c)
{
	struct arena *a = arena_new();
	struct json_object *tree = config_tree(a, c, CK_USER_PERMISSIONS);
	char *text;

	if (!json_is(tree, json_type_object))
		tree = json_new_object(a);
	fill(tree, config_seed_value(a, &config_defs[CK_USER_PERMISSIONS]));
	text = xstrdup(json_print(tree));
	arena_free(a);
	return text;
}

struct config_derived access_default_tree(const struct config *c)
{
	return config_derive(c, CONFIG_SLOT_PERMISSIONS, make_default_tree);
}

bool access_default(const struct config *c, const char *permission)
{
	struct config_derived tree = access_default_tree(c);
	struct str v;

	return json_find_at((struct str){ tree.text, tree.len }, permission, &v) &&
	       str_eq(v, "true");
}

bool access_granted(const char *groups, const char *permission)
{
	const char *at = NULL;
	struct str tree, v;

	while (groups && json_each_item(str_of(groups), &at, &tree))
		if (json_find_at(tree, permission, &v) && str_eq(v, "true"))
			return true;
	return false;
}

int access_permitted(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		     const char *permission)
{
	struct rows *rows;

	if (u->is_admin || access_default(c, permission))
		return 1;
	if (db_run(db, a, &rows, Q_ACCESS_GROUPS, u->id) < 0)
		return -1;
	return access_granted(rows_text(rows, 0, 0), permission);
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

const char *access_tree_of(struct arena *a, const struct config *c, const char *groups)
{
	struct config_derived base = access_default_tree(c);
	struct json_object *tree, *list;

	if (text_empty(groups))
		return base.text;
	tree = json_parse(a, base.text, base.len, NULL);
	list = json_parse_text(a, groups);
	for (size_t i = 0; i < json_len(list); i++)
		if (json_is(json_item(list, i), json_type_object))
			merge(tree, json_item(list, i));
	return json_print(tree);
}

const char *access_tree_and(struct arena *a, const char *tree, const char *more)
{
	struct json_object *base = json_parse_text(a, tree), *over = json_parse_text(a, more);

	if (json_is(over, json_type_object))
		merge(base, over);
	return json_print(base);
}

const char *access_tree(struct arena *a, struct db *db, const struct config *c, const char *user_id)
{
	struct rows *rows;

	if (db_run(db, a, &rows, Q_ACCESS_GROUPS, user_id) < 0)
		return NULL;
	return access_tree_of(a, c, rows_text(rows, 0, 0));
}
