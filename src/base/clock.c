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

void sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}
