#ifndef OW_PROVIDER_PIPELINES_H
#define OW_PROVIDER_PIPELINES_H

/*
 * pipelines - a pipelines server: an OpenAI-compatible connection that also keeps programs of its own,
 * and filters that see what goes to other models and comes back.
 * Source: scenario identity-pipelines, contract/chat-completions.md section 11.
 */

#include "auth/session.h"
#include "model/catalog.h"
#include "provider/connection.h"

/* What the server said; for a failure status and detail of the answer to be given. */
struct pipelines_reply {
	int status;			/* 200, or why not */
	const char *json;		/* of a 200: an object */
	const char *detail;
};

/* Call the server of the connection at `index` (-1: none was named).  `type` is the media type of the
 * body; NULL body: none.  True: 200. */
bool pipelines_call(struct arena *a, const struct config *c, int64_t index, const char *method,
		    const char *path, const char *type, struct str body, struct pipelines_reply *out);

/* The connections whose list of models says that they are pipelines servers: [{ url, idx }]. */
struct json_object *pipelines_servers(struct arena *a, const struct config *c);

enum pipelines_way { PIPELINES_INLET, PIPELINES_OUTLET };

/* Is there a filter for the model? */
bool pipelines_any(const struct catalog *cat, const char *model);

/* Lead the body of a model's request (or answer) through its filters, by priority.  Gives what came
 * out, which is `body` where no filter spoke; NULL: one refused, out->status and detail say why.  A
 * server that cannot be reached is passed by. */
struct json_object *pipelines_filter(struct arena *a, const struct config *c, const struct catalog *cat,
				     const char *model, const struct user *u, enum pipelines_way way,
				     struct json_object *body, struct pipelines_reply *out);

#endif
