#include "evaluation/elo.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "json/scan.h"

struct tag {
	const char *name;
	int64_t count;
	struct tag *next;		/* in the order in which they were met */
};

struct entry {
	const char *id;
	double rating;
	int64_t won, lost;
	size_t place;			/* order of the first vote; 0: none yet */
	struct map *tags;		/* by name */
	struct tag *first, **last;
	struct entry *next;
};

struct elo {
	struct arena *arena;
	struct map *by_id;
	struct entry *first, **last;
	size_t voted;
};

static void drop_map(void *m)
{
	map_free(m, NULL);
}

struct elo *elo_new(struct arena *a)
{
	struct elo *e = arena_alloc(a, sizeof(*e));

	e->arena = a;
	e->by_id = map_new();
	e->last = &e->first;
	arena_defer(a, drop_map, e->by_id);
	return e;
}

static struct entry *entry_of(struct elo *e, const char *id)
{
	struct entry *m = map_get(e->by_id, id);

	if (m)
		return m;
	m = arena_alloc(e->arena, sizeof(*m));
	m->id = arena_strdup(e->arena, id);
	m->rating = 1000;
	m->last = &m->first;
	map_set(e->by_id, id, m);
	*e->last = m;
	e->last = &m->next;
	return m;
}

static struct entry *voter(struct elo *e, const char *id)
{
	struct entry *m = entry_of(e, id);

	if (!m->place)
		m->place = ++e->voted;
	return m;
}

static void match(struct entry *m, struct entry *other, bool won, double weight)
{
	double expected = 1 / (1 + pow(10, (other->rating - m->rating) / 400));
	double change = 32 * ((won ? 1 : 0) - expected) * weight;

	m->rating += change;
	other->rating -= change;
	m->won += won;
	m->lost += !won;
	other->won += !won;
	other->lost += won;
}

void elo_vote(struct elo *e, const char *model, bool won, const char *opponents, double weight)
{
	const char *at = NULL, *id;
	struct str item;

	while (opponents && json_each_item(str_of(opponents), &at, &item)) {
		struct entry *m;

		id = json_raw_text(e->arena, item);
		if (!id)
			continue;
		m = voter(e, model);
		match(m, voter(e, id), won, weight);
	}
}

void elo_tags(struct elo *e, const char *model, const char *tags)
{
	struct entry *m = entry_of(e, model);
	const char *at = NULL, *name;
	struct str item;

	while (tags && json_each_item(str_of(tags), &at, &item)) {
		struct tag *t;

		name = json_raw_text(e->arena, item);
		if (!name)
			continue;
		if (!m->tags) {
			m->tags = map_new();
			arena_defer(e->arena, drop_map, m->tags);
		}
		t = map_get(m->tags, name);
		if (!t) {
			t = arena_alloc(e->arena, sizeof(*t));
			t->name = name;
			map_set(m->tags, name, t);
			*m->last = t;
			m->last = &t->next;
		}
		t->count++;
	}
}

/* Best first; of equals the one that was voted on earlier. */
static int by_rating(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	double p = rint(x->rating), q = rint(y->rating);

	if (p != q)
		return p < q ? 1 : -1;
	return x->place < y->place ? -1 : 1;
}

/* The most frequent tag behind `after` in the order of counts, then of appearance. */
static const struct tag *next_tag(const struct entry *m, const struct tag *after)
{
	const struct tag *best = NULL;
	bool passed = false;

	for (const struct tag *t = m->first; t; t = t->next) {
		bool open = !after || t->count < after->count || (t->count == after->count && passed);

		if (t == after)
			passed = true;
		else if (open && (!best || t->count > best->count))
			best = t;
	}
	return best;
}

static void write_tags(const struct entry *m, struct buf *out)
{
	const struct tag *t = NULL;

	for (int i = 0; i < ELO_TOP_TAGS && (t = next_tag(m, t)); i++) {
		buf_adds(out, i ? ",{\"tag\":" : "{\"tag\":");
		buf_json(out, t->name);
		buf_printf(out, ",\"count\":%" PRId64 "}", t->count);
	}
}

void elo_write(struct elo *e, struct buf *out)
{
	struct entry **all = arena_calloc(e->arena, e->voted + 1, sizeof(*all));
	size_t n = 0;

	for (struct entry *m = e->first; m; m = m->next)
		if (m->place)
			all[n++] = m;
	qsort(all, n, sizeof(*all), by_rating);
	buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_adds(out, i ? ",{\"model_id\":" : "{\"model_id\":");
		buf_json(out, all[i]->id);
		buf_printf(out, ",\"rating\":%.0f,\"won\":%" PRId64 ",\"lost\":%" PRId64 ",\"count\":%" PRId64
			   ",\"top_tags\":[", rint(all[i]->rating), all[i]->won, all[i]->lost,
			   all[i]->won + all[i]->lost);
		write_tags(all[i], out);
		buf_adds(out, "]}");
	}
	buf_addc(out, ']');
}
