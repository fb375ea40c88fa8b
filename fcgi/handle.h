#ifndef OW_HANDLE_H
#define OW_HANDLE_H

/* handle - the way of one request: route, body, guard, check, handler, log. */

#include <fcgiapp.h>

#include "base/arena.h"

/* Answer one accepted FastCGI request.  The arena is empty and is emptied again. */
void handle_request(FCGX_Request *fcgi, struct arena *a);

#endif
