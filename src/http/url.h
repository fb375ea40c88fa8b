#ifndef OW_HTTP_URL_H
#define OW_HTTP_URL_H

/* url - addresses taken apart and put together, by libcurl.  Source: RFC 3986. */

#include "base/arena.h"
#include "base/str.h"

struct url {
	const char *scheme, *host;	/* lower case */
	const char *path;		/* not decoded, never empty */
	const char *port;		/* as a number, also where it is the scheme's own; NULL: not known */
	bool named;			/* it holds a name or a password */
	bool query, fragment;		/* it holds one */
};

/* False when it is no absolute address with a host. */
bool url_parse(struct arena *a, const char *text, struct url *out);

/* Where a reference leads from `base`; NULL when one of them is no address. */
const char *url_join(struct arena *a, const char *base, const char *reference);

/* Percent-decoded; "" when it holds a NUL. */
const char *url_decode(struct arena *a, struct str s);

#endif
