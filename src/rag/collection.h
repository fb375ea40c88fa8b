#ifndef OW_RAG_COLLECTION_H
#define OW_RAG_COLLECTION_H

/*
 * collection - texts that can be searched by meaning: split, embedded and stored; searched.
 *
 * Source: recorded answers (retrieval-text); the metadata are the reference's, as its pgvector store writes them.
 */

#include "config/config.h"
#include "db/db.h"
#include "rag/vector.h"

enum { COLLECTION_TEXT_MAX = 32 * 1024 * 1024, COLLECTION_NAME_MAX = 255 };

/* May such a name be used at all?  Letters, digits, _ and -. */
bool collection_name_valid(const char *name);

/*
 * Store a text in a collection; nothing is done when there is one of the name already.  `metadata` is an
 * object that each piece gets, with its place and the embedding's engine beside it.  Holds no connection
 * while it embeds.  1 done; 0 refused: *why, and its status; -1 the database failed: *failure.
 */
struct collection_fault {
	int status;
	const char *why;
	struct db_failure db;
};
int collection_add(struct arena *a, const struct config *c, const char *collection, const char *text,
		   struct json_object *metadata, struct collection_fault *fault);

/* The `k` pieces nearest to the query, of all these collections, best first, one text once.  `found`: was
 * there anything in any of them?  Results as above. */
int collection_search(struct arena *a, const struct config *c, const char *const *collections, size_t n,
		      const char *query, size_t k, struct vector_hit **hits, size_t *count, bool *found,
		      struct collection_fault *fault);

/* The hits as clients of the vector store get them: { ids, documents, metadatas, distances }, each a list with one list;
 * those of at least this score; `ids` may be left out. */
void hits_json(struct buf *b, const struct vector_hit *hits, size_t n, double at_least, bool ids);

#endif
