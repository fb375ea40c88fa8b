#ifndef OW_FCGI_PROVIDER_H
#define OW_FCGI_PROVIDER_H

/* provider - what the routes below /openai and /ollama share. */

#include "fcgi/request.h"
#include "http/client.h"
#include "model/model.h"

/* Any object / the place of a connection, in the path or in the query. */
extern const struct field any_object_form[];
extern const struct field place_query[];

/* Answer for what model_locate() did not find (`unknown`: the status for a model that nobody has); true
 * when it did. */
bool provider_found(struct req *r, enum model_found found, int unknown);

/* Look a model up for the caller; false: answered. */
bool provider_model(struct req *r, enum connection_kind kind, const char *id, int64_t place, int unknown,
		    struct model *out);

/* Append the models of one kind that the caller may see, separated by commas, each as the provider
 * lists it; false: answered. */
bool provider_list(struct req *r, enum connection_kind kind, struct buf *out);

/* Add an Ollama server's description of a model to a list where it is found by name; one that another
 * server has too gets that server's place. */
void provider_merge(struct json_object *list, struct json_object *known, struct json_object *model,
		    size_t place);

/* A GET of a path of the connection, with the time limit of model lists. */
void provider_get(struct req *r, const struct connection *k, const char *path, struct http_request *req);

/* An address as it was typed, without the slashes behind it. */
const char *provider_url(struct req *r, const char *typed);

/* Members that are null are left out of a body. */
void provider_drop_nulls(struct json_object *body);

#endif
