#include "access/grants.h"

#include "base/map.h"

/* The permissions that a kind of resource takes to share it at all, with everybody who has an account,
 * and with everybody; NULL in `share` takes none, in the others the audience is not possible. */
static const struct policy {
	const char *type, *share, *everybody, *anyone;
} policies[] = {
	{ "model", "sharing.models", "sharing.public_models", NULL },
	{ "knowledge", "sharing.knowledge", "sharing.public_knowledge", NULL },
	{ "prompt", "sharing.prompts", "sharing.public_prompts", NULL },
	{ "tool", "sharing.tools", "sharing.public_tools", NULL },
	{ "skill", "sharing.skills", "sharing.public_skills", NULL },
	{ "note", "sharing.notes", "sharing.public_notes", NULL },
	{ "folder", "sharing.folders", NULL, NULL },
	{ "channel", NULL, "sharing.public_channels", NULL },
	{ "calendar", NULL, "sharing.public_calendars", NULL },
	{ "shared_chat", NULL, "sharing.public_chats", "sharing.open_chats" },
};

enum audience { NOBODY, ANYONE, EVERYBODY, ONE_USER, GROUP, AUDIENCES };

static const struct policy *find_policy(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (text_eq(policies[i].type, type))
			return &policies[i];
	return NULL;
}

static enum audience audience_of(struct json_object *grant)
{
	const char *type = json_text(grant, "principal_type", "");
	const char *id = json_text(grant, "principal_id", "");
	const char *what = json_text(grant, "permission", "");

	if (!*id || (!text_eq(what, "read") && !text_eq(what, "write")))
		return NOBODY;
	if (text_eq(type, "anyone"))
		return text_eq(id, "*") && text_eq(what, "read") ? ANYONE : NOBODY;
	if (text_eq(type, "user"))
		return text_eq(id, "*") ? EVERYBODY : ONE_USER;
	return text_eq(type, "group") ? GROUP : NOBODY;
}

/* Which audiences may the account name?  -1: PostgreSQL failed. */
static int read_rights(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		       const struct policy *p, int *rights)
{
	const char *needed[AUDIENCES] = { NULL, p->anyone, p->everybody, "access_grants.allow_users",
					  "access_grants.allow_groups" };
	int may_share = p->share && !u->is_admin ? access_permitted(a, db, c, u, p->share) : 1;

	for (int i = ANYONE; i < AUDIENCES && may_share >= 0; i++) {
		rights[i] = may_share && needed[i] && access_permitted(a, db, c, u, needed[i]) > 0;
		if (u->is_admin)
			rights[i] = needed[i] != NULL;
	}
	return may_share < 0 ? -1 : 0;
}

int grants_sort(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		const char *type, struct json_object *list, struct grants *out)
{
	const struct policy *p = find_policy(type);
	int rights[AUDIENCES] = { 0 };
	struct json_object *kept = json_new_array(a);
	struct map *seen;

	if (!p || json_len(list) > GRANTS_MAX)
		return 0;
	*out = (struct grants){ "[]", false };
	if (json_len(list) && read_rights(a, db, c, u, p, rights) < 0)
		return -1;
	seen = map_new();
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *grant = json_item(list, i), *copy;
		enum audience who = audience_of(grant);
		const char *key;

		if (who == NOBODY)
			continue;
		if (!rights[who]) {
			out->refused = true;
			continue;
		}
		key = arena_printf(a, "%s/%s/%s", json_text(grant, "principal_type", ""),
				   json_text(grant, "permission", ""), json_text(grant, "principal_id", ""));
		if (map_set(seen, key, grant))
			continue;
		copy = json_object_new_object();
		json_set_text(copy, "principal_type", json_text(grant, "principal_type", ""));
		json_set_text(copy, "principal_id", json_text(grant, "principal_id", ""));
		json_set_text(copy, "permission", json_text(grant, "permission", ""));
		json_object_array_add(kept, copy);
	}
	map_free(seen, NULL);
	out->allowed = arena_strdup(a, json_print(kept));
	return 1;
}
