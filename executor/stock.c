#include "executor/stock.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"

enum { RETRY_MS = 1000 };

static const struct jail_conf *conf;
static struct stocked stock[STOCK_SIZE];
static bool places[SLOTS_MAX + STOCK_SIZE];
static uint32_t groups_made;
static int64_t not_before_ms;

void stock_setup(const struct jail_conf *c)
{
	conf = c;
}

static int free_place(uint32_t *place)
{
	for (uint32_t i = 0; i < conf->slots + STOCK_SIZE; i++)
		if (!places[i]) {
			*place = i;
			return 0;
		}
	return EAGAIN;
}

static int make(struct stocked *s, uint32_t memory_mb)
{
	const struct group_limits l = { memory_mb, conf->max_pids, conf->cpu_quota };
	struct group_door door;
	uint32_t place;
	int error = free_place(&place);

	if (error)
		return error;
	if (++groups_made == 0)
		groups_made = 1;
	error = group_make(groups_made, &l, &door);
	if (error)
		return error;
	error = jail_start(conf, place, &door, &s->jail);
	group_shut(&door);
	if (error) {
		group_remove(groups_made);
		return error;
	}
	s->group = groups_made;
	s->made_ms = mono_ms();
	places[place] = true;
	return 0;
}

void stock_free(struct stocked *s)
{
	if (s->jail.orders >= 0)
		close(s->jail.orders);
	group_remove(s->group);
	places[s->jail.place] = false;
	*s = (struct stocked){ .jail.orders = -1 };
}

static void discard(struct stocked *s)
{
	kill(s->jail.pid, SIGKILL);
	waitpid(s->jail.pid, NULL, 0);
	stock_free(s);
}

/* The oldest that waits. */
static struct stocked *oldest(void)
{
	struct stocked *found = NULL;

	for (size_t i = 0; i < STOCK_SIZE; i++)
		if (stock[i].group && (!found || stock[i].made_ms < found->made_ms))
			found = &stock[i];
	return found;
}

int stock_take(const struct wire_order *o, const int fds[WFD_COUNT], struct stocked *out)
{
	struct stocked *from = oldest();
	int error = 0;

	if (from) {
		*out = *from;
		*from = (struct stocked){ .jail.orders = -1 };
		if (o->memory_mb != conf->max_memory_mb)
			error = group_lower(out->group, o->memory_mb);
	} else {
		error = make(out, o->memory_mb);
		if (error)
			return error;
	}
	if (!error)
		error = jail_give(&out->jail, o, fds);
	if (error)
		discard(out);
	return error;
}

int stock_tend(void)
{
	int64_t now = mono_ms(), next = INT64_MAX;

	for (size_t i = 0; i < STOCK_SIZE; i++) {
		if (stock[i].group && now >= stock[i].made_ms + STOCK_AGE_MS)
			discard(&stock[i]);
		if (!stock[i].group && now >= not_before_ms) {
			int error = make(&stock[i], conf->max_memory_mb);

			if (!error)
				return 0;	/* orders go before another one */
			log_warn("jail_ahead", "error=%s", strerror(error));
			not_before_ms = now + RETRY_MS;
		}
		if (!stock[i].group)
			next = not_before_ms;
		else if (stock[i].made_ms + STOCK_AGE_MS < next)
			next = stock[i].made_ms + STOCK_AGE_MS;
	}
	return next <= now ? 0 : (int)(next - now);
}

bool stock_lost(pid_t pid)
{
	for (size_t i = 0; i < STOCK_SIZE; i++) {
		if (!stock[i].group || stock[i].jail.pid != pid)
			continue;
		stock_free(&stock[i]);
		not_before_ms = mono_ms() + RETRY_MS;
		return true;
	}
	return false;
}

void stock_clear(void)
{
	for (size_t i = 0; i < STOCK_SIZE; i++)
		if (stock[i].group)
			discard(&stock[i]);
}
