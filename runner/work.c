#include "runner/work.h"

#include "automation/automation.h"
#include "base/log.h"
#include "event/dispatch.h"
#include "runner/stop.h"
#include "turn/events.h"
#include "turn/jobs.h"
#include "turn/tasks.h"

/* The turn's task is over: the chat is told when it was its last. */
static void end_task(struct turn *t)
{
	struct json_object *o = json_new_object(t->arena);

	if (!jobs_unregister(t->arena, t->task_id, t->chat_id))
		return;
	json_set_bool(o, "active", false);
	json_set_text(o, "folder_id", json_text(t->spec, "folder_id", NULL));
	turn_emit(t, "chat:active", json_print(o));
	turn_flush(t);
}

static void run_turn(struct arena *a, struct json_object *spec, bool claimed)
{
	bool stopped = false;
	struct turn t;

	turn_init(&t, a, spec);
	if (!t.task_id || !t.message_id) {
		turn_free(&t);
		return;
	}
	log_id(t.task_id);
	t.cancel_fd = stop_open(t.task_id);
	if (claimed && turn_recover(&t)) {
		log_info("turn_recovered", "chat=%s", t.chat_id);
	} else if (!claimed && jobs_is_gone(a, t.task_id)) {
		turn_stopped_early(&t);
		stopped = true;
	} else {
		stopped = !turn_run(&t, NULL);
	}
	stop_close(t.task_id, t.cancel_fd);
	end_task(&t);
	if (json_get(spec, "automation"))
		automation_finish(a, t.cfg, json_get(spec, "automation"), stopped);
	turn_free(&t);
	log_id("");
}

static void run_title(struct arena *a, struct json_object *spec, bool claimed UNUSED)
{
	struct turn t;

	turn_init(&t, a, spec);
	tasks_first_title(&t);
	turn_free(&t);
}

static void run_event(struct arena *a, struct json_object *spec, bool claimed UNUSED)
{
	event_dispatch(a, spec);
}

/* Its chat must not wait for ever. */
static void give_up_turn(struct arena *a, struct json_object *spec)
{
	struct turn t;

	turn_abandon(a, spec, "The server tried several times to make this answer and did not succeed.");
	turn_init(&t, a, spec);
	if (t.task_id)
		end_task(&t);
	if (json_get(spec, "automation"))
		automation_finish(a, t.cfg, json_get(spec, "automation"), false);
	turn_free(&t);
}

void work_give_up(const char *type, const char *spec)
{
	struct arena *a = arena_new();
	struct json_object *o = json_parse_text(a, spec);

	log_error("job_given_up", "type=%s", type);
	if (o && strcmp(type, "turn") == 0)
		give_up_turn(a, o);
	arena_free(a);
}

static void run_automation(struct arena *a, struct json_object *spec, bool claimed)
{
	automation_start(a, config_get_in(a), spec, claimed);
}

static const struct {
	const char *type;
	void (*run)(struct arena *a, struct json_object *spec, bool claimed);
} works[] = {
	{ "turn", run_turn },
	{ "title", run_title },
	{ "event", run_event },
	{ "automation", run_automation },
};

void work_run(const char *type, const char *spec, bool claimed)
{
	struct arena *a = arena_new();
	struct json_object *o = json_parse_text(a, spec);

	for (size_t i = 0; o && i < ARRAY_SIZE(works); i++)
		if (strcmp(works[i].type, type) == 0) {
			works[i].run(a, o, claimed);
			arena_free(a);
			return;
		}
	log_error("job_unknown", "type=%s", type);
	arena_free(a);
}
