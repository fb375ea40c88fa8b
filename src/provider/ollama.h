#ifndef OW_PROVIDER_OLLAMA_H
#define OW_PROVIDER_OLLAMA_H

/* ollama - what is asked of all connected Ollama servers at once. */

#include "provider/headers.h"

struct ollama_reply {
	const struct connection *connection;
	struct json_object *tree;	/* NULL: no good answer */
};

/* GET a path of every server that is switched on, within `timeout_ms`; their number. */
size_t ollama_ask_all(struct arena *a, const struct config *c, const struct caller *who, const char *path,
		      int64_t timeout_ms, struct ollama_reply **out);

/* The lowest version of all servers that answer: what can be relied on.  NULL: none answered. */
const char *ollama_version(struct arena *a, const struct config *c, const struct caller *who);

/* A file of weights that is to be a model. */
struct ollama_file {
	const char *model, *name;
	const char *digest;		/* "sha256:…" */
	struct str data;
};

/* Send the file and make the model; NULL: done, else why not. */
const char *ollama_make_model(struct arena *a, const struct connection *k, const struct caller *who,
			      const struct ollama_file *f, int cancel_fd);

#endif
