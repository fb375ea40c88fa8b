#ifndef OW_EXECUTOR_AUDIT_H
#define OW_EXECUTOR_AUDIT_H

/* audit - one JSON line per event of a run; the code only as length and SHA-256 unless asked for. */

#include "executor/settings.h"

struct run;

/* Open the file (and hand it to `uid` when that is not 0); a log that cannot be written is said. */
void audit_setup(const struct settings *s, uid_t uid);
void audit_reopen(void);
void audit_event(const struct run *r, const char *event);

#endif
