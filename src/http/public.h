#ifndef OW_HTTP_PUBLIC_H
#define OW_HTTP_PUBLIC_H

/*
 * public - addresses of the open internet, for requests to places that somebody outside named.
 * Source: the special-purpose address registries (RFC 6890), IPv4 inside IPv6 looked at as IPv4.
 */

#include <sys/socket.h>

#include "base/base.h"

bool address_is_public(const struct sockaddr *address);

/* May such requests go to private addresses as well?  ENABLE_LOCAL_WEB_FETCH. */
bool local_fetch_allowed(void);

#endif
