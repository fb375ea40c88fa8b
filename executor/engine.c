/*
 * owui-engine - the launcher that runs programs in containers, through a container engine's API.
 *
 * As owui-sandbox, it reads fixed records from the socket that is its standard input, never HTTP, JSON or a
 * job's blob of a client; the engine's own answers are all that it parses.  A process of its own serves each
 * container; some are made ahead and wait for an order.  When the socket ends, every container ends.
 *
 * owui-engine SLOTS MEMORY_MB PIDS DISK_MB CPU_QUOTA AHEAD LABEL ENGINE IMAGE NETWORK READ_ONLY INSIDE
 */

#include "base/base.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "executor/container.h"
#include "executor/engine_api.h"
#include "executor/filter.h"
#include "executor/launcher.h"

enum { WORKERS_MAX = 2 * SLOTS_MAX, INSIDE_MAX = 8 << 20, TICK_MS = 500, STUCK_MS = 10000, RETRY_MS = 30000 };

/* What a worker says of itself, in memory that it shares with us. */
struct word {
	volatile bool killed;		/* ours: do not begin */
	int32_t error;
	uint32_t oom;
};

struct worker {
	pid_t pid;			/* 0: none */
	int orders;			/* where it takes its order; -1 once it was sent */
	struct wire_order order;	/* kind 0: waits for one */
	char name[64];
	int64_t killed_ms;
};

static struct container_conf conf;
static uint32_t slots, ahead;
static struct worker workers[WORKERS_MAX];
static struct word *words;		/* one for each worker */
static uint32_t made;
static int64_t not_before_ms;

/* ---- in a worker ---- */

static bool wait_order(int fd, struct wire_order *o, int fds[WFD_COUNT])
{
	size_t count;

	return launcher_receive(fd, o, fds, &count, 0) == 1 && count == WFD_COUNT;
}

/* Removing takes longer than the answer may wait. */
static void remove_later(const char *name)
{
	if (fork() == 0) {
		container_remove(name);
		_exit(0);
	}
}

NORETURN static void work(const char *name, struct word *word, int orders, uint32_t memory_mb)
{
	struct container c = { .stream = -1 };
	struct wire_order o;
	int fds[WFD_COUNT];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(c.name, sizeof(c.name), "%s", name);
	word->error = container_start(&conf, &c, memory_mb);
	if (wait_order(orders, &o, fds)) {
		if (!word->error && !word->killed)
			word->error = container_run(&conf, &c, &o, fds);
		if (word->killed)
			word->error = 0;
		word->oom = container_out_of_memory(&c);
	}
	remove_later(c.name);
	_exit(0);
}

/* ---- in the launcher ---- */

static struct worker *start_worker(uint32_t memory_mb)
{
	int pair[2];

	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &workers[i];

		if (w->pid)
			continue;
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			return NULL;
		*w = (struct worker){ .orders = pair[0] };
		words[i] = (struct word){ 0 };
		snprintf(w->name, sizeof(w->name), "owui-executor-%d-%u", getpid(), ++made);
		w->pid = fork();
		if (w->pid == 0) {
			close(CONTROL);
			close(pair[0]);
			work(w->name, &words[i], pair[1], memory_mb);
		}
		close(pair[1]);
		if (w->pid > 0)
			return w;
		close(pair[0]);
		w->pid = 0;
		return NULL;
	}
	return NULL;
}

/* One that was made ahead, else a new one. */
static struct worker *find_worker(const struct wire_order *o)
{
	if (o->memory_mb == conf.max_memory_mb)
		for (size_t i = 0; i < WORKERS_MAX; i++)
			if (workers[i].pid && !workers[i].order.kind && !words[i].error)
				return &workers[i];
	return start_worker(o->memory_mb);
}

static void launch(const struct wire_order *o, const int *fds)
{
	struct worker *w = find_worker(o);
	struct wire_report r = { .kind = WIRE_DONE, .slot = o->slot, .serial = o->serial, .error = EAGAIN };

	if (!w || !launcher_send(w->orders, o, fds)) {
		launcher_report(CONTROL, &r);
		return;
	}
	close(w->orders);
	w->orders = -1;
	w->order = *o;
}

static struct worker *worker_of(uint32_t slot)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (workers[i].pid && workers[i].order.kind && workers[i].order.slot == slot)
			return &workers[i];
	return NULL;
}

static uint32_t serial_of(uint32_t slot)
{
	const struct worker *w = worker_of(slot);

	return w ? w->order.serial : 0;
}

static void tell(const struct wire_order *o)
{
	struct worker *w = worker_of(o->slot);

	if (o->kind != WIRE_KILL)
		return;
	words[w - workers].killed = true;
	w->killed_ms = mono_ms();
	remove_later(w->name);
}

static void worker_ended(struct worker *w, int status)
{
	const struct word *word = &words[w - workers];
	struct wire_report r = { .kind = WIRE_DONE, .slot = w->order.slot, .serial = w->order.serial,
				 .error = word->error, .oom = word->oom };

	if (status && !r.error && !word->killed)
		r.error = EIO;
	if (w->order.kind)
		launcher_report(CONTROL, &r);
	else
		not_before_ms = mono_ms() + RETRY_MS;
	if (w->orders >= 0)
		close(w->orders);
	if (status)
		remove_later(w->name);
	w->pid = 0;
	w->order.kind = 0;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < WORKERS_MAX; i++)
			if (workers[i].pid == pid)
				worker_ended(&workers[i], status);
}

/* Make ahead what is missing; end those that a kill has not reached.  True: look again soon. */
static bool tend(void)
{
	int64_t now = mono_ms();
	uint32_t waiting = 0;
	bool soon = false;

	for (size_t i = 0; i < WORKERS_MAX; i++) {
		const struct worker *w = &workers[i];

		if (!w->pid)
			continue;
		waiting += !w->order.kind;
		soon |= w->killed_ms != 0;
		if (w->killed_ms && now > w->killed_ms + STUCK_MS)
			kill(w->pid, SIGKILL);
	}
	if (waiting < ahead && now >= not_before_ms)
		start_worker(conf.max_memory_mb);
	return soon || waiting < ahead;
}

static void loop(int signals)
{
	struct pollfd p[2] = { { CONTROL, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct launcher l = { slots, conf.max_memory_mb, serial_of, launch, tell };
	struct signalfd_siginfo info;

	for (;;) {
		poll(p, 2, tend() ? TICK_MS : -1);
		/* SIGTERM is for the daemon, which then closes the socket. */
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			;
		reap();
		if (p[0].revents && !launcher_take(&l))
			return;
	}
}

static void kill_all(void)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (workers[i].pid)
			kill(workers[i].pid, SIGKILL);
	containers_sweep(conf.label);
}

static void read_inside(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < 1 || st.st_size > INSIDE_MAX)
		die("inside", "file=%s error=%s", path, strerror(errno));
	text = xmalloc((size_t)st.st_size);
	if (read(fd, text, (size_t)st.st_size) != st.st_size)
		die("inside", "file=%s error=%s", path, strerror(errno));
	close(fd);
	conf.inside = text;
	conf.inside_n = (size_t)st.st_size;
}

static void setup(char **v, struct wire_report *hello)
{
	slots = launcher_number(v[1], 1, SLOTS_MAX);
	conf = (struct container_conf){
		.max_memory_mb = launcher_number(v[2], 16, 1 << 20), .max_pids = launcher_number(v[3], 1, 32768),
		.disk_mb = launcher_number(v[4], 1, 1 << 20),
		.cpu_quota = launcher_number(v[5], 1000, 100000000), .label = v[7], .image = v[9],
		.network = v[10], .read_only = launcher_number(v[11], 0, 1) != 0,
	};
	ahead = launcher_number(v[6], 0, SLOTS_MAX);
	read_inside(v[12]);
	words = mmap(NULL, WORKERS_MAX * sizeof(*words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (words == MAP_FAILED)
		die("memory", "error=%s", strerror(errno));
	if (!engine_at(v[8])) {
		snprintf(hello->name, sizeof(hello->name), "Error: %.40s is no address", v[8]);
	} else if (!filter_build(&conf.filter, false)) {
		snprintf(hello->name, sizeof(hello->name), "Error: no seccomp");
	} else if (container_engine(&conf, hello->name, sizeof(hello->name))) {
		hello->isolation = ISO_CONTAINER | ISO_SECCOMP | ISO_RLIMITS | ISO_MEMORY;
		containers_sweep(conf.label);
	}
	if (!hello->isolation)
		ahead = 0;
}

int main(int argc, char **argv)
{
	struct wire_report hello = { .kind = WIRE_HELLO };
	int signals;

	if (argc != 13)
		die("engine_usage", "arguments=%d", argc);
	launcher_guard();
	signals = launcher_signals();
	setup(argv, &hello);
	launcher_report(CONTROL, &hello);
	loop(signals);
	kill_all();
	return 0;
}
