#include "note/note.h"

#include "json/scan.h"
#include "realtime/publish.h"

enum { LEAVE_ONE_BY_ONE = 1000 };

/* A value as the text that a person would read. */
static struct json_object *as_text(struct arena *a, struct json_object *v)
{
	if (json_is(v, json_type_boolean))
		return json_object_new_string(json_object_get_boolean(v) ? "True" : "False");
	if (json_is(v, json_type_object) || json_is(v, json_type_array))
		return json_object_new_string(arena_printf(a, "```json\n%s\n```",
			json_object_to_json_string_ext(v, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						       JSON_C_TO_STRING_NOSLASHESCAPE)));
	return json_object_new_string(v ? json_object_get_string(v) : "");
}

static void clean_content(struct arena *a, struct json_object *content)
{
	if (json_is(content, json_type_object) && json_has(content, "md") &&
	    !json_is(json_get(content, "md"), json_type_string))
		json_set(content, "md", as_text(a, json_get(content, "md")));
}

static void bound_versions(struct json_object *versions)
{
	size_t n = json_is(versions, json_type_array) ? json_len(versions) : 0;

	if (n > NOTE_VERSIONS_MAX)
		json_object_array_del_idx(versions, 0, n - NOTE_VERSIONS_MAX);
}

void note_clean(struct arena *a, struct json_object *form)
{
	struct json_object *data = json_get(form, "data");

	if (!data)
		return;
	if (json_is(data, json_type_object)) {
		clean_content(a, json_get(data, "content"));
		bound_versions(json_get(data, "versions"));
		return;
	}
	struct json_object *whole = json_object_new_object(), *content = json_object_new_object();

	json_set(content, "md", json_is(data, json_type_array) ? json_object_new_string(json_object_to_json_string(data))
							       : as_text(a, data));
	json_set(whole, "content", content);
	json_set(form, "data", whole);
}

const char *note_system_prompt(struct arena *a, const char *id)
{
	return arena_printf(a, "This conversation stands beside the note with the id %s. When you are asked to "
			    "change the note in any way, read it with view_note first and store the complete new "
			    "text with replace_note_content. Say that the note was changed only after that call "
			    "has succeeded.", id);
}

void note_announce(struct arena *a, const char *id, const char *event)
{
	publish_event(a, arena_printf(a, "note:%s", id), "events:note", event, NULL);
}

void note_leave(struct arena *a, const char *id, const char *users)
{
	const char *rooms[] = { arena_printf(a, "note:%s", id), arena_printf(a, "doc_note:%s", id) };
	struct json_object *list = users ? json_parse_text(a, users) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		if (!users || json_len(list) > LEAVE_ONE_BY_ONE)
			publish_leave(a, rooms[i], rooms[i]);
		for (size_t k = 0; users && k < json_len(list) && k < LEAVE_ONE_BY_ONE; k++)
			publish_leave(a, arena_printf(a, "user:%s", json_str(json_item(list, k))), rooms[i]);
	}
}
