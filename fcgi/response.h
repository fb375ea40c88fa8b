#ifndef OW_RESPONSE_H
#define OW_RESPONSE_H

/* response - what request.c, handle.c and guard.c share about answering. */

#include <fcgiapp.h>

#include "fcgi/request.h"

struct header {
	struct header *next;
	const char *name, *value;
};

struct transport {
	FCGX_Request *fcgi;
	struct header *headers;		/* of the answer, last one first */
	bool streaming;
	bool gone;			/* the client went away while we wrote */
	int64_t taken;			/* bytes of the body that were read */
	struct buf *rest;		/* of a stream, that the web server did not take at once; NULL: nothing */
};

/* Read the CORS and security header settings of the environment.  Call once. */
void response_setup(void);

/* Answer a CORS preflight; true when the request is one. */
bool response_preflight(struct req *r);

/* Did the last write fail because the web server closed the connection? */
bool response_gone(const struct req *r);

/* The reason phrase of a status. */
const char *response_reason(int status);

#endif
