#include "json/plain.h"

#include "base/utf8.h"
#include "json/scan.h"

struct reader {
	const unsigned char *p, *end;
	bool high;		/* bytes beyond ASCII were seen */
};

static const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;

/* Does one of eight bytes end a run of ordinary characters: a quote, a backslash, a control? */
static bool special(uint64_t w)
{
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

	return ((w - ones * 0x20) | (quote - ones) | (slash - ones)) & ~w & highs;
}

static bool escape(struct reader *r)
{
	if (r->p >= r->end)
		return false;
	if (*r->p == 'u') {
		for (int i = 1; i <= 4; i++)
			if (r->end - r->p <= i || !strchr("0123456789abcdefABCDEF", r->p[i]) || !r->p[i])
				return false;
		r->p += 5;
		return true;
	}
	return *r->p && strchr("\"\\/bfnrt", *r->p++) != NULL;
}

/* r->p stands behind the opening quote; *escaped (may be NULL) tells of any escape. */
static bool string(struct reader *r, bool *escaped)
{
	for (;;) {
		uint64_t w;

		while (r->end - r->p >= 8) {
			memcpy(&w, r->p, 8);
			if (special(w))
				break;
			r->high = r->high || (w & highs);
			r->p += 8;
		}
		if (r->p >= r->end || *r->p < 0x20)
			return false;
		if (*r->p == '"') {
			r->p++;
			return true;
		}
		if (*r->p == '\\') {
			r->p++;
			if (escaped)
				*escaped = true;
			if (!escape(r))
				return false;
			continue;
		}
		r->high = r->high || *r->p >= 0x80;
		r->p++;
	}
}

static void space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
}

static bool digits(struct reader *r)
{
	const unsigned char *start = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static bool number(struct reader *r)
{
	if (*r->p == '-')
		r->p++;
	if (r->p < r->end && *r->p == '0')
		r->p++;
	else if (!digits(r))
		return false;
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!digits(r))
			return false;
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		return digits(r);
	}
	return true;
}

static bool word(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool scalar(struct reader *r)
{
	if (r->p >= r->end)
		return false;
	switch (*r->p) {
	case '"':
		r->p++;
		return string(r, NULL);
	case 't':
		return word(r, "true");
	case 'f':
		return word(r, "false");
	case 'n':
		return word(r, "null");
	default:
		return number(r);
	}
}

static bool key(struct reader *r)
{
	bool escaped = false;

	space(r);
	if (r->p >= r->end || *r->p++ != '"' || !string(r, &escaped) || escaped)
		return false;
	space(r);
	return r->p < r->end && *r->p++ == ':';
}

/* One value with all that is in it; containers are kept on a stack of bits, not of calls. */
static bool value(struct reader *r)
{
	bool object[JSON_MAX_DEPTH];
	int depth = 0;

	for (;;) {
		space(r);
		if (r->p < r->end && (*r->p == '{' || *r->p == '[')) {
			bool is_object = *r->p++ == '{';

			if (depth == JSON_MAX_DEPTH)
				return false;
			object[depth++] = is_object;
			space(r);
			if (r->p < r->end && *r->p == (is_object ? '}' : ']')) {
				r->p++;
				depth--;
			} else if (is_object && !key(r)) {
				return false;
			} else {
				continue;
			}
		} else if (!scalar(r)) {
			return false;
		}
		for (;;) {		/* behind a value */
			space(r);
			if (!depth)
				return true;
			if (r->p >= r->end)
				return false;
			if (*r->p != (object[depth - 1] ? '}' : ']'))
				break;
			r->p++;
			depth--;
		}
		if (*r->p++ != ',' || (object[depth - 1] && !key(r)))
			return false;
	}
}

bool json_plain(const char *s, size_t n)
{
	struct reader r = { (const unsigned char *)s, (const unsigned char *)s + n, false };

	return value(&r) && r.p == r.end && (!r.high || utf8_valid(s, n));
}

struct json_object *json_shallow(struct arena *a, struct str text)
{
	struct str k, v, top = str_trim(text);
	struct json_object *o;
	const char *at = NULL;

	if (!top.n || top.p[0] != '{')
		return json_parse(a, top.p, top.n, NULL);
	o = json_new_object(a);
	while (json_each(top, &at, &k, &v)) {
		const char *name = json_raw_text(a, k);

		if (v.p[0] == '{')
			json_set(o, name, json_object_new_object());
		else if (v.p[0] == '[')
			json_set(o, name, json_object_new_array());
		else
			json_set(o, name, json_ref(json_parse(a, v.p, v.n, NULL)));
	}
	return o;
}
