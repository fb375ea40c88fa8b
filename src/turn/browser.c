#include "turn/browser.h"

#include <poll.h>

#include "base/clock.h"
#include "base/rand.h"
#include "realtime/publish.h"

enum { CALL_MS = 300000, SILENCE_MS = 300000 };

bool browser_model(struct arena *a, struct json_object *item, const char *id, struct model *out)
{
	struct json_object *info = json_get(item, "info");

	if (!json_flag(item, "direct", false) || !text_eq(json_text(item, "id", NULL), id))
		return false;
	*out = (struct model){
		.id = id, .name = json_text(item, "name", id), .provider_id = id, .direct = true,
		.owned_by = json_text(item, "owned_by", "openai"),
		.connection = { .url = "", .key = "" },
		.params = json_new_object(a), .meta = json_get(info, "meta"),
	};
	return true;
}

static void failed(struct http_answer *out, const char *why)
{
	out->end = HTTP_FAILED;
	out->error = why;
}

/* Has somebody stopped the turn? */
static bool stopped(const struct turn *t)
{
	struct pollfd p = { .fd = t->cancel_fd, .events = POLLIN };

	return t->cancel_fd >= 0 && poll(&p, 1, 0) > 0;
}

static const char *request_for(struct turn *t, const char *channel)
{
	struct json_object *o = json_new_object(t->arena), *data = json_object_new_object();
	struct json_object *event = json_object_new_object();

	json_set(data, "form_data", json_ref(t->form));
	json_set(data, "model", json_ref(json_get(t->spec, "model_item")));
	json_set_text(data, "channel", channel);
	json_set_text(data, "session_id", t->session_id);
	json_set_text(event, "type", "request:chat:completion");
	json_set(event, "data", data);
	json_set_text(o, "chat_id", t->chat_id);
	json_set_text(o, "message_id", t->message_id);
	json_set(o, "data", event);
	return json_print(o);
}

/* One value of the channel: 1 go on, 0 the end. */
static int take(struct arena *a, const char *json, bool (*on_text)(void *ctx, struct str text), void *ctx)
{
	struct json_object *o = json_parse_text(a, json);
	struct str text = str_of(json_str(o) ? json_str(o) : json);

	if (json_is(o, json_type_object) && json_flag(o, "done", false))
		return 0;
	text = str_trim(text);
	if (str_starts(text, "data:"))
		text = str_trim((struct str){ text.p + 5, text.n - 5 });
	return !text.n || on_text(ctx, text);
}

static void read_stream(struct turn *t, struct publish_stream *s, bool (*on_text)(void *ctx, struct str text),
			bool (*on_round)(void *ctx), void *ctx, struct http_answer *out)
{
	struct arena *a = arena_new();
	int64_t heard = mono_ms();
	int rc = 1;

	out->end = HTTP_DONE;
	while (rc > 0) {
		const char *json;

		arena_reset(a);
		rc = publish_stream_next(s, a, &json);
		if (stopped(t)) {
			out->end = HTTP_CANCELLED;
			break;
		}
		if (rc > 0) {
			heard = mono_ms();
			rc = take(a, json, on_text, ctx) && on_round(ctx);
		} else if (rc < 0) {
			failed(out, "The connection to the browser was lost.");
		} else if (mono_ms() - heard > SILENCE_MS) {
			failed(out, "The browser that was asked has fallen silent.");
		} else {
			rc = 1;
		}
	}
	arena_free(a);
}

static void take_whole(struct turn *t, struct json_object *answer, struct http_answer *out)
{
	out->status = 200;
	out->type = "application/json";
	out->end = HTTP_DONE;
	json_write(out->body, answer);
	(void)t;
}

/* What the browser says of a request that its model did not take. */
static const char *refusal_of(struct arena *a, struct json_object *answer)
{
	struct json_object *error = json_get(answer, "error");
	const char *text = json_str(error) ? json_str(error) : json_text(error, "message", json_text(error, "detail", NULL));

	if (!text && json_str(answer))
		text = json_str(answer);
	return text ? text : arena_printf(a, "The browser's model did not answer: %s", error ? json_print(error) : "no reason was given");
}

void browser_ask_model(struct turn *t, bool (*on_text)(void *ctx, struct str text), bool (*on_round)(void *ctx),
		       void *ctx, struct http_answer *out)
{
	bool streams = json_flag(t->form, "stream", false) && on_text;
	struct publish_stream *s = NULL;
	struct json_object *got;
	const char *channel, *answer = NULL;
	char id[UUID_SIZE];
	int rc;

	uuid4(id);
	memset(out, 0, sizeof(*out));
	out->type = "";
	out->body = buf_in(t->arena, 0);
	channel = arena_printf(t->arena, "%s:%s:%s", t->user.id, t->session_id ? t->session_id : "", id);
	if (streams && !(s = publish_stream_open(t->arena, channel))) {
		failed(out, "The browser cannot be reached.");
		return;
	}
	rc = t->session_id ? publish_call_until(t->arena, t->user.id, t->session_id, request_for(t, channel),
						CALL_MS, t->cancel_fd, &answer) : 0;
	got = rc > 0 ? json_parse_text(t->arena, answer) : NULL;
	if (stopped(t)) {
		out->end = HTTP_CANCELLED;
	} else if (rc <= 0) {
		failed(out, "The browser whose connection the model belongs to is not there.");
	} else if (!streams) {
		take_whole(t, got, out);
	} else if (json_flag(got, "status", false)) {
		out->status = 200;
		out->type = "text/event-stream";
		read_stream(t, s, on_text, on_round, ctx, out);
	} else {
		failed(out, refusal_of(t->arena, got));
	}
	publish_stream_close(s);
}
