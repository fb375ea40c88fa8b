#ifndef OW_SPOOL_H
#define OW_SPOOL_H

/*
 * spool - bytes that are too many for memory, in a file without a name that goes with its arena.
 */

#include "fcgi/request.h"

#define SPOOL_MAX ((int64_t)64 << 30)		/* bytes */

struct spool {
	int fd;
	int64_t len;
};

/* A new one, below TMPDIR; false: the file system has no room for it (errno). */
bool spool_open(struct arena *a, struct spool *s);

/* False: it does not fit. */
bool spool_write(struct spool *s, const void *data, size_t n);

/* Its bytes, mapped until the arena ends; { NULL, 0 } when there are none or they cannot be mapped. */
struct str spool_map(struct arena *a, const struct spool *s);

/* All of a raw body; false: answered. */
bool spool_body(struct req *r, struct spool *s);

#endif
