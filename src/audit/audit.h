#ifndef OW_AUDIT_AUDIT_H
#define OW_AUDIT_AUDIT_H

/*
 * audit - who did what, a JSON object a line, in a file of its own.
 *
 *	AUDIT_LOG_LEVEL		NONE (default), METADATA, REQUEST (with its body), REQUEST_RESPONSE
 *	AUDIT_LOGS_FILE_PATH	default DATA_DIR/audit.log; none with ENABLE_AUDIT_LOGS_FILE=false
 *	AUDIT_LOG_FILE_ROTATION_SIZE	default 10MB: a full file is put aside as NAME.TIME
 *	ENABLE_AUDIT_STDOUT	also to standard output
 *	MAX_BODY_LOG_SIZE	bytes of a body, default 2048
 *	AUDIT_EXCLUDED_PATHS	below /api/ and /api/v1/, default /chats,/chat,/folders
 *	AUDIT_INCLUDED_PATHS	only these, whatever is excluded
 *	ENABLE_AUDIT_GET_REQUESTS	reading too
 *
 * Audited are requests with a credential, and sign-in, sign-up, sign-out and the second factor always.
 * Bodies of /api/v1/auths and /oauth are never kept; in the others the values of secrets are starred
 * (audit/redact.h).  Source: the reference's environment variables of these names.
 */

#include "auth/session.h"
#include "base/buf.h"

enum audit_level { AUDIT_NONE, AUDIT_METADATA, AUDIT_REQUEST, AUDIT_RESPONSE };

struct audit_entry {
	const struct user *user;	/* NULL: nobody known */
	const char *verb, *url;
	const char *ip, *agent;		/* agent may be NULL */
	int status;
	struct str request, response;	/* what was kept of the bodies */
};

/* Once, at start: opens the file. */
void audit_setup(void);

/* Is the request audited, and how far?  `known`: it came with a credential. */
enum audit_level audit_of(const char *method, const char *path, bool known);

/* May bodies of this path be kept? */
bool audit_keeps_bodies(const char *path);
size_t audit_body_max(void);		/* bytes of a body that are kept */

void audit_write(struct arena *a, const struct audit_entry *e);

/* "10MB", "500 KB", "1 GB", "4096": bytes; 0 when it says nothing. */
int64_t audit_size(const char *text);

#endif
