#include "rag/split.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { LEVELS = 6 };

/* A list of texts that grows. */
struct texts {
	struct arena *a;
	struct str *s;
	size_t n, cap;
};

static void add(struct texts *t, struct str s)
{
	if (t->n == t->cap) {
		struct str *more = arena_calloc(t->a, t->cap ? 2 * t->cap : 16, sizeof(*more));

		if (t->n)
			memcpy(more, t->s, t->n * sizeof(*more));
		t->s = more;
		t->cap = t->cap ? 2 * t->cap : 16;
	}
	t->s[t->n++] = s;
}

static int64_t chars(struct str s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static size_t char_len(struct str s)
{
	size_t n = utf8_len((const unsigned char *)s.p, s.n);

	return n ? n : 1;
}

static uint32_t code_point(const char *p, size_t n)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)*p & first[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

/* White space of any script. */
static bool blank(uint32_t c)
{
	return (c >= 9 && c <= 0xd) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static size_t last_len(struct str s)
{
	size_t n = 1;

	while (n < s.n && n < 4 && (s.p[s.n - n] & 0xc0) == 0x80)
		n++;
	return n;
}

static struct str strip(struct str s)
{
	while (s.n && blank(code_point(s.p, char_len(s)))) {
		size_t n = char_len(s);

		s.p += n;
		s.n -= n;
	}
	while (s.n && blank(code_point(s.p + s.n - last_len(s), last_len(s))))
		s.n -= last_len(s);
	return s;
}

static struct str copy(struct arena *a, const struct buf *b)
{
	return (struct str){ arena_strndup(a, buf_text(b), b->len), b->len };
}

/* --- Markdown --- */

/* A part of the text below the headings of `stack`. */
struct part {
	struct buf *text;
	struct str stack[LEVELS];
};

struct markdown {
	struct arena *a;
	struct str stack[LEVELS];	/* the headings above the line; no text: none of the level */
	struct str below[LEVELS];	/* as they were one line ago */
	struct buf *lines;		/* of the paragraph so far */
	struct part *parts;
	size_t n, cap;
	const char *fence;		/* of the code that we are in; NULL: in none */
};

/* Characters that are not shown: controls, blanks other than the common one, marks of direction. */
static bool hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x1680 || (c >= 0x2000 && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0xfeff;
}

static struct str shown(struct arena *a, struct str line)
{
	struct buf *b = buf_in(a, 0);

	line = strip(line);
	while (line.n) {
		size_t n = char_len(line);

		if (n > 4 || !hidden(code_point(line.p, n)))
			buf_add(b, line.p, n);
		line.p += n;
		line.n -= n;
	}
	return (struct str){ buf_text(b), b->len };
}

static bool same_stack(const struct str *x, const struct str *y, int *depth_x, int *depth_y)
{
	bool same = true;

	*depth_x = *depth_y = 0;
	for (int i = 0; i < LEVELS; i++) {
		*depth_x += x[i].p != NULL;
		*depth_y += y[i].p != NULL;
		same = same && !x[i].p == !y[i].p && x[i].n == y[i].n && (!x[i].n || !memcmp(x[i].p, y[i].p, x[i].n));
	}
	return same;
}

/* Is the last line of the text a heading? */
static bool ends_in_heading(const struct buf *b)
{
	size_t at = b->len;

	while (at && b->data[at - 1] != '\n')
		at--;
	return at < b->len && b->data[at] == '#';
}

/* The paragraph ends: it joins the part before it, or begins a new one. */
static void end_paragraph(struct markdown *m)
{
	struct part *last = m->n ? &m->parts[m->n - 1] : NULL;
	int were, are;

	if (!m->lines->len)
		return;
	if (last && (same_stack(last->stack, m->below, &were, &are) || (were < are && ends_in_heading(last->text)))) {
		buf_adds(last->text, "  \n");
		buf_add(last->text, m->lines->data, m->lines->len);
	} else {
		if (m->n == m->cap) {
			struct part *more = arena_calloc(m->a, m->cap ? 2 * m->cap : 16, sizeof(*more));

			if (m->n)
				memcpy(more, m->parts, m->n * sizeof(*more));
			m->parts = more;
			m->cap = m->cap ? 2 * m->cap : 16;
		}
		last = &m->parts[m->n++];
		last->text = buf_in(m->a, 0);
		buf_add(last->text, m->lines->data, m->lines->len);
	}
	memcpy(last->stack, m->below, sizeof(m->below));
	buf_reset(m->lines);
}

static void add_line(struct markdown *m, struct str line)
{
	if (m->lines->data && m->lines->len)
		buf_addc(m->lines, '\n');
	buf_addstr(m->lines, line);
}

/* Does the line begin or end code?  True inside. */
static bool in_code(struct markdown *m, struct str line)
{
	if (m->fence) {
		if (str_starts(line, m->fence))
			m->fence = NULL;
	} else if (str_starts(line, "```") && !str_has((struct str){ line.p + 3, line.n - 3 }, "```")) {
		m->fence = "```";
	} else if (str_starts(line, "~~~")) {
		m->fence = "~~~";
	}
	return m->fence != NULL;
}

/* 1 to 6 for a heading, 0 for another line. */
static int level_of(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '#')
		n++;
	return n && n <= LEVELS && (n == line.n || line.p[n] == ' ') ? (int)n : 0;
}

static void take_line(struct markdown *m, struct str line)
{
	int level;

	if (in_code(m, line)) {
		add_line(m, line);
		return;
	}
	level = level_of(line);
	if (level) {
		for (int i = level - 1; i < LEVELS; i++)
			m->stack[i] = (struct str){ NULL, 0 };
		m->stack[level - 1] = strip((struct str){ line.p + level, line.n - (size_t)level });
		end_paragraph(m);
		add_line(m, line);
	} else if (line.n) {
		add_line(m, line);
	} else {
		end_paragraph(m);
	}
	memcpy(m->below, m->stack, sizeof(m->below));
}

/* Parts that are shorter than `at_least` take the next one in, or go to the one before. */
static void join_parts(struct texts *parts, const struct split_rules *rules)
{
	struct texts out = { .a = parts->a };

	for (size_t i = 0; i < parts->n;) {
		struct buf *b = buf_in(parts->a, 0);

		buf_addstr(b, parts->s[i++]);
		while (i < parts->n && chars((struct str){ b->data, b->len }) < rules->at_least &&
		       chars((struct str){ b->data, b->len }) + 2 + chars(parts->s[i]) <= rules->size) {
			buf_adds(b, "\n\n");
			buf_addstr(b, parts->s[i++]);
		}
		if (out.n && chars((struct str){ b->data, b->len }) < rules->at_least &&
		    chars(out.s[out.n - 1]) + 2 + chars((struct str){ b->data, b->len }) <= rules->size) {
			struct buf *joined = buf_in(parts->a, 0);

			buf_addstr(joined, out.s[out.n - 1]);
			buf_adds(joined, "\n\n");
			buf_add(joined, b->data, b->len);
			out.s[out.n - 1] = copy(parts->a, joined);
		} else {
			add(&out, copy(parts->a, b));
		}
	}
	*parts = out;
}

static void by_headings(struct texts *parts, const char *text)
{
	struct markdown m = { .a = parts->a, .lines = buf_in(parts->a, 0) };
	struct str rest = str_of(text);

	while (rest.p)
		take_line(&m, shown(m.a, str_split(&rest, '\n')));
	end_paragraph(&m);
	for (size_t i = 0; i < m.n; i++)
		add(parts, (struct str){ m.parts[i].text->data, m.parts[i].text->len });
}

/* --- characters --- */

/* Join what fits; a new text begins with the end of the one before.  The pieces lie side by side. */
static void merge(struct texts *good, const struct split_rules *rules, struct texts *out)
{
	int64_t total = 0;
	size_t from = 0;

	for (size_t i = 0; i <= good->n; i++) {
		int64_t n = i < good->n ? chars(good->s[i]) : 0;

		if (i > from && (i == good->n || total + n > rules->size)) {
			const char *end = good->s[i - 1].p + good->s[i - 1].n;
			struct str whole = strip((struct str){ good->s[from].p, (size_t)(end - good->s[from].p) });

			if (whole.n)
				add(out, whole);
			while (i < good->n && from < i && (total > rules->overlap || (total + n > rules->size && total > 0)))
				total -= chars(good->s[from++]);
		}
		total += n;
	}
	good->n = 0;
}

/* Cut before each `sep`; an empty one cuts everywhere. */
static void cut(struct str text, const char *sep, struct texts *out)
{
	size_t len = strlen(sep);

	while (text.n) {
		size_t n = 0;

		if (!len) {
			n = char_len(text);
		} else {
			const char *next = text.n > len && memcmp(text.p, sep, len) == 0 ?
				memmem(text.p + len, text.n - len, sep, len) : memmem(text.p, text.n, sep, len);

			if (next == text.p)
				next = memmem(text.p + len, text.n - len, sep, len);
			n = next ? (size_t)(next - text.p) : text.n;
		}
		add(out, (struct str){ text.p, n });
		text.p += n;
		text.n -= n;
	}
}

static void by_characters(struct str text, int first, const struct split_rules *rules, struct texts *out)
{
	static const char *const separators[] = { "\n\n", "\n", " ", "" };
	struct texts pieces = { .a = out->a }, good = { .a = out->a };
	int at = first;

	while (*separators[at] && !memmem(text.p, text.n, separators[at], strlen(separators[at])))
		at++;
	cut(text, separators[at], &pieces);
	for (size_t i = 0; i < pieces.n; i++) {
		if (chars(pieces.s[i]) < rules->size) {
			add(&good, pieces.s[i]);
			continue;
		}
		merge(&good, rules, out);
		if (!*separators[at])
			add(out, pieces.s[i]);
		else
			by_characters(pieces.s[i], at + 1, rules, out);
	}
	merge(&good, rules, out);
}

/* `chars` characters further on (back, when negative), at most to an end of the text. */
static const char *walk(struct str text, const char *at, int64_t by)
{
	const char *end = text.p + text.n;

	for (; by > 0 && at < end; by--)
		at += char_len((struct str){ at, (size_t)(end - at) });
	for (; by < 0 && at > text.p; by++)
		at -= last_len((struct str){ text.p, (size_t)(at - text.p) });
	return at;
}

/*
 * Where the pieces begin: at the first place where their text stands, not before where the one before it
 * ends without the overlap.
 */
static void place(struct str part, const struct texts *pieces, int64_t overlap, struct split_piece *out)
{
	const char *at = part.p;
	int64_t index = 0, before = 0;

	for (size_t i = 0; i < pieces->n; i++) {
		const char *from = i ? walk(part, at, before - overlap) : part.p;
		const char *found = memmem(from, (size_t)(part.p + part.n - from), pieces->s[i].p, pieces->s[i].n);

		found = found ? found : pieces->s[i].p;
		index += found >= at ? chars((struct str){ at, (size_t)(found - at) })
				     : -chars((struct str){ found, (size_t)(at - found) });
		at = found;
		before = chars(pieces->s[i]);
		out[i].start = index;
	}
}

size_t split_text(struct arena *a, const char *text, const struct split_rules *rules, struct split_piece **out)
{
	struct texts parts = { .a = a };
	size_t n = 0, cap = 0;

	*out = NULL;
	if (rules->headings) {
		by_headings(&parts, text);
		if (rules->at_least > 0)
			join_parts(&parts, rules);
	} else if (*text) {
		add(&parts, str_of(text));
	}
	for (size_t i = 0; i < parts.n; i++) {
		struct texts pieces = { .a = a };

		by_characters(parts.s[i], 0, rules, &pieces);
		if (n + pieces.n > cap) {
			struct split_piece *more;

			cap = 2 * (n + pieces.n);
			more = arena_calloc(a, cap, sizeof(*more));
			if (n)
				memcpy(more, *out, n * sizeof(*more));
			*out = more;
		}
		place(parts.s[i], &pieces, rules->overlap, *out + n);
		for (size_t j = 0; j < pieces.n; j++)
			(*out)[n++].text = arena_strndup(a, pieces.s[j].p, pieces.s[j].n);
	}
	return n < SPLIT_PIECES_MAX ? n : SPLIT_PIECES_MAX;
}
