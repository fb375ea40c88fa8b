/*
 * owui-supervise - start the programs of one instance, in order, and start again what dies.
 *
 *	owui-supervise FILE STATUS LOGDIR
 *
 * FILE has one program per line, fields separated by tabs:
 *	run   NAME  SIGNAL  COMMAND…	a program to keep running; SIGNAL (TERM, INT, QUIT) ends it
 *	once  NAME  -       COMMAND…	must end with status 0 before the next line is looked at
 * Commands are run directly, words separated by blanks.  Output goes to LOGDIR/NAME.log.  STATUS
 * is rewritten at every change: "NAME PID STATE RESTARTS" a line.  SIGTERM ends the programs in
 * reverse order.  A program that dies is started again at once, or after a growing delay when it
 * had lived for less than STABLE_MS.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

enum {
	MAX_PROGRAMS = 32,
	MAX_WORDS = 64,
	STABLE_MS = 5000,
	DELAY_FIRST_MS = 100,
	DELAY_MAX_MS = 5000,
	STOP_MS = 15000,
	LOG_MAX_BYTES = 64 * 1024 * 1024,
};

struct program {
	char *name;
	int signal;
	bool once;
	char *argv[MAX_WORDS + 1];
	pid_t pid;			/* 0: not running */
	int status;			/* wait status of the last run */
	bool ran;
	int restarts;
	int64_t started, delay, start_at;
};

static struct program programs[MAX_PROGRAMS];
static int count;
static const char *status_path, *log_dir;
static sigset_t old_mask;

static int signal_number(const char *name)
{
	if (text_eq(name, "INT"))
		return SIGINT;
	if (text_eq(name, "QUIT"))
		return SIGQUIT;
	return SIGTERM;
}

static void parse_line(char *line)
{
	struct program *p = &programs[count];
	char *fields[4], *save = NULL, *word;
	int n = 0;

	for (word = strtok_r(line, "\t\n", &save); word && n < 4; word = strtok_r(NULL, "\t\n", &save))
		fields[n++] = word;
	if (n == 0 || fields[0][0] == '#')
		return;
	if (n < 4 || count == MAX_PROGRAMS)
		die("supervise_line", "line=\"%s\"", fields[0]);
	p->once = text_eq(fields[0], "once");
	p->name = xstrdup(fields[1]);
	p->signal = signal_number(fields[2]);
	n = 0;
	for (word = strtok_r(fields[3], " ", &save); word && n < MAX_WORDS; word = strtok_r(NULL, " ", &save))
		p->argv[n++] = xstrdup(word);
	count++;
}

static void read_programs(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		die("supervise_file", "file=%s error=\"%s\"", path, strerror(errno));
	while (getline(&line, &cap, f) >= 0)
		parse_line(line);
	free(line);
	fclose(f);
}

static const char *state_of(const struct program *p)
{
	if (p->pid)
		return "running";
	if (p->once && p->ran && p->status == 0)
		return "done";
	return p->ran ? "restarting" : "waiting";
}

static void write_status(void)
{
	char next[4096];
	FILE *f;

	snprintf(next, sizeof(next), "%s.next", status_path);
	f = fopen(next, "we");
	if (!f)
		return;
	fprintf(f, "supervisor %d running 0\n", (int)getpid());
	for (int i = 0; i < count; i++)
		fprintf(f, "%s %d %s %d\n", programs[i].name, (int)programs[i].pid,
			state_of(&programs[i]), programs[i].restarts);
	fclose(f);
	if (rename(next, status_path) != 0)
		log_warn("status_failed", "error=\"%s\"", strerror(errno));
}

static void open_log(const char *name)
{
	char path[4096], old[4112];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s.log", log_dir, name);
	snprintf(old, sizeof(old), "%s.1", path);
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX_BYTES && rename(path, old) != 0)
		log_warn("log_rotate", "file=%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void start(struct program *p)
{
	pid_t supervisor = getpid();

	p->started = mono_ms();
	p->start_at = 0;
	p->pid = fork();
	if (p->pid < 0)
		die("fork_failed", "error=\"%s\"", strerror(errno));
	if (p->pid == 0) {
		/* Nothing of an instance outlives its supervisor. */
		prctl(PR_SET_PDEATHSIG, p->signal);
		if (getppid() != supervisor)
			_exit(0);
		sigprocmask(SIG_SETMASK, &old_mask, NULL);
		setpgid(0, 0);
		open_log(p->name);
		execvp(p->argv[0], p->argv);
		log_error("exec_failed", "program=%s error=\"%s\"", p->argv[0], strerror(errno));
		_exit(127);
	}
	write_status();
}

static struct program *by_pid(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (programs[i].pid == pid)
			return &programs[i];
	return NULL;
}

static void plan_restart(struct program *p)
{
	bool stable = mono_ms() - p->started >= STABLE_MS;

	p->delay = stable || !p->delay ? DELAY_FIRST_MS : p->delay * 2;
	if (p->delay > DELAY_MAX_MS)
		p->delay = DELAY_MAX_MS;
	p->start_at = mono_ms() + (stable ? 0 : p->delay);
	p->restarts++;
	log_warn("program_died", "name=%s status=%d restart_ms=%" PRId64, p->name, p->status,
		 p->start_at - mono_ms());
}

/* Collect the dead.  False: a `once` program failed, the start is over. */
static bool reap(bool stopping)
{
	int status;
	pid_t pid;
	bool ok = true;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct program *p = by_pid(pid);

		if (!p)
			continue;
		/* What it left behind (nginx's workers hold the port) would be in the next one's way. */
		kill(-pid, SIGKILL);
		p->pid = 0;
		p->ran = true;
		p->status = status;
		if (p->once && status != 0)
			ok = false;
		else if (!p->once && !stopping)
			plan_restart(p);
		if (p->once && status != 0)
			log_error("start_failed", "name=%s status=%d log=%s/%s.log", p->name, status,
				  log_dir, p->name);
		write_status();
	}
	return ok;
}

static bool start_due(void)
{
	for (int i = 0; i < count; i++) {
		struct program *p = &programs[i];

		if (!p->ran && !p->pid && (!p->start_at || p->start_at <= mono_ms()))
			start(p);
		if (p->once && (p->pid || p->status != 0))
			return true;	/* what follows waits for it */
		if (!p->once && p->ran && !p->pid && p->start_at <= mono_ms())
			start(p);
	}
	return true;
}

static int next_timeout(void)
{
	int64_t now = mono_ms(), best = 60000;

	for (int i = 0; i < count; i++)
		if (!programs[i].pid && !programs[i].once && programs[i].ran &&
		    programs[i].start_at - now < best)
			best = programs[i].start_at - now;
	return best < 0 ? 0 : (int)best;
}

static void stop_one(struct program *p)
{
	int64_t until = mono_ms() + STOP_MS;

	if (!p->pid)
		return;
	kill(p->pid, p->signal);
	while (p->pid && mono_ms() < until) {
		reap(true);
		if (p->pid)
			sleep_ms(10);
	}
	if (!p->pid)
		return;
	log_warn("program_killed", "name=%s", p->name);
	kill(-p->pid, SIGKILL);
	while (p->pid) {
		reap(true);
		sleep_ms(10);
	}
}

static int take_signal(int fd)
{
	struct signalfd_siginfo info;
	int stop = 0;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			stop = (int)info.ssi_signo;
	return stop;
}

int main(int argc, char **argv)
{
	struct pollfd poller = { .events = POLLIN };
	sigset_t set;
	bool ok = true;

	if (argc != 4)
		die("usage", "why=\"owui-supervise FILE STATUS LOGDIR\"");
	read_programs(argv[1]);
	status_path = argv[2];
	log_dir = argv[3];
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &old_mask);
	poller.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	while (ok) {
		start_due();
		poll(&poller, 1, next_timeout());
		if (take_signal(poller.fd))
			break;
		ok = reap(false);
	}
	for (int i = count - 1; i >= 0; i--)
		stop_one(&programs[i]);
	unlink(status_path);
	return ok ? 0 : 1;
}
