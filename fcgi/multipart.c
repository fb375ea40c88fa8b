#include "fcgi/multipart.h"

#include <strings.h>

enum { BOUNDARY_MAX = 200 };

/* The parameter `name` of a header's value: name="…" or name=…; NULL when it has none. */
static const char *parameter(struct arena *a, struct str header, const char *name)
{
	size_t n = strlen(name);

	while (header.p) {
		struct str one = str_trim(str_split(&header, ';'));

		if (one.n <= n || one.p[n] != '=' || strncasecmp(one.p, name, n) != 0)
			continue;
		one = (struct str){ one.p + n + 1, one.n - n - 1 };
		if (one.n >= 2 && *one.p == '"' && one.p[one.n - 1] == '"')
			one = (struct str){ one.p + 1, one.n - 2 };
		return arena_strndup(a, one.p, one.n);
	}
	return NULL;
}

static void read_headers(struct arena *a, struct str lines, struct part *p)
{
	p->type = "";
	while (lines.p) {
		struct str value = str_trim(str_split(&lines, '\n')), name = str_split(&value, ':');

		if (!value.p)
			continue;
		if (name.n == 19 && strncasecmp(name.p, "Content-Disposition", 19) == 0) {
			p->name = parameter(a, value, "name");
			p->filename = parameter(a, value, "filename");
		} else if (name.n == 12 && strncasecmp(name.p, "Content-Type", 12) == 0) {
			value = str_trim(value);
			p->type = arena_strndup(a, value.p, value.n);
		}
	}
}

static char *find(struct str in, const char *what, size_t n)
{
	return in.n >= n ? memmem(in.p, in.n, what, n) : NULL;
}

static size_t count(struct str in, const char *mark, size_t len)
{
	size_t n = 0;

	for (char *at; n < MULTIPART_PARTS_MAX && (at = find(in, mark, len)); n++)
		in = (struct str){ at + len, in.n - (size_t)(at + len - in.p) };
	return n;
}

size_t multipart_read(struct arena *a, const char *content_type, struct str body, struct part **out)
{
	struct part *parts;
	const char *boundary = content_type ? parameter(a, str_of(content_type), "boundary") : NULL;
	char mark[BOUNDARY_MAX + 8];
	struct str rest = body;
	size_t n = 0, len, max;
	char *at;

	*out = NULL;
	if (text_empty(boundary) || strlen(boundary) > BOUNDARY_MAX)
		return 0;
	len = (size_t)snprintf(mark, sizeof(mark), "\r\n--%s", boundary);
	if (body.n < len - 2 || memcmp(body.p, mark + 2, len - 2) != 0)
		return 0;
	rest = (struct str){ body.p + len - 2, body.n - (len - 2) };
	max = count(rest, mark, len);
	parts = *out = arena_calloc(a, max + 1, sizeof(*parts));
	while (n < max && rest.n > 2 && memcmp(rest.p, "--", 2) != 0) {
		char *head = find(rest, "\r\n\r\n", 4);

		at = find(rest, mark, len);
		if (!head || !at || head > at)
			break;
		read_headers(a, (struct str){ rest.p, (size_t)(head - rest.p) }, &parts[n]);
		parts[n].data = (struct str){ head + 4, (size_t)(at - head) - 4 };
		if (at >= head + 4 && parts[n].name)
			n++;
		rest = (struct str){ at + len, rest.n - (size_t)(at + len - rest.p) };
	}
	return n;
}
