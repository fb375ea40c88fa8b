#include "executor/run.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "executor/audit.h"
#include "executor/link.h"

enum { STATUS_BUF_MAX = 48 * 1024 * 1024, PROBE_SECONDS = 10, READ_SIZE = 65536, READS_PER_ROUND = 16 };

static const struct settings *conf;
static struct run *running[SLOTS_MAX];
static struct run *queue_head, *queue_tail;
static struct run_stats stats;
static uint32_t next_serial;
static struct run *over;		/* to be told and freed at the end of the round */

static void finish(struct run *r, enum run_outcome outcome);

/* ---- the blob ---- */

static void blob_add(struct buf *b, enum blob_type type, const void *p, size_t n)
{
	static const char pad[8];
	struct record_head head = { (uint32_t)type, (uint32_t)n };

	buf_add(b, &head, sizeof(head));
	buf_add(b, p, n);
	buf_add(b, pad, ((n + 8) & ~(size_t)7) - n);
}

static void blob_text(struct buf *b, enum blob_type type, const char *s)
{
	blob_add(b, type, s, strlen(s));
}

static void blob_env(struct buf *b, struct arena *a, const struct job *job)
{
	static const char *const base[][2] = {
		{ "PATH", SANDBOX_PATH }, { "HOME", "/workspace" }, { "LANG", "C.UTF-8" },
		{ "TMPDIR", "/tmp" }, { "PYTHONUNBUFFERED", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(base); i++) {
		bool replaced = false;

		for (size_t k = 0; k < job->nenv; k++)
			replaced |= text_eq(job->env[k].key, base[i][0]);
		if (!replaced)
			blob_text(b, BLOB_ENV, arena_printf(a, "%s=%s", base[i][0], base[i][1]));
	}
	for (size_t i = 0; i < job->nenv; i++)
		blob_text(b, BLOB_ENV, arena_printf(a, "%s=%s", job->env[i].key, job->env[i].value));
}

static void blob_build(struct buf *b, struct run *r)
{
	const struct job *j = &r->job;
	const char **argv = language_command(r->arena, j->language, j->capture_result, j->args,
					     j->nargs);

	if (r->probe) {
		const char *const probe[] = { "/bin/sh", "-c", j->code.p, NULL };

		for (size_t i = 0; probe[i]; i++)
			blob_text(b, BLOB_ARG, probe[i]);
	} else {
		for (; *argv; argv++)
			blob_text(b, BLOB_ARG, *argv);
		blob_text(b, BLOB_NAME, j->language->script);
		blob_add(b, BLOB_DATA, j->code.p, j->code.n);
	}
	blob_env(b, r->arena, j);
	for (size_t i = 0; i < j->nfiles; i++) {
		blob_text(b, BLOB_NAME, j->files[i].name);
		blob_add(b, BLOB_DATA, j->files[i].content.p, j->files[i].content.n);
	}
	if (j->return_files) {
		struct blob_return back = { (uint32_t)conf->max_return_files,
					    (uint32_t)conf->max_return_bytes };

		blob_add(b, BLOB_RETURN, &back, sizeof(back));
	}
	if (j->capture_result)
		blob_text(b, BLOB_RESULT, "");
}

/* A sealed memfd with these bytes, opened for reading only; -1 when it cannot be made. */
static int sealed(const void *p, size_t n)
{
	int fd = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING), ro = -1;
	char path[40];

	if (fd < 0)
		return -1;
	if (write(fd, p, n) == (ssize_t)n &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ro = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(fd);
	return ro;
}

/* ---- descriptors ---- */

static void close_pipe(struct pipe_end *p)
{
	if (p->source.fd < 0)
		return;
	loop_remove(&p->source);
	close(p->source.fd);
	p->source.fd = -1;
	p->run->pipes_open--;
}

static void check_over(struct run *r);

static void pipe_ready(struct source *s, uint32_t events UNUSED)
{
	struct pipe_end *p = (struct pipe_end *)(void *)((char *)s - offsetof(struct pipe_end, source));
	static char chunk[READ_SIZE];
	struct run *r = p->run;
	ssize_t n = 0;

	for (int i = 0; i < READS_PER_ROUND; i++) {
		n = read(s->fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		if (p->out)
			output_add(p->out, chunk, (size_t)n);
		else
			buf_add(&r->status, chunk, (size_t)n);
	}
	if (p->out && r->watcher)
		r->watcher(r, RUN_OUTPUT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		if (p->out)
			output_end(p->out);
		close_pipe(p);
		check_over(r);
	}
}

static bool make_pipes(struct run *r, int fds[WFD_COUNT])
{
	static const enum wire_fd ends[3] = { WFD_STDOUT, WFD_STDERR, WFD_STATUS };

	for (int i = 0; i < 3; i++) {
		struct pipe_end *p = &r->pipes[i];
		int pair[2];

		if (pipe2(pair, O_CLOEXEC) < 0)
			return false;
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
		fds[ends[i]] = pair[1];
		p->source = (struct source){ pair[0], pipe_ready };
		p->run = r;
		p->out = i == 0 ? &r->out : i == 1 ? &r->err : NULL;
		loop_add(&p->source, EPOLLIN);
		r->pipes_open++;
	}
	return true;
}

static bool open_inputs(struct run *r, int fds[WFD_COUNT])
{
	struct buf blob = { .max = BLOB_MAX };
	bool ok;

	blob_build(&blob, r);
	fds[WFD_BLOB] = blob.full ? -1 : sealed(blob.data, blob.len);
	buf_free(&blob);
	fds[WFD_STDIN] = r->job.has_input ? sealed(r->job.input.p, r->job.input.n)
					  : open("/dev/null", O_RDONLY | O_CLOEXEC);
	ok = fds[WFD_BLOB] >= 0 && fds[WFD_STDIN] >= 0;
	return ok && make_pipes(r, fds);
}

/* ---- life ---- */

static void broken(struct run *r, const char *what, int error)
{
	r->outcome = OUTCOME_BROKEN;
	snprintf(r->broken, sizeof(r->broken), "%s: %s", what, strerror(error));
	log_error("run_broken", "run=%s step=\"%s\"", r->id, r->broken);
}

static void start(struct run *r, uint32_t slot)
{
	struct wire_order o = { .kind = WIRE_LAUNCH, .slot = slot, .serial = ++next_serial,
				.memory_mb = (uint32_t)r->job.memory_mb };
	int fds[WFD_COUNT] = { -1, -1, -1, -1, -1 };
	bool ok;

	r->state = RUN_RUNNING;
	r->slot = slot;
	r->serial = o.serial;
	running[slot] = r;
	stats.active += !r->probe;
	stats.total += !r->probe;
	r->started_ms = mono_ms();
	r->deadline_ms = r->started_ms + r->job.timeout_s * 1000;
	if (!r->probe)
		audit_event(r, "execution_start");
	ok = open_inputs(r, fds) && link_launch(&o, fds);
	for (int i = 0; i < WFD_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (!ok) {
		broken(r, "start", errno);
		r->launcher_done = true;
		for (int i = 0; i < 3; i++)
			if (r->pipes[i].run)
				close_pipe(&r->pipes[i]);
		check_over(r);
	} else if (r->watcher) {
		r->watcher(r, RUN_STARTED);
	}
}

static int free_slot(void)
{
	for (int i = 0; i < conf->places; i++)
		if (!running[i])
			return i;
	return -1;
}

static void start_queued(void)
{
	int slot;

	while (queue_head && (slot = free_slot()) >= 0) {
		struct run *r = queue_head;

		queue_head = r->next;
		if (!queue_head)
			queue_tail = NULL;
		r->next = NULL;
		stats.queued--;
		start(r, (uint32_t)slot);
	}
}

static void unqueue(struct run *r)
{
	struct run **p = &queue_head, *last = NULL;

	while (*p && *p != r) {
		last = *p;
		p = &(*p)->next;
	}
	if (!*p)
		return;
	*p = r->next;
	if (queue_tail == r)
		queue_tail = last;
	r->next = NULL;
	stats.queued--;
}

static void kill_run(struct run *r, enum run_outcome outcome)
{
	if (r->kill_sent || r->launcher_done)
		return;
	r->outcome = outcome;
	r->kill_sent = true;
	r->duration_ms = (int)(mono_ms() - r->started_ms);
	link_kill(r->slot, r->serial);
}

static void take_file(struct run *r, enum status_type type, const char *data, size_t n)
{
	struct found_file *f;

	if (type == STATUS_NAME) {
		if (r->nfiles == (size_t)conf->max_return_files)
			return;
		if (!r->files)
			r->files = arena_calloc(r->arena, (size_t)conf->max_return_files,
						sizeof(*r->files));
		r->files[r->nfiles++] = (struct found_file){ data, n, "", 0 };
	} else if (r->nfiles) {
		f = &r->files[r->nfiles - 1];
		f->data = data;
		f->data_n = n;
	}
}

static void take_ended(struct run *r, const struct status_ended *e)
{
	int st = e->wait_status;

	r->has_exit = true;
	r->exit_code = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	if (r->memory_mb < 0 && e->max_rss_kb)
		r->memory_mb = e->max_rss_kb / 1024.0;
}

/* What the reaper wrote, which may end anywhere when it was killed. */
static void take_status(struct run *r)
{
	const char *p = r->status.data, *end = p + r->status.len;
	struct record_head h;

	while (p && (size_t)(end - p) >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		if (h.length > (size_t)(end - p))
			break;
		if (h.type == STATUS_FAILED && h.length == sizeof(struct status_failed)) {
			struct status_failed f;

			memcpy(&f, p, sizeof(f));
			f.step[sizeof(f.step) - 1] = '\0';
			broken(r, f.step, f.error);
		} else if (h.type == STATUS_ENDED && h.length == sizeof(struct status_ended)) {
			struct status_ended e;

			memcpy(&e, p, sizeof(e));
			take_ended(r, &e);
		} else if (h.type == STATUS_RESULT) {
			r->result = (struct str){ p, h.length };
		} else if (h.type == STATUS_NAME || h.type == STATUS_DATA) {
			take_file(r, (enum status_type)h.type, p, h.length);
		} else if (h.type == STATUS_CUT) {
			r->files_cut = true;
		}
		p += h.length;
	}
}

static void decide(struct run *r)
{
	bool killed = r->outcome == OUTCOME_TIMEOUT || r->outcome == OUTCOME_CANCELLED;

	if (killed || r->outcome == OUTCOME_BROKEN) {
		r->has_exit = false;
		r->error = r->outcome == OUTCOME_TIMEOUT ? "Code execution timed out" : NULL;
		if (r->outcome == OUTCOME_CANCELLED)
			r->error = "Code execution was cancelled";
		return;
	}
	if (!r->has_exit) {
		/* The reaper itself was killed: by the memory limit, or by nobody we know. */
		if (!r->out_of_memory) {
			broken(r, "the sandbox ended early", EIO);
			return;
		}
		r->has_exit = true;
		r->exit_code = 137;
	}
	r->outcome = r->exit_code ? OUTCOME_FAILED : OUTCOME_SUCCESS;
	if (r->exit_code && r->out_of_memory)
		r->error = "Memory limit exceeded";
}

static void check_over(struct run *r)
{
	if (!r->launcher_done || r->pipes_open || r->state == RUN_ENDED)
		return;
	take_status(r);
	decide(r);
	running[r->slot] = NULL;
	stats.active -= !r->probe;
	finish(r, r->outcome);
}

static void finish(struct run *r, enum run_outcome outcome)
{
	bool ran = r->state == RUN_RUNNING;

	r->state = RUN_ENDED;
	r->outcome = outcome;
	r->ended_ms = mono_ms();
	if (ran && !r->duration_ms)
		r->duration_ms = (int)(r->ended_ms - r->started_ms);
	time_iso_ms(r->completed_at, sizeof(r->completed_at));
	if (ran && !r->probe) {
		stats.succeeded += outcome == OUTCOME_SUCCESS;
		stats.failed += outcome != OUTCOME_SUCCESS;
		stats.timed_out += outcome == OUTCOME_TIMEOUT;
		audit_event(r, outcome == OUTCOME_TIMEOUT     ? "execution_timeout"
			       : outcome == OUTCOME_CANCELLED ? "execution_cancelled"
			       : outcome == OUTCOME_BROKEN    ? "execution_error"
							      : "execution_complete");
	}
	r->next = over;
	over = r;
}

static void free_run(struct run *r)
{
	buf_free(&r->out.text);
	buf_free(&r->err.text);
	buf_free(&r->status);
	arena_free(r->arena);
	free(r);
}

static void tell_over(void)
{
	while (over) {
		struct run *r = over;

		over = r->next;
		if (r->watcher)
			r->watcher(r, RUN_OVER);
		free_run(r);
	}
}

static void launcher_done(const struct wire_report *rep)
{
	struct run *r = rep->slot < SLOTS_MAX ? running[rep->slot] : NULL;

	if (!r || r->serial != rep->serial)
		return;
	r->launcher_done = true;
	r->out_of_memory = rep->oom > 0;
	if (rep->peak_kb)
		r->memory_mb = (double)rep->peak_kb / 1024.0;
	if (rep->error)
		broken(r, "launch", rep->error);
	check_over(r);
}

static int64_t each_round(int64_t now)
{
	int64_t next = INT64_MAX;

	tell_over();
	start_queued();
	tell_over();
	for (int i = 0; i < conf->places; i++) {
		struct run *r = running[i];

		if (!r || r->kill_sent)
			continue;
		if (now >= r->deadline_ms)
			kill_run(r, OUTCOME_TIMEOUT);
		else if (r->deadline_ms < next)
			next = r->deadline_ms;
	}
	while (queue_head && now >= queue_head->queued_ms + conf->queue_timeout * 1000) {
		struct run *r = queue_head;

		unqueue(r);
		finish(r, OUTCOME_TURNED_AWAY);
	}
	if (queue_head && queue_head->queued_ms + conf->queue_timeout * 1000 < next)
		next = queue_head->queued_ms + conf->queue_timeout * 1000;
	tell_over();
	return next;
}

void runs_setup(const struct settings *s)
{
	conf = s;
	link_watch(launcher_done);
	loop_on_round(each_round);
}

static struct run *new_run(struct arena *a, const struct job *job, const char *peer)
{
	struct run *r = xcalloc(1, sizeof(*r));

	uuid4(r->id);
	r->arena = a;
	r->job = *job;
	r->memory_mb = -1;
	r->out.max = r->err.max = conf->max_output;
	r->status.max = STATUS_BUF_MAX;
	r->queued_ms = mono_ms();
	snprintf(r->peer, sizeof(r->peer), "%s", peer);
	time_iso_ms(r->created_at, sizeof(r->created_at));
	return r;
}

struct run *run_submit(struct arena *a, const struct job *job, const char *peer,
		       void (*watcher)(struct run *, enum run_event), void *context)
{
	int slot = queue_head ? -1 : free_slot();
	struct run *r;

	if (slot < 0 && stats.queued >= conf->max_queue)
		return NULL;
	r = new_run(a, job, peer);
	r->watcher = watcher;
	r->context = context;
	if (slot >= 0) {
		start(r, (uint32_t)slot);
		return r;
	}
	if (queue_tail)
		queue_tail->next = r;
	else
		queue_head = r;
	queue_tail = r;
	stats.queued++;
	return r;
}

void run_cancel(struct run *r)
{
	if (r->state == RUN_QUEUED) {
		unqueue(r);
		finish(r, OUTCOME_CANCELLED);
	} else if (r->state == RUN_RUNNING) {
		kill_run(r, OUTCOME_CANCELLED);
	}
}

struct run *run_find(const char *id)
{
	for (int i = 0; i < conf->places; i++)
		if (running[i] && text_eq(running[i]->id, id))
			return running[i];
	for (struct run *r = queue_head; r; r = r->next)
		if (text_eq(r->id, id))
			return r;
	return NULL;
}

const char *run_status_text(const struct run *r)
{
	switch (r->outcome) {
	case OUTCOME_SUCCESS:	return "success";
	case OUTCOME_TIMEOUT:	return "timeout";
	case OUTCOME_CANCELLED:	return "cancelled";
	default:		return "failed";
	}
}

void runs_stats(struct run_stats *out)
{
	*out = stats;
}

/* ---- probes ---- */

static int probes_left;

static void probe_over(struct run *r, enum run_event e)
{
	struct language *l = r->context;
	const char *text;

	if (e != RUN_OVER)
		return;
	text = buf_text(&r->out.text);
	l->works = r->outcome == OUTCOME_SUCCESS;
	snprintf(l->version, sizeof(l->version), "%.*s", (int)strcspn(text, "\n"), text);
	if (!l->works && !l->optional)
		log_warn("language_missing", "name=%s exit=%d why=\"%.120s%.120s\"", l->name,
			 r->exit_code, r->broken, buf_text(&r->err.text));
	if (--probes_left == 0)
		loop_stop();
}

void runs_probe_languages(void)
{
	for (size_t i = 0; i < languages_count; i++) {
		struct language *l = &languages[i];
		struct job job = { .language = l, .code = { l->probe, strlen(l->probe) },
				   .timeout_s = PROBE_SECONDS, .memory_mb = conf->max_memory_mb };
		struct run *r;

		if (!l->enabled)
			continue;
		r = new_run(arena_new(), &job, "");
		r->probe = true;
		r->watcher = probe_over;
		r->context = l;
		r->queued_ms = INT64_MAX / 2;	/* never turned away */
		if (queue_tail)
			queue_tail->next = r;
		else
			queue_head = r;
		queue_tail = r;
		stats.queued++;
		probes_left++;
	}
	if (probes_left)
		loop_run();
}
