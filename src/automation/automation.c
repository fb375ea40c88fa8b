#include "automation/automation.h"

#include "auth/session.h"
#include "base/clock.h"
#include "base/rand.h"
#include "cache/redis.h"
#include "calendar/recur.h"
#include "db/db.h"
#include "json/splice.h"
#include "turn/jobs.h"

#define NS INT64_C(1000000000)

static void keep(struct json_object *to, struct json_object *from, const char *key)
{
	json_set(to, key, json_ref(json_get(from, key)));
}

void automation_clean(struct arena *a, struct json_object *form)
{
	struct json_object *given = json_get(form, "data"), *data = json_object_new_object(), *part;
	struct json_object *target = json_get(given, "target"), *terminal = json_get(given, "terminal");

	(void)a;
	keep(data, given, "prompt");
	keep(data, given, "model_id");
	keep(data, given, "rrule");
	part = target ? json_object_new_object() : NULL;
	if (part) {
		json_set_text(part, "type", json_text(target, "type", "chat"));
		keep(part, target, "channel_id");
	}
	json_set(data, "target", part);
	part = terminal ? json_object_new_object() : NULL;
	if (part) {
		keep(part, terminal, "server_id");
		keep(part, terminal, "cwd");
	}
	json_set(data, "terminal", part);
	json_set(form, "data", data);
}

const char *automation_schedule(struct arena *a, const char *rule, const char *zone, int64_t *next)
{
	const char *err;
	int64_t at;
	int n;

	if (strcasestr(rule, "COUNT=") && !strcasestr(rule, "DTSTART"))
		return "RRULE with COUNT requires an explicit DTSTART line to anchor the occurrence window";
	n = recur_future(a, rule, zone_find(zone), time_s(), 1, &at, &err);
	if (err)
		return err;
	if (!n)
		return "RRULE has no future occurrences";
	*next = at * NS;
	return NULL;
}

int64_t automation_interval(struct arena *a, const char *rule)
{
	const char *err;

	return recur_interval(a, rule, zone_clock(NULL, time_s()), &err);
}

/* A limit of the settings: a number, or a text that holds one; 0: none. */
static int64_t limit_of(const struct config *c, const struct user *u, enum config_key key)
{
	int64_t n = config_i64(c, key, 0);

	if (!n && !text_to_i64(config_text(c, key), 0, INT64_MAX, &n))
		n = 0;
	return u->is_admin || n < 0 ? 0 : n;
}

const char *automation_fault(struct arena *a, const struct config *c, const struct user *u, const char *rule,
			     const char *zone, int64_t *next)
{
	int64_t shortest = limit_of(c, u, CK_AUTOMATIONS_MIN_INTERVAL), interval;
	const char *fault = automation_schedule(a, rule, zone, next);

	if (fault || !shortest)
		return fault;
	interval = automation_interval(a, rule);
	if (!interval || interval >= shortest)
		return NULL;
	return arena_printf(a, "Schedule too frequent. Minimum interval is %" PRId64 " seconds.", shortest);
}

int64_t automation_most(const struct config *c, const struct user *u)
{
	return limit_of(c, u, CK_AUTOMATIONS_MAX_COUNT);
}

const char *automation_with_next(struct arena *a, const char *json, const char *rule, const char *zone)
{
	struct buf *list = buf_in(a, 0), *out = buf_in(a, 0);
	struct json_change change = { "next_runs" };
	int64_t at[AUTOMATION_NEXT_RUNS];
	const char *err;
	int n = recur_future(a, rule, zone_find(zone), time_s(), AUTOMATION_NEXT_RUNS, at, &err);

	buf_addc(list, '[');
	for (int i = 0; i < n; i++)
		buf_printf(list, i ? ",%" PRId64 : "%" PRId64, at[i] * NS);
	buf_addc(list, ']');
	change.value = (struct str){ list->data, list->len };
	json_splice(out, str_of(json), &change, 1);
	return buf_text(out);
}

static void queue_job(struct redis_batch *b, struct arena *a, const char *id, const char *const ids[4])
{
	static const char *const names[4] = { "run", "chat", "question", "answer" };
	struct json_object *job = json_new_object(a);

	json_set_text(job, "automation", id);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_set_text(job, names[i], ids[i]);
	jobs_queue(b, a, "automation", job);
}

bool automation_queue(struct arena *a, const char *id)
{
	struct redis_batch *b = redis_batch_new(a);
	const char *ids[4];
	char uuid[UUID_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		uuid4(uuid);
		ids[i] = arena_strdup(a, uuid);
	}
	queue_job(b, a, id, ids);
	return redis_batch_run(b, a, NULL) > 0;
}

/* Columns of Q_AUTOMATION_DUE. */
enum { D_ID, D_RULE, D_ZONE, D_RUN, D_CHAT, D_QUESTION, D_ANSWER };

static int claim_rows(struct arena *a, struct db *db, const struct rows *due)
{
	struct redis_batch *b = redis_batch_new(a);
	size_t n = rows_count(due);

	for (size_t i = 0; i < n; i++) {
		const char *ids[4] = { rows_text(due, i, D_RUN), rows_text(due, i, D_CHAT),
				       rows_text(due, i, D_QUESTION), rows_text(due, i, D_ANSWER) };
		const char *err;
		int64_t next;
		int found = recur_future(a, rows_text(due, i, D_RULE) ? rows_text(due, i, D_RULE) : "",
					 zone_find(rows_text(due, i, D_ZONE)), time_s(), 1, &next, &err);

		if (db_run(db, a, NULL, Q_AUTOMATION_CLAIM, rows_text(due, i, D_ID),
			   found > 0 ? arena_i64(a, next * NS) : NULL) < 0)
			return -1;
		queue_job(b, a, rows_text(due, i, D_ID), ids);
	}
	/* Queued before it is committed: what is queued twice runs once, what is lost would never run. */
	return n && redis_batch_run(b, a, NULL) <= 0 ? -1 : (int)n;
}

int automation_claim(struct arena *a, struct db *db)
{
	struct rows *due;
	int n = -1;

	if (!db_begin(db))
		return -1;
	if (db_run(db, a, &due, Q_AUTOMATION_DUE, arena_i64(a, time_ns()),
		   arena_printf(a, "%d", AUTOMATION_CLAIM_MAX)) >= 0)
		n = claim_rows(a, db, due);
	if (n > 0)
		return db_commit(db) ? n : -1;
	db_rollback(db);
	return n;
}
