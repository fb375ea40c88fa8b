#include "base/clock.h"

static int64_t read_clock(clockid_t id, int64_t per_second)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * per_second + (int64_t)t.tv_nsec / (1000000000 / per_second);
}

int64_t time_s(void)
{
	return read_clock(CLOCK_REALTIME, 1);
}

int64_t time_ms(void)
{
	return read_clock(CLOCK_REALTIME, 1000);
}

int64_t time_ns(void)
{
	return read_clock(CLOCK_REALTIME, 1000000000);
}

double time_f(void)
{
	return (double)read_clock(CLOCK_REALTIME, 1000000) / 1e6;
}

int64_t mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000000);
}

void time_iso_ms(char *out, size_t size)
{
	int64_t ms = time_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, size - n, ".%03dZ", (int)(ms % 1000));
}

bool time_parse_iso(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	int n = 0, hours, minutes;
	int64_t offset = 0;

	if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n) != 6 || !n)
		return false;
	text += n;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if ((*text == '+' || *text == '-') && sscanf(text + 1, "%2d:%2d", &hours, &minutes) == 2)
		offset = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	else if (*text && strcmp(text, "Z") != 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*out = (int64_t)timegm(&tm) - offset;
	return true;
}

void sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

const char *time_zone(void)
{
	static _Thread_local char path[256];
	const char *tz = getenv("TZ"), *name;
	ssize_t n;

	if (tz && *tz)
		return *tz == ':' ? tz + 1 : tz;
	n = readlink("/etc/localtime", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	name = strstr(path, "/zoneinfo/");
	return name ? name + 10 : "UTC";
}
