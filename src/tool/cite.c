#include "tool/cite.h"

#include "tool/builtin.h"

static struct json_object *new_source(const char *id, const char *name)
{
	struct json_object *o = json_object_new_object(), *source = json_object_new_object();

	json_set_text(source, "id", id);
	json_set_text(source, "name", name);
	json_set_text(source, "type", "file");
	json_set(o, "source", source);
	json_set(o, "document", json_object_new_array());
	json_set(o, "metadata", json_object_new_array());
	return o;
}

static void add_text(struct json_object *source, struct json_object *from, const char *id, const char *name)
{
	struct json_object *meta = json_object_new_object();

	json_object_array_add(json_get(source, "document"), json_object_new_string(json_text(from, "content", "")));
	json_set_text(meta, "file_id", id);
	json_set_text(meta, "name", name);
	json_set_text(meta, "source", name);
	if (json_text(from, "knowledge_name", NULL))
		json_set_text(meta, "knowledge_name", json_text(from, "knowledge_name", ""));
	json_object_array_add(json_get(source, "metadata"), meta);
}

static struct json_object *source_of(struct json_object *list, const char *id)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_text(json_get(json_item(list, i), "source"), "id", NULL), id))
			return json_item(list, i);
	return NULL;
}

/* Passages of one file are one source. */
static void add(struct json_object *list, struct json_object *from)
{
	const char *id = json_text(from, "file_id", json_text(from, "id", ""));
	const char *name = json_text(from, "source", json_text(from, "filename", "Unknown"));
	struct json_object *source = source_of(list, id), *distance = json_get(from, "distance");

	if (!source) {
		source = new_source(id, name);
		json_object_array_add(list, source);
	}
	add_text(source, from, id, name);
	if (!distance)
		return;
	if (!json_get(source, "distances"))
		json_set(source, "distances", json_object_new_array());
	json_object_array_add(json_get(source, "distances"), json_ref(distance));
}

void cite(struct toolbox *b, struct tool *t, struct tool_result *out)
{
	struct json_object *v;

	if (out->failed || (!builtin_is(t, "query_knowledge_files") && !builtin_is(t, "view_knowledge_file")))
		return;
	v = json_parse_text(b->arena, out->text);
	out->sources = json_new_array(b->arena);
	if (json_is(v, json_type_object))
		add(out->sources, v);
	for (size_t i = 0; json_is(v, json_type_array) && i < json_len(v); i++)
		add(out->sources, json_item(v, i));
}
