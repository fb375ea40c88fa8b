#ifndef OW_WSD_FRAME_H
#define OW_WSD_FRAME_H

/*
 * frame - one packet on its way out, shared by all sockets that get it.
 *
 * The bytes in front of the text leave room for the WebSocket header, which libwebsockets writes
 * there; it is the same for every socket.  Only the service thread touches frames.
 */

#include "base/str.h"

struct frame {
	unsigned refs;
	size_t len;
	unsigned char *text;	/* `len` bytes behind the room for the header */
};

/* A frame of `len` bytes to be filled in; the caller holds the first reference. */
struct frame *frame_new(size_t len);

/* The Engine.IO/Socket.IO text made of up to three parts. */
struct frame *frame_of(struct str a, struct str b, struct str c);

struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f);

/* Frames waiting for one socket, oldest first. */
struct frame_queue {
	struct frame **ring;
	uint32_t head, count, cap;
	size_t bytes;
};

void frame_push(struct frame_queue *q, struct frame *f);	/* takes a reference of its own */
struct frame *frame_first(const struct frame_queue *q);		/* NULL when empty */
void frame_pop(struct frame_queue *q);
void frame_clear(struct frame_queue *q);

#endif
