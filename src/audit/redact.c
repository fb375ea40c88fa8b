#include "audit/redact.h"

#include "json/scan.h"

static const char stars[] = "********";

enum { NAME_MAX_BYTES = 128, NESTED_MAX = 4 };

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

/* A string with its quotes, perhaps cut off, as a whole one; cut off within an escape: without it. */
static void complete(struct buf *b, const char *start, const char *end)
{
	bool whole = end - start > 1 && end[-1] == '"';
	const char *p = start + 1, *stop = whole ? end - 1 : end;

	while (p < stop) {
		size_t n = *p != '\\' ? 1 : p + 1 < stop && p[1] == 'u' ? 6 : 2;

		if (n > (size_t)(stop - p))
			break;
		p += n;
	}
	buf_add(b, start, (size_t)(p - start));
	buf_addc(b, '"');
}

static void redact(struct buf *out, struct str text, int depth);

/* A string may hold JSON text itself, as the arguments of tools do. */
static void add_string(struct buf *out, const char *start, const char *end, int depth)
{
	struct buf whole = BUF_INIT, text = BUF_INIT, clean = BUF_INIT;
	bool known;

	if (!depth || !memmem(start, (size_t)(end - start), "\\\"", 2)) {
		buf_add(out, start, (size_t)(end - start));
		return;
	}
	complete(&whole, start, end);
	known = json_raw_unescape(&text, (struct str){ whole.data, whole.len });
	redact(&clean, (struct str){ text.data, text.len }, depth - 1);
	if (!known)
		buf_printf(out, "\"%s\"", stars);
	else if (clean.len == text.len && memcmp(buf_text(&clean), buf_text(&text), text.len) == 0)
		buf_add(out, start, (size_t)(end - start));
	else
		buf_json_n(out, buf_text(&clean), clean.len);
	buf_free(&whole);
	buf_free(&text);
	buf_free(&clean);
}

/* Does a fault's `loc`, a list at p, name a secret? */
static bool names_secret(const char *p, const char *end)
{
	const char *stop = *p == '[' ? value_end(p, end) : p, *next;

	while (p < stop && (p = memchr(p, '"', (size_t)(stop - p)))) {
		next = string_end(p, stop);
		if (next - p > 2 && secret_name((struct str){ p + 1, (size_t)(next - p) - 2 }))
			return true;
		p = next;
	}
	return false;
}

static void redact(struct buf *out, struct str text, int depth)
{
	const char *p = text.p, *end = text.p + text.n, *start, *next;
	bool fault = false;		/* an answer says what is wrong with a secret: "input" repeats it */
	struct str name;

	while (p < end) {
		start = memchr(p, '"', (size_t)(end - p));
		if (!start)
			break;
		next = string_end(start, end);
		buf_add(out, p, (size_t)(start - p));
		p = next;
		next = blanks(p, end);
		if (next == end || *next != ':' || p - start < 3) {
			add_string(out, start, p, depth);
			continue;
		}
		buf_add(out, start, (size_t)(p - start));
		name = (struct str){ start + 1, (size_t)(p - start) - 2 };
		next = blanks(next + 1, end);
		if (str_eq(name, "loc") && next < end)
			fault = names_secret(next, end);
		if (!secret_name(name) && !(fault && str_eq(name, "input")))
			continue;
		buf_printf(out, ":\"%s\"", stars);
		p = value_end(next, end);
	}
	if (p < end)
		buf_add(out, p, (size_t)(end - p));
}

void redact_json(struct buf *out, struct str text)
{
	redact(out, text, NESTED_MAX);
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
