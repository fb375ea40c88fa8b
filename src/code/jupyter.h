#ifndef OW_CODE_JUPYTER_H
#define OW_CODE_JUPYTER_H

/*
 * jupyter - run a program in a kernel of a Jupyter server, which is started for it and removed behind it.
 * Source: contract/executor.md, section 4.3; Jupyter's messaging protocol 5.3.
 */

#include "code/sandbox.h"

enum { JUPYTER_OUTPUT_MAX = 1024 * 1024, JUPYTER_LONGEST_S = 3600 };

struct jupyter {
	const char *url;		/* slashes at its end do not matter */
	const char *token, *password;	/* "" for none; a password counts without a token only */
	int64_t timeout_s;		/* without a message */
};

/* The server of the run button, or of the code interpreter. */
struct jupyter jupyter_of(const struct config *c, bool interpreter);

/* Always fills *o: what goes wrong with the server is told in `err`, as "Error: …". */
void jupyter_run(struct arena *a, const struct jupyter *j, const char *code, struct code_outcome *o);

#endif
