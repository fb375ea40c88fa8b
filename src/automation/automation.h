#ifndef OW_AUTOMATION_H
#define OW_AUTOMATION_H

/*
 * automation - prompts that run by themselves: on a schedule, or when their owner says so.
 *
 * A run is a turn in a chat made for it.  Which one is due is claimed in PostgreSQL (row locks, the next
 * time is set in the same transaction), and becomes a job of the runners before the transaction ends: it
 * cannot get lost.  Its ids are made from the automation and the time it was due, so that a job that comes
 * twice finds the chat of the first one: a schedule runs once, whatever dies in between.
 *
 *	job "automation": { automation, run (id of its row in automation_run), chat, question, answer }
 *
 * The turn's spec carries the job as "automation"; automation_finish() writes the run's row at its end.
 * Source: contract/notes-workspace.md, "Automations"; recorded answers.
 */

#include "config/config.h"
#include "json/json.h"

struct db;

enum {
	AUTOMATION_NEXT_RUNS = 5,	/* shown to the owner */
	AUTOMATION_CLAIM_MAX = 50,	/* in one transaction */
	AUTOMATION_ERROR_MAX = 4000,	/* bytes kept of what went wrong */
};

/* Bring a form's data into the form that is stored: { prompt, model_id, rrule, target, terminal }. */
void automation_clean(struct arena *a, struct json_object *form);

/* NULL, or why a client's schedule is not taken; *next is its next time (ns).  `zone` is the owner's. */
const char *automation_schedule(struct arena *a, const char *rule, const char *zone, int64_t *next);

/* The same with the settings' shortest interval, which does not bind administrators. */
struct user;
const char *automation_fault(struct arena *a, const struct config *c, const struct user *u, const char *rule,
			     const char *zone, int64_t *next);

/* How many automations the account may have; 0: any number. */
int64_t automation_most(const struct config *c, const struct user *u);

/* Seconds between two runs of a rule; 0: it does not repeat, -1: it cannot be read. */
int64_t automation_interval(struct arena *a, const char *rule);

/* An automation as JSON text with its next runs put in. */
const char *automation_with_next(struct arena *a, const char *json, const char *rule, const char *zone);

/* Queue a run now; false: Redis cannot be reached. */
bool automation_queue(struct arena *a, const char *id);

/* Claim what is due and queue it: how many, or -1 (PostgreSQL or Redis cannot be reached; nothing was
 * claimed). */
int automation_claim(struct arena *a, struct db *db);

/* Do the job: make the chat and queue its turn, or write down why not.  `again`: a runner died over it. */
void automation_start(struct arena *a, const struct config *c, struct json_object *job, bool again);

/* A turn of a job has ended: write the run's row once, and tell the owner.  `stopped`: somebody stopped it. */
void automation_finish(struct arena *a, const struct config *c, struct json_object *job, bool stopped);

#endif
