// Events in words.
#include "ui/view/event_words.hpp"

#include <doctest/doctest.h>

#include "sim/isa/flags.hpp"
#include "sim/isa/instructions.hpp"
#include "sim/isa/vmx.hpp"
#include "sim/trace/entry_failure.hpp"
#include "ui/view/number_text.hpp"

using namespace ringside;
using namespace ringside::ui;
using trace::Event;
using trace::EventKind;

namespace {

Event popf(u64 before, u64 after, u8 cpl) {
    Event e;
    e.kind = EventKind::Sensitive;
    e.op = u16(isa::Op::POPF);
    e.cpl_before = e.cpl_after = cpl;
    e.a = before;
    e.b = after;
    return e;
}
EventContext guest_kernel(const char* code) {
    EventContext c;
    c.from = c.to = World::GuestKernel;
    c.code = code;
    return c;
}

}  // namespace

TEST_CASE("POPF at ring 1 is said not to have trapped and not to have changed IF") {
    const EventWords w = words_for(popf(isa::flags::IF, isa::flags::IF, 1), guest_kernel("popfd"));
    CHECK(w.headline == "POPF ran at CPL 1 without trapping: IF was not changed");
    CHECK(w.tone == Tone::Silent);
    CHECK(w.source == "SDM 2B \"POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register\"");
}

TEST_CASE("POPF that did change IF is not said to have left it alone") {
    const EventWords w = words_for(popf(0, isa::flags::IF, 1), guest_kernel("popfd"));
    CHECK(w.headline == "POPF ran at CPL 1 without trapping: IF was changed");
}

TEST_CASE("A sensitive instruction whose result differs from native is wrong, not only silent") {
    EventContext c = guest_kernel("popfd");
    c.wrong = true;
    CHECK(words_for(popf(0, 0, 1), c).tone == Tone::Wrong);
}

TEST_CASE("A sensitive instruction in the ring the guest expects is no hole") {
    EventContext c = guest_kernel("popfd");
    Event e = popf(0, isa::flags::IF, 0);
    SUBCASE("on the bare machine") { c.native = true; }
    SUBCASE("in VMX non-root operation") { e.non_root = true; }
    const EventWords w = words_for(e, c);
    CHECK(w.tone == Tone::Plain);
    CHECK(w.headline.find("without trapping") == std::string::npos);
    CHECK(w.body.find("IF is now 1.") != std::string::npos);
}

TEST_CASE("What the translator itself put into translated code is no hole") {
    EventContext c = guest_kernel("popfd");
    c.from = c.to = World::Translated;
    const EventWords w = words_for(popf(0, 0, 1), c);
    CHECK(w.tone == Tone::Plain);
    CHECK(w.headline == "POPF in translated code: expected there");
}

TEST_CASE("A #GP of a privileged instruction says what may not run where, and who takes over") {
    Event e;
    e.kind = EventKind::Exception;
    e.vector = 13;
    e.has_error_code = true;
    e.op = u16(isa::Op::HLT);
    e.cpl_before = 1;
    EventContext c = guest_kernel("hlt");
    c.to = World::Vmm;
    const EventWords w = words_for(e, c);
    CHECK(w.headline == "Trap: HLT may not run at CPL 1");
    CHECK(w.body ==
          "The guest kernel executed `hlt`. The CPU refused, raised #GP and entered the VMM's "
          "handler in ring 0.");
    CHECK(w.why.rfind("HLT is privileged", 0) == 0);
    CHECK(w.line == "#GP at hlt → the VMM");
}

TEST_CASE("CLI is called conditional, not privileged") {
    Event e;
    e.kind = EventKind::Exception;
    e.vector = 13;
    e.op = u16(isa::Op::CLI);
    e.cpl_before = 1;
    EventContext c = guest_kernel("cli");
    c.to = World::Vmm;
    CHECK(words_for(e, c).why.rfind("CLI may run only where the CPL is not above IOPL", 0) == 0);
}

TEST_CASE("A page fault tells who, what and why not") {
    Event e;
    e.kind = EventKind::Exception;
    e.vector = 14;
    e.a = 0x400000;
    const struct {
        u32 code;
        const char* words;
    } rows[] = {{0, "A supervisor read at 0x400000: no page is present there."},
                {7, "A user write at 0x400000: the page does not allow it."},
                {0x14, "A user fetch at 0x400000: no page is present there."}};
    for (const auto& row : rows) {
        e.error_code = row.code;
        CHECK(words_for(e, guest_kernel("mov eax, [ebx]")).why == row.words);
    }
}

TEST_CASE("A VM exit is named by its basic reason") {
    Event e;
    e.kind = EventKind::VmExit;
    e.a = u64(isa::ExitReason::HLT);
    const EventWords w = words_for(e, guest_kernel("hlt"));
    CHECK(w.line == "VM exit: HLT at hlt");
    CHECK(w.tone == Tone::Crossing);
}

TEST_CASE("A probe point shows its arguments' values") {
    Event e;
    e.kind = EventKind::Probe;
    EventContext c;
    c.probe = "trap.emulate";
    c.arguments = {{"eip", 0x100120}, {"opcode", 0xfa}};
    const EventWords w = words_for(e, c);
    CHECK(w.line == "The VMM emulates the instruction (eip = 0x100120, opcode = 0xfa)");
    CHECK(w.headline == "The VMM emulates the instruction");
    c.code = "cli";
    CHECK(words_for(e, c).line == "The VMM emulates cli");
}

TEST_CASE("A hypercall shows its name, and all that it asks for") {
    Event e;
    e.kind = EventKind::Probe;
    EventContext c;
    c.probe = "hypercall";
    const auto line = [&](std::vector<u64> values) {
        const char* const names[] = {"number", "a1", "a2", "a3", "a4", "a5"};
        c.arguments.clear();
        for (size_t i = 0; i < values.size(); ++i) c.arguments.push_back({names[i], values[i]});
        return words_for(e, c).line;
    };
    CHECK(line({1, 0x104000, 3, 0, 0x7ff0, 9}) ==
          "Hypercall mmu_update (requests = 0x104000, count = 0x3, done = 0x0, domain = 0x7ff0)");
    CHECK(line({29, 2, 0x1045c4, 0, 0, 0}) ==
          "Hypercall sched_op (command = shutdown, argument = 0x1045c4)");
    CHECK(line({29, 7, 0, 0, 0, 0}) == "Hypercall sched_op (command = 0x7, argument = 0x0)");
    CHECK(line({23, 1, 2, 3, 4, 5}) == "Hypercall iret");
    CHECK(line({99, 1}) == "The guest asks the VMM: a hypercall (number = 0x63, a1 = 0x1)");
}

TEST_CASE("Every kind of event has a line and a headline") {
    for (unsigned kind = 0; kind <= unsigned(EventKind::Shutdown); ++kind) {
        Event e;
        e.kind = EventKind(kind);
        EventContext c = guest_kernel("nop");
        c.probe = "anything";
        const EventWords w = words_for(e, c);
        CAPTURE(kind);
        CHECK_FALSE(w.line.empty());
        CHECK_FALSE(w.headline.empty());
    }
}

TEST_CASE("Numbers are grouped by three digits") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1 000");
    CHECK(grouped(12345678) == "12 345 678");
    CHECK(hex32(0x1f) == "0000001f");
    CHECK(counted(1, "cycle", "cycles") == "1 cycle");
    CHECK(counted(1200, "cycle", "cycles") == "1 200 cycles");
}

TEST_CASE(
    "a failed VM entry: the rule, the field, the value, what is allowed, the manual's title") {
    Event e;
    e.kind = EventKind::VmEntryFailure;
    e.a = 60;
    e.b = 0xc091;
    const trace::EntryFailure failure = trace::explain_entry_failure(e);
    REQUIRE(!failure.rule.empty());
    REQUIRE(!failure.allowed.empty());
    const EventWords w = words_for(e, {});
    CHECK(w.tone == Tone::Wrong);
    CHECK(w.headline.find(failure.rule) != std::string::npos);
    CHECK(w.line.find(failure.field) != std::string::npos);
    CHECK(w.body.find("0xc091") != std::string::npos);
    CHECK(w.body.find(failure.allowed) != std::string::npos);
    CHECK(w.source == failure.source);
    CHECK(w.source.starts_with("SDM 3C"));
}
