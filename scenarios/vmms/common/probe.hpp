// PROBE("name", a, b): marks this place for the simulator's recorder. No instruction is emitted:
// the name, the address and where the values of the variables a and b are to be found go into a
// section that is never loaded. The arguments must be named variables: their names are the
// arguments' names in the event.
//
// What the simulator understands, when the VMM says it (`guest` counts from 0 and may be left out
// where there is one guest):
//   guest.memory   guest, base, size    its physical 0 lies at host-physical `base`
//   guest.start    guest                it is entered for the first time
//   guest.exit     guest, value         it wrote to its debug exit
//   guest.halt     guest                it halts, and nothing can wake it
//   guest.stopped  guest                the VMM runs it no more: it did what it must not
//   translation.cache  base, size       host-physical: translated code lies there
//   host.kernel        base, size       and there the code of a host kernel,
//   host.device_process, host.other_process  base, size    of its processes: what is left of the
//                                       image is the VMM's
//   vmm.copy           from, to, size   host-physical: the VMM has copied itself, probe points too
//   trip.NAME                           the leg NAME of the trip out of the guest and back begins
//                                       here, and lasts until the next of these points: reports
//                                       tell how often each leg was made, and its cycles
// A VMM with several guests ends the run when each has ended in one of these ways.
//
//   .ringside.probes: u32 size of the record, u32 address, "name\0", "a=%eax b=$12\0",
//                     padding to 4 bytes
#pragma once

#define PROBE_RECORD(name, arguments)                          \
    "990:\n\t.pushsection .ringside.probes,\"\",@progbits\n\t" \
    ".balign 4\n991:\t.long 992f-991b\n\t.long 990b\n\t"       \
    ".asciz \"" name "\"\n\t.asciz \"" arguments               \
    "\"\n\t"                                                   \
    ".balign 4\n992:\t.popsection"
// "rn": a register or a constant, never a stack slot that has moved by the time the probe is hit.
#define PROBE_VALUE(value) "rn"(static_cast<unsigned>(value))
#define PROBE_0(name) asm volatile(PROBE_RECORD(name, ""))
#define PROBE_1(name, a) asm volatile(PROBE_RECORD(name, #a "=%0") : : PROBE_VALUE(a))
#define PROBE_2(name, a, b) \
    asm volatile(PROBE_RECORD(name, #a "=%0 " #b "=%1") : : PROBE_VALUE(a), PROBE_VALUE(b))
#define PROBE_3(name, a, b, c)                                    \
    asm volatile(PROBE_RECORD(name, #a "=%0 " #b "=%1 " #c "=%2") \
                 :                                                \
                 : PROBE_VALUE(a), PROBE_VALUE(b), PROBE_VALUE(c))
#define PROBE_4(name, a, b, c, d)                                           \
    asm volatile(PROBE_RECORD(name, #a "=%0 " #b "=%1 " #c "=%2 " #d "=%3") \
                 :                                                          \
                 : PROBE_VALUE(a), PROBE_VALUE(b), PROBE_VALUE(c), PROBE_VALUE(d))
#define PROBE_5(name, a, b, c, d, e)                                                  \
    asm volatile(PROBE_RECORD(name, #a "=%0 " #b "=%1 " #c "=%2 " #d "=%3 " #e "=%4") \
                 :                                                                    \
                 : PROBE_VALUE(a), PROBE_VALUE(b), PROBE_VALUE(c), PROBE_VALUE(d), PROBE_VALUE(e))
#define PROBE_6(name, a, b, c, d, e, f)                                                            \
    asm volatile(PROBE_RECORD(name, #a "=%0 " #b "=%1 " #c "=%2 " #d "=%3 " #e "=%4 " #f "=%5")    \
                 :                                                                                 \
                 : PROBE_VALUE(a), PROBE_VALUE(b), PROBE_VALUE(c), PROBE_VALUE(d), PROBE_VALUE(e), \
                   PROBE_VALUE(f))
#define PROBE_SELECT(_1, _2, _3, _4, _5, _6, _7, chosen, ...) chosen
#define PROBE(...)                                                                             \
    PROBE_SELECT(__VA_ARGS__, PROBE_6, PROBE_5, PROBE_4, PROBE_3, PROBE_2, PROBE_1, PROBE_0, ) \
    (__VA_ARGS__)
