/* The clock, and the person in front of the chat. */

#include "tool/ask.h"
#include "tool/builtin.h"
#include "tool/code.h"

static const struct param ago[] = {
	{ "days_ago", "integer", "Days to go back", "0", NULL },
	{ "weeks_ago", "integer", "Weeks to go back", "0", NULL },
	{ "months_ago", "integer", "Months to go back", "0", NULL },
	{ "years_ago", "integer", "Years to go back", "0", NULL },
	{ 0 }
};

#define QUESTION_ITEMS \
	"{\"type\":\"object\",\"properties\":{" \
	"\"id\":{\"type\":\"string\",\"description\":\"Short name, unique among the questions\"}," \
	"\"header\":{\"type\":\"string\",\"description\":\"Heading of a few words\"}," \
	"\"question\":{\"type\":\"string\",\"description\":\"What is asked\"}," \
	"\"allow_other\":{\"type\":\"boolean\",\"description\":\"Free text is welcome too\"}," \
	"\"options\":{\"type\":\"array\",\"description\":\"Two or three choices\",\"items\":{\"type\":\"object\"," \
	"\"properties\":{\"label\":{\"type\":\"string\"},\"description\":{\"type\":\"string\"}}," \
	"\"required\":[\"label\",\"description\"]}}},\"required\":[\"id\",\"question\",\"options\"]}"

static const struct param ask[] = {
	{ "questions", "array", "One to three questions", NULL, QUESTION_ITEMS },
	{ "allow_other", "boolean", "Whether free text may be given instead of a choice", "true", NULL },
	{ "timeout_ms", "integer", "How long to wait: 60000 to 240000 milliseconds", "120000", NULL },
	{ 0 }
};

static const struct param code[] = {
	{ "code", "string", "The Python program", NULL, NULL },
	{ 0 }
};

const struct builtin builtin_person[] = {
	{ "get_current_timestamp", "Tell the present time: Unix seconds, ISO 8601, and local time of the user.",
	  NULL, BG_TIME, Q_TOOL_TIME, NULL },
	{ "calculate_timestamp", "Tell the time a number of days, weeks, months or years before now.",
	  ago, BG_TIME, Q_TOOL_TIME_AGO, NULL },
	{ "ask_user", "Ask the user up to three questions with two or three choices each, when the answer decides "
		      "how to go on. It must be the only call of a message.",
	  ask, BG_ASK, Q_NONE, ask_run },
	{ "execute_code", "Run a Python program and get what it prints. Print what you want to know.",
	  code, BG_CODE, Q_NONE, code_run },
	{ 0 }
};
