#ifndef OW_RAG_VECTOR_H
#define OW_RAG_VECTOR_H

/*
 * vector - a store of texts with their vectors, in collections.
 *
 * A driver is one struct vector_ops.  The one there is keeps them in PostgreSQL: the reference's table
 * document_chunk, with pgvector's type where the extension is installed, else with real[] and an exact
 * scan.  Vectors are cut or filled with zeros to the length of the column
 * (PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH, 1536), as the reference does.
 *
 * Calls run in the transaction of `db` where there is one, so that a row and its vector are stored
 * together.  Results: as in db/db.h, 1 done, -1 failed (db_error()).
 */

#include "rag/embed.h"

struct db;

enum { VECTOR_HITS_MAX = 1000 };

struct vector_item {
	const char *id, *text;
	struct embedding vector;
	const char *metadata;		/* a JSON object; joins what the item had */
};

struct vector_hit {
	const char *id, *text, *metadata;
	double score;			/* of the cosine, 0 (opposite) to 1 (the same) */
};

struct vector_ops {
	const char *name;
	/* Store items, those with a known id in their place. */
	int (*put)(struct db *db, struct arena *a, const char *collection, const struct vector_item *items,
		   size_t n);
	/* The nearest, best first.  `filter` is a JSON object of metadata that must agree, texts or
	 * { "$in": [text …] }; NULL: all. */
	int (*search)(struct db *db, struct arena *a, const char *collection, struct embedding v,
		      const char *filter, size_t limit, struct vector_hit **hits, size_t *n);
	/* Remove items by a JSON list of ids; NULL: the whole collection. */
	int (*del)(struct db *db, struct arena *a, const char *collection, const char *ids);
};

/* The store of this instance. */
const struct vector_ops *vector_store(void);

extern const struct vector_ops vector_pg;

#endif
