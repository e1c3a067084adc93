/* Sampling of attack graphs: BW_LANES samples side by side, relaxed from infinity downwards until nothing changes.
 *
 * The time of a step is the least (kind 0) or the greatest (kind 1) time of its parents, plus its own.  Steps are swept over in an order in
 * which most parents come before their children, so that two or three sweeps are enough; a step is looked at again only when a parent changed.
 *
 * Random numbers are counter-based: Philox4x32-10 of (seed; sample / 4, id, attempt).  Word sample % 4 of a block belongs to the sample, so a
 * draw depends on seed, sample and id alone, and not on how the work was shared out.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernel.h"

#define BW_LANES 64
#define LARGE_PAGE ((size_t)2 << 20)
#define LANES BW_LANES
#define GROUPS (LANES / 4)

enum { BW_ZERO, BW_INFINITE, BW_EXPONENTIAL, BW_LOGNORMAL, BW_GAMMA, BW_UNIFORM, BW_TRUNCATED_NORMAL, BW_PARETO };
enum { PURPOSE_TIME = 0, PURPOSE_CHANCE = 1 << 16, PURPOSE_DEFENCE = 2 << 16, PURPOSE_START = 3 << 16 };

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* ---- random numbers ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    uint32_t word[4];
} block;

static block philox(uint64_t seed, uint64_t group, uint64_t id, uint32_t purpose)
{
    uint32_t c0 = (uint32_t)group, c1 = (uint32_t)id, c2 = (uint32_t)(id >> 32), c3 = purpose ^ (uint32_t)(group >> 32) << 20;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t left = (uint64_t)0xD2511F53u * c0, right = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(right >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(left >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)right;
        c3 = (uint32_t)left;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (block){{c0, c1, c2, c3}};
}

/* In (0, 1), never an end of it. */
static inline double unit(uint32_t word)
{
    return ((double)word + 0.5) * (1.0 / 4294967296.0);
}

static double uniform(uint64_t seed, uint64_t sample, uint64_t id, uint32_t purpose)
{
    return unit(philox(seed, sample >> 2, id, purpose).word[sample & 3]);
}

/* Standard normal, by the method of Box and Muller on two attempts. */
static double normal(uint64_t seed, uint64_t sample, uint64_t id, uint32_t attempt)
{
    double radius = sqrt(-2.0 * log(uniform(seed, sample, id, PURPOSE_TIME + attempt)));
    return radius * cos(6.283185307179586 * uniform(seed, sample, id, PURPOSE_TIME + attempt + 1));
}

/* Marsaglia and Tsang's method; for a shape below one, that of shape + 1 times a power of a uniform. */
static double gamma_of(double shape, uint64_t seed, uint64_t sample, uint64_t id)
{
    uint32_t attempt = 0;
    double boost = 1.0;
    if (shape < 1.0) {
        boost = pow(uniform(seed, sample, id, PURPOSE_TIME + attempt++), 1.0 / shape);
        shape += 1.0;
    }
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = normal(seed, sample, id, attempt);
        double u = uniform(seed, sample, id, PURPOSE_TIME + attempt + 2);
        attempt += 3;
        double v = 1.0 + c * x;
        if (v <= 0.0)
            continue;
        v = v * v * v;
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v) || attempt > 60000)
            return boost * d * v;
    }
}

/* Normal of mean mu, cut off below zero, by inversion (bisection on the distribution function would lose the tail; so rejection). */
static double truncated_normal(double mu, double sigma, uint64_t seed, uint64_t sample, uint64_t id)
{
    uint32_t attempt = 0;
    double cut = -mu / sigma;
    if (cut < 0.5) {
        for (;;) {
            double x = normal(seed, sample, id, attempt);
            attempt += 2;
            if (x >= cut || attempt > 60000)
                return mu + sigma * (x >= cut ? x : cut);
        }
    }
    /* Far in the tail: an exponential proposal (Robert, 1995). */
    double rate = 0.5 * (cut + sqrt(cut * cut + 4.0));
    for (;;) {
        double x = cut - log(uniform(seed, sample, id, PURPOSE_TIME + attempt)) / rate;
        double u = uniform(seed, sample, id, PURPOSE_TIME + attempt + 1);
        attempt += 2;
        if (u <= exp(-0.5 * (x - rate) * (x - rate)) || attempt > 60000)
            return mu + sigma * x;
    }
}

static double one_time(int32_t kind, double first, double second, uint64_t seed, uint64_t sample, uint64_t id)
{
    switch (kind) {
    case BW_ZERO:
        return 0.0;
    case BW_LOGNORMAL:
        return exp(first + second * normal(seed, sample, id, 0));
    case BW_GAMMA:
        return second * gamma_of(first, seed, sample, id);
    case BW_UNIFORM:
        return first + (second - first) * uniform(seed, sample, id, PURPOSE_TIME);
    case BW_TRUNCATED_NORMAL:
        return second > 0.0 ? truncated_normal(first, second, seed, sample, id) : first;
    case BW_PARETO:
        return first * pow(uniform(seed, sample, id, PURPOSE_TIME), -1.0 / second);
    default:
        return HUGE_VAL;
    }
}

/* One word for each lane: philox() of LANES / 4 groups side by side, which compilers turn into vector instructions. */
WIDE static void words(uint64_t seed, uint64_t first, uint64_t id, uint32_t purpose, uint32_t *restrict out)
{
    uint32_t c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
        uint64_t group = (first >> 2) + (uint64_t)i;
        c0[i] = (uint32_t)group;
        c1[i] = (uint32_t)id;
        c2[i] = (uint32_t)(id >> 32);
        c3[i] = purpose ^ (uint32_t)(group >> 32) << 20;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < GROUPS; i++) {
            uint64_t left = (uint64_t)0xD2511F53u * c0[i], right = (uint64_t)0xCD9E8D57u * c2[i];
            c0[i] = (uint32_t)(right >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(left >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)right;
            c3[i] = (uint32_t)left;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < GROUPS; i++) {
        out[4 * i] = c0[i];
        out[4 * i + 1] = c1[i];
        out[4 * i + 2] = c2[i];
        out[4 * i + 3] = c3[i];
    }
}

/* out = scale × the natural logarithm of a uniform number, from the upper 31 bits of each word.  With u = m × 2^e, m between the roots of a half
 * and of two, ln m = 2 artanh((m - 1) / (m + 1)), of which the terms up to the ninth power are more than single precision holds. */
WIDE static void scaled_logarithms(const uint32_t *restrict word, float scale, float *restrict out)
{
    for (int lane = 0; lane < LANES; lane++) {
        union {
            float value;
            uint32_t bits;
        } u, m;
        u.value = ((float)(int32_t)(word[lane] >> 1) + 0.5f) * 0x1p-31f;
        uint32_t shifted = u.bits - 0x3f3504f3u;
        int32_t exponent = (int32_t)shifted >> 23;
        m.bits = (shifted & 0x007fffffu) + 0x3f3504f3u;
        float s = (m.value - 1.0f) / (m.value + 1.0f), q = s * s;
        float series = s * (2.0f + q * (2.0f / 3.0f + q * (2.0f / 5.0f + q * (2.0f / 7.0f + q * (2.0f / 9.0f)))));
        out[lane] = scale * ((float)exponent * 0.69314718f + series);
    }
}

/* Lanes in which a uniform number is below `level`. */
WIDE static uint64_t below(const uint32_t *restrict word, double level)
{
    uint8_t lower[LANES];
    uint64_t limit = level >= 1.0 ? (uint64_t)1 << 32 : (uint64_t)(level * 4294967296.0 + 0.5), mask = 0;
    for (int lane = 0; lane < LANES; lane++)
        lower[lane] = word[lane] < limit;
    for (int lane = 0; lane < LANES; lane++)
        mask |= (uint64_t)lower[lane] << lane;
    return mask;
}

/* Never, in the lanes of the mask: the greatest of the time and of nought or infinity, which are made of the bits of the mask. */
WIDE static void bar(float *restrict into, uint64_t mask)
{
    for (int half = 0; half < LANES; half += 32) {
        uint32_t never[32], bits = (uint32_t)(mask >> half);
        float lowest[32];
        for (int lane = 0; lane < 32; lane++)
            never[lane] = (0u - (bits >> lane & 1u)) & 0x7f800000u;
        memcpy(lowest, never, sizeof(lowest));
        for (int lane = 0; lane < 32; lane++)
            into[half + lane] = lowest[lane] > into[half + lane] ? lowest[lane] : into[half + lane];
    }
}

WIDE static int any_taken(const float *restrict from)
{
    int taken = 0;
    for (int lane = 0; lane < LANES; lane++)
        taken |= from[lane] < HUGE_VALF;
    return taken;
}

/* Fills LANES own times of a step; `first` is a multiple of four. */
static void own_times(int32_t kind, double a, double b, double chance, uint64_t id, uint64_t seed, uint64_t first, float *out)
{
    uint32_t word[LANES];
    if (kind == BW_EXPONENTIAL) {
        words(seed, first, id, PURPOSE_TIME, word);
        scaled_logarithms(word, (float)(-1.0 / a), out);
    } else {
        for (int lane = 0; lane < LANES; lane++)
            out[lane] = (float)one_time(kind, a, b, seed, first + (uint64_t)lane, id);
    }
    if (chance < 1.0) {
        words(seed, first, id, PURPOSE_CHANCE, word);
        bar(out, ~below(word, chance));
    }
}

static uint64_t in_force(double level, uint64_t id, uint64_t seed, uint64_t first)
{
    uint32_t word[LANES];
    words(seed, first, id, PURPOSE_DEFENCE, word);
    return below(word, level);
}

void bw_draw(int32_t kind, double a, double b, double chance, uint64_t id, uint64_t seed, uint64_t first, int64_t count, float *out)
{
    float lanes[LANES];
    uint64_t begin = first & ~(uint64_t)3;
    int64_t skip = (int64_t)(first - begin), written = 0;
    while (written < count) {
        own_times(kind, a, b, chance, id, seed, begin, lanes);
        for (int64_t lane = skip; lane < LANES && written < count; lane++)
            out[written++] = lanes[lane];
        skip = 0;
        begin += LANES;
    }
}

/* ---- one block of samples ------------------------------------------------------------------------------------------------------------ */

struct bw_space {
    const bw_graph *graph;
    float *time;        /* [nodes][LANES] */
    float *own;         /* [draws][LANES] */
    uint8_t *drawn;     /* [draws] */
    uint64_t *force;    /* [defences] */
    uint64_t *need;     /* [loose] */
    uint64_t *start;    /* [nodes]: lanes in which a step is an entry */
    uint8_t *dirty;     /* [nodes + 8]: to be looked at */
    uint8_t *touched;   /* [nodes]: `time` holds something; where not, the step is taken in no lane so far */
    uint8_t bit;
    uint64_t seed, first;
};

typedef bw_space work;

WIDE static void least(float *restrict into, const float *restrict from)
{
    for (int lane = 0; lane < LANES; lane++)
        into[lane] = from[lane] < into[lane] ? from[lane] : into[lane];
}

WIDE static void greatest(float *restrict into, const float *restrict from)
{
    for (int lane = 0; lane < LANES; lane++)
        into[lane] = from[lane] > into[lane] ? from[lane] : into[lane];
}

WIDE static void add(float *restrict into, const float *restrict from)
{
    for (int lane = 0; lane < LANES; lane++)
        into[lane] += from[lane];
}

/* Lowers `into` to `from`; tells whether anything changed. */
WIDE static int lower(float *restrict into, const float *restrict from)
{
    int changed = 0;
    for (int lane = 0; lane < LANES; lane++) {
        changed |= from[lane] < into[lane];
        into[lane] = from[lane] < into[lane] ? from[lane] : into[lane];
    }
    return changed;
}

static void fill(float *into, float value)
{
    for (int lane = 0; lane < LANES; lane++)
        into[lane] = value;
}

/* The greatest fixpoint of what is necessary, from all of it downwards. */
static void settle_needs(work *w)
{
    const bw_graph *g = w->graph;
    for (int32_t i = 0; i < g->loose; i++)
        w->need[i] = ~(uint64_t)0;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int32_t i = 0; i < g->loose; i++) {
            uint64_t value = g->loose_kind[i] ? 0 : ~(uint64_t)0;
            for (int64_t e = g->loose_start[i]; e < g->loose_start[i + 1]; e++) {
                int32_t p = g->loose_parent[e];
                uint64_t other = p >= 0 ? w->need[p] : w->force[-1 - p];
                value = g->loose_kind[i] ? value | other : value & other;
            }
            if (value != w->need[i]) {
                w->need[i] = value;
                changed = 1;
            }
        }
    }
}

/* An AND step some of whose parents are necessary only in some lanes. */
static void join(const work *w, int32_t node, float *into)
{
    const bw_graph *g = w->graph;
    float any[LANES];
    uint64_t waits = 0, never = 0;
    fill(into, 0.0f);
    fill(any, HUGE_VALF);
    for (int64_t e = g->parent_start[node]; e < g->parent_start[node + 1]; e++) {
        int32_t p = g->parent[e];
        uint64_t needed = g->need[p] < 0 ? ~(uint64_t)0 : w->need[g->need[p]];
        waits |= needed;
        if (!w->touched[p]) {
            never |= needed;
            continue;
        }
        const float *from = w->time + (int64_t)p * LANES;
        least(any, from);
        for (int lane = 0; lane < LANES; lane++)
            if (needed >> lane & 1 && from[lane] > into[lane])
                into[lane] = from[lane];
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (never >> lane & 1)
            into[lane] = HUGE_VALF;
        else if (!(waits >> lane & 1))
            into[lane] = any[lane];
    }
}

/* What the parents allow; 0 when that is nothing in any lane. */
static int from_parents(const work *w, int32_t node, float *into)
{
    const bw_graph *g = w->graph;
    int64_t begin = g->parent_start[node], end = g->parent_start[node + 1];
    int found = 0, loose = 0;
    if (g->kind[node] == 0) {
        for (int64_t e = begin; e < end; e++) {
            int32_t p = g->parent[e];
            if (!w->touched[p])
                continue;
            const float *from = w->time + (int64_t)p * LANES;
            if (found)
                least(into, from);
            else
                memcpy(into, from, LANES * sizeof(float));
            found = 1;
        }
        return found;
    }
    for (int64_t e = begin; e < end; e++)
        loose |= g->need[g->parent[e]] >= 0;
    if (loose) {
        join(w, node, into);
        return 1;
    }
    for (int64_t e = begin; e < end; e++) {
        int32_t p = g->parent[e];
        if (!w->touched[p])
            return 0;
        const float *from = w->time + (int64_t)p * LANES;
        if (found)
            greatest(into, from);
        else
            memcpy(into, from, LANES * sizeof(float));
        found = 1;
    }
    return found;
}

static const float *own_of(const work *w, int32_t draw)
{
    const bw_graph *g = w->graph;
    float *own = w->own + (int64_t)draw * LANES;
    if (!w->drawn[draw]) {
        own_times(g->draw_kind[draw], g->draw_first[draw], g->draw_second[draw], g->draw_chance[draw], g->draw_id[draw], w->seed, w->first, own);
        w->drawn[draw] = 1;
    }
    return own;
}

/* The times of a step as its parents stand now; 0 when it is taken in no lane. */
static int look_at(const work *w, int32_t node, float *into)
{
    const bw_graph *g = w->graph;
    int taken = g->allowed[node] & w->bit && from_parents(w, node, into);
    if (taken) {
        uint64_t barred = 0;
        if (g->draw[node] >= 0)
            add(into, own_of(w, g->draw[node]));
        for (int64_t e = g->gate_start[node]; e < g->gate_start[node + 1]; e++)
            barred |= w->force[g->gate[e]];
        if (barred)
            bar(into, barred);
    }
    if (w->start[node]) {
        if (!taken)
            fill(into, HUGE_VALF);
        for (uint64_t begun = w->start[node]; begun; begun &= begun - 1)
            into[__builtin_ctzll(begun)] = 0.0f;
        taken = 1;
    }
    return taken;
}

/* Stores new times; tells whether any of them is lower than before. */
static int keep(work *w, int32_t node, const float *fresh)
{
    float *time = w->time + (int64_t)node * LANES;
    if (w->touched[node])
        return lower(time, fresh);
    if (!any_taken(fresh))
        return 0;
    memcpy(time, fresh, LANES * sizeof(float));
    w->touched[node] = 1;
    return 1;
}

/* Sweeps over what is to be looked at until nothing is. */
static void relax(work *w)
{
    const bw_graph *g = w->graph;
    float fresh[LANES];
    int32_t lowest = 0;
    while (lowest < g->nodes) {
        int32_t begin = lowest;
        lowest = g->nodes;
        for (int32_t node = begin; node < g->nodes; node++) {
            if (!w->dirty[node]) {
                uint64_t eight;
                memcpy(&eight, w->dirty + node, sizeof(eight));
                if (!eight)
                    node += 7;
                continue;
            }
            w->dirty[node] = 0;
            if (!look_at(w, node, fresh) || !keep(w, node, fresh))
                continue;
            for (int64_t e = g->child_start[node]; e < g->child_start[node + 1]; e++) {
                int32_t child = g->child[e];
                w->dirty[child] = 1;
                if (child <= node && child < lowest)
                    lowest = child;
            }
        }
    }
}

/* ---- the quickest way of one sample -------------------------------------------------------------------------------------------------- */

/* Marks the steps of the derivation that gives `goal` its time.  Of parents that tie, the first that is not itself waiting for its own
 * derivation is taken, so that steps without time of their own do not explain each other in a circle. `mark`: 0 unseen, 1 open, 2 done. */
static void trace(const work *w, int32_t goal, int lane, uint8_t *mark, int32_t *stack, int32_t *seen, int32_t *count)
{
    const bw_graph *g = w->graph;
    int32_t depth = 0;
    *count = 0;
    stack[depth++] = goal;
    while (depth) {
        int32_t node = stack[depth - 1];
        if (mark[node]) {
            mark[node] = 2;
            depth--;
            continue;
        }
        mark[node] = 1;
        seen[(*count)++] = node;
        if (w->start[node] >> lane & 1)
            continue;
        int64_t begin = g->parent_start[node], end = g->parent_start[node + 1];
        int all = 0;
        if (g->kind[node]) {
            for (int64_t e = begin; e < end; e++) {
                int32_t p = g->parent[e];
                if (g->need[p] < 0 || w->need[g->need[p]] >> lane & 1) {
                    all = 1;
                    if (!mark[p])
                        stack[depth++] = p;
                }
            }
        }
        if (all)
            continue;
        float best = HUGE_VALF;
        int32_t chosen = -1;
        for (int64_t e = begin; e < end; e++) {
            int32_t p = g->parent[e];
            float time = w->touched[p] ? w->time[(int64_t)p * LANES + lane] : HUGE_VALF;
            if (time < best || (time == best && chosen >= 0 && mark[chosen] == 1 && mark[p] != 1)) {
                best = time;
                chosen = p;
            }
        }
        if (chosen >= 0 && !mark[chosen])
            stack[depth++] = chosen;
    }
    for (int32_t i = 0; i < *count; i++)
        mark[seen[i]] = 0;
}

static float time_of(const work *w, int32_t node, int lane)
{
    return w->touched[node] ? w->time[(int64_t)node * LANES + lane] : HUGE_VALF;
}

static int count_passed(const work *w, const bw_stance *stance, int32_t lanes, double horizon)
{
    int32_t nodes = w->graph->nodes, count;
    int64_t edges = w->graph->parent_start[nodes];
    uint8_t *mark = calloc((size_t)nodes, 1);
    int32_t *stack = malloc(((size_t)edges + 1) * sizeof(int32_t)), *seen = malloc((size_t)nodes * sizeof(int32_t));
    int made = mark && stack && seen;
    for (int32_t i = 0; made && i < stance->traced; i++) {
        for (int lane = 0; lane < lanes; lane++) {
            float time = time_of(w, stance->goal[i], lane);
            if (isinf(time) || (double)time > horizon)
                continue;
            trace(w, stance->goal[i], lane, mark, stack, seen, &count);
            for (int32_t k = 0; k < count; k++)
                stance->passed[(int64_t)i * nodes + seen[k]]++;
        }
    }
    free(mark);
    free(stack);
    free(seen);
    return made;
}

/* ---- entry points of the library ----------------------------------------------------------------------------------------------------- */

static void start_at(work *w, int32_t entry, uint64_t lanes)
{
    if (entry < 0)
        return;
    w->start[entry] |= lanes;
    w->dirty[entry] = 1;
}

static void begin(work *w, const bw_stance *stance, int32_t lanes)
{
    size_t nodes = (size_t)w->graph->nodes;
    memset(w->dirty, 0, nodes + 8);
    memset(w->touched, 0, nodes);
    memset(w->start, 0, nodes * sizeof(uint64_t));
    w->bit = (uint8_t)(1u << stance->attacker);
    for (int32_t i = 0; !stance->alone && i < stance->entries; i++)
        start_at(w, stance->entry[i], ~(uint64_t)0);
    for (int32_t lane = 0; lane < lanes; lane++) {
        stance->started[lane] = -1;
        if (stance->alone && stance->entries) {
            double u = uniform(w->seed, w->first + (uint64_t)lane, (uint64_t)stance->attacker, PURPOSE_START);
            stance->started[lane] = (int32_t)(u * stance->entries);
            start_at(w, stance->entry[stance->started[lane]], (uint64_t)1 << lane);
        }
    }
}

static void draw_defences(work *w, int32_t lanes, const uint8_t *given)
{
    const bw_graph *g = w->graph;
    for (int32_t i = 0; i < g->defences; i++) {
        if (!given) {
            w->force[i] = in_force(g->defence_level[i], g->defence_id[i], w->seed, w->first);
            continue;
        }
        w->force[i] = 0;
        for (int32_t lane = 0; lane < lanes; lane++)
            w->force[i] |= (uint64_t)(given[(int64_t)i * lanes + lane] != 0) << lane;
    }
}

static void take_times(work *w, int32_t lanes, const float *given)
{
    for (int32_t i = 0; i < w->graph->draws; i++) {
        fill(w->own + (int64_t)i * LANES, HUGE_VALF);
        memcpy(w->own + (int64_t)i * LANES, given + (int64_t)i * lanes, (size_t)lanes * sizeof(float));
        w->drawn[i] = 1;
    }
}

static int one_stance(work *w, const bw_stance *stance, int32_t lanes, double horizon)
{
    begin(w, stance, lanes);
    relax(w);
    for (int32_t i = 0; i < stance->goals; i++)
        for (int32_t lane = 0; lane < lanes; lane++)
            stance->times[(int64_t)i * lanes + lane] = time_of(w, stance->goal[i], lane);
    for (int32_t node = 0; stance->everything && node < w->graph->nodes; node++)
        for (int32_t lane = 0; lane < lanes; lane++)
            stance->everything[(int64_t)node * lanes + lane] = time_of(w, node, lane);
    return !stance->traced || count_passed(w, stance, lanes, horizon);
}

/* Memory for many times, in large pages where the system has them: a block goes through all of it, and small pages cost more than the sums. */
static float *lanes_for(size_t count)
{
    size_t bytes = count * LANES * sizeof(float) + 1;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    void *large = NULL;
    if (bytes >= LARGE_PAGE) {
        bytes = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        if (posix_memalign(&large, LARGE_PAGE, bytes))
            return NULL;
        (void)madvise(large, bytes, MADV_HUGEPAGE); /* a wish: it may be refused */
        return large;
    }
#endif
    return malloc(bytes);
}

bw_space *bw_open(const bw_graph *graph)
{
    work *w = calloc(1, sizeof(work));
    size_t nodes = (size_t)graph->nodes;
    if (!w)
        return NULL;
    w->graph = graph;
    w->time = lanes_for(nodes);
    w->own = lanes_for((size_t)graph->draws);
    w->drawn = malloc((size_t)graph->draws + 1);
    w->force = malloc(((size_t)graph->defences + 1) * sizeof(uint64_t));
    w->need = malloc(((size_t)graph->loose + 1) * sizeof(uint64_t));
    w->start = malloc((nodes + 1) * sizeof(uint64_t));
    w->dirty = malloc(nodes + 8);
    w->touched = malloc(nodes + 1);
    if (w->time && w->own && w->drawn && w->force && w->need && w->start && w->dirty && w->touched)
        return w;
    bw_close(w);
    return NULL;
}

void bw_close(bw_space *w)
{
    free(w->time);
    free(w->own);
    free(w->drawn);
    free(w->force);
    free(w->need);
    free(w->start);
    free(w->dirty);
    free(w->touched);
    free(w);
}

int32_t bw_sample(bw_space *w, const bw_stance *stances, int32_t count, uint64_t seed, uint64_t first, int32_t lanes, double horizon,
                  const float *given, const uint8_t *given_defences)
{
    int done = 1;
    w->seed = seed;
    w->first = first;
    memset(w->drawn, 0, (size_t)w->graph->draws);
    draw_defences(w, lanes, given_defences);
    settle_needs(w);
    if (given)
        take_times(w, lanes, given);
    for (int32_t i = 0; done && i < count; i++)
        done = one_stance(w, stances + i, lanes, horizon);
    return done ? 0 : -1;
}

int32_t bw_order(int32_t nodes, const int64_t *child_start, const int32_t *child, int32_t entries, const int32_t *entry, int32_t *order)
{
    uint8_t *seen = calloc((size_t)nodes + 1, 1);
    int32_t *stack = malloc(((size_t)nodes + 1) * sizeof(int32_t));
    int64_t *next = malloc(((size_t)nodes + 1) * sizeof(int64_t));
    int32_t place = nodes, met = -1;
    if (seen && stack && next) {
        met = 0;
        for (int32_t i = 0; i < entries; i++) {
            int32_t depth = 0;
            if (seen[entry[i]])
                continue;
            seen[entry[i]] = 1;
            stack[depth] = entry[i];
            next[depth++] = child_start[entry[i]];
            while (depth) {
                int32_t node = stack[depth - 1];
                if (next[depth - 1] == child_start[node + 1]) {
                    order[--place] = node;
                    met++;
                    depth--;
                    continue;
                }
                int32_t below = child[next[depth - 1]++];
                if (!seen[below]) {
                    seen[below] = 1;
                    stack[depth] = below;
                    next[depth++] = child_start[below];
                }
            }
        }
        /* What was met stands at the end of the array: to the front with it, the rest after. */
        memmove(order, order + place, (size_t)met * sizeof(int32_t));
        for (int32_t node = 0, at = met; node < nodes; node++)
            if (!seen[node])
                order[at++] = node;
    }
    free(seen);
    free(stack);
    free(next);
    return met;
}

/* The lanes that `node` has by its parents: for a join those that every needed parent has. */
static uint64_t lanes_of_join(int32_t node, const uint8_t *needed, const int32_t *parent_start, const int32_t *parent, const uint64_t *bits) {
    uint64_t all = ~UINT64_C(0);
    for (int32_t at = parent_start[node]; all && at < parent_start[node + 1]; at++)
        if (needed[parent[at]])
            all &= bits[parent[at]];
    return all;
}

int32_t bw_lanes(int32_t nodes, const uint8_t *how, const uint8_t *needed, const int32_t *parent_start, const int32_t *parent,
                 const int32_t *child_start, const int32_t *child, int32_t starts, const int32_t *start, const uint64_t *lanes, uint64_t *bits) {
    /* A queue in a ring: each node stands in it at most once. */
    size_t room = (size_t)nodes + 1;
    int32_t *queue = malloc(room * sizeof(int32_t));
    uint8_t *waiting = calloc(room, 1);
    size_t first = 0, end = 0;
    int32_t result = -1;
    if (queue && waiting) {
        result = 0;
        for (int32_t s = 0; s < starts; s++) {
            bits[start[s]] |= lanes[s];
            if (!waiting[start[s]]) {
                waiting[start[s]] = 1;
                queue[end++] = start[s];
            }
        }
        while (first != end) {
            int32_t node = queue[first];
            first = first + 1 == room ? 0 : first + 1;
            waiting[node] = 0;
            for (int32_t at = child_start[node]; at < child_start[node + 1]; at++) {
                int32_t below = child[at];
                uint64_t fresh = bits[node] & ~bits[below];
                if (!fresh || how[below] == 2 || (how[below] == 1 && !needed[node]))
                    continue;
                if (how[below] == 1)
                    fresh &= lanes_of_join(below, needed, parent_start, parent, bits);
                if (!fresh)
                    continue;
                bits[below] |= fresh;
                if (!waiting[below]) {
                    waiting[below] = 1;
                    queue[end] = below;
                    end = end + 1 == room ? 0 : end + 1;
                }
            }
        }
    }
    free(queue);
    free(waiting);
    return result;
}
