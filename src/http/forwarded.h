#ifndef OW_HTTP_FORWARDED_H
#define OW_HTTP_FORWARDED_H

/*
 * forwarded - the client behind proxies, of X-Forwarded-For.
 *
 * Only proxies that are trusted are believed: `trusted` names addresses and networks, separated by commas
 * ("127.0.0.1,10.0.0.0/8,fd00::/8"), or everybody ("*": the header's first address counts).  Else it is the
 * last address that no trusted proxy has; what is no address is not believed.
 * Source: the reference's FORWARDED_ALLOW_IPS, read as uvicorn does.
 */

#include "base/arena.h"

/* `header` may be NULL; the answer is `peer` or lives in the arena. */
const char *forwarded_client(struct arena *a, const char *peer, const char *header, const char *trusted);

#endif
