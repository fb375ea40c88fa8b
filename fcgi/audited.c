#include "fcgi/audited.h"

#include "audit/audit.h"
#include "fcgi/guard.h"

/* Is it audited, and are the bodies to be kept?  Found out once. */
static enum audit_level level_of(struct req *r)
{
	if (r->audit_level < 0) {
		const char *path = r->path ? r->path : "";

		r->audit_level = (int)audit_of(r->method, path, !text_empty(guard_credential(r)));
		if (r->audit_level && !audit_keeps_bodies(path))
			r->audit_level = AUDIT_METADATA;
	}
	return (enum audit_level)r->audit_level;
}

static void keep(struct req *r, struct buf **kept, const void *data, size_t len)
{
	size_t room;

	if (!*kept)
		*kept = buf_in(r->arena, 0);
	room = audit_body_max() - (*kept)->len;
	buf_add(*kept, data, len < room ? len : room);
}

void audited_request(struct req *r, const void *data, size_t len)
{
	if (level_of(r) >= AUDIT_REQUEST)
		keep(r, &r->audit_request, data, len);
}

void audited_response(struct req *r, const void *data, size_t len)
{
	if (level_of(r) >= AUDIT_RESPONSE)
		keep(r, &r->audit_response, data, len);
}

static struct str kept_text(const struct buf *b)
{
	return b ? (struct str){ buf_text(b), b->len } : (struct str){ "", 0 };
}

struct audit_entry *audited_take(struct req *r)
{
	const char *uri = req_param_env(r, "REQUEST_URI"), *agent = req_header(r, "User-Agent");
	struct audit_entry *e;

	if (level_of(r) == AUDIT_NONE)
		return NULL;
	e = arena_alloc(r->arena, sizeof(*e));
	*e = (struct audit_entry){
		.user = r->has_user ? &r->user : NULL, .verb = r->method, .status = r->status,
		.url = arena_printf(r->arena, "%s%s", req_base_url(r), uri ? uri : ""),
		.ip = arena_strdup(r->arena, req_client_ip(r)), .agent = arena_strdup(r->arena, agent),
		.request = kept_text(r->audit_request), .response = kept_text(r->audit_response),
	};
	return e;
}
