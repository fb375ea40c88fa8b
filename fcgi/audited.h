#ifndef OW_FCGI_AUDITED_H
#define OW_FCGI_AUDITED_H

/* audited - what a request leaves in the audit log (audit/audit.h). */

#include "fcgi/request.h"

/* Pieces of the bodies as they pass; the first ones are kept. */
void audited_request(struct req *r, const void *data, size_t len);
void audited_response(struct req *r, const void *data, size_t len);

/* Before the connection is given back: take what the entry needs of it.  NULL: nothing to write. */
struct audit_entry *audited_take(struct req *r);

#endif
