#ifndef OW_WSD_POOL_H
#define OW_WSD_POOL_H

/*
 * pool - threads for what may wait: PostgreSQL and Redis commands.
 *
 * A job's work() runs on one of the threads and touches nothing but the job; its done() runs
 * afterwards on the service thread.  Jobs start in the order of their submission.
 */

#include "base/base.h"

struct job {
	struct job *next;
	void (*work)(struct job *j);	/* on a thread */
	void (*done)(struct job *j);	/* on the service thread; owns the job */
};

/* `wake` is called from any thread when finished jobs wait for pool_collect(). */
void pool_setup(int threads, void (*wake)(void));
void pool_submit(struct job *j);
/* Run done() of what has finished; service thread. */
void pool_collect(void);
/* Finish what was submitted, end the threads, collect. */
void pool_shutdown(void);
/* Jobs that have not been collected yet. */
size_t pool_pending(void);

#endif
