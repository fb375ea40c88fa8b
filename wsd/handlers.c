#include "wsd/handlers.h"

const struct handler connect_handler = { "connect", NULL, ev_connect };

static const struct handler handlers[] = {
	{ "user-join", NULL, ev_user_join },
	{ "heartbeat", NULL, ev_heartbeat },
	{ "usage", NULL, ev_usage },
	{ "join-channels", NULL, ev_join_channels },
	{ "join-note", NULL, ev_join_note },
	{ "events:channel", ev_channel_before, ev_channel },
	{ "events:chat", ev_chat_before, ev_chat },
	{ "ydoc:document:join", NULL, ev_ydoc_join },
	{ "ydoc:document:state", ev_ydoc_before, ev_ydoc_state },
	{ "ydoc:document:update", ev_ydoc_before, ev_ydoc_update },
	{ "ydoc:document:leave", ev_ydoc_before, ev_ydoc_leave },
	{ "ydoc:awareness:update", ev_ydoc_before, ev_ydoc_awareness },
};

/* "<user id>:<sid>:<request id>" */
static const struct handler stream_handler = { "stream", NULL, ev_stream };

static bool is_stream(const char *name)
{
	size_t colons = 0;

	for (const char *p = name; *p; p++)
		colons += *p == ':';
	return colons == 2;
}

const struct handler *handler_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (text_eq(handlers[i].name, name))
			return &handlers[i];
	return is_stream(name) ? &stream_handler : NULL;
}
