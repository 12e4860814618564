// Binary translation: run the guest's kernel in ring 1, but never its own bytes. What runs is a
// translation, in which every sensitive instruction has become something that is right.
//
//      linear addresses                     who may go there                      ring
//   FFFFFFFF +--------------------------+
//            |  VMM: this program, and  |     supervisor pages, and                0
//            |  all of host memory      |     beyond every guest segment
//            |  +--------------------+  |
//            |  | translation cache  |  |     CS in ring 1 is this, and nothing    1  runs
//            |  +--------------------+  |     else: execute only
//            |  | cache_data         |  |     GS in ring 1: read and write         1  reads, writes
//            |  +--------------------+  |
//   FC000000 +--------------------------+ <-- where DS, ES, SS, FS end
//            |  the guest's kernel      |     read, written, never executed        1  ("0")
//            |  and its applications,   |     executed as they are                  3
//            |  where its page tables   |
//            |  say (by shadow tables)  |
//   00000000 +--------------------------+
//
//   guest kernel code --(when it is first to run)--> translator --> block in the cache
//        ^ a write to it: the page is traced, its blocks become stale      |
//                                                                          v
//   VMM <-- INT: a call-out, a block that is missing -- | block | -> | block | -> ...  (chained)
//   VMM <-- faults, interrupts: mapped back to the guest's EIP by the block's table of sites
//   VMM <-- faults, interrupts, INT n -- applications, directly executed
//
// After Adams and Agesen, "A Comparison of Software and Hardware Techniques for x86
// Virtualization", ASPLOS 2006, section 3.
//
// Read on: monitor.cpp (what comes to the VMM), translator.hpp (what becomes of each instruction),
// common/translation_cache (where it lies), boundary.cpp (the guest's state against the cache's),
// adaptation.hpp (loads and stores that keep trapping). Of two guests each has all of this for
// itself, the cache too: common/two_guests.hpp.
//
// Options: cache=KIB, how much of the translation cache is used (4 to 128; all of it);
// watchdog=N (common/watchdog.hpp).
#include "scenarios/vmms/binary-translation/monitor.hpp"
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/first_frame.hpp"
#include "scenarios/vmms/common/two_guests.hpp"

namespace {
constinit ringside::vmm::Monitor monitor;
}

void ringside::vmm::vmm_on_trap(TrapFrame& frame) { on_trap(monitor, frame); }

void ringside::vmm::begin_guest() {
    const LoadedGuest& loaded = prepare(monitor.guest);
    TrapFrame frame = first_frame(loaded);
    const u32 kib = CommandLine(loaded.command_line).number("cache", CodeCache::size / 1024);
    start_guest(monitor, frame, kib * 1024);
    vmm_enter(frame);
}

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    ringside::vmm::run_guests(magic, boot_info);
}
