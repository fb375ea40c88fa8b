#ifndef OW_ROUTES_OLLAMA_H
#define OW_ROUTES_OLLAMA_H

/* ollama - what the routes below /ollama share. */

#include "fcgi/relay.h"
#include "fcgi/provider.h"
#include "model/catalog.h"

/* Is Ollama switched on?  False: answered. */
bool ollama_on(struct req *r);

/* For struct relay: what a server says at once, a refusal under `detail`; that no answer came. */
int ollama_whole(struct req *r, const struct http_answer *a, void *ctx);
int ollama_failed(struct req *r, const struct http_answer *a);

/* Send `body` to a path of the connection and hand the answer on.  stream: its lines as they come, under
 * `type` (NULL: the server's own). */
int ollama_forward(struct req *r, const struct connection *k, const char *method, const char *path,
		   struct json_object *body, bool stream, const char *type);

/* All servers that have the model let it go. */
int ollama_unload(struct req *r, const struct base_model *base);

/* The body's members that stand in the table and are not null. */
struct json_object *ollama_known(struct req *r, const struct field *table);

/* Check a body that was taken as any object; a fault is answered with 400 and what it is. */
bool ollama_fits(struct req *r, const struct field *table);

#endif
