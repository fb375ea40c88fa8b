/* evaluations - /api/v1/evaluations: feedback on answers, and the ranking of models that follows from it. */

#include <time.h>

#include "base/clock.h"
#include "evaluation/elo.h"
#include "fcgi/request.h"

enum { DAYS_MAX = 36600, DAY_S = 86400, RANKING_MAX = 32 * 1024 * 1024 };

/* What is known of `data`; other members stay. */
static const struct field rating_form[] = {
	{ "rating", T_STR | T_INT | T_NULL, .def = "null" },
	{ "model_id", T_STR | T_NULL, .def = "null" },
	{ "sibling_model_ids", T_LIST | T_NULL, .item = &text_item, .def = "null" },
	{ "reason", T_STR | T_NULL, .def = "null" },
	{ "comment", T_STR | T_NULL, .def = "null" },
	SCHEMA_END
};

static const struct field snapshot_form[] = {
	{ "chat", T_DICT | T_NULL, .def = "null" },
	SCHEMA_END
};

static const struct field feedback_form[] = {
	{ "type", T_STR, F_REQUIRED },
	{ "data", T_MODEL | T_NULL, .sub = rating_form },
	{ "meta", T_DICT | T_NULL },
	{ "snapshot", T_MODEL | T_NULL, .sub = snapshot_form },
	SCHEMA_END
};

static const struct field page_query[] = { { "page", T_INT | T_NULL }, SCHEMA_END };

static const struct field list_query[] = {
	{ "order_by", T_STR | T_NULL }, { "direction", T_STR | T_NULL }, { "page", T_INT | T_NULL },
	{ "model_id", T_STR | T_NULL },
	SCHEMA_END
};

static const struct field model_query[] = { { "model_id", T_STR | T_NULL }, SCHEMA_END };

static const struct field text_query[] = { { "query", T_STR | T_NULL }, SCHEMA_END };

static const struct field days_query[] = { { "days", T_INT }, SCHEMA_END };

static int leaderboard(struct req *r)
{
	struct buf *out = buf_in(r->arena, RANKING_MAX);
	struct elo *e = elo_new(r->arena);
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_FEEDBACK_VOTES))
		return 0;
	for (size_t i = 0; i < rows_count(rows); i++) {
		const char *model = rows_text(rows, i, 0), *rating = rows_text(rows, i, 1);
		bool won = text_eq(rating, "1");

		if (won || text_eq(rating, "-1"))
			elo_vote(e, model, won, rows_text(rows, i, 2), 1);
		elo_tags(e, model, rows_text(rows, i, 3));
	}
	buf_adds(out, "{\"entries\":");
	elo_write(e, out);
	buf_addc(out, '}');
	return req_send_json(r, 200, out->data, out->len);
}

/* The day before or after (in days), in the server's time zone. */
static void day_name(time_t now, int64_t days, char *out, size_t size)
{
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_mday += (int)days;
	tm.tm_hour = 12;		/* no change of the clock moves the date */
	mktime(&tm);
	strftime(out, size, "%Y-%m-%d", &tm);
}

/* One day's votes, from row *i on. */
static void write_day(struct buf *out, const struct rows *rows, size_t *i, const char *day)
{
	int won = 0, lost = 0;
	char of_row[16];

	for (; *i < rows_count(rows); ++*i) {
		day_name((time_t)rows_i64(rows, *i, 0, 0), 0, of_row, sizeof(of_row));
		if (strcmp(of_row, day) > 0)
			break;
		if (strcmp(of_row, day) < 0)
			continue;
		if (text_eq(rows_text(rows, *i, 1), "1"))
			won++;
		else
			lost++;
	}
	buf_printf(out, "%s{\"date\":\"%s\",\"won\":%d,\"lost\":%d}", out->data[out->len - 1] == '[' ? "" : ",", day,
		   won, lost);
}

/* How many days back the list begins: as asked, or with the first vote (days 0). */
static int64_t first_day(const struct rows *rows, time_t now, int64_t days)
{
	char first[16], day[16];
	int64_t back;

	if (days || !rows_count(rows))
		return days - 1;
	day_name((time_t)rows_i64(rows, 0, 0, 0), 0, first, sizeof(first));
	back = (now - rows_i64(rows, 0, 0, 0)) / DAY_S + 1;
	for (day_name(now, -back, day, sizeof(day)); back > 0 && strcmp(day, first) < 0;)
		day_name(now, -(--back), day, sizeof(day));
	return back < DAYS_MAX ? back : DAYS_MAX;
}

static int history(struct req *r)
{
	struct buf *out = buf_in(r->arena, 0);
	int64_t days = req_query_i64(r, "days", 30), now = time_s();
	struct rows *rows;
	size_t row = 0;
	char day[16];

	days = days < 0 ? -1 : days > DAYS_MAX ? DAYS_MAX : days;
	if (!req_db_run(r, &rows, Q_FEEDBACK_DAYS, r->params[0],
			arena_i64(r->arena, days ? now - days * DAY_S : 0)))
		return 0;
	buf_adds(out, "{\"model_id\":");
	buf_json(out, r->params[0]);
	buf_adds(out, ",\"history\":[");
	for (int64_t back = first_day(rows, (time_t)now, days); back >= 0; back--) {
		day_name((time_t)now, -back, day, sizeof(day));
		write_day(out, rows, &row, day);
	}
	buf_adds(out, "]}");
	return req_send_json(r, 200, out->data, out->len);
}

static int delete_every(struct req *r)
{
	return req_send_sql(r, Q_FEEDBACK_DELETE_ALL, NULL);
}

#define ONE "{id} user admin"

const struct route evaluation_routes[] = {
	{ "GET", "/api/v1/evaluations/leaderboard", ADMIN, leaderboard, .query = text_query },
	{ "GET", "/api/v1/evaluations/leaderboard/{model_id:path}/history", ADMIN, history, .query = days_query },
	{ "GET", "/api/v1/evaluations/feedbacks/models", ADMIN, .sql = Q_FEEDBACK_MODELS, .args = "" },
	{ "GET", "/api/v1/evaluations/feedbacks/all/ids", ADMIN, .sql = Q_FEEDBACK_IDS, .args = "" },
	{ "DELETE", "/api/v1/evaluations/feedbacks/all", ADMIN, delete_every, .event = "feedback.deleted_all 'all'" },
	{ "GET", "/api/v1/evaluations/feedbacks/all/export", ADMIN, .query = model_query,
	  .sql = Q_FEEDBACK_EXPORT, .args = "?model_id" },
	{ "GET", "/api/v1/evaluations/feedbacks/user", USER, .query = page_query, .sql = Q_FEEDBACK_MINE,
	  .args = "user ?page" },
	{ "DELETE", "/api/v1/evaluations/feedbacks", USER, .sql = Q_FEEDBACK_DELETE_ALL, .args = "user",
	  .event = "feedback.deleted_all user:user" },
	{ "GET", "/api/v1/evaluations/feedbacks/list", ADMIN, .query = list_query, .sql = Q_FEEDBACK_PAGE,
	  .args = "?order_by ?direction ?page ?model_id" },
	{ "POST", "/api/v1/evaluations/feedback", USER, .body = feedback_form, .sql = Q_FEEDBACK_CREATE,
	  .args = "user body", .event = "feedback.created @id rating=@data.rating" },
	{ "GET", "/api/v1/evaluations/feedback/{id}", USER, .sql = Q_FEEDBACK_GET, .args = ONE },
	{ "POST", "/api/v1/evaluations/feedback/{id}", USER, .body = feedback_form, .sql = Q_FEEDBACK_UPDATE,
	  .args = ONE " body", .event = "feedback.updated @id rating=@data.rating" },
	{ "DELETE", "/api/v1/evaluations/feedback/{id}", USER, .sql = Q_FEEDBACK_DELETE, .args = ONE,
	  .event = "feedback.deleted" },
	ROUTES_END
};
