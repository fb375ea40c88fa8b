#ifndef OW_EXECUTOR_POOL_H
#define OW_EXECUTOR_POOL_H

/*
 * pool - Python interpreters that were started ahead, each in a sandbox of its own, with what is slow to
 * import imported.  Each serves one run and dies with it.  The pool is filled by the first run and empties
 * again when there were none for as long as an interpreter may wait: an idle service has none.
 *
 * What an interpreter reads at its start cannot be changed later: a job with such a variable, with input,
 * with a memory limit of its own or with modules among its files is started from the beginning.
 */

#include "executor/run.h"

void pool_setup(const struct settings *s);

/* Hand the job to an interpreter that waits: its sandbox becomes the run's.  False: none, or none fits. */
bool pool_take(struct run *r);

/* Start what is missing while there is processor time, end what is too old; the next moment to look. */
int64_t pool_round(int64_t now, int busy);

/* An interpreter wrote to its status pipe. */
void pool_said(struct run *r);

/* An interpreter has ended without a job. */
void pool_lost(struct run *r);

int pool_ready(void);		/* how many wait */

#endif
