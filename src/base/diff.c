#include "base/diff.h"

#include "base/map.h"

struct list {
	struct str *lines;
	size_t n, cap;
};

/* One text: its lines and what number each of them has, the same for equal lines. */
struct side {
	struct str *lines;
	size_t *ids;
	size_t n;
};

/* Where lines of a number stand in the new text: linked from the last one to the first. */
struct place {
	size_t last;			/* SIZE_MAX: nowhere, or too common */
	size_t count;
};

struct block {
	size_t a, b, n;
};

struct diff {
	struct arena *arena;
	struct side old, new;
	struct place *places;		/* by number */
	size_t *before;			/* by line of the new text: the one before it with the same number */
	size_t *len;			/* length of the run that ends at a line of the new text … */
	uint64_t *seen;			/* … and the row for which that holds */
	uint64_t row;
	uint64_t steps;
	struct block *blocks;
	size_t blocks_n, blocks_cap;
};

static void list_add(struct arena *a, struct list *l, struct str line)
{
	if (l->n == l->cap) {
		struct str *more = arena_calloc(a, l->cap ? l->cap * 2 : 64, sizeof(*more));

		if (l->n)
			memcpy(more, l->lines, l->n * sizeof(*more));
		l->lines = more;
		l->cap = l->cap ? l->cap * 2 : 64;
	}
	l->lines[l->n++] = line;
}

/* Bytes of the line end at p, 0 when there is none. */
static size_t line_end(const unsigned char *p, size_t n)
{
	if (p[0] == '\r')
		return n > 1 && p[1] == '\n' ? 2 : 1;
	if ((p[0] >= '\n' && p[0] <= '\f') || (p[0] >= 0x1c && p[0] <= 0x1e))
		return 1;
	if (n > 1 && p[0] == 0xc2 && p[1] == 0x85)
		return 2;
	return n > 2 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9) ? 3 : 0;
}

size_t diff_lines(struct arena *a, struct str text, struct str **out)
{
	struct list l = { NULL, 0, 0 };
	size_t start = 0, at = 0;

	while (at < text.n) {
		size_t end = line_end((const unsigned char *)text.p + at, text.n - at);

		if (end) {
			list_add(a, &l, (struct str){ text.p + start, at - start });
			start = at + end;
		}
		at += end ? end : 1;
	}
	if (start < text.n)
		list_add(a, &l, (struct str){ text.p + start, text.n - start });
	*out = l.lines;
	return l.n;
}

/* Number the lines of a text; numbers count from 1, as the map holds no NULL. */
static void number(struct arena *a, struct map *known, struct side *s)
{
	s->ids = arena_calloc(a, s->n + 1, sizeof(*s->ids));
	for (size_t i = 0; i < s->n; i++) {
		char *key = arena_strndup(a, s->lines[i].p, s->lines[i].n);
		void *id = map_get(known, key);

		if (!id) {
			id = (void *)(uintptr_t)(map_count(known) + 1);
			map_set(known, key, id);
		}
		s->ids[i] = (size_t)(uintptr_t)id;
	}
}

static void index_new(struct diff *d, size_t ids)
{
	size_t common = d->new.n >= 200 ? d->new.n / 100 + 1 : SIZE_MAX;

	d->places = arena_calloc(d->arena, ids + 1, sizeof(*d->places));
	d->before = arena_calloc(d->arena, d->new.n + 1, sizeof(*d->before));
	d->len = arena_calloc(d->arena, d->new.n + 1, sizeof(*d->len));
	d->seen = arena_calloc(d->arena, d->new.n + 1, sizeof(*d->seen));
	for (size_t i = 0; i <= ids; i++)
		d->places[i].last = SIZE_MAX;
	for (size_t j = 0; j < d->new.n; j++) {
		struct place *p = &d->places[d->new.ids[j]];

		d->before[j] = p->last;
		p->last = j;
		p->count++;
	}
	for (size_t i = 0; i <= ids; i++)
		if (d->places[i].count > common)
			d->places[i].last = SIZE_MAX;
}

/* The longest common run of old[alo, ahi) and new[blo, bhi); of several the first one in the old
 * text, then in the new.  n is 0 when there is none. */
static struct block longest(struct diff *d, size_t alo, size_t ahi, size_t blo, size_t bhi)
{
	struct block best = { alo, blo, 0 };
	size_t best_row = SIZE_MAX;

	d->row++;			/* no run goes on from an earlier call */
	for (size_t i = alo; i < ahi && d->steps < DIFF_MAX_STEPS; i++) {
		d->row++;
		d->steps++;
		for (size_t j = d->places[d->old.ids[i]].last; j != SIZE_MAX && j >= blo; j = d->before[j]) {
			size_t n;

			d->steps++;
			if (j >= bhi)
				continue;
			n = j > blo && d->seen[j - 1] == d->row - 1 ? d->len[j - 1] + 1 : 1;
			d->len[j] = n;
			d->seen[j] = d->row;
			if (n > best.n || (n == best.n && best_row == i)) {
				best = (struct block){ i + 1 - n, j + 1 - n, n };
				best_row = i;
			}
		}
	}
	while (best.a > alo && best.b > blo && d->old.ids[best.a - 1] == d->new.ids[best.b - 1]) {
		best.a--;
		best.b--;
		best.n++;
	}
	while (best.a + best.n < ahi && best.b + best.n < bhi &&
	       d->old.ids[best.a + best.n] == d->new.ids[best.b + best.n])
		best.n++;
	return best;
}

static void block_add(struct diff *d, struct block b)
{
	struct block *last = d->blocks_n ? &d->blocks[d->blocks_n - 1] : NULL;

	if (last && last->a + last->n == b.a && last->b + last->n == b.b) {
		last->n += b.n;
		return;
	}
	if (d->blocks_n == d->blocks_cap) {
		size_t cap = d->blocks_cap ? d->blocks_cap * 2 : 64;
		struct block *more = arena_calloc(d->arena, cap, sizeof(*more));

		if (d->blocks_n)
			memcpy(more, d->blocks, d->blocks_n * sizeof(*more));
		d->blocks = more;
		d->blocks_cap = cap;
	}
	d->blocks[d->blocks_n++] = b;
}

/* All common runs, in their order.  What is left to do waits on a stack: a span to look at, or (with
 * its run known) one to add once all to its left are there. */
static void find_blocks(struct diff *d)
{
	struct span {
		size_t alo, ahi, blo, bhi;
		struct block run;
	} *stack;
	size_t max = d->old.n < d->new.n ? d->old.n : d->new.n, n = 0;

	stack = arena_calloc(d->arena, 2 * max + 4, sizeof(*stack));
	stack[n++] = (struct span){ 0, d->old.n, 0, d->new.n, { 0, 0, 0 } };
	while (n) {
		struct span s = stack[--n];
		struct block b;

		if (s.run.n) {
			block_add(d, s.run);
			continue;
		}
		b = longest(d, s.alo, s.ahi, s.blo, s.bhi);
		if (!b.n)
			continue;
		if (b.a + b.n < s.ahi && b.b + b.n < s.bhi)
			stack[n++] = (struct span){ b.a + b.n, s.ahi, b.b + b.n, s.bhi, { 0, 0, 0 } };
		stack[n++] = (struct span){ 0, 0, 0, 0, b };
		if (s.alo < b.a && s.blo < b.b)
			stack[n++] = (struct span){ s.alo, b.a, s.blo, b.b, { 0, 0, 0 } };
	}
	block_add(d, (struct block){ d->old.n, d->new.n, 0 });
}

static const char *range(struct arena *a, size_t from, size_t n)
{
	return n == 1 ? arena_printf(a, "%zu", from + 1) : arena_printf(a, "%zu,%zu", n ? from + 1 : from, n);
}

static void add_lines(struct diff *d, struct list *out, char mark, const struct side *s, size_t from, size_t to)
{
	for (; from < to; from++)
		list_add(d->arena, out, str_of(arena_printf(d->arena, "%c%.*s", mark, (int)s->lines[from].n,
							    s->lines[from].p)));
}

/* Where a hunk ends whose first run behind a change is `k`: at the run that is too long to bridge. */
static size_t hunk_end(const struct diff *d, size_t k)
{
	while (k + 1 < d->blocks_n && d->blocks[k].n <= 2 * DIFF_CONTEXT)
		k++;
	return k;
}

/* The hunk of the changes between the runs `first` and `end`. */
static void write_hunk(struct diff *d, struct list *out, struct block first, size_t from, size_t end)
{
	size_t lead = first.n < DIFF_CONTEXT ? first.n : DIFF_CONTEXT;
	struct block last = d->blocks[end];
	size_t tail = last.n < DIFF_CONTEXT ? last.n : DIFF_CONTEXT;
	size_t a = first.a + first.n, b = first.b + first.n;

	list_add(d->arena, out, str_of(arena_printf(d->arena, "@@ -%s +%s @@",
		range(d->arena, a - lead, last.a + tail - (a - lead)),
		range(d->arena, b - lead, last.b + tail - (b - lead)))));
	add_lines(d, out, ' ', &d->old, a - lead, a);
	for (size_t k = from; k <= end; k++) {
		struct block run = d->blocks[k];

		add_lines(d, out, '-', &d->old, a, run.a);
		add_lines(d, out, '+', &d->new, b, run.b);
		a = run.a + run.n;
		b = run.b + run.n;
		add_lines(d, out, ' ', &d->old, run.a, k == end ? run.a + tail : a);
	}
}

static void write_hunks(struct diff *d, struct list *out)
{
	struct block first = { 0, 0, 0 };
	size_t k = 0;

	if (d->blocks[0].n && !d->blocks[0].a && !d->blocks[0].b)
		first = d->blocks[k++];
	while (k < d->blocks_n) {
		size_t end = hunk_end(d, k);
		struct block last = d->blocks[end];

		if (end > k || last.a > first.a + first.n || last.b > first.b + first.n)
			write_hunk(d, out, first, k, end);
		first = last;
		k = end + 1;
	}
}

size_t diff_unified(struct arena *a, struct str old_text, struct str new_text, const char *old_name,
		    const char *new_name, struct str **out)
{
	struct diff d = { .arena = a };
	struct map *known = map_new();
	struct list lines = { NULL, 0, 0 };

	d.old.n = diff_lines(a, old_text, &d.old.lines);
	d.new.n = diff_lines(a, new_text, &d.new.lines);
	number(a, known, &d.old);
	number(a, known, &d.new);
	index_new(&d, map_count(known));
	map_free(known, NULL);
	find_blocks(&d);
	list_add(a, &lines, str_of(arena_printf(a, "--- %s", old_name)));
	list_add(a, &lines, str_of(arena_printf(a, "+++ %s", new_name)));
	write_hunks(&d, &lines);
	*out = lines.lines;
	return lines.n > 2 ? lines.n : 0;
}
