#ifndef OW_RAG_EMBED_H
#define OW_RAG_EMBED_H

/*
 * embed - texts become vectors, at the service that the RAG_* settings name.
 *
 * Settings: rag.embedding_engine ("openai", "ollama", "azure_openai"; "" stands for none),
 * rag.embedding_model, rag.embedding_batch_size, and address and key of the engine.  Environment:
 * RAG_EMBEDDING_CONTENT_PREFIX, RAG_EMBEDDING_QUERY_PREFIX, RAG_EMBEDDING_PREFIX_FIELD_NAME.
 *
 * The call blocks for as long as the service takes: hold no database connection meanwhile.
 * Source: contract/notes-retrieval.md; the providers' interfaces.
 */

#include "config/config.h"

enum {
	EMBED_DIMENSIONS_MAX = 16384,
	EMBED_TEXTS_MAX = 100000,	/* of one call */
	EMBED_BATCH_MAX = 2048,		/* texts of one request */
	EMBED_PARALLEL = 8,		/* requests under way at once */
	EMBED_TIMEOUT_MS = 120000,
};

struct embedding {
	float *v;
	size_t n;
};

enum embed_kind { EMBED_CONTENT, EMBED_QUERY };

/*
 * Embed `n` texts; out[i] belongs to texts[i], in the arena.  1 done; 0 no service is set up (out is left
 * alone); -1 the service failed: *err says how, for the log and the client.
 */
int embed_texts(struct arena *a, const struct config *c, enum embed_kind kind, const char *const *texts,
		size_t n, struct embedding *out, const char **err);

/* The vectors in an answer: the list at `list` ("data", "embeddings"), of objects with the member `member`
 * or of vectors (NULL).  How many were read, at most `max`; 0 also when one is malformed. */
size_t embed_read(struct arena *a, struct str answer, const char *list, const char *member,
		  struct embedding *out, size_t max);

#endif
