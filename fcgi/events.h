#ifndef OW_FCGI_EVENTS_H
#define OW_FCGI_EVENTS_H

/* events - req_event()'s other half. */

#include "fcgi/request.h"

/* Publish what the request noted; after the answer has gone out. */
void events_flush(struct req *r);

#endif
