#include "wsd/packet.h"

#include "json/scan.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct str after(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && digit(s.p[n]))
		n++;
	return n;
}

/* "2-" of a binary packet: the number of attachments. */
static bool take_attachments(struct str *s, unsigned *count)
{
	size_t n = digits(*s);
	int64_t v;

	if (!n || n >= s->n || s->p[n] != '-' ||
	    !str_to_i64((struct str){ s->p, n }, 1, PACKET_ATTACHMENTS_MAX, &v))
		return false;
	*count = (unsigned)v;
	*s = after(*s, n + 1);
	return true;
}

/* "/name,"; a query behind a '?' is no part of the name. */
static void take_namespace(struct str *s, struct str *ns)
{
	const char *comma, *query;

	*ns = STR("/");
	if (!s->n || *s->p != '/')
		return;
	comma = memchr(s->p, ',', s->n);
	*ns = *s;
	if (comma)
		ns->n = (size_t)(comma - s->p);
	*s = after(*s, comma ? ns->n + 1 : s->n);
	query = memchr(ns->p, '?', ns->n);
	if (query)
		ns->n = (size_t)(query - ns->p);
}

static bool take_ack(struct str *s, struct str *ack)
{
	size_t n = digits(*s);

	*ack = (struct str){ s->p, n };
	*s = after(*s, n);
	while (ack->n > 1 && *ack->p == '0')
		*ack = after(*ack, 1);
	return ack->n <= PACKET_ACK_DIGITS;
}

bool packet_parse(struct str text, struct packet *out)
{
	struct packet p = { 0 };

	if (!text.n || *text.p < '0' || *text.p > '0' + PACKET_BINARY_ACK)
		return false;
	p.type = (enum packet_type)(*text.p - '0');
	text = after(text, 1);
	if ((p.type == PACKET_BINARY_EVENT || p.type == PACKET_BINARY_ACK) &&
	    !take_attachments(&text, &p.attachments))
		return false;
	take_namespace(&text, &p.ns);
	if (!take_ack(&text, &p.ack))
		return false;
	p.json = str_trim(text);
	if (p.attachments && p.json.n > PACKET_FILL_MAX)
		return false;
	if (p.json.n && !packet_json_valid(p.json))
		return false;
	*out = p;
	return true;
}

bool packet_event(struct str json, struct str *name, struct str *first, size_t *count)
{
	const char *at = NULL;
	struct str value;

	if (!json.n || *json.p != '[' || !json_each_item(json, &at, name) ||
	    !json_raw_is_string(*name) || name->n > PACKET_EVENT_NAME_MAX)
		return false;
	*first = (struct str){ NULL, 0 };
	*count = 0;
	while (json_each_item(json, &at, &value))
		if ((*count)++ == 0)
			*first = value;
	return true;
}

/* A value with its place in the text; each reader moves p behind what it read. */
struct check {
	const char *p, *end;
};

static void skip_space(struct check *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

static bool eat(struct check *c, char ch)
{
	if (c->p >= c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool eat_word(struct check *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool eat_digits(struct check *c)
{
	const char *start = c->p;

	while (c->p < c->end && digit(*c->p))
		c->p++;
	return c->p > start;
}

static bool check_number(struct check *c)
{
	eat(c, '-');
	if (!eat(c, '0') && !eat_digits(c))
		return false;
	if (eat(c, '.') && !eat_digits(c))
		return false;
	if (!eat(c, 'e') && !eat(c, 'E'))
		return true;
	if (!eat(c, '+'))
		eat(c, '-');
	return eat_digits(c);
}

static bool check_escape(struct check *c)
{
	char ch;

	if (c->p >= c->end)
		return false;
	ch = *c->p++;
	if (ch != 'u')
		return ch && strchr("\"\\/bfnrt", ch) != NULL;
	for (int i = 0; i < 4; i++, c->p++)
		if (c->p >= c->end || !*c->p || !strchr("0123456789abcdefABCDEF", *c->p))
			return false;
	return true;
}

static bool check_string(struct check *c)
{
	if (!eat(c, '"'))
		return false;
	while (c->p < c->end) {
		unsigned char ch = (unsigned char)*c->p++;

		if (ch == '"')
			return true;
		if (ch < 0x20 || (ch == '\\' && !check_escape(c)))
			return false;
	}
	return false;
}

static bool check_value(struct check *c, int depth);

static bool check_object(struct check *c, int depth)
{
	c->p++;
	skip_space(c);
	if (eat(c, '}'))
		return true;
	do {
		skip_space(c);
		if (!check_string(c))
			return false;
		skip_space(c);
		if (!eat(c, ':') || !check_value(c, depth))
			return false;
	} while (eat(c, ','));
	return eat(c, '}');
}

static bool check_array(struct check *c, int depth)
{
	c->p++;
	skip_space(c);
	if (eat(c, ']'))
		return true;
	do {
		if (!check_value(c, depth))
			return false;
	} while (eat(c, ','));
	return eat(c, ']');
}

static bool check_value(struct check *c, int depth)
{
	bool ok;

	skip_space(c);
	if (c->p >= c->end)
		return false;
	switch (*c->p) {
	case '{':
		ok = depth < PACKET_DEPTH_MAX && check_object(c, depth + 1);
		break;
	case '[':
		ok = depth < PACKET_DEPTH_MAX && check_array(c, depth + 1);
		break;
	case '"':
		ok = check_string(c);
		break;
	case 't':
		ok = eat_word(c, "true");
		break;
	case 'f':
		ok = eat_word(c, "false");
		break;
	case 'n':
		ok = eat_word(c, "null");
		break;
	default:
		ok = check_number(c);
	}
	skip_space(c);
	return ok;
}

bool packet_json_valid(struct str json)
{
	struct check c = { json.p, json.p + json.n };

	return check_value(&c, 0) && c.p == c.end;
}

static bool is_placeholder(struct str object, struct str *num)
{
	struct str flag;

	return json_find(object, "_placeholder", &flag) && str_eq(flag, "true") &&
	       json_find(object, "num", num);
}

static void add_bytes(struct buf *out, struct str bytes)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < bytes.n && !out->full; i++) {
		if (i)
			buf_addc(out, ',');
		buf_addint(out, (unsigned char)bytes.p[i]);
	}
	buf_addc(out, ']');
}

static bool fill_object(struct buf *out, struct str json, const struct str *list, size_t count)
{
	const char *at = NULL;
	struct str key, value;
	bool more = false;
	int64_t num;

	if (is_placeholder(json, &value)) {
		if (!str_to_i64(value, 0, (int64_t)count - 1, &num))
			return false;
		add_bytes(out, list[num]);
		return true;
	}
	buf_addc(out, '{');
	while (json_each(json, &at, &key, &value)) {
		if (more)
			buf_addc(out, ',');
		more = true;
		buf_addstr(out, key);
		buf_addc(out, ':');
		if (!packet_fill(out, value, list, count))
			return false;
	}
	buf_addc(out, '}');
	return true;
}

/* The depth was bounded when the packet was parsed. */
bool packet_fill(struct buf *out, struct str json, const struct str *list, size_t count)
{
	const char *at = NULL;
	struct str value;
	bool more = false;

	if (json.n && *json.p == '{')
		return fill_object(out, json, list, count) && !out->full;
	if (!json.n || *json.p != '[') {
		buf_addstr(out, json);
		return !out->full;
	}
	buf_addc(out, '[');
	while (json_each_item(json, &at, &value)) {
		if (more)
			buf_addc(out, ',');
		more = true;
		if (!packet_fill(out, value, list, count))
			return false;
	}
	buf_addc(out, ']');
	return !out->full;
}
