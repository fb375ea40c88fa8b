#include "audit/redact.h"

static const char stars[] = "********";

enum { NAME_MAX_BYTES = 128 };

bool secret_name(struct str name)
{
	static const char *const whole[] = {
		"token", "tokens", "secret", "secrets", "key", "authorization", "cookie", "credentials",
	};
	static const char *const ends[] = {
		"password", "passwd", "_token", "_tokens", "_secret", "_secrets", "_key", "_keys",
	};
	char low[NAME_MAX_BYTES];
	size_t n = 0;

	if (name.n >= sizeof(low)) {	/* what it ends in decides */
		name.p += name.n - (sizeof(low) - 1);
		name.n = sizeof(low) - 1;
	}
	for (; n < name.n; n++)
		low[n] = name.p[n] == '-' ? '_' : name.p[n] >= 'A' && name.p[n] <= 'Z' ? (char)(name.p[n] + 32)
										      : name.p[n];
	low[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (strcmp(low, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends((struct str){ low, n }, ends[i]))
			return true;
	return false;
}

/* The end of the string that begins at p[0] == '"': behind its quote, or the end of the text. */
static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return end;
}

static const char *blanks(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	return p;
}

/* The end of the value that begins at p. */
static const char *value_end(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_end(p, end);
			if (!depth)
				return p;
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (depth && (*p == '}' || *p == ']'))
			depth--;
		else if (!depth && strchr(",}]\r\n", *p))
			return p;
		p++;
		if (!depth && (p[-1] == '}' || p[-1] == ']'))
			return p;
	}
	return end;
}

void redact_json(struct buf *out, struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *start, *next;

	while (p < end) {
		start = memchr(p, '"', (size_t)(end - p));
		if (!start)
			break;
		next = string_end(start, end);
		buf_add(out, p, (size_t)(next - p));
		p = next;
		next = blanks(p, end);
		if (next == end || *next != ':' || next - start < 3 ||
		    !secret_name((struct str){ start + 1, (size_t)(p - start) - 2 }))
			continue;
		next = blanks(next + 1, end);
		buf_printf(out, ":\"%s\"", stars);
		p = value_end(next, end);
	}
	if (p < end)
		buf_add(out, p, (size_t)(end - p));
}

void redact_url(struct buf *out, const char *url)
{
	struct str rest = str_of(url);

	buf_addstr(out, str_split(&rest, '?'));
	for (char sep = '?'; rest.p; sep = '&') {
		struct str value = str_split(&rest, '&'), whole = value, name = str_split(&value, '=');

		buf_addc(out, sep);
		if (!value.p || !secret_name(name)) {
			buf_addstr(out, whole);
			continue;
		}
		buf_addstr(out, name);
		buf_printf(out, "=%s", stars);
	}
}
