/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hand: see store_int.h. All that it does in one call is bounded, by the size that is
 * wanted.
 */
#include <string.h>
#include "nf-apps/kvs/store_hash.h"
#include "nf-apps/kvs/store_int.h"

/* While looking for one block that is enough: this many blocks are passed, and nothing is moved. */
#define ROOM_SCAN  32u
#define ROOM_SMALL 128u /* units: a request of at most that leaves any piece behind then */
/* Searching. */
#define ROOM_STEPS   64u    /* blocks that are passed or moved before the hand jumps */
#define ROOM_SAMPLES 192u   /* items that are looked at to find an old one to jump to */
#define ROOM_BUCKETS 512u   /* and buckets */
#define ROOM_PASSES  65536u /* blocks that are passed at most */
/* Moving. */
#define ROOM_AHEAD       8u     /* blocks whose buckets are fetched before they are needed */
#define ROOM_SLIDE_UNITS 2048u  /* a larger block is not moved for a smaller one, at first */
#define ROOM_MOVES_NEAT  4096u  /* moves, before something goes although there is free memory */
#define ROOM_MOVES_HALF  512u   /* moves, after which the older half may go */
#define ROOM_MOVES_ANY   8192u  /* and all */
#define ROOM_MOVES_MAX   16384u /* moves, before it is given up, if nothing may be evicted */
/* Nothing is evicted while more than one part in ROOM_RESERVE of the heap is free. */
#define ROOM_RESERVE 16u
/* It is given up when 16 times what is wanted and these units came free. */
#define ROOM_FREED 131072u

/* What may be evicted. */
enum room_level { ROOM_DEAD, ROOM_OLD, ROOM_HALF, ROOM_ANY };

struct room {
	uint32_t units;
	uint32_t scan; /* ROOM_SCAN, or less if there are few items */
	enum room_level level;
	uint32_t steps;  /* blocks passed or moved since something came free or the hand jumped */
	uint32_t passes; /* blocks passed */
	uint32_t moves;  /* a large block counts as several */
	uint32_t jumps, laps;
	uint32_t slide_min; /* units that count as one move */
	uint64_t slide_max; /* no larger block is moved */
	/* The buckets of nb_ahead blocks, from the hand to this one, are on their way. */
	uint32_t ahead, nb_ahead;
	uint64_t freed; /* units */
};

static void room_close(struct nf_store *s, uint32_t hand)
{
	nf_store_heap_put(s, s->gap, s->hand - s->gap);
	s->gap = hand;
	s->hand = hand;
}

/* The block at the hand stays where it is. */
static void room_pass(struct nf_store *s, struct room *r, uint32_t units)
{
	room_close(s, s->hand + units);
	r->steps++;
	r->passes++;
}

static bool room_movable(const struct nf_store *s, const struct nf_item *it)
{
	return it->bits == STORE_LINKED && it->refs == 0 && store_ref(s, it) != s->held;
}

static bool room_may_go(const struct nf_store *s, const struct nf_item *it, enum room_level level)
{
	return level == ROOM_ANY || (level == ROOM_HALF && store_age_upto(it->age, s->age.half)) ||
	       (level >= ROOM_OLD && store_age_upto(it->age, s->age.old));
}

/* The block at the hand becomes part of the gap. */
static void room_drop(struct nf_store *s, struct room *r, struct nf_item *it, bool dead)
{
	uint64_t hash = nf_store_hash_sip(s->hash_key, it->data, it->key_len, 1, 3);
	struct store_pos pos = nf_store_index_find_item(s, hash, it);

	r->freed += store_item_units(it);
	r->steps = 0;
	if (dead) {
		s->stats.reclaimed++;
		nf_store_drop_dead(s, it, pos, store_home(s, hash));
		return;
	}
	s->stats.evictions++;
	s->stats.evicted_unfetched += !(it->flags8 & NF_ITEM_FETCHED);
	nf_store_drop(s, it, pos, store_home(s, hash));
	nf_store_age_refill(s);
}

/*
 * Looking for one block that is enough: a small piece is left behind, half of a large one is
 * not.
 */
static bool room_scans(const struct nf_store *s, const struct room *r)
{
	return r->passes < r->scan && (r->units <= ROOM_SMALL || s->hand - s->gap < r->units / 2);
}

static void room_slide(struct nf_store *s, struct room *r, uint32_t units)
{
	struct nf_item *it = store_ptr(s, s->hand);
	struct store_pos pos;

	if (s->gap == s->hand || room_scans(s, r)) {
		room_pass(s, r, units);
		return;
	}
	if (units > r->slide_max) {
		r->slide_max *= 2;
		room_pass(s, r, units);
		return;
	}
	if (it->bits == STORE_OVER) {
		memmove(store_ptr(s, s->gap), it, (size_t)units * NF_STORE_UNIT);
		nf_store_index_moved_over(s, s->hand, s->gap);
	} else {
		pos = nf_store_index_find_item(
			s, nf_store_hash_sip(s->hash_key, it->data, it->key_len, 1, 3), it);
		pos.bucket->ref[pos.slot] = s->gap;
		memmove(store_ptr(s, s->gap), it, (size_t)units * NF_STORE_UNIT);
		s->stats.moved++;
	}
	s->gap += units;
	s->hand += units;
	r->steps++;
	r->moves += 1 + units / r->slide_min;
}

static void room_item(struct nf_store *s, struct room *r, struct nf_item *it)
{
	uint32_t units = store_item_units(it);
	bool dead = store_dead(s, it);
	bool enough = !room_scans(s, r) || s->hand - s->gap + units >= r->units;

	if (!room_movable(s, it))
		room_pass(s, r, units);
	else if (dead || (enough && room_may_go(s, it, r->level)))
		room_drop(s, r, it, dead);
	else
		room_slide(s, r, units);
}

/* Moving and evicting want the item's bucket. */
static void room_ahead(const struct nf_store *s, struct room *r)
{
	if (r->nb_ahead == 0)
		r->ahead = s->hand;
	for (; r->nb_ahead < ROOM_AHEAD && r->ahead < s->end; r->nb_ahead++) {
		const struct nf_item *it = store_ptr(s, r->ahead);

		if (it->bits == STORE_LINKED)
			nf_store_prefetch(
				s, nf_store_hash_sip(s->hash_key, it->data, it->key_len, 1, 3));
		r->ahead += store_units(s, r->ahead);
	}
	r->nb_ahead--;
}

static void room_step(struct nf_store *s, struct room *r)
{
	struct store_block *b = store_ptr(s, s->hand);

	if (s->gap != s->hand && !room_scans(s, r))
		room_ahead(s, r);
	else
		r->nb_ahead = 0;
	switch (b->bits) {
	case STORE_SPLINTER:
		s->hand++;
		break;
	case STORE_FREE:
		nf_store_heap_take(s, b);
		s->hand += b->units;
		if (r->level == ROOM_DEAD)
			r->steps = 0;
		break;
	case STORE_OVER:
		room_slide(s, r, STORE_OVER_UNITS);
		break;
	default:
		room_item(s, r, store_ptr(s, s->hand));
	}
}

static void room_jump(struct nf_store *s, struct room *r, uint32_t ref)
{
	room_close(s, ref);
	r->steps = 0;
	r->nb_ahead = 0;
	r->jumps++;
	r->slide_max *= 2;
}

/* One of the bucket's items that may go, or 0. */
static uint32_t room_choose(const struct nf_store *s, const struct room *r,
	const struct store_bucket *b, uint32_t *nb_seen)
{
	for (uint32_t i = 0; i < STORE_SLOTS && b->ref[i]; i++) {
		const struct nf_item *it = store_ptr(s, b->ref[i]);

		(*nb_seen)++;
		if (room_movable(s, it) && room_may_go(s, it, r->level))
			return b->ref[i];
	}
	return 0;
}

/*
 * Old items are far from the hand: it goes where one is. The index has them in no order, so
 * that its next buckets are a sample. If that is large and nothing in it may go, other items
 * may from now on.
 */
static void room_search(struct nf_store *s, struct room *r)
{
	uint32_t nb_seen = 0, ref;

	for (uint32_t n = 0; n < ROOM_BUCKETS && nb_seen < ROOM_SAMPLES; n++) {
		ref = room_choose(s, r, &s->buckets[s->sample], &nb_seen);
		s->sample = s->sample + 1 < s->nb_buckets ? s->sample + 1 : 0;
		if (ref) {
			room_jump(s, r, ref);
			return;
		}
	}
	r->steps = 0;
	if (r->level < ROOM_ANY && nb_seen >= ROOM_SAMPLES)
		r->level++;
}

/* There is enough free memory, in pieces: to the largest of them. */
static void room_gather(struct nf_store *s, struct room *r)
{
	struct store_block *b = nf_store_heap_largest(s);

	if (b)
		room_jump(s, r, store_ref(s, b));
}

static void room_harder(struct nf_store *s, struct room *r)
{
	if (r->level == ROOM_DEAD && !s->no_evict && (r->moves > ROOM_MOVES_NEAT || r->jumps > 4))
		r->level = ROOM_OLD;
	if (r->level == ROOM_OLD && r->moves > ROOM_MOVES_HALF)
		r->level = ROOM_HALF;
	if (r->level == ROOM_HALF && r->moves > ROOM_MOVES_ANY)
		r->level = ROOM_ANY;
	if (r->steps < ROOM_STEPS)
		return;
	if (r->level == ROOM_DEAD)
		room_gather(s, r);
	else
		room_search(s, r);
}

/*
 * From the start again. Once all of the heap was seen, it takes more to make room than was
 * thought.
 */
static void room_lap(struct nf_store *s, struct room *r)
{
	room_close(s, 1);
	r->nb_ahead = 0;
	r->laps++;
	if (r->laps < 2)
		return;
	r->slide_max = UINT32_MAX;
	if (!s->no_evict && r->level < ROOM_ANY)
		r->level++;
}

static bool room_give_up(const struct nf_store *s, const struct room *r)
{
	if (r->laps > 5 || r->passes > ROOM_PASSES || r->freed > 16ull * r->units + ROOM_FREED)
		return true;
	return s->no_evict && (r->moves > ROOM_MOVES_MAX || r->jumps > 16);
}

static void room_start(const struct nf_store *s, struct room *r, uint32_t units)
{
	*r = (struct room){ .units = units, .level = ROOM_OLD, .scan = ROOM_SCAN };
	if (s->no_evict || s->free_units >= units + s->end / ROOM_RESERVE)
		r->level = ROOM_DEAD;
	if (s->stats.nb_items / 4 < r->scan)
		r->scan = (uint32_t)s->stats.nb_items / 4;
	r->slide_max = UK_ALIGN_UP(units, ROOM_SLIDE_UNITS);
	r->slide_min = units > ROOM_SLIDE_UNITS / 8 ? units : ROOM_SLIDE_UNITS / 8;
}

bool nf_store_room(struct nf_store *s, uint32_t units)
{
	struct room r;

	room_start(s, &r, units);
	nf_store_age_refill(s);
	while (s->hand - s->gap < units) {
		if (s->hand == s->end)
			room_lap(s, &r);
		if (room_give_up(s, &r))
			return false;
		room_step(s, &r);
		room_harder(s, &r);
	}
	return true;
}
