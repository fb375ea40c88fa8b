#include "json/fault.h"

#include <ctype.h>

#include "json/json.h"

/* Each step returns the place behind what it read, or sets `fault` and returns NULL. */
struct reader {
	const char *end;
	const char *fault;
	int depth;
};

static const char *stop(struct reader *r, const char *at)
{
	r->fault = at;
	return NULL;
}

static const char *space(const struct reader *r, const char *p)
{
	while (p < r->end && memchr(" \t\n\r", *p, 4))
		p++;
	return p;
}

static const char *read_string(struct reader *r, const char *quote)
{
	const char *p = quote + 1;

	for (; p < r->end && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return stop(r, p);
		if (*p != '\\')
			continue;
		if (++p >= r->end)
			break;
		if (*p == 'u') {
			for (int i = 1; i <= 4; i++)
				if (p + i >= r->end || !isxdigit((unsigned char)p[i]))
					return stop(r, p);
			p += 4;
		} else if (!strchr("\"\\/bfnrt", *p)) {
			return stop(r, p - 1);
		}
	}
	return p < r->end ? p + 1 : stop(r, quote);
}

static const char *read_number(struct reader *r, const char *start)
{
	const char *p = start, *digits;

	if (p < r->end && *p == '-')
		p++;
	digits = p;
	while (p < r->end && isdigit((unsigned char)*p))
		p++;
	if (p == digits)
		return stop(r, start);
	if (*digits == '0')
		p = digits + 1;
	if (p + 1 < r->end && *p == '.' && isdigit((unsigned char)p[1]))
		for (p++; p < r->end && isdigit((unsigned char)*p);)
			p++;
	if (p < r->end && (*p | 32) == 'e') {
		const char *e = p + 1;

		if (e < r->end && (*e == '+' || *e == '-'))
			e++;
		if (e < r->end && isdigit((unsigned char)*e))
			for (p = e; p < r->end && isdigit((unsigned char)*p);)
				p++;
	}
	return p;
}

static const char *read_value(struct reader *r, const char *p);

static const char *read_object(struct reader *r, const char *p)
{
	p = space(r, p + 1);
	if (p < r->end && *p == '}')
		return p + 1;
	for (;;) {
		if (p >= r->end || *p != '"')
			return stop(r, p);
		if (!(p = read_string(r, p)))
			return NULL;
		p = space(r, p);
		if (p >= r->end || *p != ':')
			return stop(r, p);
		if (!(p = read_value(r, space(r, p + 1))))
			return NULL;
		p = space(r, p);
		if (p < r->end && *p == '}')
			return p + 1;
		if (p >= r->end || *p != ',')
			return stop(r, p);
		p = space(r, p + 1);
	}
}

static const char *read_array(struct reader *r, const char *p)
{
	p = space(r, p + 1);
	if (p < r->end && *p == ']')
		return p + 1;
	for (;;) {
		if (!(p = read_value(r, p)))
			return NULL;
		p = space(r, p);
		if (p < r->end && *p == ']')
			return p + 1;
		if (p >= r->end || *p != ',')
			return stop(r, p);
		p = space(r, p + 1);
	}
}

static const char *read_value(struct reader *r, const char *p)
{
	static const char *const words[] = { "true", "false", "null", "NaN", "Infinity", "-Infinity" };
	const char *behind;

	if (p >= r->end)
		return stop(r, p);
	if (*p == '"')
		return read_string(r, p);
	if (*p == '{' || *p == '[') {
		if (++r->depth > JSON_MAX_DEPTH)
			return stop(r, p);
		behind = *p == '{' ? read_object(r, p) : read_array(r, p);
		r->depth--;
		return behind;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(r->end - p) >= n && memcmp(p, words[i], n) == 0)
			return p + n;
	}
	return read_number(r, p);
}

size_t json_fault_at(const char *s, size_t n)
{
	struct reader r = { .end = s + n };
	const char *p = read_value(&r, space(&r, s));
	size_t characters = 0;

	if (p) {
		r.fault = space(&r, p);
		if (r.fault == r.end)
			return SIZE_MAX;
	}
	for (p = s; p < r.fault; p++)
		characters += ((unsigned char)*p & 0xc0) != 0x80;
	return characters;
}
