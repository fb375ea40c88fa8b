#ifndef OW_TOOL_OPENAPI_H
#define OW_TOOL_OPENAPI_H

/*
 * openapi - what an OpenAPI description offers as tools, and how a call of one becomes an HTTP request.
 *
 * A description is digested once, into a small object that can be kept:
 *
 *	{ "title", "description",
 *	  "tools": [{ "name", "description", "parameters",		what the model sees
 *		      "method", "path",					"post", "/users/{id}"
 *		      "in": [{ "name", "in", "required" }],		parameters outside of the body
 *		      "body": bool, "members": [name …] }] }		members of the body; [] : all arguments
 *
 * Descriptions are not to be trusted: references are followed inside the document only, a cycle ends in
 * an empty schema, and all limits below hold.
 * Source: OpenAPI 3.0 and 3.1; answers of the reference.
 */

#include "tool/tool.h"

enum {
	OPENAPI_MAX_TOOLS = TOOLS_MAX,
	OPENAPI_MAX_NODES = 100000,	/* schema nodes of a digest, references resolved */
	OPENAPI_MAX_DEPTH = 64,
	OPENAPI_MAX_URL = 16 * 1024,	/* bytes of an address with its arguments */
};

/* NULL with a text in *err when it is no description. */
struct json_object *openapi_digest(struct arena *a, struct json_object *doc, const char **err);

/* A schema as providers take it: no null alternatives, no null defaults, every property with a type. */
void openapi_clean(struct json_object *schema);

struct openapi_request {
	const char *method;		/* upper case */
	const char *url;
	const char *body;		/* JSON text; NULL: none */
};

/* The request for a call of `tool` (an item of "tools") on the server at `base`; false with a text in *err. */
bool openapi_request(struct arena *a, const char *base, struct json_object *tool, struct json_object *args,
		     struct openapi_request *out, const char **err);

#endif
