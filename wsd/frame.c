#include "wsd/frame.h"

#include <libwebsockets.h>

#include "base/arena.h"

enum { RING_MIN = 4 };

struct frame *frame_new(size_t len)
{
	struct frame *f = xmalloc(sizeof(*f) + LWS_PRE + len);

	f->refs = 1;
	f->len = len;
	f->text = (unsigned char *)(f + 1) + LWS_PRE;
	return f;
}

struct frame *frame_of(struct str a, struct str b, struct str c)
{
	struct frame *f = frame_new(a.n + b.n + c.n);
	unsigned char *p = f->text;

	if (a.n)
		memcpy(p, a.p, a.n);
	if (b.n)
		memcpy(p + a.n, b.p, b.n);
	if (c.n)
		memcpy(p + a.n + b.n, c.p, c.n);
	return f;
}

struct frame *frame_ref(struct frame *f)
{
	f->refs++;
	return f;
}

void frame_unref(struct frame *f)
{
	if (f && --f->refs == 0)
		free(f);
}

static void grow(struct frame_queue *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : RING_MIN;
	struct frame **ring = xcalloc(cap, sizeof(struct frame *));

	for (uint32_t i = 0; i < q->count; i++)
		ring[i] = q->ring[(q->head + i) % q->cap];
	free(q->ring);
	q->ring = ring;
	q->cap = cap;
	q->head = 0;
}

void frame_push(struct frame_queue *q, struct frame *f)
{
	if (q->count == q->cap)
		grow(q);
	q->ring[(q->head + q->count++) % q->cap] = frame_ref(f);
	q->bytes += f->len;
}

struct frame *frame_first(const struct frame_queue *q)
{
	return q->count ? q->ring[q->head] : NULL;
}

void frame_pop(struct frame_queue *q)
{
	struct frame *f = q->ring[q->head];

	q->head = (q->head + 1) % q->cap;
	q->count--;
	q->bytes -= f->len;
	frame_unref(f);
	if (!q->count)		/* an idle socket keeps no queue */
		frame_clear(q);
}

void frame_clear(struct frame_queue *q)
{
	while (q->count) {
		frame_unref(q->ring[q->head]);
		q->head = (q->head + 1) % q->cap;
		q->count--;
	}
	free(q->ring);
	memset(q, 0, sizeof(*q));
}
