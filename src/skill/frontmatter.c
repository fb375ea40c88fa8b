#include "json/yaml.h"
#include "skill/package.h"

/* The block between two lines of three dashes, the first of which begins the text. */
static bool find_block(const char *text, struct str *block)
{
	struct str rest = str_of(text), line;
	const char *start;

	line = str_split(&rest, '\n');
	if (!rest.p || !str_starts(line, "---") || str_trim((struct str){ line.p + 3, line.n - 3 }).n)
		return false;
	start = rest.p;
	while (rest.p) {
		line = str_split(&rest, '\n');
		if (line.p > start && str_starts(line, "---") &&
		    !str_trim((struct str){ line.p + 3, line.n - 3 }).n) {
			*block = (struct str){ start, (size_t)(line.p - start) };
			return true;
		}
	}
	return false;
}

/* A scalar as a text. */
static const char *text_of(struct json_object *v)
{
	if (!v || json_is(v, json_type_object) || json_is(v, json_type_array))
		return NULL;
	return json_object_get_string(v);
}

void skill_frontmatter(struct arena *a, const char *text, const char **name, const char **description)
{
	struct json_object *o;
	struct str block;

	*name = *description = NULL;
	if (!find_block(text, &block))
		return;
	o = yaml_parse(a, block.p, block.n, NULL);
	*name = text_of(json_get(o, "name"));
	*description = text_of(json_get(o, "description"));
}
