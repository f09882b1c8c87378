/*
 * Chains through memory: a loop that adds to the same word each time round cannot go faster than a
 * store reaches the load behind it (hwm_machine.forward_cycles), however little else it does.
 */
#include "scan.h"

#define NO_REGISTER (-1)

struct place { /* an address that is the same each time round */
    Int root;  /* offset of the register in the guest state, or NO_REGISTER: it is a constant */
    Bool via;  /* the register's sum with `first` is where the address is loaded from */
    ULong first, last;
};

static Bool same_place(const struct place *a, const struct place *b)
{
    return a->root == b->root && a->via == b->via && a->first == b->first && a->last == b->last;
}

static const IRExpr *value_of(const IRSB *in, const IRExpr *e, Int *at)
{
    for (Int i = *at - 1; i >= 0; i--)
        if (in->stmts[i]->tag == Ist_WrTmp && in->stmts[i]->Ist.WrTmp.tmp == e->Iex.RdTmp.tmp) {
            *at = i;
            return in->stmts[i]->Ist.WrTmp.data;
        }
    return NULL;
}

static Bool number_of(const IRExpr *e, ULong *ret)
{
    if (e->tag != Iex_Const || e->Iex.Const.con->tag != Ico_U64)
        return False;
    *ret = e->Iex.Const.con->Ico.U64;
    return True;
}

/* One step back along a sum with a constant; NULL: it is none. */
static const IRExpr *less_constant(const IRExpr *sum, ULong *offset)
{
    ULong n;

    if (sum->Iex.Binop.op != Iop_Add64 && sum->Iex.Binop.op != Iop_Sub64)
        return NULL;
    if (!number_of(sum->Iex.Binop.arg2, &n))
        return NULL;
    *offset += sum->Iex.Binop.op == Iop_Add64 ? n : -n;
    return sum->Iex.Binop.arg1;
}

/* Register + constant, a constant, or what is loaded from such a place + constant. */
static Bool find_place(const IRSB *in, Int at, const IRExpr *e, struct place *ret)
{
    ULong offset = 0, n;

    *ret = (struct place){.root = NO_REGISTER};
    for (UInt steps = 0; e && steps < 16; steps++) {
        if (number_of(e, &n)) {
            ret->last = offset + n;
            return True;
        }
        if (e->tag == Iex_RdTmp)
            e = value_of(in, e, &at);
        if (!e)
            return False;
        switch (e->tag) {
        case Iex_RdTmp:
            break;
        case Iex_Binop:
            e = less_constant(e, &offset);
            break;
        case Iex_Load:
            if (ret->via)
                return False;
            ret->via = True;
            ret->last = offset;
            offset = 0;
            e = e->Iex.Load.addr;
            break;
        case Iex_Get:
            ret->root = e->Iex.Get.offset;
            *(ret->via ? &ret->first : &ret->last) = offset;
            return True;
        default:
            return number_of(e, &n);
        }
    }
    return False;
}

/* Whether the block leaves the register that an address starts from, and the pointer loaded through
 * it, as they are. */
static Bool is_steady(const IRSB *in, const struct place *p)
{
    struct place pointer = {.root = p->root, .last = p->first}, other;

    for (Int i = 0; i < in->stmts_used; i++) {
        const IRStmt *st = in->stmts[i];
        if (st->tag == Ist_Put && st->Ist.Put.offset == p->root)
            return False;
        if (p->via && st->tag == Ist_Store && find_place(in, i, st->Ist.Store.addr, &other) &&
            same_place(&pointer, &other))
            return False;
    }
    return True;
}

static Bool is_tainted(const Bool *tainted, const IRExpr *e)
{
    return e->tag == Iex_RdTmp && tainted[e->Iex.RdTmp.tmp];
}

static Bool takes_tainted(const Bool *tainted, const IRExpr *e)
{
    switch (e->tag) {
    case Iex_RdTmp:
        return is_tainted(tainted, e);
    case Iex_Unop:
        return is_tainted(tainted, e->Iex.Unop.arg);
    case Iex_Binop:
        return is_tainted(tainted, e->Iex.Binop.arg1) || is_tainted(tainted, e->Iex.Binop.arg2);
    case Iex_Triop:
        return is_tainted(tainted, e->Iex.Triop.details->arg2) ||
               is_tainted(tainted, e->Iex.Triop.details->arg3);
    case Iex_ITE:
        return is_tainted(tainted, e->Iex.ITE.iftrue) || is_tainted(tainted, e->Iex.ITE.iffalse);
    default:
        return False;
    }
}

/* The statement that stores to a place what came from the load of it at `load`; -1: none does. */
static Int stored_back(const IRSB *in, Int load, const struct place *p, Bool *tainted)
{
    VG_(memset)(tainted, 0, (SizeT)in->tyenv->types_used * sizeof(Bool));
    tainted[in->stmts[load]->Ist.WrTmp.tmp] = True;
    for (Int i = load + 1; i < in->stmts_used; i++) {
        const IRStmt *st = in->stmts[i];
        struct place other;

        if (st->tag == Ist_WrTmp && takes_tainted(tainted, st->Ist.WrTmp.data))
            tainted[st->Ist.WrTmp.tmp] = True;
        if (st->tag == Ist_Store && is_tainted(tainted, st->Ist.Store.data) &&
            find_place(in, i, st->Ist.Store.addr, &other) && same_place(p, &other))
            return i;
    }
    return -1;
}

/* A store at the end of a chain; -1: there is none. */
static Int find_chain(const IRSB *in, Bool *tainted)
{
    for (Int i = 0; i < in->stmts_used; i++) {
        const IRStmt *st = in->stmts[i];
        struct place p;
        Int store;

        if (st->tag != Ist_WrTmp || st->Ist.WrTmp.data->tag != Iex_Load ||
            !find_place(in, i, st->Ist.WrTmp.data->Iex.Load.addr, &p) || !is_steady(in, &p))
            continue;
        store = stored_back(in, i, &p, tainted);
        if (store >= 0)
            return store;
    }
    return -1;
}

static struct hwm_instr *instr_of(const IRSB *in, struct hwm_block *block, Int at)
{
    struct hwm_instr *ret = block->instrs - 1;

    for (Int i = 0; i < at; i++)
        ret += in->stmts[i]->tag == Ist_IMark;
    return ret;
}

static Bool leads_to(const IRConst *c, Addr address)
{
    return c->tag == Ico_U64 && c->Ico.U64 == address;
}

static Bool is_loop(const IRSB *in, Addr address)
{
    if (in->jumpkind == Ijk_Boring && in->next->tag == Iex_Const &&
        leads_to(in->next->Iex.Const.con, address))
        return True;
    for (Int i = 0; i < in->stmts_used; i++)
        if (in->stmts[i]->tag == Ist_Exit && in->stmts[i]->Ist.Exit.jk == Ijk_Boring &&
            leads_to(in->stmts[i]->Ist.Exit.dst, address))
            return True;
    return False;
}

/* Chains through different words run side by side, so a round takes as long as one of them, or as
 * its instructions do. */
void hwm_scan_chains(const IRSB *in, struct hwm_block *block)
{
    UInt ticks = 0, least = hwm_machine.forward_cycles * HWM_TICKS;
    Bool *tainted;
    Int store;

    for (UInt i = 0; i < block->nr_instrs; i++) {
        ticks += block->instrs[i].ticks;
        if (block->instrs[i].repeats)
            return;
    }
    if (ticks >= least || !is_loop(in, block->address))
        return;
    tainted = VG_(malloc)("hwm.chains", (SizeT)in->tyenv->types_used * sizeof(Bool));
    store = find_chain(in, tainted);
    if (store >= 0)
        instr_of(in, block, store)->ticks += least - ticks;
    VG_(free)(tainted);
}
