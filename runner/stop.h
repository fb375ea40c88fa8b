#ifndef OW_RUNNER_STOP_H
#define OW_RUNNER_STOP_H

/*
 * stop - stop commands from Redis ("<prefix>:tasks:commands") to the turn that they are for.
 *
 * Each running turn has an eventfd, which its wait for the provider watches.
 */

#include "base/base.h"

/* Start the listener; it comes back by itself when Redis does. */
void stop_start(void);

/* A descriptor that becomes readable when the task is to stop; -1: none left.  Give it back. */
int stop_open(const char *task_id);
void stop_close(const char *task_id, int fd);

/* Ids of the open tasks are handed to fn, one after the other. */
void stop_each(void (*fn)(void *ctx, const char *task_id), void *ctx);

#endif
