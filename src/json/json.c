#include "json/json.h"
#include "json/fault.h"

enum { PRINT = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };

static void put_cb(void *p)
{
	json_object_put(p);
}

struct json_object *json_own(struct arena *a, struct json_object *o)
{
	if (o)
		arena_defer(a, put_cb, o);
	return o;
}

struct json_object *json_new_object(struct arena *a)
{
	return json_own(a, json_object_new_object());
}

struct json_object *json_new_array(struct arena *a)
{
	return json_own(a, json_object_new_array());
}

/* json-c writes a double with the text that it was made with. */
struct json_object *json_new_raw(const char *text)
{
	return json_object_new_double_s(0, text);
}

struct json_object *json_opened(struct arena *a, struct json_object *o)
{
	const char *text = json_is(o, json_type_double) ? json_print(o) : "";

	return *text == '{' || *text == '[' ? json_parse_text(a, text) : o;
}

/* json-c takes control characters in strings and names in apostrophes; RFC 8259 does not. */
static bool is_lax(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == '\'')
			return json_fault_at(s, n) != SIZE_MAX;
	return false;
}

static bool only_space(const char *s, size_t n)
{
	return str_trim((struct str){ s, n }).n == 0;
}

struct json_object *json_parse_at(struct arena *a, const char *s, size_t n, const char **err,
				  size_t *at)
{
	struct json_tokener *t;
	struct json_object *o = NULL;
	enum json_tokener_error e = json_tokener_error_size;
	size_t end = 0;

	if (n < INT32_MAX) {
		t = json_tokener_new_ex(JSON_MAX_DEPTH);
		if (!t)
			abort();
		json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		o = json_tokener_parse_ex(t, s, (int)n);
		e = json_tokener_get_error(t);
		if (e == json_tokener_continue && !o) {	/* a bare number has no end of its own */
			o = json_tokener_parse_ex(t, "\n", 1);
			e = json_tokener_get_error(t);
			end = n;
		} else {
			end = json_tokener_get_parse_end(t);
		}
		json_tokener_free(t);
	}
	json_own(a, o);
	if (err)
		*err = NULL;
	if (e == json_tokener_success && only_space(s + end, n - end) && !is_lax(s, n))
		return o;
	if (err)
		*err = e == json_tokener_success ? "Extra data" : json_tokener_error_desc(e);
	if (at) {
		*at = json_fault_at(s, n);
		if (*at == SIZE_MAX)
			*at = 0;
	}
	return NULL;
}

struct json_object *json_parse(struct arena *a, const char *s, size_t n, const char **err)
{
	return json_parse_at(a, s, n, err, NULL);
}

struct json_object *json_parse_text(struct arena *a, const char *s)
{
	return s ? json_parse(a, s, strlen(s), NULL) : NULL;
}

struct json_object *json_get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (json_is(o, json_type_object))
		json_object_object_get_ex(o, key, &v);
	return v;
}

bool json_has(struct json_object *o, const char *key)
{
	return json_is(o, json_type_object) && json_object_object_get_ex(o, key, NULL);
}

struct json_object *json_at(struct json_object *o, const char *path)
{
	struct str rest = str_of(path);

	while (o && rest.p) {
		struct str part = str_split(&rest, '.');
		char key[128];
		int64_t i;

		if (json_is(o, json_type_array)) {
			o = str_to_i64(part, 0, INT32_MAX, &i) ? json_item(o, (size_t)i) : NULL;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)part.n, part.p);
		o = json_get(o, key);
	}
	return o;
}

const char *json_str(struct json_object *o)
{
	return json_is(o, json_type_string) ? json_object_get_string(o) : NULL;
}

bool json_str_has_nul(struct json_object *o)
{
	return json_is(o, json_type_string) &&
	       strlen(json_object_get_string(o)) != (size_t)json_object_get_string_len(o);
}

const char *json_text(struct json_object *o, const char *key, const char *def)
{
	const char *s = json_str(json_get(o, key));

	return s ? s : def;
}

int64_t json_i64(struct json_object *o, const char *key, int64_t def)
{
	struct json_object *v = json_get(o, key);

	if (json_is(v, json_type_int) || json_is(v, json_type_double))
		return json_object_get_int64(v);
	return def;
}

bool json_flag(struct json_object *o, const char *key, bool def)
{
	struct json_object *v = json_get(o, key);

	return json_is(v, json_type_boolean) ? json_object_get_boolean(v) : def;
}

bool json_is(struct json_object *o, enum json_type type)
{
	return o && json_object_is_type(o, type);
}

size_t json_len(struct json_object *array)
{
	return json_is(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_item(struct json_object *array, size_t i)
{
	return i < json_len(array) ? json_object_array_get_idx(array, i) : NULL;
}

struct lh_entry *json_first(struct json_object *o)
{
	struct lh_table *members = json_is(o, json_type_object) ? json_object_get_object(o) : NULL;

	return members ? lh_table_head(members) : NULL;
}

#undef json_object_object_length
int json_members(struct json_object *o)
{
	return json_is(o, json_type_object) ? json_object_object_length(o) : 0;
}

#undef json_object_array_add
void json_push(struct json_object *list, struct json_object *v)
{
	if (!json_is(list, json_type_array))
		json_object_put(v);
	else if (json_object_array_add(list, v) != 0)
		abort();
}

void json_set(struct json_object *o, const char *key, struct json_object *v)
{
	if (!json_is(o, json_type_object))
		json_object_put(v);
	else if (json_object_object_add(o, key, v) != 0)
		abort();
}

void json_set_text(struct json_object *o, const char *key, const char *v)
{
	json_set(o, key, v ? json_object_new_string(v) : NULL);
}

void json_set_i64(struct json_object *o, const char *key, int64_t v)
{
	json_set(o, key, json_object_new_int64(v));
}

void json_set_bool(struct json_object *o, const char *key, bool v)
{
	json_set(o, key, json_object_new_boolean(v));
}

void json_del(struct json_object *o, const char *key)
{
	if (json_is(o, json_type_object))
		json_object_object_del(o, key);
}

struct json_object *json_ref(struct json_object *v)
{
	return json_object_get(v);
}

struct json_object *json_copy(struct arena *a, struct json_object *v)
{
	struct json_object *copy = NULL;

	if (v && json_object_deep_copy(v, &copy, NULL) != 0)
		abort();
	return json_own(a, copy);
}

const char *json_print(struct json_object *o)
{
	return o ? json_object_to_json_string_ext(o, PRINT) : "null";
}

void json_write(struct buf *b, struct json_object *o)
{
	size_t n = 4;
	const char *s = o ? json_object_to_json_string_length(o, PRINT, &n) : "null";

	buf_add(b, s, n);
}

/* The value of the \uXXXX escape at s (which points at the backslash), or -1. */
static int escape_value(const char *s, const char *end)
{
	int v = 0;

	if (end - s < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digits = "0123456789abcdef";
		const char *at = s[i] ? strchr(digits, s[i] | 32) : NULL;

		if (!at)
			return -1;
		v = v * 16 + (int)(at - digits);
	}
	return v;
}

/* Length of an escape that text columns cannot hold, at the backslash s; else 0. */
static size_t bad_escape(const char *s, const char *end)
{
	int v = escape_value(s, end);

	if (v == 0 || (v >= 0xdc00 && v <= 0xdfff))
		return 6;
	if (v >= 0xd800 && v <= 0xdbff) {
		int low = escape_value(s + 6, end);

		return low >= 0xdc00 && low <= 0xdfff ? 0 : 6;
	}
	return 0;
}

static size_t good_escape(const char *s, const char *end)
{
	int v = escape_value(s, end);

	if (v >= 0xd800 && v <= 0xdbff)
		return 12;
	return end - s < 2 ? 1 : 2;
}

/* Is there a bad escape, or one that is not NUL? */
static bool has_bad(const char *s, size_t n, bool nul_too)
{
	const char *end = s + n;

	while (s < end && (s = memchr(s, '\\', (size_t)(end - s)))) {
		size_t bad = bad_escape(s, end);

		if (bad && (nul_too || escape_value(s, end)))
			return true;
		s += bad ? bad : good_escape(s, end);
	}
	return false;
}

bool json_has_nul(const char *s, size_t n)
{
	return has_bad(s, n, true);
}

bool json_has_half(const char *s, size_t n)
{
	return has_bad(s, n, false);
}

const char *json_strip_nul(struct arena *a, const char *s, size_t n)
{
	const char *end = s + n;
	struct buf *out;

	if (!json_has_nul(s, n))
		return s;
	out = buf_in(a, n + 1);
	while (s < end) {
		const char *at = memchr(s, '\\', (size_t)(end - s));
		size_t bad;

		if (!at)
			at = end;
		buf_add(out, s, (size_t)(at - s));
		s = at;
		if (s == end)
			break;
		bad = bad_escape(s, end);
		if (!bad) {
			buf_add(out, s, good_escape(s, end));
			s += good_escape(s, end);
		}
		s += bad;
	}
	return buf_text(out);
}
