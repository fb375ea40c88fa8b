#ifndef OW_ROUTES_CHANGELOG_H
#define OW_ROUTES_CHANGELOG_H

/* changelog - what the versions of the interface brought, for the UI's "What's new". */

#include "fcgi/request.h"

int changelog_get(struct req *r);

#endif
