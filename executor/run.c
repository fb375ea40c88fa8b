#include "executor/run.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "executor/audit.h"
#include "executor/blob.h"
#include "executor/link.h"
#include "executor/pool.h"
#include "executor/queue.h"

enum { STATUS_BUF_MAX = 48 * 1024 * 1024, PROBE_SECONDS = 30, READ_SIZE = 65536, READS_PER_ROUND = 16,
       KILL_MS = 15000, KILL_CONTAINER_MS = 30000 /* by then a killed run is over */ };

static const struct settings *conf;
static struct run *running[SLOTS_MAX];
static struct run_stats stats;
static uint32_t next_serial;
static int slots;			/* places, and those that wait ahead */
static int busy;			/* places taken */
static struct run *over;		/* to be told and freed at the end of the round */

static void finish(struct run *r, enum run_outcome outcome);

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
	if (r->ahead && !p->out)
		pool_said(r);
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
	fds[WFD_BLOB] = blob_file(r, conf);
	fds[WFD_STDIN] = r->job.has_input ? sealed_file(r->job.input.p, r->job.input.n)
					  : open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fds[WFD_BLOB] >= 0 && fds[WFD_STDIN] >= 0;
}

/* ---- life ---- */

void run_give_up(struct run *r)
{
	r->launcher_done = true;
	for (int i = 0; i < 3; i++)
		if (r->pipes[i].run)
			close_pipe(&r->pipes[i]);
	check_over(r);
}

static void broken(struct run *r, const char *what, int error)
{
	r->outcome = OUTCOME_BROKEN;
	snprintf(r->broken, sizeof(r->broken), "%s: %s", what, strerror(error));
	log_error("run_broken", "run=%s step=\"%s\"", r->id, r->broken);
}

/* Never 0, which is none. */
static uint32_t fresh_serial(void)
{
	return ++next_serial ? next_serial : ++next_serial;
}

bool run_launch(struct run *r, uint32_t slot, int fds[WFD_COUNT])
{
	struct wire_order o = { .kind = WIRE_LAUNCH, .slot = slot, .serial = fresh_serial(),
				.memory_mb = (uint32_t)r->job.memory_mb, .ahead = r->ahead };
	bool ok;

	r->state = RUN_RUNNING;
	r->slot = slot;
	r->serial = o.serial;
	running[slot] = r;
	ok = fds[WFD_BLOB] >= 0 && fds[WFD_STDIN] >= 0 && make_pipes(r, fds) && link_launch(&o, fds);
	for (int i = 0; i < WFD_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return ok;
}

/* In a sandbox of its own, from the beginning. */
static bool start_cold(struct run *r)
{
	int slot = run_free_slot(), fds[WFD_COUNT] = { -1, -1, -1, -1, -1 };

	return slot >= 0 && open_inputs(r, fds) && run_launch(r, (uint32_t)slot, fds);
}

static void start(struct run *r)
{
	bool ok;

	r->started_ms = mono_ms();
	r->deadline_ms = r->started_ms + r->job.timeout_s * 1000;
	busy++;
	queue_placed(r);
	if (!r->probe) {
		stats.active++;
		stats.total++;
		audit_event(r, "execution_start");
	}
	ok = pool_take(r) || start_cold(r);
	if (!ok) {
		broken(r, "start", errno);
		run_give_up(r);
	} else if (r->watcher) {
		r->watcher(r, RUN_STARTED);
	}
}

void run_discard_output(struct run *r)
{
	static char unread[READ_SIZE];

	for (int i = 0; i < 2; i++)
		while (read(r->pipes[i].source.fd, unread, sizeof(unread)) > 0)
			;
}

/* The slot and the pipes of an interpreter that was started ahead become the run's. */
void run_adopt(struct run *r, struct run *from)
{
	r->state = RUN_RUNNING;
	r->slot = from->slot;
	r->serial = from->serial;
	r->ahead_job = true;
	running[r->slot] = r;
	for (int i = 0; i < 3; i++) {
		struct pipe_end *p = &r->pipes[i];

		*p = (struct pipe_end){ { from->pipes[i].source.fd, pipe_ready }, r,
					i == 0 ? &r->out : i == 1 ? &r->err : NULL };
		loop_remove(&from->pipes[i].source);
		from->pipes[i].source.fd = -1;
		loop_add(&p->source, EPOLLIN);
	}
	r->pipes_open = 3;
	link_tell(WIRE_BEGIN, r->slot, r->serial);
	from->pipes_open = 0;
	run_drop(from);
}

/* A free slot beyond what `places` allows serves interpreters that wait. */
int run_free_slot(void)
{
	for (int i = 0; i < slots; i++)
		if (!running[i])
			return i;
	return -1;
}

static void start_queued(void)
{
	struct run *r;

	while (link_up() && busy < conf->places && (r = queue_next()))
		start(r);
}

void run_kill_ahead(struct run *r)
{
	r->kill_sent = true;
	r->killed_ms = mono_ms();
	link_tell(WIRE_KILL, r->slot, r->serial);
}

static void kill_run(struct run *r, enum run_outcome outcome)
{
	if (r->kill_sent || r->launcher_done)
		return;
	r->outcome = outcome;
	r->kill_sent = true;
	r->killed_ms = mono_ms();
	r->duration_ms = (int)(r->killed_ms - r->started_ms);
	link_tell(WIRE_KILL, r->slot, r->serial);
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

/* An interpreter that had died before it was handed the job. */
static bool not_begun(const struct run *r)
{
	return r->ahead_job && !r->has_exit && !r->out_of_memory && r->outcome == OUTCOME_NONE &&
	       !r->out.text.len && !r->err.text.len;
}

static bool start_again(struct run *r)
{
	r->ahead_job = r->launcher_done = false;
	buf_reset(&r->status);
	return start_cold(r);
}

/* Free it at the end of the round. */
void run_drop(struct run *r)
{
	r->state = RUN_ENDED;
	r->next = over;
	over = r;
}

static void check_over(struct run *r)
{
	if (!r->launcher_done || r->pipes_open || r->state == RUN_ENDED)
		return;
	if (running[r->slot] == r)
		running[r->slot] = NULL;
	if (r->ahead) {
		pool_lost(r);
		run_drop(r);
		return;
	}
	take_status(r);
	if (not_begun(r) && start_again(r))
		return;
	decide(r);
	busy--;
	queue_left(r);
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
	run_drop(r);
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

/* All that ran is gone with it; what was to end anyway has ended. */
static void launcher_lost(void)
{
	for (int i = 0; i < slots; i++) {
		struct run *r = running[i];

		if (!r || r->state == RUN_ENDED)
			continue;
		if (r->outcome == OUTCOME_NONE && !r->ahead)
			broken(r, "the launcher was lost and is started again", EIO);
		run_give_up(r);
	}
}

static void turn_away(struct run *r)
{
	queue_leave(r);
	finish(r, OUTCOME_TURNED_AWAY);
}

static int64_t each_round(int64_t now)
{
	int64_t next = INT64_MAX, at, grace = link_containers() ? KILL_CONTAINER_MS : KILL_MS;
	struct run *r;

	tell_over();
	start_queued();
	tell_over();
	for (int i = 0; i < slots; i++) {
		r = running[i];
		if (r && r->kill_sent && now >= r->killed_ms + grace) {
			link_replace("a killed run goes on");
			return now;
		}
		if (r && r->kill_sent && r->killed_ms + grace < next)
			next = r->killed_ms + grace;
		if (!r || r->kill_sent || r->ahead)
			continue;
		if (now >= r->deadline_ms)
			kill_run(r, OUTCOME_TIMEOUT);
		else if (r->deadline_ms < next)
			next = r->deadline_ms;
	}
	while ((r = queue_first()) && now >= r->queued_ms + conf->queue_timeout * 1000)
		turn_away(r);
	if (r && r->queued_ms + conf->queue_timeout * 1000 < next)
		next = r->queued_ms + conf->queue_timeout * 1000;
	tell_over();
	at = link_tend(now, busy > 0);
	next = at < next ? at : next;
	at = pool_round(now, busy);
	return at < next ? at : next;
}

void runs_setup(const struct settings *s)
{
	conf = s;
	slots = s->places + s->pool_size;
	queue_setup(s);
	pool_setup(s);
	link_watch(launcher_done, launcher_lost);
	loop_on_round(each_round);
}

struct run *run_new(struct arena *a, const struct job *job, const char *peer)
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
	struct run *r, *pushed;

	r = run_new(a, job, peer);
	r->watcher = watcher;
	r->context = context;
	if (link_up() && busy < conf->places && queue_length() == 0) {
		start(r);
		return r;
	}
	if (!queue_join(r, &pushed)) {
		free(r);
		return NULL;
	}
	if (pushed)
		finish(pushed, OUTCOME_TURNED_AWAY);
	return r;
}

void run_cancel(struct run *r)
{
	if (r->state == RUN_QUEUED) {
		queue_leave(r);
		finish(r, OUTCOME_CANCELLED);
	} else if (r->state == RUN_RUNNING) {
		kill_run(r, OUTCOME_CANCELLED);
	}
}

struct run *run_find(const char *id)
{
	for (int i = 0; i < slots; i++)
		if (running[i] && !running[i]->ahead && text_eq(running[i]->id, id))
			return running[i];
	return queue_find(id);
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
	out->queued = queue_length();
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
		log_warn("language_missing", "name=%s status=%s exit=%d why=\"%.120s%.120s\"", l->name,
			 run_status_text(r), r->exit_code, r->broken, buf_text(&r->err.text));
	if (--probes_left == 0)
		loop_stop();
}

void runs_probe_languages(void)
{
	for (size_t i = 0; i < languages_count; i++) {
		struct language *l = &languages[i];
		struct job job = { .language = l, .code = { l->probe, strlen(l->probe) },
				   .timeout_s = PROBE_SECONDS, .memory_mb = conf->max_memory_mb };
		struct run *r, *pushed;

		if (!l->enabled)
			continue;
		r = run_new(arena_new(), &job, "");
		r->probe = true;
		r->watcher = probe_over;
		r->context = l;
		r->queued_ms = INT64_MAX / 2;	/* never turned away */
		queue_join(r, &pushed);
		probes_left++;
	}
	if (probes_left)
		loop_run();
}
