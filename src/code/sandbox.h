#ifndef OW_CODE_SANDBOX_H
#define OW_CODE_SANDBOX_H

/*
 * sandbox - run a program on owui-executor (contract: tests/contract/executor.md, section 7).
 *
 * Where it is: the row code_execution.sandbox.url, else CODE_EXECUTION_SANDBOX_URL, else
 * http://localhost:8090; the same for .timeout (else what the executor takes: 60 s or less).  SANDBOX_API_KEY is its key.
 */

#include "config/config.h"

struct code_outcome {
	const char *out, *err, *result;		/* never NULL */
};

/* Always fills *o: an executor that cannot be reached or refuses is told in `err`, as Jupyter's
 * failures are.  `cancel_fd` (-1: none): given up as soon as it is readable; the executor ends the program
 * when nobody waits for it. */
void sandbox_run(struct arena *a, const struct config *c, const char *code, const char *language,
		 const char *user_id, const char *request_id, int cancel_fd, struct code_outcome *o);

#endif
