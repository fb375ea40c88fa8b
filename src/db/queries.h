#ifndef OW_DB_QUERIES_H
#define OW_DB_QUERIES_H

/*
 * queries - the statements of sql/queries, compiled in by build-aux/sql2c.
 *
 * Each `-- name: chat_get(user text, id text) json` becomes Q_CHAT_GET.
 */

#include "db/queries.gen.h"

#include <stddef.h>

struct query_def {
	const char *name;
	const char *sql;
	size_t nparams;
	unsigned types[16];	/* OIDs of the parameters */
};

extern const struct query_def query_defs[Q_COUNT];

#endif
