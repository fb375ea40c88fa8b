#include "wsd/rooms.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

/* A member's place in one room. */
struct seat {
	struct room *room;
	uint32_t at;		/* index in the room's list */
};

/* A room's view of a member: which of its seats is this one. */
struct chair {
	struct member *member;
	uint32_t seat;
};

struct room {
	struct chair *chairs;
	uint32_t count, cap;
	void *note;
	char name[];
};

static struct {
	struct map *by_name;
	void (*opened)(const char *name);
	void (*closed)(const char *name);
} all;

void rooms_setup(void (*opened)(const char *name), void (*closed)(const char *name))
{
	all.by_name = map_new();
	all.opened = opened;
	all.closed = closed;
}

void rooms_shutdown(void)
{
	map_free(all.by_name, NULL);
	all.by_name = NULL;
}

struct room *room_find(const char *name, size_t len)
{
	return map_get_n(all.by_name, name, len);
}

const char *room_name(const struct room *r)
{
	return r->name;
}

size_t room_size(const struct room *r)
{
	return r->count;
}

void **room_note(struct room *r)
{
	return &r->note;
}

struct member *room_next(const struct room *r, size_t *at)
{
	if (*at == 0)
		*at = r->count + 1;
	/* whoever left since then was at or behind this place, or its place was filled from there */
	if (*at > r->count + 1)
		*at = r->count + 1;
	if (*at <= 1)
		return NULL;
	return r->chairs[--*at - 1].member;
}

const char *member_room(const struct member *m, size_t i)
{
	return i < m->count ? m->seats[i].room->name : NULL;
}

const char *rooms_next(size_t *at)
{
	const char *name;
	void *room;

	return map_next(all.by_name, at, &name, &room) ? name : NULL;
}

size_t rooms_count(void)
{
	return map_count(all.by_name);
}

static struct room *open_room(const char *name, size_t len)
{
	struct room *r = xcalloc(1, sizeof(*r) + len + 1);

	memcpy(r->name, name, len);
	map_set(all.by_name, r->name, r);
	return r;
}

static struct seat *find_seat(const struct member *m, const struct room *r)
{
	/* by the shorter list: a room of thousands or a member of hundreds of rooms */
	if (r->count < m->count) {
		for (uint32_t i = 0; i < r->count; i++)
			if (r->chairs[i].member == m)
				return &m->seats[r->chairs[i].seat];
		return NULL;
	}
	for (uint32_t i = 0; i < m->count; i++)
		if (m->seats[i].room == r)
			return &m->seats[i];
	return NULL;
}

bool room_has(const struct member *m, const char *name)
{
	struct room *r = room_find(name, strlen(name));

	return r && find_seat(m, r);
}

bool room_join(struct member *m, const char *name)
{
	size_t len = strlen(name);
	struct room *r = room_find(name, len);

	if (r && find_seat(m, r))
		return true;
	if (!len || len > ROOM_NAME_MAX || m->count >= ROOMS_PER_MEMBER_MAX)
		return false;
	if (!r)
		r = open_room(name, len);
	if (r->count == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 1;
		r->chairs = xrealloc(r->chairs, r->cap * sizeof(*r->chairs));
	}
	if (m->count == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 2;
		m->seats = xrealloc(m->seats, m->cap * sizeof(*m->seats));
	}
	m->seats[m->count] = (struct seat){ r, r->count };
	r->chairs[r->count] = (struct chair){ m, m->count };
	m->count++;
	if (r->count++ == 0)
		all.opened(r->name);
	return true;
}

static void close_room(struct room *r)
{
	all.closed(r->name);
	map_del(all.by_name, r->name);
	free(r->chairs);
	free(r);
}

/* Both lists stay dense: the last entry moves into the gap. */
static void leave_seat(struct member *m, struct seat *seat)
{
	struct room *r = seat->room;
	uint32_t chair = seat->at, place = (uint32_t)(seat - m->seats);

	r->chairs[chair] = r->chairs[--r->count];
	r->chairs[chair].member->seats[r->chairs[chair].seat].at = chair;
	m->seats[place] = m->seats[--m->count];
	if (place < m->count)
		m->seats[place].room->chairs[m->seats[place].at].seat = place;
	if (!r->count)
		close_room(r);
}

void room_leave(struct member *m, const char *name)
{
	struct room *r = room_find(name, strlen(name));
	struct seat *seat = r ? find_seat(m, r) : NULL;

	if (seat)
		leave_seat(m, seat);
}

void room_leave_all(struct member *m)
{
	while (m->count)
		leave_seat(m, &m->seats[m->count - 1]);
	free(m->seats);
	memset(m, 0, sizeof(*m));
}
