#ifndef OW_HTTP_COOKIE_H
#define OW_HTTP_COOKIE_H

/* cookie - the Cookie header (RFC 6265, 5.4). */

#include "base/arena.h"

/* The value of the first cookie of that name, without quotes around it; NULL when there is none.
 * `header` may be NULL. */
const char *cookie_value(struct arena *a, const char *header, const char *name);

#endif
