#ifndef OW_EXECUTOR_RATE_H
#define OW_EXECUTOR_RATE_H

/* rate - a token bucket per user, or per peer when there is none. */

#include "base/base.h"

/* 0 when the request may go on, else the seconds to wait.  `per_minute` 0: always 0. */
int rate_take(const char *key, int per_minute, int burst);

#endif
