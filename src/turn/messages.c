#include "turn/messages.h"

static bool has_role(struct json_object *m, const char *role)
{
	return text_eq(json_text(m, "role", NULL), role);
}

static bool is_text_part(struct json_object *part)
{
	return text_eq(json_text(part, "type", NULL), "text");
}

static bool fits(struct json_object *m)
{
	struct json_object *content = json_get(m, "content");

	return json_has(m, "role") && (!content || json_str(content) || json_is(content, json_type_array));
}

bool messages_fit(struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (!fits(json_item(list, i)))
			return false;
	return json_is(list, json_type_array) || (json_is(list, json_type_object) && !json_members(list));
}

struct json_object *messages_system(struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (has_role(json_item(list, i), "system"))
			return json_item(list, i);
	return NULL;
}

struct json_object *messages_last(struct json_object *list, const char *role)
{
	for (size_t i = json_len(list); i-- > 0;)
		if (has_role(json_item(list, i), role))
			return json_item(list, i);
	return NULL;
}

const char *messages_text(struct json_object *m)
{
	struct json_object *content = json_get(m, "content");

	for (size_t i = 0; i < json_len(content); i++)
		if (is_text_part(json_item(content, i)))
			return json_text(json_item(content, i), "text", NULL);
	return json_str(content);
}

void messages_set_text(struct json_object *m, const char *text)
{
	struct json_object *content = json_get(m, "content");

	if (!json_is(content, json_type_array)) {
		json_set_text(m, "content", text);
		return;
	}
	for (size_t i = 0; i < json_len(content); i++)
		if (is_text_part(json_item(content, i))) {
			json_set_text(json_item(content, i), "text", text);
			return;
		}
}

static void join(struct arena *a, struct json_object *o, const char *key, const char *line, bool behind)
{
	const char *old = json_text(o, key, "");

	json_set_text(o, key, behind ? arena_printf(a, "%s\n%s", old, line)
				     : arena_printf(a, "%s\n%s", line, old));
}

void messages_join(struct arena *a, struct json_object *m, const char *line, bool behind)
{
	struct json_object *content = json_get(m, "content");

	if (!json_is(content, json_type_array)) {
		join(a, m, "content", line, behind);
		return;
	}
	for (size_t i = 0; i < json_len(content); i++)
		if (is_text_part(json_item(content, i)))
			join(a, json_item(content, i), "text", line, behind);
}

struct json_object *messages_push(struct json_object *list, const char *role, const char *content)
{
	struct json_object *m = json_object_new_object();

	json_set_text(m, "role", role);
	json_set_text(m, "content", content);
	json_object_array_add(list, m);
	return m;
}

void messages_insert(struct json_object *list, size_t at, struct json_object *m)
{
	json_object_array_add(list, NULL);
	for (size_t i = json_len(list) - 1; i > at; i--)
		json_object_array_put_idx(list, i, json_ref(json_item(list, i - 1)));
	json_object_array_put_idx(list, at, m);
}

void messages_add_system(struct arena *a, struct json_object *list, const char *line, bool behind)
{
	struct json_object *m = json_item(list, 0);

	if (has_role(m, "system")) {
		messages_join(a, m, line, behind);
		return;
	}
	m = json_object_new_object();
	json_set_text(m, "role", "system");
	json_set_text(m, "content", line);
	messages_insert(list, 0, m);
}

void messages_add_user(struct arena *a, struct json_object *list, const char *line, bool behind)
{
	struct json_object *m = json_len(list) ? json_item(list, json_len(list) - 1) : NULL;

	if (has_role(m, "user"))
		messages_join(a, m, line, behind);
	else
		messages_push(list, "user", line);
}
