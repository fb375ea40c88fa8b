#ifndef OW_REDIS_H
#define OW_REDIS_H

/*
 * redis - commands, batches and subscriptions on a pool of hiredis connections.
 *
 *	const char *v;
 *	if (redis_get(a, &v, "auth:token:%s:revoked", jti) > 0) ...
 *
 * Keys are given without the instance's prefix (REDIS_KEY_PREFIX, "open-webui"):
 * redis_key() makes the full name; the helpers below do it themselves.
 *
 * Results: 1 found/done, 0 nil, -1 Redis cannot be reached or refused (logged once
 * per outage).  A lost connection is opened again at the next use; a command whose
 * connection turns out to be dead is sent once more.
 */

#include "base/arena.h"

struct redis_reply;		/* hiredis' redisReply, of the version in use */

/* REDIS_URL: redis://[[user]:password@]host[:port][/db], unix://path?db=n, or "" for none. */
void redis_setup(const char *url, const char *key_prefix);
void redis_shutdown(void);
bool redis_configured(void);

/* "<prefix>:<formatted>" */
char *redis_key(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *redis_prefix(void);

/* Run one command given as `argc` byte strings (lens may be NULL for C strings). */
int redis_run_argv(struct arena *a, struct redis_reply **out, int argc, const char *const *argv,
		   const size_t *lens);
/* redis_run(a, &reply, "SET", key, value, "EX", "60") */
#define redis_run(a, out, ...)                                                        \
	redis_run_argv(a, out, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
		       (const char *[]){ __VA_ARGS__ }, NULL)

/* Reading replies; all take NULL.  Texts live in the arena of the call. */
const char *reply_text(const struct redis_reply *r);	/* string or status, else NULL */
size_t reply_len(const struct redis_reply *r);		/* bytes of a string, items of an array */
int64_t reply_int(const struct redis_reply *r, int64_t def);
bool reply_is_nil(const struct redis_reply *r);
const struct redis_reply *reply_item(const struct redis_reply *r, size_t i);

/* Many commands in one round trip. */
struct redis_batch;
struct redis_batch *redis_batch_new(struct arena *a);
void redis_batch_add_argv(struct redis_batch *b, int argc, const char *const *argv, const size_t *lens);
#define redis_batch_add(b, ...)                                                         \
	redis_batch_add_argv(b, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
			     (const char *[]){ __VA_ARGS__ }, NULL)
/* Send all; replies (may be NULL) gets an array of as many as were added. Empties the batch. */
int redis_batch_run(struct redis_batch *b, struct arena *a, struct redis_reply ***replies);
size_t redis_batch_count(const struct redis_batch *b);
/* Move the commands of `from` behind those of `b`. */
void redis_batch_append(struct redis_batch *b, struct redis_batch *from);

/*
 * A connection of one's own, for commands that block (XREADGROUP) or subscribe.
 * Reads return after at most `timeout_ms`.
 */
struct redis_link;
struct redis_link *redis_link_open(int timeout_ms);	/* NULL: cannot be reached */
void redis_link_close(struct redis_link *l);
int redis_link_fd(const struct redis_link *l);
/* Send a command and read its reply; -1 also when it timed out (then close the link). */
int redis_link_run_argv(struct redis_link *l, struct arena *a, struct redis_reply **out, int argc,
			const char *const *argv);
#define redis_link_run(l, a, out, ...)                                                        \
	redis_link_run_argv(l, a, out, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
			    (const char *[]){ __VA_ARGS__ })
/* Next pushed message of a subscription: 1 message, 0 nothing within the time-out, -1 lost. */
int redis_link_read(struct redis_link *l, struct arena *a, struct redis_reply **out);

#endif
