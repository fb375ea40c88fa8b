#ifndef OW_MEMORY_H
#define OW_MEMORY_H

/*
 * memory - what the assistant remembers of an account: short texts, each with a vector to find it by.
 *
 * A memory may have a path ("work/projects"); its vector is of path and text.  The vectors of an account
 * are the collection "user-memory-<id>" of the vector store; where no embedding service is set up,
 * memories are kept without.  Texts are embedded before the transaction that stores row and vector.
 *
 * Source: contract/notes-workspace.md, "Memories"; recorded answers.
 */

#include "db/db.h"
#include "json/json.h"
#include "rag/vector.h"

enum { MEMORY_OPERATIONS_MAX = 1000, MEMORY_HITS_MAX = 1000 };

/* A path in its normal form: no empty parts, no slash at its ends; NULL for none.  False: not a path. */
bool memory_path(struct arena *a, const char *given, const char **out);

/* The text without white space around it; NULL when nothing is left. */
const char *memory_content(struct arena *a, const char *given);

/* What is embedded. */
const char *memory_text(struct arena *a, const char *path, const char *content);

/* Check a list of operations { action, id, content, type, path } and bring them into normal form; NULL, or
 * what is wrong. */
const char *memory_check_operations(struct arena *a, struct json_object *list);

/*
 * Store the vectors of memories: `rows` are memories as JSON objects, vectors[i] belongs to the i-th.
 * Inside the caller's transaction.  1, or -1 failed.
 */
int memory_put_vectors(struct db *db, struct arena *a, const char *user_id, struct json_object *rows,
		       const struct embedding *vectors);

/*
 * Do a list of operations { action: "add" | "replace" | "move" | "remove", id, content, type, path }, all or none, with
 * their vectors.  `source` is kept with what is made.  No connection is held while texts are embedded.
 * *json: what became of each, in their order; of the arena.  *why says what was refused, or what the service said.
 */
enum memory_end { MEMORY_DONE, MEMORY_REFUSED, MEMORY_NO_VECTORS, MEMORY_DB_FAILED };
enum memory_end memory_apply(struct arena *a, const struct config *c, const char *user_id,
			     struct json_object *operations, const char *source, const char **json,
			     const char **why, struct db_failure *failure);

/*
 * Make all vectors of an account anew; *count memories.  Borrows connections as it needs them and holds none
 * while texts are embedded.  1 done, 0 the service failed (*err), -1 the database failed.
 */
int memory_reindex(struct arena *a, const struct config *c, const char *user_id, size_t *count,
		   const char **err);

/* The account's memories nearest to the text, as the vector store's clients get them: { ids, documents,
 * metadatas, distances }, each a list with one list.  1, or -1 failed. */
int memory_search(struct db *db, struct arena *a, const struct config *c, const char *user_id,
		  struct embedding v, size_t limit, const char **json);

#endif
