#include "executor/output.h"

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static void put(struct output *o, const void *p, size_t n)
{
	if (o->cut || o->text.len + n > o->max) {
		o->cut = true;
		return;
	}
	buf_add(&o->text, p, n);
}

/* Could more bytes make a character of these? */
static bool is_prefix(const unsigned char *p, size_t n)
{
	unsigned char full[4] = { 0x80, 0x80, 0x80, 0x80 };

	if (n > 3)
		return false;
	memcpy(full, p, n);
	/* Only the second byte has a range of its own after some first bytes. */
	for (unsigned char second = 0x80; second < 0xc0; second += 0x10) {
		if (n == 1)
			full[1] = second;
		if (utf8_len(full, 4) > n)
			return true;
	}
	return false;
}

static size_t take(struct output *o, const unsigned char *p, size_t n, bool more)
{
	size_t at = 0;

	while (at < n && !o->cut) {
		size_t run = at, len = 0;

		while (run < n && (len = utf8_len(p + run, n - run)) > 0 &&
		       run - at + len <= 4096)
			run += len;
		if (run > at) {
			if (o->text.len + (run - at) > o->max)
				run = at + utf8_cut((const char *)p + at, run - at,
						    o->max - o->text.len);
			put(o, p + at, run - at);
			if (o->text.len + 4 > o->max && run < n)
				o->cut = true;
			at = run;
			continue;
		}
		if (more && is_prefix(p + at, n - at))
			return at;
		put(o, REPLACEMENT, 3);
		at++;
	}
	return at;
}

void output_add(struct output *o, const void *p, size_t n)
{
	const unsigned char *s = p;
	unsigned char joined[8];

	if (!o->text.max)
		o->text.max = o->max + 8;
	while (o->tail_n && n && !o->cut) {
		size_t used;

		memcpy(joined, o->tail, o->tail_n);
		joined[o->tail_n++] = *s;
		o->tail[o->tail_n - 1] = *s++;
		n--;
		memcpy(joined, o->tail, o->tail_n);
		used = take(o, joined, o->tail_n, true);
		o->tail_n -= used;
		memmove(o->tail, o->tail + used, o->tail_n);
	}
	if (o->cut || !n)
		return;
	o->tail_n = 0;
	while (n) {
		size_t used = take(o, s, n, true);

		if (o->cut)
			return;
		s += used;
		n -= used;
		if (n && n < 4 && is_prefix(s, n)) {
			memcpy(o->tail, s, n);
			o->tail_n = n;
			return;
		}
	}
}

void output_end(struct output *o)
{
	for (size_t i = 0; i < o->tail_n; i++)
		put(o, REPLACEMENT, 3);
	o->tail_n = 0;
}
