#ifndef OW_EXECUTOR_BLOB_H
#define OW_EXECUTOR_BLOB_H

/* blob - what the reaper is told of a job, as a sealed file (records of executor/wire.h). */

#include "executor/run.h"

/* A sealed memfd with these bytes, opened for reading only; -1 when it cannot be made. */
int sealed_file(const void *p, size_t n);

/* The job of a run; -1 when it cannot be made or is too large. */
int blob_file(struct run *r, const struct settings *conf);

/* An interpreter that is started ahead of its job. */
int blob_file_ahead(struct run *r, const char *modules);

#endif
