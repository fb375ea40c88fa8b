#ifndef OW_NOTE_DOCUMENT_H
#define OW_NOTE_DOCUMENT_H

/*
 * document - a note that several people edit at once: its updates, and who has it open.  In Redis:
 *
 *	<prefix>:ydoc:documents:<doc>:updates		list of updates, each a JSON list of bytes
 *	<prefix>:ydoc:documents:<doc>:users		set of socket ids
 *	<prefix>:ydoc:documents:<doc>:size		bytes of all updates
 *	<prefix>:ydoc:documents:session:<sid>:documents	set of documents
 *
 * When the last one leaves, the document is erased: the note keeps its text.  Each change is one script,
 * so that two processes need no lock.  Source: contract/socketio.md, section 8.
 */

#include "base/buf.h"
#include "base/str.h"

enum {
	DOCUMENT_BYTES_MAX = 2 * 1024 * 1024,
	DOCUMENT_UPDATES_MAX = 500,		/* more are put together */
	DOCUMENTS_OPEN_MAX = 20,		/* of one socket */
	DOCUMENT_ID_MAX = 200,
};

/* The id in its one spelling ("note_x" is "note:x"), NULL: none that is taken; its note, or NULL. */
const char *document_id(struct arena *a, const char *given);
const char *document_note(const char *id);

/* 1 joined, 0 the socket has too many open, -1 Redis. */
int document_join(struct arena *a, const char *doc, const char *sid);
void document_leave(struct arena *a, const char *doc, const char *sid);
/* A socket is gone. */
void document_leave_all(struct arena *a, const char *sid);

/* All updates as one, a JSON list of bytes; *any: are there some?  NULL: Redis. */
const char *document_state(struct arena *a, const char *doc, bool *any);
/* Socket ids, a JSON list. */
const char *document_sessions(struct arena *a, const char *doc);

/*
 * Store an update (a JSON list of bytes as a client sent it).  `first`: only where there is none yet.
 * 1 stored, 0 not (it does not decode, the document would grow too large, or there are others), -1 Redis.
 */
int document_add(struct arena *a, const char *doc, struct str update, bool first);

#endif
