#include "runner/schedule.h"

#include <pthread.h>

#include "automation/automation.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "config/config.h"
#include "db/db.h"
#include "event/event.h"
#include "json/json.h"
#include "realtime/publish.h"

enum { STACK_BYTES = 1024 * 1024, JITTER_MS = 2000, GRACE_S = 5 };

#define NS INT64_C(1000000000)

static int64_t poll_seconds(void)
{
	return env_int("SCHEDULER_POLL_INTERVAL", env_int("AUTOMATION_POLL_INTERVAL", 10, 1, 86400), 1, 86400);
}

static void remind(struct arena *a, const struct config *c, const char *user_id, const char *json)
{
	struct json_object *data = json_copy(a, json_at(json_parse_text(a, json), "data.data"));
	int64_t minutes = json_i64(data, "minutes_until", 0);
	const char *when = minutes ? arena_printf(a, "in %" PRId64 " min", minutes) : "now";
	const char *title = arena_strdup(a, json_text(data, "title", ""));
	struct event e = { .name = "calendar.alert", .subject_type = "calendar.event", .source = "scheduler",
			   .subject_id = json_text(data, "event_id", NULL), .data = data, .message = title };

	publish_event(a, arena_printf(a, "user:%s", user_id), "events", json, NULL);
	json_set_text(data, "user_id", user_id);
	json_set_text(data, "starts_in", when);
	json_set_text(data, "message", arena_printf(a, "%s: starting %s", title, when));
	event_publish(a, c, &e);
}

static void run_alerts(struct arena *a, const struct config *c, struct db *db)
{
	int64_t minutes = env_int("CALENDAR_ALERT_LOOKAHEAD_MINUTES", 10, 0, 525600);
	struct rows *rows;

	if (db_run(db, a, &rows, Q_EVENT_ALERTS, arena_i64(a, time_ns()),
		   arena_i64(a, minutes * 60 * NS),
		   arena_i64(a, (poll_seconds() + GRACE_S) * NS)) < 0)
		return;
	for (size_t i = 0; i < rows_count(rows); i++)
		remind(a, c, rows_text(rows, i, 0), rows_text(rows, i, 1));
}

static void tick(struct arena *a)
{
	const struct config *c = config_get_in(a);
	struct db *db = db_get_in(a);
	int n = 0;

	if (config_bool(c, CK_AUTOMATIONS_ENABLE)) {
		while ((n = automation_claim(a, db)) == AUTOMATION_CLAIM_MAX)
			log_info("automations_claimed", "count=%d", n);
		if (n)
			log_info("automations_claimed", "count=%d", n);
	}
	if (config_bool(c, CK_CALENDAR_ENABLE))
		run_alerts(a, c, db);
}

static NORETURN void *loop(void *arg UNUSED)
{
	struct arena *a = arena_new();

	for (;;) {
		unsigned char jitter;

		tick(a);
		arena_reset(a);
		rand_bytes(&jitter, 1);		/* runners that were started together drift apart */
		sleep_ms(poll_seconds() * 1000 + (poll_seconds() > 2 ? jitter * JITTER_MS / 255 : 0));
	}
}

void schedule_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, loop, NULL) != 0)
		die("schedule_thread", "why=\"no thread\"");
	pthread_attr_destroy(&attr);
}
