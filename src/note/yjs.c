#include "note/yjs.h"

enum { GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOC, SKIP };	/* content references */
enum { HAS_ORIGIN = 0x80, HAS_RIGHT = 0x40, HAS_SUB = 0x20, KIND = 0x1f };

/* One struct: where it belongs, how long it is, and its bytes. */
struct piece {
	uint64_t client, clock, len;
	uint8_t info;
	struct str right;		/* the id of its right origin as written */
	struct str whole;		/* what follows info */
	struct str content;		/* the content alone */
};

struct range {
	uint64_t client, clock, len;
};

struct parts {
	struct arena *arena;
	struct piece *pieces;
	struct range *ranges;
	size_t n_pieces, cap_pieces, n_ranges, cap_ranges;
};

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static uint64_t read_uint(struct reader *r)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 56; shift += 7) {
		if (r->p == r->end)
			break;
		v |= (uint64_t)(*r->p & 0x7f) << shift;
		if (!(*r->p++ & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

static uint8_t read_byte(struct reader *r)
{
	if (r->p == r->end) {
		r->bad = true;
		return 0;
	}
	return *r->p++;
}

static struct str read_bytes(struct reader *r, uint64_t n)
{
	struct str s = { (const char *)r->p, 0 };

	if (n > (uint64_t)(r->end - r->p)) {
		r->bad = true;
		return s;
	}
	s.n = (size_t)n;
	r->p += n;
	return s;
}

static struct str read_string(struct reader *r)
{
	return read_bytes(r, read_uint(r));
}

static void read_id(struct reader *r)
{
	read_uint(r);
	read_uint(r);
}

/* Length as JavaScript counts: characters beyond the basic plane are two. */
static uint64_t utf16_length(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80 ? ((uint8_t)s.p[i] >= 0xf0 ? 2 : 1) : 0;
	return n;
}

/* lib0's "any": 127 undefined … 116 bytes. */
static void skip_any(struct reader *r, int depth)
{
	uint64_t n;

	if (depth > YJS_DEPTH_MAX) {
		r->bad = true;
		return;
	}
	switch (read_byte(r)) {
	case 127: case 126: case 121: case 120:
		return;
	case 125:	/* a signed number: six bits in the first byte */
		if (read_byte(r) & 0x80)
			read_uint(r);
		return;
	case 124:
		read_bytes(r, 4);
		return;
	case 123: case 122:
		read_bytes(r, 8);
		return;
	case 119: case 116:
		read_string(r);
		return;
	case 118:
		for (n = read_uint(r); n && !r->bad; n--) {
			read_string(r);
			skip_any(r, depth + 1);
		}
		return;
	case 117:
		for (n = read_uint(r); n && !r->bad; n--)
			skip_any(r, depth + 1);
		return;
	default:
		r->bad = true;
	}
}

/* Read an item's content; its length. */
static uint64_t read_content(struct reader *r, int kind)
{
	uint64_t n, i, ref;

	switch (kind) {
	case DELETED:
		return read_uint(r);
	case JSON:
		for (n = read_uint(r), i = 0; i < n && !r->bad; i++)
			read_string(r);
		return n;
	case BINARY: case EMBED:
		read_string(r);
		return 1;
	case STRING:
		return utf16_length(read_string(r));
	case FORMAT:
		read_string(r);
		read_string(r);
		return 1;
	case TYPE:
		ref = read_uint(r);
		if (ref == 3 || ref == 5)
			read_string(r);
		return 1;
	case ANY:
		for (n = read_uint(r), i = 0; i < n && !r->bad; i++)
			skip_any(r, 0);
		return n;
	case DOC:
		read_string(r);
		skip_any(r, 0);
		return 1;
	default:
		r->bad = true;
		return 0;
	}
}

static struct piece *add_piece(struct parts *p)
{
	if (p->n_pieces == p->cap_pieces) {
		size_t cap = p->cap_pieces ? p->cap_pieces * 2 : 64;
		struct piece *more = arena_calloc(p->arena, cap, sizeof(*more));

		if (p->n_pieces)
			memcpy(more, p->pieces, p->n_pieces * sizeof(*more));
		p->pieces = more;
		p->cap_pieces = cap;
	}
	return &p->pieces[p->n_pieces++];
}

static void add_range(struct parts *p, struct range range)
{
	if (p->n_ranges == p->cap_ranges) {
		size_t cap = p->cap_ranges ? p->cap_ranges * 2 : 64;
		struct range *more = arena_calloc(p->arena, cap, sizeof(*more));

		if (p->n_ranges)
			memcpy(more, p->ranges, p->n_ranges * sizeof(*more));
		p->ranges = more;
		p->cap_ranges = cap;
	}
	p->ranges[p->n_ranges++] = range;
}

static void read_item(struct reader *r, struct piece *piece)
{
	const uint8_t *at;

	if (piece->info & HAS_ORIGIN)
		read_id(r);
	at = r->p;
	if (piece->info & HAS_RIGHT)
		read_id(r);
	piece->right = (struct str){ (const char *)at, (size_t)(r->p - at) };
	if (!(piece->info & (HAS_ORIGIN | HAS_RIGHT))) {
		if (read_uint(r))	/* the parent: a name, or an id */
			read_string(r);
		else
			read_id(r);
		if (piece->info & HAS_SUB)
			read_string(r);
	}
	at = r->p;
	piece->len = read_content(r, piece->info & KIND);
	piece->content = (struct str){ (const char *)at, (size_t)(r->p - at) };
}

static bool read_structs(struct reader *r, struct parts *p)
{
	for (uint64_t clients = read_uint(r); clients && !r->bad; clients--) {
		uint64_t count = read_uint(r), client = read_uint(r), clock = read_uint(r);

		for (; count && !r->bad; count--) {
			struct piece piece = { .client = client, .clock = clock, .info = read_byte(r) };
			const uint8_t *at = r->p;

			if (piece.info == GC || piece.info == SKIP)
				piece.len = read_uint(r);
			else
				read_item(r, &piece);
			piece.whole = (struct str){ (const char *)at, (size_t)(r->p - at) };
			clock += piece.len;
			if (!piece.len || p->n_pieces >= YJS_STRUCTS_MAX)
				r->bad = true;
			if (!r->bad && piece.info != SKIP)
				*add_piece(p) = piece;
		}
	}
	return !r->bad;
}

static bool read_update(struct parts *p, struct str update)
{
	struct reader r = { (const uint8_t *)update.p, (const uint8_t *)update.p + update.n, false };

	if (!read_structs(&r, p))
		return false;
	for (uint64_t clients = read_uint(&r); clients && !r.bad; clients--) {
		uint64_t client = read_uint(&r), count = read_uint(&r);

		for (; count && !r.bad; count--) {
			struct range range = { client, read_uint(&r), 0 };

			range.len = read_uint(&r);
			if (p->n_ranges >= YJS_STRUCTS_MAX)
				r.bad = true;
			if (!r.bad)
				add_range(p, range);
		}
	}
	return !r.bad && r.p == r.end;
}

static int by_client(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);	/* descending */
}

static int compare_pieces(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	if (a->client != b->client)
		return by_client(a->client, b->client);
	if (a->clock != b->clock)
		return (a->clock > b->clock) - (a->clock < b->clock);
	return (a->len < b->len) - (a->len > b->len);	/* the longer one first: it covers the other */
}

static int compare_ranges(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	if (a->client != b->client)
		return by_client(a->client, b->client);
	return (a->clock > b->clock) - (a->clock < b->clock);
}

static void put_uint(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_addc(b, (char)(0x80 | (v & 0x7f)));
	buf_addc(b, (char)v);
}

static void put_string(struct buf *b, struct str s)
{
	put_uint(b, s.n);
	buf_addstr(b, s);
}

/* Content from an offset on; false: it cannot be cut. */
static bool put_content(struct buf *b, const struct piece *p, uint64_t offset)
{
	struct reader r = { (const uint8_t *)p->content.p, (const uint8_t *)p->content.p + p->content.n, false };
	int kind = p->info & KIND;
	struct str text;
	uint64_t n = 0;
	size_t i = 0;

	switch (kind) {
	case DELETED:
		put_uint(b, p->len - offset);
		return true;
	case STRING:
		text = read_string(&r);
		while (n < offset && i < text.n) {
			n += (uint8_t)text.p[i] >= 0xf0 ? 2 : 1;
			for (i++; i < text.n && ((uint8_t)text.p[i] & 0xc0) == 0x80; i++)
				;
		}
		if (n > offset) {	/* in the middle of a pair: its other half is what yjs writes there, too */
			put_uint(b, text.n - i + 3);
			buf_adds(b, "\xef\xbf\xbd");
			buf_addstr(b, (struct str){ text.p + i, text.n - i });
			return true;
		}
		put_string(b, (struct str){ text.p + i, text.n - i });
		return true;
	case JSON: case ANY:
		n = read_uint(&r);
		for (uint64_t k = 0; k < offset && !r.bad; k++) {
			if (kind == JSON)
				read_string(&r);
			else
				skip_any(&r, 0);
		}
		put_uint(b, n - offset);
		buf_add(b, r.p, (size_t)(r.end - r.p));
		return true;
	default:
		return false;
	}
}

/* A struct, or what of it is behind `offset`: that stands to the right of its own beginning. */
static bool put_piece(struct buf *b, const struct piece *p, uint64_t offset)
{
	if (!offset) {
		buf_addc(b, (char)p->info);
		buf_addstr(b, p->whole);
		return true;
	}
	if (p->info == GC) {
		buf_addc(b, GC);
		put_uint(b, p->len - offset);
		return true;
	}
	buf_addc(b, (char)((p->info & (HAS_RIGHT | HAS_SUB | KIND)) | HAS_ORIGIN));
	put_uint(b, p->client);
	put_uint(b, p->clock + offset - 1);
	buf_addstr(b, p->right);
	return put_content(b, p, offset);
}

/* The structs of one client, in their order and each once; gaps are said. */
static bool put_client(struct buf *out, struct buf *body, const struct piece *p, size_t n)
{
	uint64_t clock = p[0].clock, count = 0;

	buf_reset(body);
	for (size_t i = 0; i < n; i++) {
		if (p[i].clock + p[i].len <= clock)
			continue;
		if (p[i].clock > clock) {
			buf_addc(body, SKIP);
			put_uint(body, p[i].clock - clock);
			clock = p[i].clock;
			count++;
		}
		if (!put_piece(body, &p[i], clock - p[i].clock))
			return false;
		clock = p[i].clock + p[i].len;
		count++;
	}
	put_uint(out, count);
	put_uint(out, p[0].client);
	put_uint(out, p[0].clock);
	buf_add(out, buf_text(body), body->len);
	return true;
}

static bool put_structs(struct arena *a, struct buf *out, const struct parts *p)
{
	struct buf *body = buf_in(a, 0);
	uint64_t clients = 0;

	for (size_t i = 0; i < p->n_pieces; i++)
		clients += !i || p->pieces[i].client != p->pieces[i - 1].client;
	put_uint(out, clients);
	for (size_t i = 0, end; i < p->n_pieces; i = end) {
		for (end = i + 1; end < p->n_pieces && p->pieces[end].client == p->pieces[i].client; end++)
			;
		if (!put_client(out, body, p->pieces + i, end - i))
			return false;
	}
	return true;
}

/* Ranges that touch become one; in place, and how many are left. */
static size_t join_ranges(struct range *r, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct range *last = kept ? &r[kept - 1] : NULL;
		uint64_t end = r[i].clock + r[i].len;

		if (last && last->client == r[i].client && r[i].clock <= last->clock + last->len) {
			if (end > last->clock + last->len)
				last->len = end - last->clock;
			continue;
		}
		r[kept++] = r[i];
	}
	return kept;
}

static void put_deleted(struct buf *out, struct range *r, size_t n)
{
	uint64_t clients = 0;

	n = join_ranges(r, n);
	for (size_t i = 0; i < n; i++)
		clients += !i || r[i].client != r[i - 1].client;
	put_uint(out, clients);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && r[end].client == r[i].client; end++)
			;
		put_uint(out, r[i].client);
		put_uint(out, end - i);
		for (size_t k = i; k < end; k++) {
			put_uint(out, r[k].clock);
			put_uint(out, r[k].len);
		}
	}
}

bool yjs_valid(struct arena *a, struct str update)
{
	struct parts p = { .arena = a };

	return read_update(&p, update);
}

bool yjs_merge(struct arena *a, const struct str *updates, size_t n, struct buf *out)
{
	struct parts p = { .arena = a };

	for (size_t i = 0; i < n; i++)
		if (!read_update(&p, updates[i]))
			return false;
	if (p.n_pieces)
		qsort(p.pieces, p.n_pieces, sizeof(*p.pieces), compare_pieces);
	if (p.n_ranges)
		qsort(p.ranges, p.n_ranges, sizeof(*p.ranges), compare_ranges);
	if (!put_structs(a, out, &p))
		return false;
	put_deleted(out, p.ranges, p.n_ranges);
	return !out->full;
}
