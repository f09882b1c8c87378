#include "scan.h"

#include "pub_tool_machine.h"

#include "core.h"

/* --- base costs ------------------------------------------------------------------------------ */

/* Cycles of operations that keep a core's pipeline from going on, beyond an instruction's base cost: what
 * a division or a root blocks its unit for (Agner Fog's tables, Skylake and Zen 3; Arm's Neoverse
 * N1 optimisation guide: they agree within a few cycles). */
static UInt op_cycles(IROp op)
{
    switch (op) {
    case Iop_DivModU128to64:
    case Iop_DivModS128to64:
    case Iop_DivU128:
    case Iop_DivS128:
        return 18;
    case Iop_DivModU64to32:
    case Iop_DivModS64to32:
    case Iop_DivU32:
    case Iop_DivS32:
    case Iop_DivU64:
    case Iop_DivS64:
        return 8;
    case Iop_DivF64:
    case Iop_Div64F0x2:
    case Iop_Div64Fx2:
    case Iop_SqrtF64:
    case Iop_Sqrt64F0x2:
    case Iop_Sqrt64Fx2:
        return 5;
    case Iop_DivF32:
    case Iop_Div32F0x4:
    case Iop_Div32Fx4:
    case Iop_SqrtF32:
    case Iop_Sqrt32F0x4:
    case Iop_Sqrt32Fx4:
        return 3;
    case Iop_Div64Fx4:
    case Iop_Sqrt64Fx4:
        return 9;
    case Iop_Div32Fx8:
    case Iop_Sqrt32Fx8:
        return 5;
    default:
        return 0;
    }
}

static UInt expr_cycles(const IRExpr *e)
{
    switch (e->tag) {
    case Iex_Unop: return op_cycles(e->Iex.Unop.op);
    case Iex_Binop: return op_cycles(e->Iex.Binop.op);
    case Iex_Triop: return op_cycles(e->Iex.Triop.details->op);
    default: return 0;
    }
}

static UInt type_bytes(IRType type)
{
    return (UInt)sizeofIRType(type);
}

/* --- instructions ---------------------------------------------------------------------------- */

static Addr const_target(const IRConst *c)
{
    return c->tag == Ico_U64 ? c->Ico.U64 : c->tag == Ico_U32 ? c->Ico.U32 : 0;
}

static Bool is_to(const IRExpr *next, Addr address)
{
    return next->tag == Iex_Const && const_target(next->Iex.Const.con) == address;
}

static UInt count_instrs(const IRSB *in)
{
    UInt n = 0;

    for (Int i = 0; i < in->stmts_used; i++)
        n += in->stmts[i]->tag == Ist_IMark;
    return n;
}

static UInt count_sites(const IRSB *in)
{
    UInt n = 4; /* the branch, and what ends the block */

    for (Int i = 0; i < in->stmts_used; i++)
        switch (in->stmts[i]->tag) {
        case Ist_WrTmp:
        case Ist_Store:
        case Ist_LoadG:
        case Ist_StoreG:
        case Ist_CAS:
        case Ist_LLSC:
        case Ist_MBE:
        case Ist_Exit:
            n++;
            break;
        case Ist_Dirty:
            n += 2;
            break;
        default:
            break;
        }
    return n;
}

/* The rest of the instruction that statement `at` is part of goes round to itself. */
static Bool goes_round(const IRSB *in, Int at, Addr self)
{
    for (Int i = at; i < in->stmts_used; i++) {
        const IRStmt *st = in->stmts[i];
        if (st->tag == Ist_IMark)
            return False;
        if (st->tag == Ist_Exit && st->Ist.Exit.jk == Ijk_Boring &&
            const_target(st->Ist.Exit.dst) == self)
            return True;
    }
    return in->jumpkind == Ijk_Boring && is_to(in->next, self);
}

struct scan {
    const IRSB *in;
    struct hwm_block *block;
    struct hwm_instr *now;
    UInt segment;
    UInt cycles;    /* of slow operations of the current instruction */
    Addr self, fall; /* its address, and that of the one behind it */
    Bool has_cas;
};

/* Lines that all instructions touch, one by one: the block's are no more. */
static UInt count_lines(const IRSB *in)
{
    UInt n = 0;

    for (Int i = 0; i < in->stmts_used; i++)
        if (in->stmts[i]->tag == Ist_IMark) {
            Addr first = in->stmts[i]->Ist.IMark.addr;
            Addr last = first + in->stmts[i]->Ist.IMark.len - 1;
            n += (UInt)((last >> hwm_line_bits) - (first >> hwm_line_bits)) + 1;
        }
    return n;
}

/* Lines that an instruction's bytes touch, if they are new. */
static void add_lines(struct scan *s, UInt instr)
{
    struct hwm_block *b = s->block;
    Addr mask = ~(((Addr)1 << hwm_line_bits) - 1);

    for (Addr line = s->self & mask; line < s->fall; line += (Addr)1 << hwm_line_bits) {
        UInt i = 0;
        while (i < b->nr_lines && b->lines[i].line != line)
            i++;
        if (i == b->nr_lines)
            b->lines[b->nr_lines++] = (struct hwm_code_line){line, (UShort)instr};
    }
}

static void close_instr(struct scan *s)
{
    UInt ticks;

    if (!s->now)
        return;
    ticks = hwm_machine.cpi_ticks + s->cycles * HWM_TICKS +
            s->now->atomics * hwm_machine.atomic_cycles * HWM_TICKS;
    /* A string instruction moves about 32 bytes a cycle; a round of it is what one element takes. */
    if (s->now->repeats)
        ticks = HWM_TICKS / 16;
    s->now->ticks = ticks;
}

static void open_instr(struct scan *s, const IRStmt *st)
{
    close_instr(s);
    s->now = s->now ? s->now + 1 : s->block->instrs;
    s->self = st->Ist.IMark.addr;
    s->fall = s->self + st->Ist.IMark.len;
    s->cycles = 0;
    s->has_cas = False;
    s->now->address = s->self;
    s->now->segment = s->now->body = (UChar)s->segment;
    add_lines(s, (UInt)(s->now - s->block->instrs));
}

static Bool anything_follows(const IRSB *in, Int at)
{
    for (Int i = at + 1; i < in->stmts_used; i++)
        switch (in->stmts[i]->tag) {
        case Ist_IMark:
        case Ist_Store:
        case Ist_StoreG:
        case Ist_LoadG:
        case Ist_CAS:
        case Ist_LLSC:
        case Ist_Dirty:
        case Ist_Exit:
            return True;
        case Ist_WrTmp:
            if (in->stmts[i]->Ist.WrTmp.data->tag == Iex_Load)
                return True;
            break;
        default:
            break;
        }
    return False;
}

Bool hwm_scan_cuts(const IRSB *in, Int at, Addr self, Bool has_cas)
{
    if (const_target(in->stmts[at]->Ist.Exit.dst) == self)
        return !has_cas;
    return anything_follows(in, at);
}

/* Control may leave here; what follows is another segment. */
static void cut_segment(struct scan *s, Int at)
{
    const IRStmt *st = s->in->stmts[at];
    Addr target = const_target(st->Ist.Exit.dst);

    if (!hwm_scan_cuts(s->in, at, s->self, s->has_cas))
        return;
    if (st->Ist.Exit.jk == Ijk_Boring && target == s->fall && goes_round(s->in, at + 1, s->self))
        s->now->repeats = True;
    if (s->segment < 254)
        s->segment++;
    s->now->body = (UChar)s->segment;
}

static Bool is_rmw(const IRSB *in, Int load)
{
    const IRStmt *st = in->stmts[load];
    const IRExpr *addr = st->Ist.WrTmp.data->Iex.Load.addr;

    for (Int i = load + 1; i < in->stmts_used && in->stmts[i]->tag != Ist_IMark; i++)
        if (in->stmts[i]->tag == Ist_CAS && eqIRAtom(in->stmts[i]->Ist.CAS.details->addr, addr))
            return True;
    return False;
}

static void take_stmt(struct scan *s, Int at)
{
    const IRStmt *st = s->in->stmts[at];

    switch (st->tag) {
    case Ist_WrTmp:
        s->cycles += expr_cycles(st->Ist.WrTmp.data);
        if (st->Ist.WrTmp.data->tag == Iex_Load && !is_rmw(s->in, at))
            s->now->loads++;
        break;
    case Ist_Store:
        s->now->stores++;
        break;
    case Ist_CAS:
        s->now->loads++;
        s->now->stores++;
        s->now->atomics++;
        s->has_cas = True;
        break;
    case Ist_LLSC:
        if (st->Ist.LLSC.storedata) {
            s->now->stores++;
            s->now->atomics++;
        } else {
            s->now->loads++;
        }
        break;
    case Ist_Dirty:
        if (st->Ist.Dirty.details->mFx != Ifx_None) {
            s->now->loads += st->Ist.Dirty.details->mFx != Ifx_Write;
            s->now->stores += st->Ist.Dirty.details->mFx != Ifx_Read;
        }
        break;
    case Ist_Exit:
        cut_segment(s, at);
        break;
    default:
        break;
    }
}

/* The last instruction is a branch if the block does not just run into the next one. */
static void mark_branch(struct scan *s, Bool has_exit)
{
    if (!s->now || s->now->repeats)
        return;
    switch (s->in->jumpkind) {
    case Ijk_Boring:
        s->now->is_branch = has_exit || !is_to(s->in->next, s->fall);
        break;
    case Ijk_Call:
    case Ijk_Ret:
        s->now->is_branch = True;
        break;
    default:
        break;
    }
}

/* Whether the last instruction has an exit of its own that is a branch. */
static Bool ends_in_exit(const struct scan *s)
{
    for (Int i = s->in->stmts_used - 1; i >= 0 && s->in->stmts[i]->tag != Ist_IMark; i--) {
        const IRStmt *st = s->in->stmts[i];
        if (st->tag == Ist_Exit && st->Ist.Exit.jk == Ijk_Boring &&
            const_target(st->Ist.Exit.dst) != s->self)
            return True;
    }
    return False;
}

struct hwm_block *hwm_scan(const IRSB *in)
{
    struct scan s = {.in = in};
    Int i = 0;

    while (i < in->stmts_used && in->stmts[i]->tag != Ist_IMark)
        i++;
    if (i == in->stmts_used)
        return NULL;
    s.block = hwm_block_create(in->stmts[i]->Ist.IMark.addr, count_instrs(in), count_sites(in));
    s.block->lines = VG_(calloc)("hwm.lines", count_lines(in), sizeof(*s.block->lines));
    for (; i < in->stmts_used; i++)
        if (in->stmts[i]->tag == Ist_IMark)
            open_instr(&s, in->stmts[i]);
        else
            take_stmt(&s, i);
    close_instr(&s);
    mark_branch(&s, ends_in_exit(&s));
    hwm_scan_chains(in, s.block);
    s.block->nr_segments = (UChar)(s.segment + 1);
    return s.block;
}

/* --- dependent loads ------------------------------------------------------------------------- */

/* The statement that sets a temporary, looking back from `at`; -1: none. */
static Int definition(const IRSB *in, Int at, IRTemp tmp)
{
    for (Int i = at - 1; i >= 0; i--)
        if (in->stmts[i]->tag == Ist_WrTmp && in->stmts[i]->Ist.WrTmp.tmp == tmp)
            return i;
    return -1;
}

/* Follows an address back through additions and conversions to the Get of a register, whose
 * offset it returns; -1: it comes from elsewhere; -2: from a load of this block. */
static Int address_root(const IRSB *in, Int at, const IRExpr *e)
{
    for (UInt steps = 0; steps < 16 && e->tag == Iex_RdTmp; steps++) {
        at = definition(in, at, e->Iex.RdTmp.tmp);
        if (at < 0)
            return -1;
        const IRExpr *data = in->stmts[at]->Ist.WrTmp.data;
        switch (data->tag) {
        case Iex_Get: return data->Iex.Get.offset;
        case Iex_Load: return -2;
        case Iex_RdTmp: e = data; break;
        case Iex_Unop: e = data->Iex.Unop.arg; break;
        case Iex_Binop:
            e = data->Iex.Binop.arg2->tag == Iex_Const ? data->Iex.Binop.arg1 : NULL;
            break;
        default: return -1;
        }
        if (!e)
            return -1;
    }
    return -1;
}

Bool hwm_scan_is_dependent(const IRSB *in, Int at)
{
    const IRStmt *load = in->stmts[at];
    Int root = address_root(in, at, load->Ist.WrTmp.data->Iex.Load.addr);

    if (type_bytes(load->Ist.WrTmp.data->Iex.Load.ty) < sizeof(Addr) && root != -2)
        return False;
    if (root == -2)
        return True;
    for (Int i = at + 1; root >= 0 && i < in->stmts_used; i++) {
        const IRStmt *st = in->stmts[i];
        if (st->tag == Ist_Put && st->Ist.Put.offset == root &&
            st->Ist.Put.data->tag == Iex_RdTmp &&
            st->Ist.Put.data->Iex.RdTmp.tmp == load->Ist.WrTmp.tmp)
            return True;
    }
    return False;
}
