#include "base/log.h"
#include "base/clock.h"

enum { LINE_MAX_BYTES = 4096 };

static enum log_level threshold = LOG_INFO;
static _Thread_local char id[64];

static const char *const names[] = { "debug", "info", "warn", "error" };

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_set_level_text(const char *level)
{
	static const struct {
		const char *text;
		enum log_level level;
	} known[] = {
		{ "DEBUG", LOG_DEBUG }, { "INFO", LOG_INFO },	{ "WARNING", LOG_WARN },
		{ "WARN", LOG_WARN },	{ "ERROR", LOG_ERROR }, { "CRITICAL", LOG_ERROR },
	};

	for (size_t i = 0; level && i < ARRAY_SIZE(known); i++)
		if (strcasecmp(level, known[i].text) == 0)
			threshold = known[i].level;
}

bool log_enabled(enum log_level level)
{
	return level >= threshold;
}

void log_id(const char *text)
{
	snprintf(id, sizeof(id), "%s", text ? text : "");
}

static void PRINTF_LIKE(3, 0) write_line(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES], when[32];
	size_t n, start;
	ssize_t done;

	time_iso_ms(when, sizeof(when));
	n = (size_t)snprintf(line, sizeof(line), "%s level=%s event=%s%s%s ", when, names[level],
			     event, id[0] ? " req=" : "", id);
	start = n;
	n += (size_t)vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (size_t i = start; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[n++] = '\n';
	done = write(STDERR_FILENO, line, n);
	(void)done;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	write_line(level, event, fmt, ap);
	va_end(ap);
}

void die(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_ERROR, event, fmt, ap);
	va_end(ap);
	exit(1);
}
