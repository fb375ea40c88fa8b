#ifndef OW_ROUTES_OPENAPI_H
#define OW_ROUTES_OPENAPI_H

/* openapi - the route tables as an OpenAPI 3.1 document, and as a page. */

#include "fcgi/request.h"

int openapi_get(struct req *r);
int openapi_page_get(struct req *r);

#endif
