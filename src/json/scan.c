#include "json/scan.h"
#include "base/utf8.h"

enum { MAX_DEPTH = 256 };

void json_scan_init(struct json_scan *s, struct str text)
{
	memset(s, 0, sizeof(*s));
	s->p = text.p;
	s->end = text.p + text.n;
}

static bool in_object(const struct json_scan *s)
{
	int d = s->depth - 1;

	return d >= 0 && (s->in_object[d / 64] >> (d % 64) & 1);
}

static bool push(struct json_scan *s, bool object)
{
	uint64_t bit;

	if (s->depth >= MAX_DEPTH)
		return false;
	bit = (uint64_t)1 << (s->depth % 64);
	if (object)
		s->in_object[s->depth / 64] |= bit;
	else
		s->in_object[s->depth / 64] &= ~bit;
	s->depth++;
	s->key_next = object;
	return true;
}

static void skip_space(struct json_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static void skip_separators(struct json_scan *s)
{
	skip_space(s);
	while (s->p < s->end && *s->p == ',') {
		s->p++;
		skip_space(s);
	}
}

/* p stands behind the opening quote; the place behind the closing one, or NULL. */
static const char *string_end(const char *p, const char *end)
{
	for (;;) {
		const char *quote = memchr(p, '"', (size_t)(end - p));
		const char *back;

		if (!quote)
			return NULL;
		for (back = quote; back > p && back[-1] == '\\'; back--)
			;
		if ((quote - back) % 2 == 0)
			return quote + 1;
		p = quote + 1;
		if (p >= end)
			return NULL;
	}
}

static enum json_tok scan_string(struct json_scan *s, struct str *raw)
{
	const char *start = s->p, *stop = string_end(s->p + 1, s->end);

	if (!stop)
		return JT_ERROR;
	*raw = (struct str){ start, (size_t)(stop - start) };
	s->p = stop;
	if (!s->key_next) {
		s->key_next = in_object(s);
		return JT_STRING;
	}
	skip_space(s);
	if (s->p >= s->end || *s->p != ':')
		return JT_ERROR;
	s->p++;
	s->key_next = false;
	return JT_KEY;
}

static enum json_tok scan_word(struct json_scan *s, struct str *raw)
{
	const char *start = s->p;
	enum json_tok t = JT_NUMBER;

	while (s->p < s->end && !strchr(",]} \n\t\r:\"[{", *s->p))
		s->p++;
	*raw = (struct str){ start, (size_t)(s->p - start) };
	if (s->key_next || !raw->n)
		return JT_ERROR;
	if (str_eq(*raw, "true"))
		t = JT_TRUE;
	else if (str_eq(*raw, "false"))
		t = JT_FALSE;
	else if (str_eq(*raw, "null"))
		t = JT_NULL;
	else if (*start != '-' && (*start < '0' || *start > '9'))
		return JT_ERROR;
	s->key_next = in_object(s);
	return t;
}

enum json_tok json_scan_next(struct json_scan *s, struct str *raw)
{
	struct str ignored;

	if (!raw)
		raw = &ignored;
	skip_separators(s);
	if (s->p >= s->end)
		return s->depth ? JT_ERROR : JT_END;
	*raw = (struct str){ s->p, 1 };
	switch (*s->p) {
	case '{':
	case '[': {
		bool object = *s->p++ == '{';

		if (!push(s, object))
			return JT_ERROR;
		return object ? JT_OBJECT : JT_ARRAY;
	}
	case '}':
	case ']': {
		bool object = *s->p == '}';

		if (!s->depth || in_object(s) != object)
			return JT_ERROR;
		s->p++;
		s->depth--;
		s->key_next = in_object(s);
		return object ? JT_OBJECT_END : JT_ARRAY_END;
	}
	case '"':
		return scan_string(s, raw);
	default:
		return scan_word(s, raw);
	}
}

/* Run over a container whose opening bracket is at *p; the place behind it, or NULL. */
static const char *skip_container(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		switch (*p++) {
		case '"':
			p = string_end(p, end);
			if (!p)
				return NULL;
			break;
		case '{':
		case '[':
			if (++depth > MAX_DEPTH)
				return NULL;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p;
			break;
		default:
			break;
		}
	}
	return NULL;
}

bool json_scan_value(struct json_scan *s, struct str *raw)
{
	struct str ignored;
	const char *stop;

	if (!raw)
		raw = &ignored;
	skip_separators(s);
	if (s->p >= s->end || s->key_next)
		return false;
	if (*s->p != '{' && *s->p != '[') {
		enum json_tok t = json_scan_next(s, raw);

		return t >= JT_STRING;
	}
	stop = skip_container(s->p, s->end);
	if (!stop)
		return false;
	*raw = (struct str){ s->p, (size_t)(stop - s->p) };
	s->p = stop;
	s->key_next = in_object(s);
	return true;
}

/* Stand inside the container: behind its opening bracket, or at `at`, where an iteration left off. */
static bool enter(struct json_scan *s, struct str text, enum json_tok kind, const char *at)
{
	json_scan_init(s, text);
	if (json_scan_next(s, NULL) != kind)
		return false;
	if (at)
		s->p = at;
	return true;
}

bool json_each(struct str object, const char **at, struct str *key, struct str *value)
{
	struct json_scan s;
	struct str k;

	if (!enter(&s, object, JT_OBJECT, *at) || json_scan_next(&s, &k) != JT_KEY ||
	    !json_scan_value(&s, value))
		return false;
	*key = k;
	*at = s.p;
	return true;
}

bool json_each_item(struct str array, const char **at, struct str *value)
{
	struct json_scan s;
	struct str v;

	if (!enter(&s, array, JT_ARRAY, *at) || !json_scan_value(&s, &v))
		return false;
	*value = v;
	*at = s.p;
	return true;
}

bool json_find(struct str object, const char *key, struct str *raw)
{
	const char *at = NULL;
	struct str k, v;

	while (json_each(object, &at, &k, &v))
		if (json_raw_eq(k, key)) {
			*raw = v;
			return true;
		}
	return false;
}

static bool find_index(struct str array, int64_t index, struct str *raw)
{
	const char *at = NULL;

	while (json_each_item(array, &at, raw))
		if (index-- == 0)
			return true;
	return false;
}

bool json_find_at(struct str doc, const char *path, struct str *raw)
{
	struct str rest = str_of(path), v = doc;

	while (rest.p) {
		struct str part = str_split(&rest, '.');
		char key[128];
		int64_t i;

		if (!v.n)
			return false;
		if (*v.p == '[') {
			if (!str_to_i64(part, 0, INT32_MAX, &i) || !find_index(v, i, &v))
				return false;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)part.n, part.p);
		if (!json_find(v, key, &v))
			return false;
	}
	*raw = v;
	return true;
}

bool json_raw_is_string(struct str raw)
{
	return raw.n >= 2 && raw.p[0] == '"';
}

bool json_raw_is_null(struct str raw)
{
	return str_eq(raw, "null");
}

bool json_raw_eq(struct str raw, const char *text)
{
	size_t n = strlen(text);

	return raw.n == n + 2 && raw.p[0] == '"' && memcmp(raw.p + 1, text, n) == 0;
}

static bool hex4(const char *p, const char *end, uint32_t *out)
{
	uint32_t v = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		uint32_t d;

		if (c >= '0' && c <= '9')
			d = (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			d = (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return true;
}

/* p stands behind "\u"; decodes a pair too; the place behind, or NULL. */
static const char *unescape_unicode(struct buf *out, const char *p, const char *end)
{
	uint32_t c, low;
	char utf8[4];

	if (!hex4(p, end, &c))
		return NULL;
	p += 4;
	if (c >= 0xd800 && c <= 0xdbff && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
	    hex4(p + 2, end, &low) && low >= 0xdc00 && low <= 0xdfff) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	if (c >= 0xd800 && c <= 0xdfff)
		c = 0xfffd;
	if (c)		/* NUL is dropped: no text of ours can hold it */
		buf_add(out, utf8, utf8_put(utf8, c));
	return p;
}

bool json_raw_unescape(struct buf *out, struct str raw)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p, *end;

	if (!json_raw_is_string(raw))
		return false;
	p = raw.p + 1;
	end = raw.p + raw.n - 1;
	buf_add(out, "", 0);
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		const char *known;

		if (!slash)
			slash = end;
		buf_add(out, p, (size_t)(slash - p));
		if (slash == end)
			break;
		if (slash + 1 >= end)
			return false;
		if (slash[1] == 'u') {
			p = unescape_unicode(out, slash + 2, end);
			if (!p)
				return false;
			continue;
		}
		known = strchr(from, slash[1]);
		if (!known || !slash[1])
			return false;
		buf_addc(out, to[known - from]);
		p = slash + 2;
	}
	return true;
}

char *json_raw_text(struct arena *a, struct str raw)
{
	struct buf b = BUF_INIT;
	char *text = NULL;

	if (json_raw_unescape(&b, raw))
		text = arena_strndup(a, buf_text(&b), b.len);
	buf_free(&b);
	return text;
}
