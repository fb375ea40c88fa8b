#ifndef OW_PROVIDER_OLLAMA_H
#define OW_PROVIDER_OLLAMA_H

/* ollama - what is asked of the connected Ollama servers. */

#include "config/config.h"

/* The lowest version of all servers that answer (of the one at place `only`, unless it is negative):
 * what can be relied on.  NULL: none answered. */
const char *ollama_version(struct arena *a, const struct config *c, int64_t only);

#endif
