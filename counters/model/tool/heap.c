/*
 * Where heap objects come from, without replacing the allocator: allocating functions are known by
 * name when their entry is translated; their arguments are read on the way in, their result
 * on the way out. Of nested calls (operator new calls malloc) the outermost counts.
 */
#include "pub_tool_aspacemgr.h"
#include "pub_tool_machine.h"
#include "pub_tool_oset.h"
#include "pub_tool_stacktrace.h"
#include "pub_tool_xarray.h"

#include "guest.h"
#include "heap_names.h"

#define DEPTH         8 /* return addresses of a hwm_allocation */
#define STACK_BUCKETS 16384

struct stack { /* where allocations were made: each kept once */
    struct stack *next;
    Addr callers[DEPTH];
};

struct object { /* a live one */
    Addr address;
    SizeT bytes;
    struct stack *stack;
};

struct call { /* of a task that is inside an allocating function */
    Bool is_pending;
    enum hwm_allocator kind;
    Addr return_address, stack_pointer;
    SizeT bytes;
    Addr out;          /* posix_memalign: where the address goes */
    struct object old; /* realloc: what it had, in case it fails */
    struct stack *stack;
};

UInt hwm_heap_pending;

static OSet *objects; /* struct object by address */
static XArray *calls; /* struct call by the task's index */
static struct stack *stacks[STACK_BUCKETS];

static Bool is_on(void)
{
    return (hwm_machine.flags & HWM_ALLOCATIONS) != 0;
}

void hwm_heap_init(void)
{
    objects =
        VG_(OSetGen_Create_With_Pool)(offsetof(struct object, address), NULL, VG_(malloc),
                                      "hwm.heap.objects", VG_(free), 1024, sizeof(struct object));
    calls = VG_(newXA)(VG_(malloc), "hwm.heap.calls", VG_(free), sizeof(struct call));
}

Bool hwm_heap_is_entry(Addr address)
{
    return is_on() && hwm_allocator_at(address) != HWM_NO_ALLOCATOR;
}

/* --- stacks ---------------------------------------------------------------------------------- */

static struct stack *intern(const Addr callers[DEPTH])
{
    ULong hash = 0;
    struct stack **bucket, *s;

    for (UInt i = 0; i < DEPTH; i++)
        hash = (hash ^ callers[i]) * 0x9e3779b97f4a7c15ull;
    bucket = &stacks[(hash >> 40) % STACK_BUCKETS];
    for (s = *bucket; s; s = s->next)
        if (!VG_(memcmp)(s->callers, callers, sizeof s->callers))
            return s;
    s = VG_(malloc)("hwm.heap.stack", sizeof *s);
    VG_(memcpy)(s->callers, callers, sizeof s->callers);
    s->next = *bucket;
    *bucket = s;
    return s;
}

/* The callers of the function whose first instruction the task is at. */
static struct stack *callers_of(Addr entry)
{
    ThreadId thread = hwm_task->thread;
    Addr ips[DEPTH + 1], callers[DEPTH] = {0};
    UInt n = VG_(get_StackTrace)(thread, ips, DEPTH + 1, NULL, NULL,
                                 (Word)(entry - VG_(get_IP)(thread)));

    for (UInt i = 1; i < n; i++)
        callers[i - 1] = ips[i] + 1; /* from the call's last byte to where it returns */
    return intern(callers);
}

/* --- objects --------------------------------------------------------------------------------- */

/* Takes an object out; returns what was known of it (bytes 0: nothing). */
static struct object forget(Addr address)
{
    struct object *o = address ? VG_(OSetGen_Remove)(objects, &address) : NULL;
    struct object old = {0};

    if (o) {
        old = *o;
        VG_(OSetGen_FreeNode)(objects, o);
    }
    return old;
}

static void remember(Addr address, SizeT bytes, struct stack *stack)
{
    struct object *o;

    forget(address); /* freed in a way that nobody saw */
    o = VG_(OSetGen_AllocNode)(objects, sizeof *o);
    *o = (struct object){address, bytes, stack};
    VG_(OSetGen_Insert)(objects, o);
}

static Word compare_inside(const void *key, const void *element)
{
    Addr address = *(const Addr *)key;
    const struct object *o = element;

    if (address < o->address)
        return -1;
    return address - o->address >= (o->bytes ? o->bytes : 1);
}

/* Beyond the outermost function the unwinder may guess. */
static void copy_callers(Addr ret[DEPTH], const Addr callers[DEPTH])
{
    UInt i;

    for (i = 0; i < DEPTH && callers[i]; i++) {
        const NSegment *segment = VG_(am_find_nsegment)(callers[i] - 1);

        if (!segment || !segment->hasX)
            break;
        ret[i] = callers[i];
    }
    for (; i < DEPTH; i++)
        ret[i] = 0;
}

Bool hwm_heap_find(Addr address, struct hwm_allocation *ret)
{
    const struct object *o;

    if (!is_on())
        return False;
    o = VG_(OSetGen_LookupWithCmp)(objects, &address, compare_inside);
    if (!o)
        return False;
    ret->address = o->address;
    ret->bytes = o->bytes;
    copy_callers(ret->allocator, o->stack->callers);
    return True;
}

/* --- calls ----------------------------------------------------------------------------------- */

static struct call *call_of(const struct hwm_task *task)
{
    static const struct call none;

    while (VG_(sizeXA)(calls) <= (Word)task->index)
        VG_(addToXA)(calls, &none);
    return VG_(indexXA)(calls, (Word)task->index);
}

static void finish(struct call *call)
{
    call->is_pending = False;
    hwm_heap_pending--;
}

/* What the call asks for, from its arguments. */
static void read_arguments(struct call *call, ThreadId thread)
{
    UWord first = hwm_guest_argument(thread, 0), second = hwm_guest_argument(thread, 1);

    call->old = (struct object){0};
    switch (call->kind) {
    case HWM_ALLOCATOR_SIZE:
        call->bytes = first;
        break;
    case HWM_ALLOCATOR_PRODUCT:
        call->bytes = first * second;
        break;
    case HWM_ALLOCATOR_ALIGNED:
        call->bytes = second;
        break;
    case HWM_ALLOCATOR_POSIX:
        call->out = first;
        call->bytes = hwm_guest_argument(thread, 2);
        break;
    case HWM_ALLOCATOR_RESIZE:
        call->bytes = second;
        call->old = forget(first);
        break;
    default:
        break;
    }
}

void hwm_heap_enter(Addr address)
{
    struct call *call;
    Addr stack;

    if (!hwm_task)
        return;
    call = call_of(hwm_task);
    stack = VG_(get_SP)(hwm_task->thread);
    if (call->is_pending) {
        if (stack < call->stack_pointer)
            return;   /* inside another one */
        finish(call); /* it was left by an exception or longjmp */
    }
    call->kind = hwm_allocator_at(address);
    if (call->kind == HWM_ALLOCATOR_FREE) {
        forget(hwm_guest_argument(hwm_task->thread, 0));
        call->bytes = 0;
    } else {
        read_arguments(call, hwm_task->thread);
        call->stack = callers_of(address);
    }
    call->return_address = hwm_guest_return_address(hwm_task->thread, stack);
    call->stack_pointer = stack;
    call->is_pending = True;
    hwm_heap_pending++;
}

/* The address that the call has returned; 0: it failed. */
static Addr result_of(const struct call *call, ThreadId thread)
{
    UWord result = hwm_guest_result(thread);

    if (call->kind != HWM_ALLOCATOR_POSIX)
        return result;
    return (UInt)result ? 0 : *(const Addr *)call->out;
}

void hwm_heap_return(Addr address, Addr stack)
{
    struct call *call;
    Addr result;

    if (!hwm_task)
        return;
    call = call_of(hwm_task);
    if (!call->is_pending || address != call->return_address || stack < call->stack_pointer)
        return;
    finish(call);
    if (call->kind == HWM_ALLOCATOR_FREE)
        return;
    result = result_of(call, hwm_task->thread);
    if (result)
        remember(result, call->bytes, call->stack);
    else if (call->old.stack && call->bytes)
        remember(call->old.address, call->old.bytes, call->old.stack); /* realloc left it alone */
}
