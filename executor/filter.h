#ifndef OW_EXECUTOR_FILTER_H
#define OW_EXECUTOR_FILTER_H

/* filter - the system calls that a sandboxed program may make (an allow list). */

#include <linux/filter.h>

#include "base/base.h"

/* Build the filter once; false when libseccomp refuses.  `pinned`: sched_setaffinity is refused too.
 * The program lives until the process ends. */
bool filter_build(struct sock_fprog *out, bool pinned);

#endif
