#ifndef OW_MAP_H
#define OW_MAP_H

/*
 * map - text keys to pointers, open addressing.
 *
 * Keys are copied; values belong to the caller.  Order of iteration is not
 * defined.  Threads: none of its own locks.
 */

#include "base/base.h"

struct map;

struct map *map_new(void);
void map_free(struct map *m, void (*free_value)(void *));	/* either may be NULL */

void *map_get(const struct map *m, const char *key);		/* NULL: absent */
void *map_get_n(const struct map *m, const char *key, size_t n);

/* Store `value` (not NULL); the value that was there before, or NULL. */
void *map_set(struct map *m, const char *key, void *value);

/* Remove the key; its value, or NULL. */
void *map_del(struct map *m, const char *key);

size_t map_count(const struct map *m);

/* Iterate: start with *at = 0; false at the end.  Do not change the map meanwhile. */
bool map_next(const struct map *m, size_t *at, const char **key, void **value);

#endif
