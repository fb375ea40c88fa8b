/* head - parsing of an HTTP request's first lines, without any connection. */

#include "executor/http.h"

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 127 || strchr("()<>@,;:\\\"/[]?={}", c))
			return false;
	}
	return s.n > 0;
}

static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] == 127)
			return false;
	return s.n > 0 && s.p[0] == '/';
}

static char *copy(struct arena *a, struct str s)
{
	return arena_strndup(a, s.p ? s.p : "", s.n);
}

static struct str next_line(struct str *rest)
{
	struct str line = str_split(rest, '\n');

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool take_request_line(struct arena *a, struct str line, struct http_request *q)
{
	struct str method = str_split(&line, ' ');
	struct str target = str_split(&line, ' ');
	struct str path;

	if (!is_token(method) || !is_target(target) ||
	    (!str_eq(line, "HTTP/1.1") && !str_eq(line, "HTTP/1.0")))
		return false;
	q->keep = str_eq(line, "HTTP/1.1");
	path = str_split(&target, '?');
	q->method = copy(a, method);
	q->path = copy(a, path);
	q->query = copy(a, target);
	return true;
}

static bool take_header(struct arena *a, struct str line, struct http_request *q)
{
	struct str name = str_split(&line, ':');

	if (!line.p || !is_token(name) || q->nheaders == HTTP_HEADERS_MAX)
		return false;
	line = str_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return false;
	q->headers[q->nheaders++] = (struct http_header){ copy(a, name), copy(a, line) };
	return true;
}

const char *http_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->nheaders; i++)
		if (!strcasecmp(q->headers[i].name, name))
			return q->headers[i].value;
	return NULL;
}

/* One length, or the request could be read in two ways. */
static int take_length(const struct http_request *q, size_t *length)
{
	const char *found = NULL;
	int64_t v;

	for (size_t i = 0; i < q->nheaders; i++) {
		if (strcasecmp(q->headers[i].name, "content-length") != 0)
			continue;
		if (found && strcmp(found, q->headers[i].value) != 0)
			return 400;
		found = q->headers[i].value;
	}
	if (http_header(q, "transfer-encoding"))
		return found ? 400 : 411;
	*length = 0;
	if (!found)
		return 0;
	if (!*found || strspn(found, "0123456789") != strlen(found))
		return 400;
	*length = text_to_i64(found, 0, INT64_MAX, &v) ? (size_t)v : SIZE_MAX;
	return 0;
}

int http_parse_head(struct arena *a, const char *head, size_t n, struct http_request *q,
		    size_t *length)
{
	struct str rest = { head, n }, line;
	const char *connection;

	memset(q, 0, sizeof(*q));
	if (memchr(head, '\0', n) || !take_request_line(a, next_line(&rest), q))
		return 400;
	while (rest.p && (line = next_line(&rest)).n)
		if (!take_header(a, line, q))
			return 400;
	connection = http_header(q, "connection");
	if (connection && !strcasecmp(connection, "close"))
		q->keep = false;
	return take_length(q, length);
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 32) : NULL;

	return at && c != ' ' ? (int)(at - digits) : -1;
}

static char *decode(struct arena *a, struct str s)
{
	char *out = arena_strndup(a, s.p ? s.p : "", s.n), *w = out;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			*w++ = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		} else {
			*w++ = s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	*w = '\0';
	return out;
}

const char *http_param(struct arena *a, const char *text, const char *name)
{
	struct str rest = str_of(text);

	while (rest.p && rest.n) {
		struct str value = str_split(&rest, '&');
		struct str key = str_split(&value, '=');

		if (str_eq(key, name))
			return decode(a, value);
	}
	return NULL;
}
