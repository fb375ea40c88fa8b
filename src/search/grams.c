#include "search/grams.h"

#include <stdlib.h>

/* A set of numbers, open addressing; 0 is kept apart. */
struct set {
	int32_t *slots;
	size_t cap, n;
	bool zero;
};

static uint32_t owner_seed(const char *owner)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *owner; owner++)
		h = (h ^ (unsigned char)*owner) * 16777619u;
	return h;
}

/* One piece; c is 0 for a piece of two.  The finalizer of MurmurHash3 spreads the bits. */
static int32_t gram(uint32_t seed, uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h = ((uint64_t)a << 42 | (uint64_t)b << 21 | c) ^ (uint64_t)seed << 16;

	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return (int32_t)(uint32_t)(h ^ h >> 33);
}

static bool put(struct set *s, int32_t v)
{
	size_t at = (uint32_t)v & (s->cap - 1);

	while (s->slots[at]) {
		if (s->slots[at] == v)
			return false;
		at = (at + 1) & (s->cap - 1);
	}
	s->slots[at] = v;
	s->n++;
	return true;
}

static void grow(struct set *s)
{
	struct set old = *s;

	s->cap = s->cap ? s->cap * 2 : 1024;
	s->slots = xcalloc(s->cap, sizeof(*s->slots));
	s->n = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i])
			put(s, old.slots[i]);
	free(old.slots);
}

static void add(struct set *s, int32_t v)
{
	if (!v)
		s->zero = true;
	else if (s->n * 2 >= s->cap)
		grow(s);
	if (v)
		put(s, v);
}

/* The next character, moved over; a byte that is none counts as one. */
static uint32_t next_char(const unsigned char **p, const unsigned char *end)
{
	uint32_t c = *(*p)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	if (more)
		c &= 0x3fu >> more;
	while (more-- && *p < end)
		c = c << 6 | (*(*p)++ & 0x3f);
	return c & 0x1fffff;
}

/* The pieces of a stretch; of one that has any of three, those of two say nothing more (`all` adds them). */
static void add_stretch(struct set *s, uint32_t seed, struct str text, bool all)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
	uint32_t a = 0, b = 0;
	size_t n = 0;

	while (p < end) {
		uint32_t c = next_char(&p, end);

		if (++n >= 2 && (all || (n == 2 && p == end)))
			add(s, gram(seed, b, c, 0));
		if (n >= 3)
			add(s, gram(seed, a, b, c));
		a = b;
		b = c;
	}
}

static void write_set(struct buf *out, struct set *s)
{
	bool first = !s->zero;

	buf_adds(out, s->zero ? "{0" : "{");
	for (size_t i = 0; i < s->cap; i++) {
		if (!s->slots[i])
			continue;
		if (!first)
			buf_addc(out, ',');
		first = false;
		buf_addint(out, s->slots[i]);
	}
	buf_addc(out, '}');
	free(s->slots);
}

void grams_of_text(struct buf *out, const char *owner, struct str text)
{
	struct set s = { NULL, 0, 0, false };

	add_stretch(&s, owner_seed(owner), text, true);
	write_set(out, &s);
}

bool grams_of_needles(struct buf *out, const char *owner, const struct str *needles, size_t n)
{
	struct set s = { NULL, 0, 0, false };
	uint32_t seed = owner_seed(owner);
	bool any;

	for (size_t i = 0; i < n; i++) {
		struct str rest = needles[i];

		while (rest.n) {
			size_t len = 0;

			while (len < rest.n && !strchr("%_\\", rest.p[len]))
				len++;
			add_stretch(&s, seed, (struct str){ rest.p, len }, false);
			len += len < rest.n;
			rest = (struct str){ rest.p + len, rest.n - len };
		}
	}
	any = s.n || s.zero;
	write_set(out, &s);
	return any;
}
