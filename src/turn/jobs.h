#ifndef OW_TURN_JOBS_H
#define OW_TURN_JOBS_H

/*
 * jobs - what Redis knows of running turns, how a request hands one to a runner, and how it is stopped.
 *
 *	<prefix>:owui:jobs		stream, group "runners": { type, user, task, spec }
 *	<prefix>:owui:active:<chat>	chat:active true was sent and false was not
 *	<prefix>:tasks…			as the reference keeps them, see chat/active.h
 */

#include "turn/turn.h"

enum { TASK_TTL_S = 300, TASK_RENEW_S = 75 };

#define JOBS_STREAM "owui:jobs"
#define JOBS_GROUP "runners"

/* Add the commands that register the turn's task and queue its job. */
void jobs_register(struct redis_batch *b, struct arena *a, struct json_object *spec);
void jobs_queue(struct redis_batch *b, struct arena *a, const char *type, struct json_object *spec);

/* Was the task stopped (its keys removed) before it ran?  Redis down: false. */
bool jobs_is_gone(struct arena *a, const char *task_id);

/* Note that the answer is stored: only small jobs are left.  task_id may be NULL. */
void jobs_answered(struct redis_batch *b, struct arena *a, const char *task_id);
bool jobs_is_answered(struct arena *a, const char *task_id);

/* Remove the task; true when the chat has none left and has to be told (once).  Tries again for a
 * minute while Redis is away. */
bool jobs_unregister(struct arena *a, const char *task_id, const char *chat_id);

/* Ids of the tasks that are alive: of a chat, or all (NULL).  A JSON array. */
struct json_object *jobs_list(struct arena *a, const char *chat_id);

/* Stop a task: false when Redis cannot be reached. */
bool jobs_stop(struct arena *a, const char *task_id);

#endif
