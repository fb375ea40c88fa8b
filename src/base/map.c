#include "base/map.h"
#include "base/arena.h"

struct slot {
	uint64_t hash;
	char *key;		/* NULL: never used */
	void *value;		/* NULL with a key: deleted */
};

struct map {
	struct slot *slots;
	size_t size;		/* a power of two */
	size_t used;		/* slots with a key, deleted ones too */
	size_t count;
};

static uint64_t hash_of(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h ^ (h >> 32);
}

struct map *map_new(void)
{
	struct map *m = xcalloc(1, sizeof(*m));

	m->size = 16;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	return m;
}

void map_free(struct map *m, void (*free_value)(void *))
{
	if (!m)
		return;
	for (size_t i = 0; i < m->size; i++) {
		if (free_value && m->slots[i].value)
			free_value(m->slots[i].value);
		free(m->slots[i].key);
	}
	free(m->slots);
	free(m);
}

static struct slot *find(const struct map *m, const char *key, size_t n, uint64_t hash)
{
	size_t i = hash & (m->size - 1);

	for (;; i = (i + 1) & (m->size - 1)) {
		struct slot *s = &m->slots[i];

		if (!s->key)
			return s;
		if (s->hash == hash && strncmp(s->key, key, n) == 0 && !s->key[n])
			return s;
	}
}

void *map_get_n(const struct map *m, const char *key, size_t n)
{
	return find(m, key, n, hash_of(key, n))->value;
}

void *map_get(const struct map *m, const char *key)
{
	return map_get_n(m, key, strlen(key));
}

static void rehash(struct map *m)
{
	struct slot *old = m->slots;
	size_t size = m->size;

	if (m->count * 2 >= m->size)
		m->size *= 2;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	m->used = m->count;
	for (size_t i = 0; i < size; i++) {
		if (old[i].value)
			*find(m, old[i].key, strlen(old[i].key), old[i].hash) = old[i];
		else
			free(old[i].key);
	}
	free(old);
}

void *map_set(struct map *m, const char *key, void *value)
{
	size_t n = strlen(key);
	uint64_t hash = hash_of(key, n);
	struct slot *s = find(m, key, n, hash);
	void *before = s->value;

	if (!s->key) {
		s->key = xstrdup(key);
		s->hash = hash;
		m->used++;
	}
	s->value = value;
	if (!before)
		m->count++;
	if (m->used * 4 >= m->size * 3)
		rehash(m);
	return before;
}

void *map_del(struct map *m, const char *key)
{
	size_t n = strlen(key);
	struct slot *s = find(m, key, n, hash_of(key, n));
	void *before = s->value;

	if (before) {
		s->value = NULL;
		m->count--;
	}
	return before;
}

size_t map_count(const struct map *m)
{
	return m->count;
}

bool map_next(const struct map *m, size_t *at, const char **key, void **value)
{
	for (; *at < m->size; (*at)++) {
		const struct slot *s = &m->slots[*at];

		if (s->value) {
			*key = s->key;
			*value = s->value;
			(*at)++;
			return true;
		}
	}
	return false;
}
