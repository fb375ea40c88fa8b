#ifndef OW_LOG_H
#define OW_LOG_H

/*
 * log - one line per event to standard error: time, level, event, key=value.
 *
 *	log_warn("redis_lost", "host=%s error=%s", host, why);
 *
 * gives `2026-11-24T07:00:00.123Z level=warn event=redis_lost req=… host=…`.
 * The request or job id is set per thread with log_id() and goes into each line.
 * Values are written by the caller; free text goes through %s and has control
 * characters replaced.  Never pass a struct secret: it has no conversion.
 */

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* A value that must not be printed: keys, passwords, tokens.  Owned elsewhere. */
struct secret {
	const char *text;
};

/* Lines below `level` are dropped; the text forms are those of GLOBAL_LOG_LEVEL. */
void log_set_level(enum log_level level);
void log_set_level_text(const char *level);
bool log_enabled(enum log_level level);

/* The id in this thread's lines ("" for none); copied, at most 63 bytes. */
void log_id(const char *id);

void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(event, ...) log_event(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) log_event(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) log_event(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_event(LOG_ERROR, event, __VA_ARGS__)

/* Log and exit(1): for start-up only. */
NORETURN void die(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
