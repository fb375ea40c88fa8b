#ifndef OW_SEARCH_INDEX_H
#define OW_SEARCH_INDEX_H

/*
 * index - keeps owui.chat_index up to date (sql/migrations/0040_chat_search.sql).
 *
 * Conversations that changed are marked by triggers; a search reads them themselves meanwhile.  They are
 * taken into the index when they have rested for SEARCH_REST_S, so that a running conversation is read
 * once and not after each of its messages.  Several processes may do that at the same time.
 */

#include "db/db.h"

enum { SEARCH_REST_S = 60, SEARCH_BATCH = 50, SEARCH_POLL_MS = 5000 };

/* Read one batch of marked conversations older than `rest_s`; how many there were, -1 failed. */
int search_index_batch(struct db *db, struct arena *a, int64_t rest_s);

/* Start a thread that does so for ever.  Call once. */
void search_index_start(void);

#endif
