#ifndef OW_EXECUTOR_WIRE_H
#define OW_EXECUTOR_WIRE_H

/*
 * wire - what owui-executor (HTTP) and owui-sandbox (the launcher) tell each other.
 *
 * Between the two: fixed records over a SEQPACKET socket, descriptors by SCM_RIGHTS.  The launcher
 * never looks into the job's blob; only the reaper does, inside the jail and without privileges.
 *
 * A run may be started ahead of its job: WFD_STDIN is then a SEQPACKET socket by which the daemon sends
 * the reaper the job's blob (one byte with one descriptor), and the program reads from /dev/null.
 *
 * The blob (a memfd) and the status pipe are sequences of { type, length, bytes }.
 */

#include "base/base.h"

/* WIRE_BEGIN: what was launched ahead has its job now, and is to be watched.  WIRE_PING is answered by WIRE_PONG. */
enum wire_kind { WIRE_HELLO = 1, WIRE_LAUNCH, WIRE_KILL, WIRE_DONE, WIRE_BEGIN, WIRE_PING, WIRE_PONG };

enum wire_fd { WFD_BLOB, WFD_STDIN, WFD_STDOUT, WFD_STDERR, WFD_STATUS, WFD_COUNT };

enum wire_isolation {
	ISO_NAMESPACES = 1, ISO_SECCOMP = 2, ISO_CGROUP_V1 = 4, ISO_CGROUP_V2 = 8,
	ISO_RLIMITS = 16, ISO_WATCHDOG = 32, ISO_MEMORY = 64, ISO_CONTAINER = 128,
};

/* daemon → launcher */
struct wire_order {
	uint32_t kind;			/* WIRE_LAUNCH (with WFD_COUNT descriptors), WIRE_KILL, WIRE_BEGIN, WIRE_PING */
	uint32_t slot;			/* 0 .. places-1, free */
	uint32_t serial;		/* chosen by the daemon, comes back */
	uint32_t memory_mb;
	uint32_t ahead;			/* of LAUNCH: waits for its job */
};

/* launcher → daemon */
struct wire_report {
	uint32_t kind;			/* WIRE_HELLO, WIRE_DONE or WIRE_PONG */
	uint32_t slot;
	uint32_t serial;
	uint32_t isolation;		/* of HELLO */
	int32_t error;			/* errno: the run could not be started */
	int32_t wait_status;		/* of the reaper */
	uint32_t oom;			/* processes killed for memory */
	uint64_t peak_kb;		/* 0: not known */
	char name[64];			/* of HELLO: what runs them, or "Error: …" */
};

/* Records of the blob. */
enum blob_type {
	BLOB_ARG = 'a', BLOB_ENV = 'e', BLOB_NAME = 'n', BLOB_DATA = 'd',
	BLOB_RETURN = 'r',		/* struct blob_return */
	BLOB_RESULT = 'c',		/* send RESULT_PATH back */
	BLOB_AHEAD = 'w',		/* the program waits at TALK_FD; its job comes by WFD_STDIN */
};

struct blob_return {
	uint32_t max_files;
	uint32_t max_bytes;
};

/* Records of the status pipe. */
enum status_type {
	STATUS_READY = 'w',		/* of a program started ahead */
	STATUS_FAILED = 'x',		/* struct status_failed: nothing of the program ran */
	STATUS_ENDED = 's',		/* struct status_ended */
	STATUS_RESULT = 'c',
	STATUS_NAME = 'n', STATUS_DATA = 'd',	/* a file: name, then content */
	STATUS_CUT = 't',		/* not all files were sent */
};

struct status_failed {
	int32_t error;
	char step[28];
};

struct status_ended {
	int32_t wait_status;		/* of the program */
	uint32_t max_rss_kb;		/* of its largest process */
};

struct record_head {
	uint32_t type;
	uint32_t length;
};

/*
 * Between the launcher of containers (owui-engine) and the first process in one (owui-inside): the
 * container's standard input carries a job (struct inside_job, the filter, the blob, the input), and, to one
 * that was started ahead, a second job with a blob alone.  Its end ends the run.  Standard output carries
 * frames, each a struct record_head and at most FRAME_MAX bytes.
 */
struct inside_job {
	uint64_t blob, input;		/* bytes that follow; input NO_INPUT: end of file at once */
	uint64_t data_limit;
	uint32_t filter;		/* bytes of the seccomp program */
	uint32_t disk_mb;
};

enum frame_type { FRAME_READY = 'i', FRAME_OUT = 'o', FRAME_ERR = 'e', FRAME_STATUS = 's' };

#define NO_INPUT UINT64_MAX
#define INSIDE_PATH "/tmp/.owui-inside"

/* Where a program that was started ahead is given its job. */
enum { TALK_FD = 3 };
#define TALK_FD_TEXT "3"

#define RESULT_PATH "/tmp/.owui-result"

enum {
	BLOB_MAX = 16 * 1024 * 1024,
	RESULT_MAX = 8 * 1024 * 1024,
	PATH_DEPTH_MAX = 16,
	SLOTS_MAX = 256,
	SANDBOX_UID = 1000,
	FRAME_MAX = 65536,
};

#endif
