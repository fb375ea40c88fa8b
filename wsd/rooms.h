#ifndef OW_WSD_ROOMS_H
#define OW_WSD_ROOMS_H

/*
 * rooms - who of this process is in which room.
 *
 * A member knows its rooms and its place in each, so leaving costs the same however large a room
 * is.  The first member of a room and the last one to leave are told to the bus, which subscribes
 * to the rooms that have members.  Service thread only.
 */

#include "base/base.h"

enum {
	ROOM_NAME_MAX = 256,		/* bytes */
	ROOMS_PER_MEMBER_MAX = 4096,
};

struct room;

struct member {
	struct seat *seats;
	uint32_t count, cap;
};

/* `opened` when a room gets its first member, `closed` when it lost the last. */
void rooms_setup(void (*opened)(const char *name), void (*closed)(const char *name));
void rooms_shutdown(void);

/* False: the name is too long or the member is in too many rooms. */
bool room_join(struct member *m, const char *name);
void room_leave(struct member *m, const char *name);
void room_leave_all(struct member *m);
bool room_has(const struct member *m, const char *name);

struct room *room_find(const char *name, size_t len);		/* NULL: no members here */
const char *room_name(const struct room *r);
size_t room_size(const struct room *r);

/* The members, newest first; the one just given may leave meanwhile.  Start with *at = 0. */
struct member *room_next(const struct room *r, size_t *at);

/* The rooms of a member by index, NULL at the end. */
const char *member_room(const struct member *m, size_t i);

/* All rooms: start with *at = 0; do not change rooms meanwhile. */
const char *rooms_next(size_t *at);
size_t rooms_count(void);

/* A place for the bus to note something about the room; NULL at first and freed by the bus
 * before the room closes. */
void **room_note(struct room *r);

#endif
