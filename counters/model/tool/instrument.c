#include "instrument.h"

#include "pub_tool_machine.h"

#include "access.h"
#include "core.h"
#include "scan.h"

/* The block being rewritten. */
struct rewrite {
    const IRSB *in;
    IRSB *out;
    struct hwm_block *block;
    const VexGuestLayout *layout;
    Int at;          /* statement of `in` */
    Int instr;       /* index of the current instruction */
    UInt segment;
    Addr self, fall;
    Bool has_cas;
    IRExpr *filters; /* of the running core, loaded once */
    IRExpr *tally;   /* loaded once */
};

/* --- small pieces of IR ------------------------------------------------------------------------ */

static void add(struct rewrite *r, IRStmt *st)
{
    addStmtToIRSB(r->out, st);
}

static IRExpr *value(struct rewrite *r, IRType type, IRExpr *e)
{
    IRTemp t = newIRTemp(r->out->tyenv, type);

    add(r, IRStmt_WrTmp(t, e));
    return IRExpr_RdTmp(t);
}

static IRExpr *word(UWord n)
{
    return IRExpr_Const(IRConst_U64(n));
}

static IRExpr *op2(struct rewrite *r, IROp op, IRExpr *a, IRExpr *b)
{
    IRType type = op == Iop_CmpLT64U || op == Iop_CmpNE64 || op == Iop_CmpLT64S || op == Iop_Or1
                      ? Ity_I1
                      : Ity_I64;

    return value(r, type, IRExpr_Binop(op, a, b));
}

static IRExpr *load(struct rewrite *r, IRExpr *address)
{
    return value(r, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, address));
}

static IRExpr *plus(struct rewrite *r, IRExpr *base, UWord n)
{
    return n ? op2(r, Iop_Add64, base, word(n)) : base;
}

/* I1 values are or-ed as words: VEX has no Or1 before 3.19's successors on every host. */
static IRExpr *either(struct rewrite *r, IRExpr *a, IRExpr *b)
{
    IRExpr *wa = value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, a));
    IRExpr *wb = value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, b));

    return op2(r, Iop_CmpNE64, op2(r, Iop_Or64, wa, wb), word(0));
}

/* A call that happens if `guard` (NULL: always) holds. */
static void call_if(struct rewrite *r, IRExpr *guard, Int regparms, const HChar *name, void *fn,
                    IRExpr **args)
{
    IRDirty *d = unsafeIRDirty_0_N(regparms, name, VG_(fnptr_to_fnentry)(fn), args);

    if (guard)
        d->guard = guard;
    add(r, IRStmt_Dirty(d));
}

/* An integer or vector of any type as a word: its low 8 bytes. */
static IRExpr *as_word(struct rewrite *r, IRExpr *e)
{
    switch (typeOfIRExpr(r->out->tyenv, e)) {
    case Ity_I1: return value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, e));
    case Ity_I8: return value(r, Ity_I64, IRExpr_Unop(Iop_8Uto64, e));
    case Ity_I16: return value(r, Ity_I64, IRExpr_Unop(Iop_16Uto64, e));
    case Ity_I32: return value(r, Ity_I64, IRExpr_Unop(Iop_32Uto64, e));
    case Ity_I64: return e;
    default: return word(1);
    }
}

/* --- the beginning of a block ------------------------------------------------------------------- */

/* The block's tally is the running context's, and its code is at hand: else hwm_block_enter(). */
static void enter_block(struct rewrite *r)
{
    const struct hwm_block *b = r->block;
    IRExpr *context = load(r, word((UWord)&hwm_now.context));
    IRExpr *away;

    r->filters = load(r, word((UWord)&hwm_now.filters));
    away = op2(r, Iop_CmpNE64, load(r, word((UWord)&b->context)), context);
    for (UInt i = 0; i < b->nr_lines; i++) {
        UWord offset = (2 * hwm_data_filters + hwm_code_slot(b->lines[i].line)) * sizeof(ULong);
        IRExpr *held = load(r, plus(r, r->filters, offset));
        away = either(r, away, op2(r, Iop_CmpNE64, held, word(b->lines[i].line)));
    }
    call_if(r, away, 1, "hwm_block_enter", hwm_block_enter, mkIRExprVec_1(word((UWord)b)));
    r->tally = load(r, word((UWord)&b->tally));
}

static UWord segment_ticks(const struct hwm_block *b, UInt segment)
{
    UWord ticks = 0;

    for (UInt i = 0; i < b->nr_instrs; i++)
        if (b->instrs[i].segment == segment)
            ticks += b->instrs[i].ticks;
    return ticks;
}

/* For the progress shown and --model-instructions: string instructions count each time round. */
static void count_instructions(struct rewrite *r)
{
    IRExpr *place = word((UWord)&hwm_now.instructions);
    UWord n = 0;

    for (UInt i = 0; i < r->block->nr_instrs; i++)
        n += r->block->instrs[i].segment == r->segment;
    if (n)
        add(r, IRStmt_Store(Iend_LE, place, op2(r, Iop_Add64, load(r, place), word(n))));
}

/* Where the registers of a task are, told once. VEX hands out the guest state only to calls that say
 * what they use of it: a word that is there already at the beginning of a block. */
static void tell_registers(struct rewrite *r)
{
#if defined(VGA_arm64)
    call_if(r, NULL, 0, "hwm_registers_here", hwm_registers_here, mkIRExprVec_0());
#else
    IRDirty *d =
        unsafeIRDirty_0_N(1, "hwm_registers_found", VG_(fnptr_to_fnentry)(hwm_registers_found),
                          mkIRExprVec_1(IRExpr_GSPTR()));

    d->nFxState = 1;
    d->fxState[0].fx = Ifx_Read;
    d->fxState[0].offset = (UShort)r->layout->offset_SP;
    d->fxState[0].size = (UShort)r->layout->sizeof_SP;
    d->fxState[0].nRepeats = 0;
    d->fxState[0].repeatLen = 0;
    add(r, IRStmt_Dirty(d));
#endif
}

/* Counts a segment and takes what its instructions cost from the budget. */
static void enter_segment(struct rewrite *r)
{
    UWord ticks = segment_ticks(r->block, r->segment);
    IRExpr *place =
        plus(r, r->tally, offsetof(struct hwm_tally, counts) + r->segment * sizeof(ULong));

    add(r, IRStmt_Store(Iend_LE, place, op2(r, Iop_Add64, load(r, place), word(1))));
    count_instructions(r);
    if (ticks) {
        IRExpr *budget = word((UWord)&hwm_now.budget);
        IRExpr *left = op2(r, Iop_Sub64, load(r, budget), word(ticks));
        add(r, IRStmt_Store(Iend_LE, budget, left));
        if (!r->segment)
            call_if(r, op2(r, Iop_CmpLT64S, left, word(0)), 0, "hwm_slice_end", hwm_slice_end,
                    mkIRExprVec_0());
    }
}

/* --- accesses -------------------------------------------------------------------------------- */

static struct hwm_site *make_site(struct rewrite *r, UInt kind, UInt bytes)
{
    struct hwm_site *site = &r->block->sites[r->block->nr_sites++];

    site->block = r->block;
    site->instr = (UShort)r->instr;
    site->bytes = (UShort)bytes;
    site->kind = (UChar)kind;
    return site;
}

static IRExpr *both(struct rewrite *r, IRExpr *a, IRExpr *b)
{
    IRExpr *wa = value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, a));
    IRExpr *wb = value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, b));

    return op2(r, Iop_CmpNE64, op2(r, Iop_And64, wa, wb), word(0));
}

/* Passes an access to the model unless the filter has its line. */
static void check_access(struct rewrite *r, IRExpr *address, const struct hwm_site *site,
                         IRExpr *guard)
{
    UWord line_bytes = (UWord)1 << hwm_line_bits;
    IRExpr *missed = NULL;

    if (site->bytes <= line_bytes && !site->guarded) {
        UWord filter = site->kind == HWM_LOAD ? 0 : hwm_data_filters * sizeof(ULong);
        IRExpr *slot = op2(r, Iop_And64,
                           op2(r, Iop_Shr64, address,
                               IRExpr_Const(IRConst_U8((UChar)(hwm_line_bits - 3)))),
                           word((hwm_data_filters - 1) * sizeof(ULong)));
        IRExpr *place = plus(r, op2(r, Iop_Add64, r->filters, slot), filter);
        IRExpr *offset = op2(r, Iop_Sub64, address, load(r, place));
        missed = op2(r, Iop_CmpLT64U, word(line_bytes - site->bytes), offset);
    }
    if (guard)
        missed = missed ? both(r, missed, guard) : guard;
    call_if(r, missed, 2, "hwm_access", hwm_access, mkIRExprVec_2(address, word((UWord)site)));
}

static UInt bytes_of(const struct rewrite *r, const IRExpr *data)
{
    return (UInt)sizeofIRType(typeOfIRExpr(r->in->tyenv, data));
}

/* Whether the rest of the instruction stores to where the load at r->at reads. */
static Bool is_stored_back(const struct rewrite *r, const IRExpr *address, UInt bytes)
{
    for (Int i = r->at + 1; i < r->in->stmts_used; i++) {
        const IRStmt *st = r->in->stmts[i];
        if (st->tag == Ist_IMark || st->tag == Ist_Exit)
            return False;
        if (st->tag == Ist_Store && eqIRAtom(st->Ist.Store.addr, address))
            return bytes_of(r, st->Ist.Store.data) == bytes;
    }
    return False;
}

/* Whether an earlier load of this instruction has spoken for the store at r->at, too. */
static Bool is_loaded_before(const struct rewrite *r, const IRExpr *address, UInt bytes)
{
    for (Int i = r->at - 1; i >= 0; i--) {
        const IRStmt *st = r->in->stmts[i];
        if (st->tag == Ist_IMark || st->tag == Ist_Exit)
            return False;
        if (st->tag == Ist_WrTmp && st->Ist.WrTmp.data->tag == Iex_Load &&
            eqIRAtom(st->Ist.WrTmp.data->Iex.Load.addr, address))
            return (UInt)sizeofIRType(st->Ist.WrTmp.data->Iex.Load.ty) == bytes;
    }
    return False;
}

/* The load that belongs to a compare-and-swap, which stands for both. */
static Bool is_of_cas(const struct rewrite *r, const IRExpr *address)
{
    for (Int i = r->at + 1; i < r->in->stmts_used && r->in->stmts[i]->tag != Ist_IMark; i++)
        if (r->in->stmts[i]->tag == Ist_CAS &&
            eqIRAtom(r->in->stmts[i]->Ist.CAS.details->addr, address))
            return True;
    return False;
}

static void rewrite_load(struct rewrite *r, const IRExpr *e)
{
    UInt bytes = (UInt)sizeofIRType(e->Iex.Load.ty);
    struct hwm_site *site;

    if (is_of_cas(r, e->Iex.Load.addr))
        return;
    site = make_site(r, is_stored_back(r, e->Iex.Load.addr, bytes) ? HWM_RMW : HWM_LOAD, bytes);
    site->dependent = hwm_scan_is_dependent(r->in, r->at);
    check_access(r, e->Iex.Load.addr, site, NULL);
}

static void rewrite_store(struct rewrite *r, const IRExpr *address, const IRExpr *data,
                          const IRExpr *guard)
{
    UInt bytes = bytes_of(r, data);
    struct hwm_site *site;

    if (!guard && is_loaded_before(r, address, bytes))
        return;
    site = make_site(r, HWM_STORE, bytes);
    site->guarded = guard != NULL;
    site->clears = data->tag == Iex_Const && data->Iex.Const.con->tag == Ico_U64
                       ? !data->Iex.Const.con->Ico.U64
                   : data->tag == Iex_Const && data->Iex.Const.con->tag == Ico_U32
                       ? !data->Iex.Const.con->Ico.U32
                   : data->tag == Iex_Const && data->Iex.Const.con->tag == Ico_U8
                       ? !data->Iex.Const.con->Ico.U8
                       : False;
    check_access(r, (IRExpr *)(Addr)address, site, (IRExpr *)(Addr)guard);
}

static void rewrite_loadg(struct rewrite *r, const IRLoadG *details)
{
    IRType type, wide;
    struct hwm_site *site;

    typeOfIRLoadGOp(details->cvt, &wide, &type);
    site = make_site(r, HWM_LOAD, (UInt)sizeofIRType(type));
    site->guarded = True;
    check_access(r, details->addr, site, details->guard);
}

static void rewrite_cas(struct rewrite *r, const IRCAS *cas)
{
    UInt bytes = bytes_of(r, cas->dataLo) * (cas->dataHi ? 2 : 1);
    struct hwm_site *site = make_site(r, HWM_RMW, bytes);

    call_if(r, NULL, 3, "hwm_atomic", hwm_atomic,
            mkIRExprVec_4(cas->addr, word((UWord)site), as_word(r, cas->expdLo),
                          as_word(r, cas->dataLo)));
}

static void rewrite_llsc(struct rewrite *r, const IRStmt *st)
{
    if (st->Ist.LLSC.storedata) {
        struct hwm_site *site = make_site(r, HWM_RMW, bytes_of(r, st->Ist.LLSC.storedata));
        call_if(r, NULL, 3, "hwm_atomic", hwm_atomic,
                mkIRExprVec_4(st->Ist.LLSC.addr, word((UWord)site), word(1),
                              as_word(r, st->Ist.LLSC.storedata)));
    } else {
        IRType type = typeOfIRTemp(r->in->tyenv, st->Ist.LLSC.result);
        struct hwm_site *site = make_site(r, HWM_LOAD, (UInt)sizeofIRType(type));
        check_access(r, st->Ist.LLSC.addr, site, NULL);
    }
}

/* Helpers of VEX that touch memory themselves: saving floating-point state and the like. */
static void rewrite_dirty(struct rewrite *r, const IRDirty *d)
{
    const IRExpr *guard = d->guard;

    if (d->mFx == Ifx_None)
        return;
    if (guard->tag == Iex_Const)
        guard = NULL;
    if (d->mFx != Ifx_Write) {
        struct hwm_site *site = make_site(r, HWM_LOAD, (UInt)d->mSize);
        check_access(r, d->mAddr, site, (IRExpr *)(Addr)guard);
    }
    if (d->mFx != Ifx_Read) {
        struct hwm_site *site = make_site(r, HWM_STORE, (UInt)d->mSize);
        check_access(r, d->mAddr, site, (IRExpr *)(Addr)guard);
    }
}

/* --- branches -------------------------------------------------------------------------------- */

static Addr const_target(const IRConst *c)
{
    return c->tag == Ico_U64 ? c->Ico.U64 : c->Ico.U32;
}

/* An easy branch goes into the history and no further. */
static void predict(struct rewrite *r, IRExpr *taken)
{
    IRExpr *unit = load(r, word((UWord)&hwm_now.branches));
    IRExpr *place = plus(r, unit, hwm_branch_easy_offset(r->self));
    IRExpr *byte = value(r, Ity_I8, IRExpr_Load(Iend_LE, Ity_I8, place));
    IRExpr *twice = op2(r, Iop_Shl64, taken, IRExpr_Const(IRConst_U8(1)));
    IRExpr *easy = op2(r, Iop_Or64, op2(r, Iop_Or64, taken, twice), word(HWM_EASY));
    IRExpr *hard =
        op2(r, Iop_CmpNE64, value(r, Ity_I64, IRExpr_Unop(Iop_8Uto64, byte)), easy);
    IRExpr *past;

    call_if(r, hard, 3, "hwm_branch", hwm_branch,
            mkIRExprVec_3(word((UWord)make_site(r, HWM_LOAD, 0)), taken, word(r->self)));
    past = op2(r, Iop_Shl64, load(r, unit), IRExpr_Const(IRConst_U8(1)));
    add(r, IRStmt_Store(Iend_LE, unit, op2(r, Iop_Or64, past, taken)));
}

/* The conditional branch that ends the block; VEX may have turned its condition round, so that the
 * exit is where the code falls through. */
static void rewrite_exit(struct rewrite *r, const IRStmt *st)
{
    Addr target = const_target(st->Ist.Exit.dst);
    const struct hwm_instr *instr = &r->block->instrs[r->instr];
    IRExpr *taken;

    /* a compare-and-swap that failed: tried again, as Valgrind builds atomics of them */
    if (target == r->self && r->has_cas)
        call_if(r, st->Ist.Exit.guard, 1, "hwm_block_retries", hwm_block_retries,
                mkIRExprVec_1(word((UWord)make_site(r, HWM_RMW, 0))));
    if (st->Ist.Exit.jk != Ijk_Boring || !instr->is_branch || target == r->self)
        return;
    taken = value(r, Ity_I64, IRExpr_Unop(Iop_1Uto64, st->Ist.Exit.guard));
    if (target == r->fall)
        taken = op2(r, Iop_Xor64, taken, word(1));
    if (hwm_machine.flags & HWM_PREDICTOR)
        predict(r, taken);
}

static IRExpr *stack_pointer(struct rewrite *r)
{
    return value(r, Ity_I64, IRExpr_Get(r->layout->offset_SP, Ity_I64));
}

/* Calls, returns and indirect jumps: the way the block goes on. */
static void rewrite_end(struct rewrite *r)
{
    IRExpr *next = r->in->next;
    IRExpr *site;

    if (r->in->jumpkind != Ijk_Boring && r->in->jumpkind != Ijk_Call &&
        r->in->jumpkind != Ijk_Ret)
        return;
    if (r->in->jumpkind == Ijk_Boring && next->tag == Iex_Const)
        return;
    site = word((UWord)make_site(r, HWM_LOAD, 0));
    if (r->in->jumpkind == Ijk_Ret) {
        call_if(r, NULL, 3, "hwm_return", hwm_return,
                mkIRExprVec_3(site, next, stack_pointer(r)));
        return;
    }
    if (next->tag != Iex_Const)
        call_if(r, NULL, 2, "hwm_indirect", hwm_indirect, mkIRExprVec_2(site, next));
    if (r->in->jumpkind == Ijk_Call)
        call_if(r, NULL, 3, "hwm_call", hwm_call,
                mkIRExprVec_3(next, word(r->fall), stack_pointer(r)));
}

/* --- the whole ------------------------------------------------------------------------------- */

static void start_instr(struct rewrite *r, const IRStmt *st)
{
    r->instr++;
    r->self = st->Ist.IMark.addr;
    r->fall = r->self + st->Ist.IMark.len;
    r->has_cas = False;
    if (r->instr)
        return;
    if (hwm_heap_is_entry(r->self))
        call_if(r, NULL, 1, "hwm_heap_enter", hwm_heap_enter, mkIRExprVec_1(word(r->self)));
    if (!hwm_registers_known)
        tell_registers(r);
    enter_block(r);
    enter_segment(r);
}

static void before(struct rewrite *r, const IRStmt *st)
{
    switch (st->tag) {
    case Ist_WrTmp:
        if (st->Ist.WrTmp.data->tag == Iex_Load)
            rewrite_load(r, st->Ist.WrTmp.data);
        break;
    case Ist_Store: rewrite_store(r, st->Ist.Store.addr, st->Ist.Store.data, NULL); break;
    case Ist_StoreG:
        rewrite_store(r, st->Ist.StoreG.details->addr, st->Ist.StoreG.details->data,
                      st->Ist.StoreG.details->guard);
        break;
    case Ist_LoadG: rewrite_loadg(r, st->Ist.LoadG.details); break;
    case Ist_CAS:
        rewrite_cas(r, st->Ist.CAS.details);
        r->has_cas = True;
        break;
    case Ist_LLSC: rewrite_llsc(r, st); break;
    case Ist_Dirty: rewrite_dirty(r, st->Ist.Dirty.details); break;
    case Ist_MBE:
        if (st->Ist.MBE.event == Imbe_Fence)
            call_if(r, NULL, 1, "hwm_fence", hwm_fence,
                    mkIRExprVec_1(word((UWord)make_site(r, HWM_LOAD, 0))));
        break;
    case Ist_Exit: rewrite_exit(r, st); break;
    default: break;
    }
}

static void after(struct rewrite *r, const IRStmt *st)
{
    if (st->tag == Ist_IMark) {
        start_instr(r, st);
    } else if (st->tag == Ist_Exit && hwm_scan_cuts(r->in, r->at, r->self, r->has_cas) &&
               r->segment + 1 < r->block->nr_segments) {
        r->segment++;
        enter_segment(r);
    }
}

static IRSB *rewrite_block(IRSB *in, const VexGuestLayout *layout)
{
    struct rewrite r = {.in = in, .layout = layout, .instr = -1};

    r.block = hwm_scan(in);
    if (!r.block)
        return in;
    r.out = deepCopyIRSBExceptStmts(in);
    for (r.at = 0; r.at < in->stmts_used; r.at++) {
        IRStmt *st = in->stmts[r.at];
        if (r.instr >= 0 && st->tag != Ist_IMark)
            before(&r, st);
        add(&r, st);
        after(&r, st);
    }
    rewrite_end(&r);
    return r.out;
}

static void begin_modelling(void)
{
    hwm_region_set(True);
}

/* Code outside the modelled region runs as it is. */
static IRSB *watch_for_start(IRSB *in, Addr address)
{
    struct rewrite r = {.in = in};

    if (!hwm_region_starts_at(address))
        return in;
    r.out = deepCopyIRSBExceptStmts(in);
    call_if(&r, NULL, 0, "begin_modelling", begin_modelling, mkIRExprVec_0());
    for (Int i = 0; i < in->stmts_used; i++)
        add(&r, in->stmts[i]);
    return r.out;
}

IRSB *hwm_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                     const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                     IRType host_word)
{
    (void)extents, (void)host, (void)guest_word, (void)host_word;
    if (!hwm_modelling)
        return watch_for_start(in, closure->nraddr);
    return rewrite_block(in, layout);
}
