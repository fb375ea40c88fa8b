/* analytics - /api/v1/analytics: what models and accounts were used, for administrators; and an account's
 * own use. */

#include "base/clock.h"
#include "fcgi/request.h"

enum { DAY_S = 86400, DAYS_MAX = 36500, OWN_DAYS = 730, DAY_MINUTES = 1440 };

#define RANGE { "start_date", T_INT | T_NULL }, { "end_date", T_INT | T_NULL }
#define GROUP { "group_id", T_STR | T_NULL }
#define METRIC { "metric", T_STR, .choices = "messages|tokens", .def = "\"messages\"" }

static const struct field group_query[] = { RANGE, GROUP, SCHEMA_END };
static const struct field users_query[] = {
	RANGE, GROUP, { "limit", T_INT, .def = "50" }, METRIC, SCHEMA_END
};
static const struct field daily_query[] = {
	RANGE, GROUP,
	{ "granularity", T_STR, .choices = "10m|hourly|3h|6h|daily", .def = "\"daily\"" }, METRIC,
	{ "compare", T_BOOL, .def = "false" }, SCHEMA_END
};
static const struct field messages_query[] = {
	{ "model_id", T_STR | T_NULL }, { "user_id", T_STR | T_NULL }, { "chat_id", T_STR | T_NULL }, RANGE,
	{ "skip", T_INT, .def = "0" }, { "limit", T_INT, .max = "100", .def = "50" }, SCHEMA_END
};
static const struct field chats_query[] = {
	RANGE, { "skip", T_INT, .def = "0" }, { "limit", T_INT, .max = "100", .def = "50" },
	{ "order_by", T_STR, .def = "\"updated_at\"" }, { "direction", T_STR, .def = "\"desc\"" }, SCHEMA_END
};
static const struct field overview_query[] = { { "days", T_INT, .def = "30" }, SCHEMA_END };
static const struct field usage_query[] = {
	{ "days", T_INT | T_NULL, .min = "7", .max = "732" }, RANGE, SCHEMA_END
};

static int minutes_of(const char *granularity)
{
	static const struct {
		const char *name;
		int minutes;
	} known[] = { { "10m", 10 }, { "hourly", 60 }, { "3h", 180 }, { "6h", 360 } };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_eq(known[i].name, granularity))
			return known[i].minutes;
	return DAY_MINUTES;
}

static int daily(struct req *r)
{
	const char *since = req_query(r, "start_date"), *until = req_query(r, "end_date");
	bool compare = req_query_bool(r, "compare", false);

	if (compare && (!since || !until ||
			req_query_i64(r, "start_date", 0) > req_query_i64(r, "end_date", 0)))
		return req_fail_detail(r, 400, "Comparison requires a bounded date range");
	return req_send_sql(r, Q_ANALYTICS_SPANS, since, until, req_query(r, "group_id"),
			    arena_i64(r->arena, minutes_of(req_query(r, "granularity"))), req_query(r, "metric"),
			    compare ? "t" : "f", time_zone());
}

static int model_overview(struct req *r)
{
	int64_t days = req_query_i64(r, "days", 30);

	return req_send_sql(r, Q_ANALYTICS_MODEL_OVERVIEW, r->params[0],
			    arena_i64(r->arena, days > DAYS_MAX ? DAYS_MAX : days), time_zone());
}

static int own_usage(struct req *r)
{
	int64_t until = req_query_i64(r, "end_date", 0), since;

	if (!until)
		until = time_s();
	since = req_query_i64(r, "start_date", until - (req_query_i64(r, "days", OWN_DAYS) - 1) * DAY_S);
	if (since > until)
		return req_fail_detail(r, 400, "start_date must be before end_date");
	return req_send_sql(r, Q_USER_USAGE, r->user.id, arena_i64(r->arena, since), arena_i64(r->arena, until));
}

#define ANALYTICS "/api/v1/analytics"

const struct route analytics_routes[] = {
	{ "GET", ANALYTICS "/models", ADMIN, .query = group_query, .sql = Q_ANALYTICS_MODELS,
	  .args = "?start_date ?end_date ?group_id" },
	{ "GET", ANALYTICS "/users", ADMIN, .query = users_query, .sql = Q_ANALYTICS_USERS,
	  .args = "?start_date ?end_date ?group_id ?limit ?metric" },
	{ "GET", ANALYTICS "/messages", ADMIN, .query = messages_query, .sql = Q_ANALYTICS_MESSAGES,
	  .args = "?chat_id ?model_id ?user_id ?start_date ?end_date ?skip ?limit" },
	{ "GET", ANALYTICS "/summary", ADMIN, .query = group_query, .sql = Q_ANALYTICS_SUMMARY,
	  .args = "?start_date ?end_date ?group_id" },
	{ "GET", ANALYTICS "/daily", ADMIN, daily, .query = daily_query },
	{ "GET", ANALYTICS "/tokens", ADMIN, .query = group_query, .sql = Q_ANALYTICS_TOKENS,
	  .args = "?start_date ?end_date ?group_id" },
	{ "GET", ANALYTICS "/models/{model_id:path}/chats", ADMIN, .query = chats_query,
	  .sql = Q_ANALYTICS_MODEL_CHATS,
	  .args = "{model_id:path} ?start_date ?end_date ?skip ?limit ?order_by ?direction" },
	{ "GET", ANALYTICS "/models/{model_id:path}/overview", ADMIN, model_overview,
	  .query = overview_query },
	{ "GET", "/api/v1/users/usage", USER, own_usage, .query = usage_query },
	ROUTES_END
};
