#ifndef OW_RUNNER_WORK_H
#define OW_RUNNER_WORK_H

/* work - the types of jobs and what runs them. */

#include "base/base.h"

/* Run a job to its end.  claimed: somebody may have begun it. */
void work_run(const char *type, const char *spec, bool claimed);

/* Do not run it (again): what waits for it is told. */
void work_give_up(const char *type, const char *spec);

#endif
