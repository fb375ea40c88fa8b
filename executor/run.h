#ifndef OW_EXECUTOR_RUN_H
#define OW_EXECUTOR_RUN_H

/*
 * run - one program from its place in the queue to its outcome.
 *
 * A run belongs to this module and is freed after its watcher was told RUN_OVER.  Runs wait in a queue
 * (executor/queue.h) for one of `places`; one that waited too long, or lost its place in a full queue to another
 * user's, ends as OUTCOME_TURNED_AWAY.
 */

#include "base/rand.h"
#include "executor/loop.h"
#include "executor/output.h"
#include "executor/request.h"
#include "executor/wire.h"

enum run_state { RUN_QUEUED, RUN_RUNNING, RUN_ENDED };
enum run_event { RUN_STARTED, RUN_OUTPUT, RUN_OVER };

/* How it ended; the texts of `status` come from run_status_text(). */
enum run_outcome {
	OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_FAILED, OUTCOME_TIMEOUT, OUTCOME_CANCELLED,
	OUTCOME_TURNED_AWAY,		/* no place within the queue's time */
	OUTCOME_BROKEN,			/* our own failure: `broken` says which */
};

struct found_file {
	const char *name;
	size_t name_n;
	const char *data;
	size_t data_n;
};

struct pipe_end {
	struct source source;
	struct run *run;
	struct output *out;		/* NULL: the status pipe */
};

struct run {
	char id[UUID_SIZE];
	struct arena *arena;		/* holds `job` */
	struct job job;
	char peer[64];
	bool probe;			/* not counted, not logged */
	bool ahead;			/* an interpreter of the pool, which has no job */
	bool ahead_job;			/* runs in one that was started ahead */
	enum run_state state;
	enum run_outcome outcome;
	uint32_t slot, serial;
	struct pipe_end pipes[3];	/* stdout, stderr, status */
	int pipes_open;
	bool launcher_done;
	struct output out, err;
	struct buf status;		/* records of the reaper */
	int64_t queued_ms, started_ms, ended_ms, deadline_ms;	/* monotonic */
	bool kill_sent;
	int64_t killed_ms;		/* when */
	int duration_ms;
	bool has_exit;
	int exit_code;
	bool out_of_memory;
	double memory_mb;		/* < 0: not known */
	const char *error;		/* text of the answer's `error`, or NULL */
	char broken[96];
	struct str result;		/* p NULL: none */
	struct found_file *files;
	size_t nfiles;
	bool files_cut;
	char created_at[40], completed_at[40];
	void (*watcher)(struct run *r, enum run_event e);	/* NULL: nobody waits */
	void *context;
	struct owner *owner;		/* executor/queue.c; NULL: neither waits nor has a place */
	struct run *next;		/* in the queue, or among those that are over */
};

struct run_stats {
	int64_t total, succeeded, failed, timed_out;
	int active, queued;
};

void runs_setup(const struct settings *s);

/* Take over the arena and the job; NULL when no place and no room to wait. */
struct run *run_submit(struct arena *a, const struct job *job, const char *peer,
		       void (*watcher)(struct run *, enum run_event), void *context);

/* Try each language once, in the sandbox; returns when all have answered. */
void runs_probe_languages(void);

/* End it; the watcher is told in due course. */
void run_cancel(struct run *r);
struct run *run_find(const char *id);		/* queued or running */

const char *run_status_text(const struct run *r);
void runs_stats(struct run_stats *out);

/* ---- for the pool ---- */

struct run *run_new(struct arena *a, const struct job *job, const char *peer);
int run_free_slot(void);			/* -1: none */
/* Have the launcher start it; `fds` are closed (its output's are made here). */
bool run_launch(struct run *r, uint32_t slot, int fds[WFD_COUNT]);
/* It never reached the launcher: over. */
void run_give_up(struct run *r);
/* What it has printed so far. */
void run_discard_output(struct run *r);
/* The sandbox of `from`, which ends to be, becomes that of `r`. */
void run_adopt(struct run *r, struct run *from);
void run_kill_ahead(struct run *r);
void run_drop(struct run *r);

#endif
