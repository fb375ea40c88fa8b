#include "fcgi/routes/changelog.h"

enum { ADDED, FIXED, CHANGED, SECTIONS };

/* The reference's versions whose interface this server speaks, in our words. */
static const struct version {
	const char *version, *date;
	const char *text[SECTIONS];
} versions[] = {
	{ "0.12.4", "2026-10-25",
	  { "Skills can be loaded when a model asks for them, compaction is marked in the chat, and "
	    "single controls can be hidden from users.",
	    "Exports follow the export permission, and security fixes.",
	    "Who may use a resource is changed in its access dialog only." } },
	{ "0.12.3", "2026-10-16",
	  { "Encrypted chats in direct messages and private group channels; lighter streaming.",
	    "Sharing of a knowledge base outlives a change of its name.",
	    "Skills attached to a model bring their whole instructions." } },
	{ "0.12.2", "2026-10-14",
	  { "Revisions can be compared and both sides kept.",
	    "An identity provider cannot remove administrators.",
	    "Vector store connections tell their client name." } },
	{ "0.12.1", "2026-10-14",
	  { "Apps from outside can take part in channels.",
	    "The skill editor works without TLS; citations show page titles.",
	    "Follow-ups are written as the user's next messages." } },
	{ "0.12.0", "2026-10-10",
	  { "Voice calls in real time, with avatars.",
	    "Who loses access to a note or channel stops getting its updates at once.",
	    "Tables of the database changed: make a backup before an update." } },
};

int changelog_get(struct req *r)
{
	static const char *const names[SECTIONS] = { "added", "fixed", "changed" };
	struct buf *b = buf_in(r->arena, 0);

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		buf_printf(b, "%c\"%s\":{\"date\":\"%s\"", i ? ',' : '{', versions[i].version,
			   versions[i].date);
		for (int s = 0; s < SECTIONS; s++) {
			const char *text = versions[i].text[s];

			buf_printf(b, ",\"%s\":[{\"title\":\"\",\"content\":", names[s]);
			buf_json(b, text);
			buf_adds(b, ",\"raw\":");
			buf_json(b, arena_printf(r->arena, "<li>%s</li>", text));
			buf_adds(b, "}]");
		}
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
	return req_send_json(r, 200, b->data, b->len);
}
