#ifndef OW_FCGI_EVENTS_H
#define OW_FCGI_EVENTS_H

/* events - what an operation tells (struct route, `event`; req_event()). */

#include "fcgi/request.h"

/* Note what the row tells, now that its answer is known; nothing where nobody listens. */
void events_answered(struct req *r, struct str answer);

/* Publish what the request noted; after the answer has gone out. */
void events_flush(struct req *r);

/* What is wrong with the row's `event`, for a test; NULL: nothing. */
const char *events_row_fault(const struct route *route);

#endif
