#ifndef OW_RECORD_H
#define OW_RECORD_H

/*
 * record - long answers as FastCGI records straight from where they lie.
 *
 * libfcgi copies what it sends into a buffer of 8 KB and writes that; an answer of 400 KB is 52 writes.
 * Here records are as long as the protocol allows and go out several at once, without a copy.
 */

#include <fcgiapp.h>

#include "base/buf.h"

enum { RECORD_WORTHWHILE = 16 * 1024 };		/* bytes; below that libfcgi's way is as good */

/*
 * Send `len` bytes as STDOUT records (FastCGI 1.0, 3.3) of the running request, behind what libfcgi
 * holds of it.  Blocks as the socket does.  false: the web server went away or took nothing for too long.
 */
bool record_send(FCGX_Request *request, const void *data, size_t len);

/*
 * The same without blocking: what the socket does not take at once is appended to `rest`, framed, and
 * goes out by record_drain() before anything else may.  libfcgi must hold nothing (FCGX_FFlush).
 * false: the web server went away.
 */
bool record_offer(FCGX_Request *request, const void *data, size_t len, struct buf *rest);

/* Send of `rest` what the socket takes, or with `wait` all of it: how many bytes are left, -1: the web
 * server went away. */
ssize_t record_drain(FCGX_Request *request, struct buf *rest, bool wait);

#endif
