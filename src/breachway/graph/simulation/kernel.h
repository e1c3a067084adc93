/* What Python may ask of the kernel.  Times are days, infinite (HUGE_VALF) where a step is never taken. */

typedef struct {
    int32_t nodes;                 /* in the order in which they are best looked at */
    const uint8_t *kind;           /* 0: any parent will do; 1: all necessary parents are needed */
    const uint8_t *allowed;        /* bit a: attacker a takes the step */
    const int64_t *parent_start;   /* [nodes + 1] */
    const int32_t *parent;         /* attack steps only */
    const int64_t *child_start;    /* [nodes + 1] */
    const int32_t *child;
    const int64_t *gate_start;     /* [nodes + 1]: the defences that bar a step while they are in force */
    const int32_t *gate;           /* into defence_* */
    const int32_t *need;           /* -1: always necessary; else into loose_* */
    const int32_t *draw;           /* -1: takes no time and never fails; else into draw_* */

    int32_t draws;
    const uint8_t *draw_kind;      /* BW_ZERO ... */
    const double *draw_first;      /* parameters, as MAL gives them */
    const double *draw_second;
    const double *draw_chance;     /* of the Bernoulli factor; 1 where there is none */
    const uint64_t *draw_id;       /* stable */

    int32_t defences;
    const double *defence_level;   /* the probability of being in force */
    const uint64_t *defence_id;

    int32_t loose;                 /* attack steps that are necessary only under some states of the defences */
    const uint8_t *loose_kind;
    const int64_t *loose_start;    /* [loose + 1] */
    const int32_t *loose_parent;   /* >= 0: into loose_*; < 0: defence -1 - value */
} bw_graph;

typedef struct {
    int32_t attacker;              /* its bit in allowed */
    int32_t alone;                 /* each sample starts at one of the entries, drawn evenly */
    int32_t entries;
    const int32_t *entry;          /* -1: a start that leads to no goal */
    int32_t goals;
    const int32_t *goal;
    float *times;                  /* out: [goals][lanes] */
    int32_t traced;                /* how many of the goals, from the first on, are traced back */
    uint32_t *passed;              /* [traced][nodes]: counts, added to, of the samples within the horizon whose quickest way to the goal
                                      passes the step */
    int32_t *started;              /* out: [lanes], the entry of each sample; -1: all of them */
    float *everything;             /* NULL, or out: [nodes][lanes], the times of all steps */
} bw_stance;

/* What one thread works in: as large as the times of a block of samples of all steps.  It is used again for block after block, since fresh
 * memory costs as much as the sums.  The graph must live as long. */
typedef struct bw_space bw_space;

/* NULL when memory is short. */
bw_space *bw_open(const bw_graph *graph);
void bw_close(bw_space *space);

/* Draws `lanes` samples from `first` (a multiple of four) on, at most 64 of them, for each stance; what is drawn is the same for all stances.
 * given: NULL, or [draws][lanes] own times, which with given_defences, [defences][lanes] (1: in force), take the place of what would be drawn.
 * Returns 0, or -1 when memory is short. */
int32_t bw_sample(bw_space *space, const bw_stance *stances, int32_t count, uint64_t seed, uint64_t first, int32_t lanes, double horizon,
                  const float *given, const uint8_t *given_defences);

/* Draws of one step or defence: out[count], from sample `first` on. */
void bw_draw(int32_t kind, double first_parameter, double second_parameter, double chance, uint64_t id, uint64_t seed, uint64_t first,
             int64_t count, float *out);

/* The order in which depth-first search from the entries leaves the steps, reversed; steps that it does not meet come last. */
int32_t bw_order(int32_t nodes, const int64_t *child_start, const int32_t *child, int32_t entries, const int32_t *entry, int32_t *order);

/* What each of up to 64 starts reaches alone: bit i of bits[n] (in: all nought) tells of lane i.  start[s] is taken in lanes[s] whatever
 * stands in the way.  how: 0 any parent will do, 1 every needed parent, 2 never taken.  Returns 0, or -1 when memory is short. */
int32_t bw_lanes(int32_t nodes, const uint8_t *how, const uint8_t *needed, const int32_t *parent_start, const int32_t *parent,
                 const int32_t *child_start, const int32_t *child, int32_t starts, const int32_t *start, const uint64_t *lanes, uint64_t *bits);
