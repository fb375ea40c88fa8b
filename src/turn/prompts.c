#include "turn/prompts.h"

enum { PROMPT_MAX = 8 * 1024 * 1024 };

const char prompt_title[] =
	"Name the conversation below.\n\n"
	"- The title has three to five words and says what the conversation is about; one fitting emoji "
	"may stand before it.\n"
	"- Write it in the language that the conversation mostly uses; choose English when that is unclear.\n"
	"- Prefer plain and exact words over witty ones. No quotation marks, no special formatting.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"title\": \"your short title\" }\n\n"
	"Two examples:\n"
	"{ \"title\": \"🥖 Sourdough for Beginners\" }\n"
	"{ \"title\": \"Sorting Algorithms Compared\" }\n\n"
	"<chat_history>\n{{MESSAGES:END:2}}\n</chat_history>\n";

const char prompt_tags[] =
	"File the conversation below under one to three broad subjects, and add one to three narrower "
	"ones where they fit.\n\n"
	"- Broad subjects are fields such as Science, Technology, Philosophy, Arts, Politics, Business, "
	"Health, Sports, Entertainment, Education.\n"
	"- Where the conversation is too short or too mixed to tell, answer with the single subject "
	"\"General\".\n"
	"- Use the language that the conversation mostly uses; choose English when that is unclear.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"tags\": [\"first\", \"second\", \"third\"] }\n\n"
	"<chat_history>\n{{MESSAGES:END:6}}\n</chat_history>\n";

const char prompt_follow_ups[] =
	"Think of three to five things that the user of the conversation below might want to ask or say "
	"next.\n\n"
	"- Word each one as the user would, addressed to the assistant.\n"
	"- Each must follow from what was discussed, stand on its own and be short; leave out what was "
	"answered already.\n"
	"- Use the language of the conversation.\n"
	"- Answer with nothing but a JSON object of this shape:\n"
	"{ \"follow_ups\": [\"first question?\", \"second question?\", \"third question?\"] }\n\n"
	"<chat_history>\n{{MESSAGES:END:5}}\n</chat_history>\n";

/* The text of a message: its content, or the text parts of it. */
static const char *text_of(struct json_object *m)
{
	struct json_object *content = json_get(m, "content");

	if (json_str(content))
		return json_str(content);
	for (size_t i = 0; i < json_len(content); i++)
		if (json_text(json_item(content, i), "text", NULL))
			return json_text(json_item(content, i), "text", "");
	return "";
}

static void add_messages(struct buf *b, struct json_object *messages, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct json_object *m = json_item(messages, i);
		const char *role = json_text(m, "role", "user");

		if (i > from)
			buf_addc(b, '\n');
		for (; *role; role++)
			buf_addc(b, *role >= 'a' && *role <= 'z' ? (char)(*role - 32) : *role);
		buf_adds(b, ": ");
		buf_adds(b, text_of(m));
	}
}

/* One placeholder's name, without the braces; false: it is not ours. */
static bool add_place(struct buf *b, struct str name, struct json_object *messages)
{
	size_t n = json_len(messages);
	struct str rest = name, head = str_split(&rest, ':'), side;
	int64_t count = 0;

	if (!str_eq(head, "MESSAGES"))
		return false;
	if (!rest.p) {
		add_messages(b, messages, 0, n);
		return true;
	}
	side = str_split(&rest, ':');
	if (!rest.p || !str_to_i64(rest, 0, 100000, &count))
		return false;
	if ((size_t)count > n)
		count = (int64_t)n;
	if (str_eq(side, "END"))
		add_messages(b, messages, n - (size_t)count, n);
	else if (str_eq(side, "START"))
		add_messages(b, messages, 0, (size_t)count);
	else
		return false;
	return true;
}

const char *prompts_messages(struct arena *a, const char *text, struct json_object *messages)
{
	struct buf *b = buf_in(a, PROMPT_MAX);
	const char *open, *close;

	while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
		buf_add(b, text, (size_t)(open - text));
		if (add_place(b, (struct str){ open + 2, (size_t)(close - open - 2) }, messages)) {
			text = close + 2;
		} else {
			buf_adds(b, "{{");
			text = open + 2;
		}
	}
	buf_adds(b, text);
	return buf_text(b);
}
