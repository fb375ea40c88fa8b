#include "executor/container.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/log.h"
#include "executor/engine_api.h"
#include "executor/rights.h"
#include "json/json.h"

enum { MUX_HEAD = 8, COMPLAINT_MAX = 400, CHUNK = 65536 };

/* What has come of the one container of this process and is not yet used. */
static struct {
	struct buf raw;			/* the engine's multiplexed stream */
	struct buf frames;		/* the first process's output */
	struct buf complaint;		/* and what was said on its standard error */
} came = { { .max = 1 << 20 }, { .max = 1 << 20 }, { .max = COMPLAINT_MAX } };

static void add_tmpfs(struct buf *b, const char *path, const struct container_conf *conf)
{
	/* The owner: runc gives the mount the mode that the image's folder has. */
	buf_printf(b, "\"%s\":\"rw,exec,nosuid,nodev,size=%um,mode=1777,%s\"", path, conf->disk_mb,
		   conf->podman ? "notmpcopyup" : "nr_inodes=10000,uid=1000,gid=1000");
}

static void add_host_config(struct buf *b, const struct container_conf *conf, uint32_t memory_mb)
{
	uint64_t bytes = (uint64_t)memory_mb << 20;

	buf_printf(b, "{\"NetworkMode\":\"%s\",\"Memory\":%" PRIu64 ",\"MemorySwap\":%" PRIu64
		   ",\"CpuPeriod\":100000,\"CpuQuota\":%u,\"PidsLimit\":%u,\"ReadonlyRootfs\":%s,"
		   "\"CapDrop\":[\"ALL\"],\"SecurityOpt\":[\"no-new-privileges\"],\"IpcMode\":\"private\","
		   "\"Privileged\":false,\"AutoRemove\":false,\"Init\":false,\"ShmSize\":%" PRIu64
		   ",\"LogConfig\":{\"Type\":\"none\"},"
		   "\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":256,\"Hard\":256},"
		   "{\"Name\":\"nproc\",\"Soft\":4096,\"Hard\":4096},"
		   "{\"Name\":\"core\",\"Soft\":0,\"Hard\":0}],\"Tmpfs\":{",
		   conf->network, bytes, bytes, conf->cpu_quota, conf->max_pids + 2,
		   conf->read_only ? "true" : "false", (uint64_t)conf->disk_mb << 20);
	add_tmpfs(b, "/workspace", conf);
	buf_addc(b, ',');
	add_tmpfs(b, "/tmp", conf);
	buf_addc(b, ',');
	add_tmpfs(b, "/var/tmp", conf);
	buf_adds(b, "}}");
}

/* The first process is sent through standard input: the root can be read-only and the engine elsewhere. */
static void add_first_process(struct buf *b, const struct container_conf *conf)
{
	buf_printf(b, "\"Entrypoint\":[\"/bin/sh\",\"-c\",\"head -c %zu >" INSIDE_PATH " && chmod 700 "
		   INSIDE_PATH " && exec " INSIDE_PATH "\"],\"Cmd\":[]", conf->inside_n);
}

static int create(const struct container_conf *conf, const struct container *c, uint32_t memory_mb)
{
	struct buf q = BUF_INIT, answer = BUF_INIT;
	char path[128];
	int status;

	snprintf(path, sizeof(path), "/containers/create?name=%s", c->name);
	buf_adds(&q, "{\"Image\":");
	buf_json(&q, conf->image);
	buf_printf(&q, ",\"User\":\"%d:%d\",\"WorkingDir\":\"/workspace\",\"Hostname\":\"sandbox\",\"Env\":[],"
		   "\"AttachStdin\":true,\"AttachStdout\":true,\"AttachStderr\":true,\"OpenStdin\":true,"
		   "\"StdinOnce\":true,\"Tty\":false,\"NetworkDisabled\":%s,\"Labels\":{\"owui-executor\":",
		   SANDBOX_UID, SANDBOX_UID, text_eq(conf->network, "none") ? "true" : "false");
	buf_json(&q, conf->label);
	buf_adds(&q, "},");
	add_first_process(&q, conf);
	buf_adds(&q, ",\"HostConfig\":");
	add_host_config(&q, conf, memory_mb);
	buf_addc(&q, '}');
	status = engine_call("POST", path, q.data, &answer);
	if (status >= 0 && status != 201)
		log_error("container_refused", "status=%d answer=\"%.200s\"", status, buf_text(&answer));
	buf_free(&q);
	buf_free(&answer);
	return status < 0 ? errno : status == 201 ? 0 : status == 404 ? ENOENT : EPROTO;
}

static bool send_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = send(fd, at, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

/* Take the engine's 8-byte heads off: a stream's number, three zeros, a big-endian length. */
static bool demultiplex(void)
{
	struct buf *raw = &came.raw;

	while (raw->len >= MUX_HEAD) {
		const unsigned char *h = (const unsigned char *)raw->data;
		size_t n = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];

		if (h[0] > 2 || n > raw->max)
			return false;
		if (raw->len - MUX_HEAD < n)
			break;
		buf_add(h[0] == 2 ? &came.complaint : &came.frames, raw->data + MUX_HEAD, n);
		buf_consume(raw, MUX_HEAD + n);
	}
	return !raw->full && !came.frames.full;
}

/* 1 more has come, 0 the end, -1 nonsense. */
static int receive(int fd)
{
	char chunk[CHUNK];
	ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0)
		return 0;
	buf_add(&came.raw, chunk, (size_t)n);
	return demultiplex() ? 1 : -1;
}

/* A whole frame at the front of what came: its type, or 0. */
static uint32_t next_frame(size_t *n)
{
	struct record_head head;

	if (came.frames.len < sizeof(head))
		return 0;
	memcpy(&head, came.frames.data, sizeof(head));
	*n = head.length;
	return head.length <= FRAME_MAX && came.frames.len - sizeof(head) >= head.length ? head.type : 0;
}

static bool wait_ready(int fd)
{
	size_t n;
	uint32_t type;

	while (!(type = next_frame(&n)))
		if (receive(fd) <= 0)
			return false;
	buf_consume(&came.frames, sizeof(struct record_head) + n);
	return type == FRAME_READY;
}

int container_start(const struct container_conf *conf, struct container *c, uint32_t memory_mb)
{
	struct buf answer = BUF_INIT;
	char path[128];
	int error = create(conf, c, memory_mb), status;
	bool sent;

	c->stream = -1;
	if (error)
		return error;
	c->stream = engine_attach(c->name);
	if (c->stream < 0)
		return errno;
	snprintf(path, sizeof(path), "/containers/%s/start", c->name);
	status = engine_call("POST", path, NULL, &answer);
	if (status != 204 && status != 304)
		log_error("container_not_started", "status=%d answer=\"%.200s\"", status, buf_text(&answer));
	buf_free(&answer);
	if (status != 204 && status != 304)
		return EPROTO;
	sent = send_all(c->stream, conf->inside, conf->inside_n);
	if (wait_ready(c->stream) && sent)	/* also when not: it may say why */
		return 0;
	log_error("container_silent", "name=%s said=\"%.200s\"", c->name, buf_text(&came.complaint));
	return EIO;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static bool send_file(int to, int fd, uint64_t n)
{
	char chunk[CHUNK];
	off_t at = 0;

	while (n) {
		ssize_t r = pread(fd, chunk, n < sizeof(chunk) ? (size_t)n : sizeof(chunk), at);

		if (r <= 0 || !send_all(to, chunk, (size_t)r))
			return false;
		at += r;
		n -= (uint64_t)r;
	}
	return true;
}

static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool send_job(const struct container_conf *conf, const struct container *c,
		     const int fds[WFD_COUNT], bool ahead)
{
	const struct inside_job job = {
		.blob = size_of(fds[WFD_BLOB]),
		.input = ahead ? NO_INPUT : size_of(fds[WFD_STDIN]),
		.filter = (uint32_t)(conf->filter.len * sizeof(struct sock_filter)),
		.disk_mb = conf->disk_mb,
	};

	return job.blob <= BLOB_MAX && send_all(c->stream, &job, sizeof(job)) &&
	       send_all(c->stream, conf->filter.filter, job.filter) &&
	       send_file(c->stream, fds[WFD_BLOB], job.blob) &&
	       (ahead || send_file(c->stream, fds[WFD_STDIN], job.input));
}

/* The job of a program that was started ahead, from the daemon; false at the end of its socket. */
static bool pass_job(const struct container *c, int jobs)
{
	struct inside_job job = { .input = NO_INPUT };
	int fd = rights_receive_one(jobs);
	bool ok;

	if (fd < 0)
		return false;
	job.blob = size_of(fd);
	ok = job.blob <= BLOB_MAX && send_all(c->stream, &job, sizeof(job)) &&
	     send_file(c->stream, fd, job.blob);
	close(fd);
	return ok;
}

/* Whole frames to where they belong. */
static bool pass_frames(const int fds[WFD_COUNT])
{
	uint32_t type;
	size_t n;

	while ((type = next_frame(&n))) {
		int to = type == FRAME_OUT ? fds[WFD_STDOUT] : type == FRAME_ERR ? fds[WFD_STDERR]
			 : type == FRAME_STATUS ? fds[WFD_STATUS] : -1;
		const char *at = came.frames.data + sizeof(struct record_head);

		if (to < 0)
			return false;
		for (size_t left = n; left;) {
			ssize_t w = write(to, at, left);

			if (w <= 0 && errno != EINTR)
				return false;
			at += w > 0 ? w : 0;
			left -= w > 0 ? (size_t)w : 0;
		}
		buf_consume(&came.frames, sizeof(struct record_head) + n);
	}
	return true;
}

int container_run(const struct container_conf *conf, struct container *c,
		  const struct wire_order *o UNUSED, const int fds[WFD_COUNT])
{
	bool ahead = is_socket(fds[WFD_STDIN]);
	struct pollfd p[2] = { { c->stream, POLLIN, 0 }, { ahead ? fds[WFD_STDIN] : -1, POLLIN, 0 } };
	int rc = 1;

	if (!send_job(conf, c, fds, ahead))
		return EIO;
	while (rc > 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents) {
			if (!pass_job(c, p[1].fd))
				return 0;
			p[1].fd = -1;
		}
		if (p[0].revents)
			rc = receive(c->stream);
		if (!pass_frames(fds))
			rc = -1;
	}
	return rc < 0 ? EPROTO : 0;
}

bool container_out_of_memory(const struct container *c)
{
	struct buf answer = BUF_INIT;
	struct arena *a = arena_new();
	char path[128];
	bool killed = false;

	snprintf(path, sizeof(path), "/containers/%s/json", c->name);
	if (engine_call("GET", path, NULL, &answer) == 200) {
		struct json_object *o = json_parse(a, answer.data, answer.len, NULL);

		killed = json_flag(json_get(o, "State"), "OOMKilled", false);
	}
	buf_free(&answer);
	arena_free(a);
	return killed;
}

void container_remove(const char *name)
{
	struct buf answer = BUF_INIT;
	char path[192];

	snprintf(path, sizeof(path), "/containers/%.100s?force=1&v=1", name);
	engine_call("DELETE", path, NULL, &answer);
	buf_free(&answer);
}

void containers_sweep(const char *label)
{
	struct buf q = BUF_INIT, answer = BUF_INIT, filter = BUF_INIT;
	struct arena *a = arena_new();
	struct json_object *list;

	buf_printf(&filter, "{\"label\":[\"owui-executor=%s\"]}", label);
	buf_adds(&q, "/containers/json?all=1&filters=");
	buf_uri(&q, buf_text(&filter));
	if (engine_call("GET", buf_text(&q), NULL, &answer) == 200) {
		list = json_parse(a, answer.data, answer.len, NULL);
		for (size_t i = 0; i < json_len(list); i++) {
			const char *id = json_text(json_item(list, i), "Id", NULL);

			if (id && strspn(id, "0123456789abcdef") == strlen(id))
				container_remove(id);
		}
	}
	buf_free(&q);
	buf_free(&filter);
	buf_free(&answer);
	arena_free(a);
}

bool container_engine(struct container_conf *conf, char *out, size_t size)
{
	struct buf answer = BUF_INIT, path = BUF_INIT;
	struct arena *a = arena_new();
	int status = engine_call("GET", "/version", NULL, &answer);
	bool ok = status == 200;

	if (ok) {
		struct json_object *o = json_parse(a, answer.data, answer.len, NULL);
		const char *first = json_text(json_item(json_get(o, "Components"), 0), "Name", "");

		conf->podman = text_starts(first, "Podman");
		snprintf(out, size, "%s %.40s", conf->podman ? "Podman" : "Docker",
			 json_text(o, "Version", "?"));
		buf_adds(&path, "/images/");
		buf_uri(&path, conf->image);
		buf_adds(&path, "/json");
		ok = engine_call("GET", buf_text(&path), NULL, &answer) == 200;
		if (!ok)
			snprintf(out, size, "Error: there is no image %.40s", conf->image);
	} else {
		snprintf(out, size, "Error: %s", status < 0 ? strerror(errno) : "no container engine");
	}
	buf_free(&answer);
	buf_free(&path);
	arena_free(a);
	return ok;
}
