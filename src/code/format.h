#ifndef OW_CODE_FORMAT_H
#define OW_CODE_FORMAT_H

/*
 * format - Python source in the form of `black`, which runs as a program of its own.
 *
 * BLACK names it (default "black", looked for in PATH).  Where there is none, sources stay as they
 * are: the web UI formats each tool and function before it saves it.
 */

#include "base/arena.h"

enum {
	FORMAT_MAX = 2 * 1024 * 1024,	/* bytes of a source */
	FORMAT_MS = 15000,		/* the program is ended after that */
};

enum format_result {
	FORMAT_DONE,		/* *out: the source */
	FORMAT_REFUSED,		/* *out: what is wrong with it */
	FORMAT_FAILED,		/* the program did not come to its end */
};

enum format_result format_python(struct arena *a, const char *code, const char **out);

#endif
