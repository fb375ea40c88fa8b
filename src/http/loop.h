#ifndef OW_HTTP_LOOP_H
#define OW_HTTP_LOOP_H

/*
 * loop - many streams on one thread.
 *
 * A stream of single words costs a thread more in being woken than in what it does.  Here one thread of
 * the process waits for all of them, and takes what came for hundreds at one go; the caller sleeps
 * until its own call has ended.
 */

#include "http/client.h"

/*
 * As http_run(), on the shared thread.  The callbacks are called there: they must not block, and touch
 * nothing but what the sleeping caller owns.  A sink that may be slow gives `drain` (http/client.h).
 */
bool http_run_shared(struct arena *a, const struct http_request *req, struct http_answer *out);

#endif
