#ifndef OW_EXECUTOR_API_H
#define OW_EXECUTOR_API_H

/* api - the routes below /api/v1. */

#include "executor/http.h"

void api_setup(const struct settings *s);
void api_handle(struct http_conn *c);

#endif
