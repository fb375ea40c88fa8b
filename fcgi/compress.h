#ifndef OW_FCGI_COMPRESS_H
#define OW_FCGI_COMPRESS_H

/*
 * compress - the body of an answer made smaller, as the client takes it: zstd, else br.
 *
 * gzip is left to the web server, which leaves alone what is encoded already.  Source: RFC 9110, 12.5.3.
 */

#include "fcgi/request.h"

enum { COMPRESS_MIN = 500, COMPRESS_MAX = 16 * 1024 * 1024 };	/* bytes of a body */

/* The name of the encoding that the body (*data, *len) now has, memory of the request; NULL: as it was.
 * `type`: its media type. */
const char *compress_body(struct req *r, const char *type, const void **data, size_t *len);

/* Does the header allow `coding`?  Its weight must not be zero; "*" allows every one. */
bool coding_accepted(const char *accept, const char *coding);

#endif
