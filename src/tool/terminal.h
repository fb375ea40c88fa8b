#ifndef OW_TOOL_TERMINAL_H
#define OW_TOOL_TERMINAL_H

/* terminal - servers with terminals, and orchestrators that start them: what administrators ask of them. */

#include "json/json.h"

enum { TERMINAL_ANSWER_MAX = 1024 * 1024, TERMINAL_TIMEOUT_S = 30 };

struct terminal {
	const char *url;		/* slashes at its end do not matter; "" is none */
	const char *key;		/* sent as bearer token; "" or NULL: none */
};

/* "orchestrator" when it has policies, "terminal" when it has a configuration, NULL when it is neither. */
const char *terminal_kind(struct arena *a, const struct terminal *t);

/* GET `path` below the server, or send it `body` with `method`.  1 and the answer's JSON text; 0 it refused: its *status
 * and what it said; -1 it cannot be reached, or its answer is no JSON. */
int terminal_ask(struct arena *a, const struct terminal *t, const char *method, const char *path,
		 struct json_object *body, int *status, const char **text);

#endif
