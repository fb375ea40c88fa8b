#ifndef OW_WSD_PACKET_H
#define OW_WSD_PACKET_H

/*
 * packet - Socket.IO protocol 5: the text behind an Engine.IO "4".
 *
 *	<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
 *
 * Everything points into the packet's own text.  What does not parse is refused as a whole; the
 * caller ignores it, as the reference does.
 */

#include "base/buf.h"
#include "base/str.h"

enum packet_type {
	PACKET_CONNECT, PACKET_DISCONNECT, PACKET_EVENT, PACKET_ACK, PACKET_CONNECT_ERROR,
	PACKET_BINARY_EVENT, PACKET_BINARY_ACK,
};

enum {
	PACKET_ATTACHMENTS_MAX = 32,
	PACKET_DEPTH_MAX = 128,		/* of JSON */
	PACKET_ACK_DIGITS = 20,
	PACKET_EVENT_NAME_MAX = 200,	/* bytes as written */
	PACKET_FILL_MAX = 256 * 1024,	/* JSON of a packet with attachments */
};

struct packet {
	enum packet_type type;
	unsigned attachments;
	struct str ns;			/* "/" when absent */
	struct str ack;			/* digits without leading zeros; n = 0: none */
	struct str json;		/* n = 0: none; valid JSON otherwise */
};

/* Parse; false: no packet of this protocol, or its JSON is broken. */
bool packet_parse(struct str text, struct packet *out);

/* Name (raw, with quotes) and arguments of an event's JSON array; false when it is none.
 * *first is the first argument (n = 0: none), *count the number of all of them. */
bool packet_event(struct str json, struct str *name, struct str *first, size_t *count);

/* Strict RFC 8259, at most PACKET_DEPTH_MAX deep. */
bool packet_json_valid(struct str json);

/* Copy `json` with each {"_placeholder":true,"num":i} replaced by the bytes of attachment i as a
 * list of numbers; false when one is missing or the copy would pass the buffer's maximum. */
bool packet_fill(struct buf *out, struct str json, const struct str *attachments, size_t count);

#endif
