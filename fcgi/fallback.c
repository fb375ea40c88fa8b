#include "fcgi/fallback.h"

#include "fcgi/file.h"

/* space as '+', as in forms */
static void add_query(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%c%s=", b->len > 2 ? '&' : '?', name);
	for (; *value; value++) {
		char one[2] = { *value, '\0' };

		if (*value == ' ')
			buf_addc(b, '+');
		else
			buf_uri(b, one);
	}
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef", *p;

	p = c ? strchr(digits, c | (c >= 'A' ? 32 : 0)) : NULL;
	return p ? (int)(p - digits) : -1;
}

static const char *decode(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1), *at = out;

	for (size_t i = 0; i < s.n; i++) {
		int hi = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_value(s.p[i + 2]) : -1;

		if (lo >= 0 && (hi || lo)) {
			*at++ = (char)(hi << 4 | lo);
			i += 2;
		} else {
			*at++ = s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return out;
}

/* The first value of a name in a query string; NULL when absent or empty. */
static const char *query_value(struct arena *a, const char *query, const char *name)
{
	struct str rest = str_of(query);

	while (rest.n) {
		struct str value = str_split(&rest, '&'), key = str_split(&value, '=');

		if (str_eq(key, name) && value.n)
			return decode(a, value);
	}
	return NULL;
}

static const char *youtube_id(struct arena *a, const char *url)
{
	static const char *const hosts[] = { "youtu.be", "m.youtube.com", "youtube.com",
					     "www.youtube.com", "www.youtube-nocookie.com",
					     "vid.plus" };
	const char *host = url + strlen("https://"), *path, *end, *id;
	size_t n = strcspn(host, "/?#");
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		known |= strlen(hosts[i]) == n && memcmp(hosts[i], host, n) == 0;
	if (!known)
		return NULL;
	path = host + n;
	end = path + strcspn(path, "?#");
	if (str_ends((struct str){ path, (size_t)(end - path) }, "/watch"))
		return *end == '?' ? query_value(a, arena_strndup(a, end + 1, strcspn(end + 1, "#")),
						 "v") : NULL;
	for (id = end; id > path && id[-1] != '/'; id--)
		;
	return end - id == 11 ? arena_strndup(a, id, 11) : NULL;
}

/* Old addresses: /watch?v=… of a video site's look, ?shared=… of the share target. */
static bool redirect(struct req *r)
{
	const char *v = str_ends(str_of(r->path), "/watch")
			? query_value(r->arena, r->query_string, "v") : NULL;
	const char *shared = query_value(r->arena, r->query_string, "shared"), *id = v;
	struct buf *b = buf_in(r->arena, 0);

	if (!v && !shared)
		return false;
	buf_addc(b, '/');
	if (shared && strncmp(shared, "https://", 8) == 0 && shared[8] > ' ') {
		char *url = arena_strndup(r->arena, shared, strcspn(shared, " \t\r\n"));

		id = youtube_id(r->arena, url);
		if (!id)
			add_query(b, "load-url", url);
		id = id ? id : v;
	} else if (shared) {
		add_query(b, "q", shared);
	}
	if (id)
		add_query(b, "youtube", id);
	req_send_redirect(r, 307, b->data);
	return true;
}

static int not_found(struct req *r)
{
	return req_fail_detail(r, 404, "Not Found");
}

int fallback_answer(struct req *r)
{
	if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
		req_add_header(r, "Allow", "GET, HEAD");
		return req_fail(r, ERR_METHOD_NOT_ALLOWED);
	}
	if (strcmp(r->method, "GET") == 0 && redirect(r))
		return 0;
	/* The web server sends these itself; it asks us for what it does not find. */
	if (file_send(r, file_web_dir(), r->path,
		      str_ends(str_of(r->path), ".html") ? FILE_NO_CACHE : 0))
		return 0;
	if (str_ends(str_of(r->path), ".js") || text_starts(r->path, "/static/") ||
	    text_starts(r->path, "/pyodide/"))
		return not_found(r);
	if (file_send(r, file_web_dir(), "index.html", FILE_NO_CACHE))
		return 0;
	return not_found(r);
}
