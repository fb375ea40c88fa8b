#ifndef OW_FALLBACK_H
#define OW_FALLBACK_H

/*
 * fallback - answers for paths that no route takes: the web UI's page for GET and HEAD (404 for
 * scripts), 405 for other methods.  Source: contract/notes-identity.md, "HTTP".
 */

#include "fcgi/request.h"

int fallback_answer(struct req *r);

#endif
