#include "executor/request.h"

#include "base/utf8.h"
#include "base/base64.h"
#include "executor/wire.h"

enum { DEPTH_MAX = 64, NAME_PART_MAX = 255, USER_ID_MAX = 256 };

struct check {
	struct arena *a;
	struct json_object *o;
	struct refusal *why;
};

static bool refuse(struct refusal *why, const char *error, const char *message)
{
	*why = (struct refusal){ 400, error, message };
	return false;
}

static bool invalid(const struct check *c, const char *message)
{
	return refuse(c->why, "ValidationError", message);
}

static bool too_deep(const char *s, size_t n)
{
	int depth = 0;
	bool text = false;

	for (size_t i = 0; i < n; i++) {
		if (text && s[i] == '\\')
			i++;
		else if (s[i] == '"')
			text = !text;
		else if (!text && (s[i] == '{' || s[i] == '[') && ++depth > DEPTH_MAX)
			return true;
		else if (!text && (s[i] == '}' || s[i] == ']'))
			depth--;
	}
	return false;
}

struct json_object *request_read(struct arena *a, const char *body, size_t n, struct refusal *why)
{
	struct json_object *o;

	if (!utf8_valid(body, n) || too_deep(body, n)) {
		refuse(why, "ValidationError", "the body is not valid JSON");
		return NULL;
	}
	o = json_parse(a, body, n, NULL);
	if (!json_is(o, json_type_object)) {
		refuse(why, "ValidationError", "the body is not a JSON object");
		return NULL;
	}
	return o;
}

/* A member that may be missing or null, else must have the type. */
static bool optional(const struct check *c, const char *key, enum json_type type,
		     struct json_object **out)
{
	*out = json_get(c->o, key);
	return !*out || json_is(*out, type) ||
	       invalid(c, arena_printf(c->a, "field '%s' has a wrong type", key));
}

static struct bytes bytes_of(struct json_object *text)
{
	return (struct bytes){ json_object_get_string(text),
			       (size_t)json_object_get_string_len(text) };
}

static size_t characters(struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.n; i++)
		n += ((unsigned char)b.p[i] & 0xc0) != 0x80;
	return n;
}

static bool check_code(const struct check *c, struct job *job)
{
	struct json_object *code = json_get(c->o, "code");

	if (!json_is(code, json_type_string))
		return invalid(c, "field 'code' must be a string");
	job->code = bytes_of(code);
	if (!job->code.n || characters(job->code) > CODE_MAX)
		return invalid(c, "the code must have 1 to 100000 characters");
	if (json_str_has_nul(code))
		return refuse(c->why, "InvalidInput", "the code contains a NUL");
	if (job->code.n > CODE_MAX)
		return refuse(c->why, "InvalidInput", "the code has more than 100000 bytes");
	return true;
}

static bool check_language(const struct check *c, struct job *job)
{
	struct json_object *name = json_get(c->o, "language");

	if (!json_is(name, json_type_string))
		return invalid(c, "field 'language' must be a string");
	job->language = language_find(json_object_get_string(name),
				      (size_t)json_object_get_string_len(name));
	if (!job->language)
		return refuse(c->why, "InvalidInput",
			      arena_printf(c->a, "unknown language: %.64s",
					   json_object_get_string(name)));
	if (!job->language->enabled)
		return refuse(c->why, "LanguageNotSupported",
			      arena_printf(c->a, "%s is switched off", job->language->name));
	if (!job->language->works)
		return refuse(c->why, "LanguageNotSupported",
			      arena_printf(c->a, "%s has no runtime on this machine",
					   job->language->name));
	return true;
}

static bool check_limits(const struct check *c, const struct settings *s, struct job *job)
{
	struct json_object *timeout, *memory;

	if (!optional(c, "timeout", json_type_int, &timeout) ||
	    !optional(c, "memory_mb", json_type_int, &memory))
		return false;
	job->timeout_s = s->max_time < 60 ? s->max_time : 60;
	job->memory_mb = s->max_memory_mb;
	if (timeout) {
		int64_t v = json_object_get_int64(timeout);

		if (v < 1 || v > 300)
			return invalid(c, "the timeout must be 1 to 300 seconds");
		if (v > s->max_time)
			return refuse(c->why, "ResourceLimitExceeded",
				      arena_printf(c->a, "the timeout is above %d seconds",
						   s->max_time));
		job->timeout_s = (int)v;
	}
	if (memory) {
		int64_t v = json_object_get_int64(memory);

		if (v < 16)
			return invalid(c, "memory_mb must be at least 16");
		if (v > s->max_memory_mb)
			return refuse(c->why, "ResourceLimitExceeded",
				      arena_printf(c->a, "memory_mb is above %d",
						   s->max_memory_mb));
		job->memory_mb = (int)v;
	}
	return true;
}

static bool check_args(const struct check *c, struct job *job)
{
	struct json_object *list;

	if (!optional(c, "args", json_type_array, &list))
		return false;
	job->nargs = json_len(list);
	if (job->nargs > ARGUMENTS_MAX)
		return invalid(c, "too many arguments");
	job->args = arena_calloc(c->a, job->nargs + 1, sizeof(*job->args));
	for (size_t i = 0; i < job->nargs; i++) {
		struct json_object *v = json_item(list, i);

		if (!json_is(v, json_type_string) || json_str_has_nul(v))
			return invalid(c, "'args' must be a list of strings without NUL");
		job->args[i] = json_object_get_string(v);
	}
	return true;
}

static bool key_valid(struct json_object *key)
{
	const char *s = json_str(key);

	if (text_empty(s) || json_str_has_nul(key) || (*s >= '0' && *s <= '9'))
		return false;
	for (; *s; s++)
		if (!((*s | 32) >= 'a' && (*s | 32) <= 'z') && !(*s >= '0' && *s <= '9') &&
		    *s != '_')
			return false;
	return true;
}

static bool check_env(const struct check *c, struct job *job)
{
	struct json_object *list;

	if (!optional(c, "env_vars", json_type_array, &list))
		return false;
	job->nenv = json_len(list);
	if (job->nenv > VARIABLES_MAX)
		return invalid(c, "too many environment variables");
	job->env = arena_calloc(c->a, job->nenv + 1, sizeof(*job->env));
	for (size_t i = 0; i < job->nenv; i++) {
		struct json_object *key = json_get(json_item(list, i), "key");
		struct json_object *value = json_get(json_item(list, i), "value");

		if (!json_is(key, json_type_string) || !json_is(value, json_type_string))
			return invalid(c, "'env_vars' must be a list of {key, value} strings");
		if (!key_valid(key) || json_str_has_nul(value))
			return refuse(c->why, "InvalidInput", "an environment variable is not valid");
		if (text_starts(json_str(key), "LD_") || text_eq(json_str(key), "GCONV_PATH"))
			return refuse(c->why, "InvalidInput", "this environment variable is refused");
		job->env[i] = (struct variable){ json_str(key), json_str(value) };
	}
	return true;
}

/* Relative, of parts that are neither empty nor dots, each short enough, not too many. */
static bool name_valid(const char *name)
{
	struct str rest = str_of(name);
	int parts = 0;

	if (!rest.n)
		return false;
	while (rest.p) {
		struct str part = str_split(&rest, '/');

		if (!part.n || part.n > NAME_PART_MAX || str_eq(part, ".") || str_eq(part, "..") ||
		    ++parts > PATH_DEPTH_MAX)
			return false;
	}
	return true;
}

/* A name twice, or once as a file and once as a folder. */
static bool name_taken(const struct job *job, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const char *a = job->files[i].name, *b = name;

		while (*a && *a == *b) {
			a++;
			b++;
		}
		if ((!*a && (!*b || *b == '/')) || (!*b && *a == '/'))
			return true;
	}
	return false;
}

static bool check_file(const struct check *c, struct job *job, size_t i, struct json_object *f)
{
	struct json_object *name = json_get(f, "name"), *content = json_get(f, "content");
	struct json_object *binary = json_get(f, "is_binary");
	struct input_file *out = &job->files[i];

	if (!json_is(name, json_type_string) || !json_is(content, json_type_string) ||
	    (binary && !json_is(binary, json_type_boolean)))
		return invalid(c, "'files' must be a list of {name, content, is_binary}");
	out->name = json_str(name);
	if (json_str_has_nul(name) || !name_valid(out->name) || name_taken(job, i, out->name) ||
	    text_eq(out->name, job->language->script))
		return refuse(c->why, "InvalidInput", "a file name is not valid");
	out->content = bytes_of(content);
	if (!json_object_get_boolean(binary))
		return true;
	out->content.p = base64_decode(c->a, out->content.p, out->content.n, &out->content.n);
	return out->content.p || refuse(c->why, "InvalidInput", "a file is not valid base64");
}

static bool check_files(const struct check *c, struct job *job)
{
	struct json_object *list;

	if (!optional(c, "files", json_type_array, &list))
		return false;
	job->nfiles = json_len(list);
	if (job->nfiles > FILES_MAX)
		return invalid(c, "too many files");
	job->files = arena_calloc(c->a, job->nfiles + 1, sizeof(*job->files));
	for (size_t i = 0; i < job->nfiles; i++)
		if (!check_file(c, job, i, json_item(list, i)))
			return false;
	return true;
}

static bool check_rest(const struct check *c, struct job *job)
{
	struct json_object *input, *user, *id, *back, *capture;

	if (!optional(c, "stdin", json_type_string, &input) ||
	    !optional(c, "user_id", json_type_string, &user) ||
	    !optional(c, "request_id", json_type_string, &id) ||
	    !optional(c, "return_files", json_type_boolean, &back) ||
	    !optional(c, "capture_result", json_type_boolean, &capture))
		return false;
	if ((user && json_object_get_string_len(user) > USER_ID_MAX) ||
	    (id && json_object_get_string_len(id) > USER_ID_MAX))
		return invalid(c, "an id is too long");
	job->has_input = input != NULL;
	if (input)
		job->input = bytes_of(input);
	job->user_id = json_str(user);
	job->request_id = json_str(id);
	job->return_files = json_object_get_boolean(back);
	job->capture_result = json_object_get_boolean(capture);
	return true;
}

bool request_check(struct arena *a, const struct settings *s, struct json_object *o,
		   struct job *job, struct refusal *why)
{
	struct check c = { a, o, why };

	memset(job, 0, sizeof(*job));
	return check_code(&c, job) && check_language(&c, job) && check_limits(&c, s, job) &&
	       check_args(&c, job) && check_env(&c, job) && check_files(&c, job) &&
	       check_rest(&c, job);
}
