#ifndef OW_HTTP_TARGET_H
#define OW_HTTP_TARGET_H

/*
 * target - may the server send requests to an address that somebody outside named?
 *
 * http and https only; never the metadata services of clouds nor what WEB_FETCH_FILTER_LIST refuses
 * (`!host`, comma separated); private addresses only with ENABLE_LOCAL_WEB_FETCH.  Names are resolved:
 * the call may wait for a name server.
 */

#include "base/base.h"

enum { TARGET_MAX = 8192 };	/* bytes of an address */

/* What a client is told of an address that is refused. */
#define TARGET_REFUSED "The URL you provided is invalid. Please double-check and try again."

bool target_allowed(const char *url);

#endif
