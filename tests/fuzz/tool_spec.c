/*
 * tool_spec - libFuzzer target: the description of a tool server, in YAML or JSON, as a hostile server sends it,
 * and a call of each of the tools that it offers.
 */

#include "json/yaml.h"
#include "tool/openapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_call(struct arena *a, struct json_object *tool)
{
	struct json_object *args = json_parse_text(a, "{\"id\":\"../x y\",\"limit\":[1,{\"a\":null}],\"body\":{}}");
	struct openapi_request req;
	const char *why;

	if (openapi_request(a, "http://server/base", tool, args, &req, &why) &&
	    (!req.method || !text_starts(req.url, "http://server/") || strpbrk(req.url, " \r\n")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, size), *why = NULL;
	struct json_object *doc = yaml_parse(a, text, size, &why), *spec, *tools;

	if (!doc && !why)
		abort();
	spec = doc ? openapi_digest(a, doc, &why) : NULL;
	tools = json_get(spec, "tools");
	for (size_t i = 0; i < json_len(tools); i++)
		try_call(a, json_item(tools, i));
	arena_free(a);
	return 0;
}
