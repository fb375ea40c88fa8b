#ifndef OW_EXECUTOR_JUPYTER_H
#define OW_EXECUTOR_JUPYTER_H

/*
 * jupyter - the part of the Jupyter server's interface that Open WebUI uses (SANDBOX_JUPYTER=true).
 *
 * A kernel is only a name: each execute_request is one run, in a sandbox of its own, without state
 * from the one before.  SANDBOX_API_KEY is the token and the password.
 */

#include "executor/http.h"

void jupyter_setup(const struct settings *s);

/* Answer the request when its path is one of these; false when it is not. */
bool jupyter_handle(struct http_conn *c);

#endif
