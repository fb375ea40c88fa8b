#ifndef OW_EXECUTOR_REQUEST_H
#define OW_EXECUTOR_REQUEST_H

/* request - the body of POST /api/v1/execute, checked field by field. */

#include "executor/languages.h"
#include "executor/settings.h"
#include "json/json.h"

enum { CODE_MAX = 100000, ARGUMENTS_MAX = 256, VARIABLES_MAX = 256, FILES_MAX = 256 };

struct bytes {
	const char *p;
	size_t n;
};

struct variable {
	const char *key, *value;
};

struct input_file {
	const char *name;
	struct bytes content;
};

/* A checked request; everything lives in the arena it was parsed into. */
struct job {
	struct language *language;
	struct bytes code, input;
	bool has_input, return_files, capture_result;
	int timeout_s, memory_mb;
	const char **args;
	struct variable *env;
	struct input_file *files;
	size_t nargs, nenv, nfiles;
	const char *user_id, *request_id;	/* NULL when not given */
};

struct refusal {
	int http;
	const char *error, *message;
};

/* The body as a JSON object, or NULL with *why filled. */
struct json_object *request_read(struct arena *a, const char *body, size_t n, struct refusal *why);

/* Check all fields; false with *why filled. */
bool request_check(struct arena *a, const struct settings *s, struct json_object *o,
		   struct job *job, struct refusal *why);

#endif
