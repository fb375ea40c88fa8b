#include "scim/change.h"

#include "scim/filter.h"

static struct json_object *refuse(struct scim_fault *why, const char *detail, const char *type)
{
	*why = (struct scim_fault){ detail, type };
	return NULL;
}

/* "given family" of a name that has no written form; NULL when it says nothing. */
static const char *full_name(struct arena *a, struct json_object *name)
{
	const char *formatted = json_text(name, "formatted", "");
	const char *given = json_text(name, "givenName", ""), *family = json_text(name, "familyName", "");
	struct str both;

	if (*formatted)
		return formatted;
	if (!*given && !*family)
		return NULL;
	both = str_trim(str_of(arena_printf(a, "%s %s", given, family)));
	return arena_strndup(a, both.p, both.n);
}

static const char *first_photo(struct json_object *body)
{
	return json_text(json_item(json_get(body, "photos"), 0), "value", NULL);
}

static const char *primary_email(struct json_object *body)
{
	struct json_object *list = json_get(body, "emails");

	for (size_t i = 0; i < json_len(list); i++)
		if (json_flag(json_item(list, i), "primary", true))
			return json_text(json_item(list, i), "value", "");
	return json_text(body, "userName", "");
}

struct json_object *scim_user_new(struct arena *a, struct json_object *body)
{
	struct json_object *o = json_new_object(a);
	const char *name = full_name(a, json_get(body, "name")), *photo = first_photo(body);

	json_set_text(o, "email", primary_email(body));
	json_set_text(o, "name", name ? name : json_text(body, "displayName", ""));
	json_set_text(o, "image", photo ? photo : "/user.png");
	json_set_text(o, "role", json_flag(body, "active", true) ? "user" : "pending");
	json_set_text(o, "external_id", json_text(body, "externalId", NULL));
	return o;
}

struct json_object *scim_user_put(struct arena *a, struct json_object *body)
{
	struct json_object *o = json_new_object(a), *active = json_get(body, "active");
	const char *user_name = json_text(body, "userName", ""), *name = json_text(body, "displayName", "");
	const char *email = json_text(json_item(json_get(body, "emails"), 0), "value", NULL);
	const char *photo = first_photo(body), *external = json_text(body, "externalId", "");

	if (!*name)
		name = full_name(a, json_get(body, "name"));
	if (!email && *user_name)
		email = user_name;
	if (email)
		json_set_text(o, "email", email);
	if (name)
		json_set_text(o, "name", name);
	if (photo)
		json_set_text(o, "image", photo);
	if (active)
		json_set(o, "active", json_ref(active));
	if (*external)
		json_set_text(o, "external_id", external);
	return o;
}

/* The member of a change that an attribute of PATCH stands for; NULL: none. */
static const char *text_member(const char *path)
{
	static const struct {
		const char *path, *member;
	} known[] = {
		{ "userName", "email" }, { "emails[primary eq true].value", "email" },
		{ "displayName", "name" }, { "name.formatted", "name" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].path, path) == 0)
			return known[i].member;
	return NULL;
}

static bool patch_attribute(struct arena *a, struct json_object *out, const char *path,
			    struct json_object *value, struct scim_fault *why)
{
	const char *member = text_member(path), *wanted = NULL;

	if (strcmp(path, "active") == 0) {
		member = "active";
		wanted = json_is(value, json_type_boolean) ? NULL : "a boolean";
	} else if (strcmp(path, "externalId") == 0) {
		member = "external_id";
		wanted = !value || json_str(value) ? NULL : "a string or null";
	} else if (member) {
		wanted = json_str(value) ? NULL : "a string";
	}
	if (!member)
		refuse(why, arena_printf(a, "Unsupported PATCH path: %s", path), "invalidPath");
	else if (wanted)
		refuse(why, arena_printf(a, "%s must be %s", path, wanted), "invalidValue");
	else
		json_set(out, member, json_ref(value));
	return member && !wanted;
}

static bool patch_user(struct arena *a, struct json_object *out, struct json_object *operation,
		       struct scim_fault *why)
{
	const char *op = json_text(operation, "op", ""), *path = json_text(operation, "path", NULL);
	struct json_object *value = json_get(operation, "value");

	if (strcasecmp(op, "remove") == 0) {
		if (text_empty(path))
			return refuse(why, "Remove requires a path", "noTarget");
		if (strcmp(path, "externalId") != 0)
			return refuse(why, arena_printf(a, "Removing %s is not supported", path), "mutability");
		return patch_attribute(a, out, path, NULL, why);
	}
	if (strcasecmp(op, "add") != 0 && strcasecmp(op, "replace") != 0)
		return refuse(why, arena_printf(a, "Unsupported PATCH operation: %s", op), NULL);
	if (path)
		return patch_attribute(a, out, path, value, why);
	if (!json_is(value, json_type_object) || !json_object_object_length(value))
		return refuse(why, "A pathless operation requires an attribute object", "invalidValue");
	json_object_object_foreach(value, name, v) {
		if (!patch_attribute(a, out, name, v, why))
			return false;
	}
	return true;
}

struct json_object *scim_user_patch(struct arena *a, struct json_object *body, struct scim_fault *why)
{
	struct json_object *out = json_new_object(a), *list = json_get(body, "Operations");

	for (size_t i = 0; i < json_len(list); i++)
		if (!patch_user(a, out, json_item(list, i), why))
			return NULL;
	return out;
}

struct json_object *scim_member_ids(struct arena *a, struct json_object *members, struct scim_fault *why)
{
	struct json_object *ids = json_new_array(a);

	for (size_t i = 0; i < json_len(members); i++) {
		struct json_object *m = json_item(members, i);
		const char *type = json_text(m, "type", "User"), *id = json_text(m, "value", "");

		if (strcmp(type, "User") != 0 || strstr(json_text(m, "$ref", ""), "/Groups/"))
			return refuse(why, "Only direct User members are supported by SCIM.", "invalidValue");
		if (!*id)
			return refuse(why, "A member user ID is required.", "invalidValue");
		json_object_array_add(ids, json_object_new_string(id));
	}
	return ids;
}

static void add_op(struct json_object *ops, const char *op, struct json_object *value)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "op", op);
	json_set(o, "value", value);
	json_object_array_add(ops, o);
}

struct json_object *scim_group_put(struct arena *a, struct json_object *body, struct scim_fault *why)
{
	struct json_object *ops = json_new_array(a), *members = json_get(body, "members"), *ids;
	const char *name = json_text(body, "displayName", "");

	if (*name)
		add_op(ops, "name", json_object_new_string(name));
	if (members) {
		ids = scim_member_ids(a, members, why);
		if (!ids)
			return NULL;
		add_op(ops, "set", json_ref(ids));
	}
	return ops;
}

/* The id in `members[value eq "id"]`; NULL when the path is another one. */
static const char *filtered_member(struct arena *a, const char *path)
{
	static const char *const value_only[] = { "value", NULL };
	const char *attr, *id;
	size_t n = path ? strlen(path) : 0;

	if (!text_starts(path, "members[") || path[n - 1] != ']')
		return NULL;
	path = arena_strndup(a, path + 8, n - 9);
	return scim_filter(a, path, value_only, &attr, &id) > 0 ? id : NULL;
}

static bool patch_group(struct arena *a, struct json_object *ops, struct json_object *operation,
			struct scim_fault *why)
{
	const char *op = json_text(operation, "op", ""), *path = json_text(operation, "path", "");
	struct json_object *value = json_get(operation, "value"), *ids;
	bool add = strcasecmp(op, "add") == 0, replace = strcasecmp(op, "replace") == 0;
	const char *gone = strcasecmp(op, "remove") == 0 ? filtered_member(a, path) : NULL;

	if ((add || replace) && strcmp(path, "members") == 0) {
		if (!json_is(value, json_type_array))
			return refuse(why, "Members must be a list of users.", "invalidValue");
		ids = scim_member_ids(a, value, why);
		if (!ids)
			return false;
		add_op(ops, add ? "add" : "set", json_ref(ids));
	} else if (replace && strcmp(path, "displayName") == 0) {
		if (value && !json_str(value))
			return refuse(why, "displayName must be a string", "invalidValue");
		if (value)
			add_op(ops, "name", json_ref(value));
	} else if (gone) {
		ids = json_object_new_array();
		json_object_array_add(ids, json_object_new_string(gone));
		add_op(ops, "remove", ids);
	}
	return true;	/* what is not known is left alone */
}

struct json_object *scim_group_patch(struct arena *a, struct json_object *body, struct scim_fault *why)
{
	struct json_object *ops = json_new_array(a), *list = json_get(body, "Operations");

	for (size_t i = 0; i < json_len(list); i++)
		if (!patch_group(a, ops, json_item(list, i), why))
			return NULL;
	return ops;
}
