#include "executor/queue.h"

#include "base/map.h"
#include "base/str.h"

struct owner {
	char *key;
	int active, waiting;
	uint64_t served;		/* when, counted in places given; 0: not since it came */
};

static const struct settings *conf;
static struct map *owners;		/* those with runs */
static struct run *head, **tail = &head;
static int length;
static uint64_t places_given;

void queue_setup(const struct settings *s)
{
	conf = s;
	owners = map_new();
}

static struct owner *owner_of(struct run *r)
{
	char key[320];

	if (r->owner)
		return r->owner;
	snprintf(key, sizeof(key), "%c%s", r->job.user_id ? 'u' : 'p', r->job.user_id ? r->job.user_id : r->peer);
	r->owner = map_get(owners, key);
	if (r->owner)
		return r->owner;
	r->owner = xcalloc(1, sizeof(*r->owner));
	r->owner->key = xstrdup(key);
	map_set(owners, key, r->owner);
	return r->owner;
}

static void let_go(struct run *r)
{
	struct owner *o = r->owner;

	r->owner = NULL;
	if (o->active || o->waiting)
		return;
	map_del(owners, o->key);
	free(o->key);
	free(o);
}

static bool before(const struct owner *a, const struct owner *b)
{
	return a->active != b->active ? a->active < b->active : a->served < b->served;
}

/* The newest run of the user with the most, when that is more than `r` would have. */
static struct run *whom_to_push(const struct run *r)
{
	struct run *found = NULL;

	for (struct run *w = head; w; w = w->next)
		if (w->owner->waiting > r->owner->waiting + 1 &&
		    (!found || w->owner->waiting >= found->owner->waiting))
			found = w;
	return found;
}

bool queue_join(struct run *r, struct run **pushed)
{
	struct owner *o = owner_of(r);
	bool room = r->probe || (length < conf->max_queue && o->waiting < conf->max_queue_user);

	*pushed = room || o->waiting >= conf->max_queue_user ? NULL : whom_to_push(r);
	if (!room && !*pushed) {
		let_go(r);
		return false;
	}
	if (*pushed)
		queue_leave(*pushed);
	r->next = NULL;
	*tail = r;
	tail = &r->next;
	length++;
	o->waiting++;
	return true;
}

bool queue_leave(struct run *r)
{
	struct run **p = &head;

	while (*p && *p != r)
		p = &(*p)->next;
	if (!*p)
		return false;
	*p = r->next;
	if (!r->next)
		tail = p;
	r->next = NULL;
	length--;
	r->owner->waiting--;
	let_go(r);
	return true;
}

struct run *queue_next(void)
{
	struct run *found = head;

	for (struct run *w = head; w; w = w->next)
		if (before(w->owner, found->owner))
			found = w;
	if (found)
		queue_leave(found);
	return found;
}

struct run *queue_first(void)
{
	return head;
}

struct run *queue_find(const char *id)
{
	for (struct run *r = head; r; r = r->next)
		if (text_eq(r->id, id))
			return r;
	return NULL;
}

int queue_length(void)
{
	return length;
}

void queue_placed(struct run *r)
{
	struct owner *o = owner_of(r);

	o->active++;
	o->served = ++places_given;
}

void queue_left(struct run *r)
{
	r->owner->active--;
	let_go(r);
}
