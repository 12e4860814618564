// One function for each kind of event.
#include "ui/view/event_words.hpp"

#include "sim/isa/flags.hpp"
#include "sim/isa/instructions.hpp"
#include "sim/isa/vectors.hpp"
#include "sim/isa/vmx.hpp"
#include "sim/trace/entry_failure.hpp"
#include "ui/view/hypercall_words.hpp"
#include "ui/view/number_text.hpp"
#include "ui/view/sensitive_words.hpp"

namespace ringside::ui {
namespace {

using trace::Event;
using trace::EventKind;

std::string ring(unsigned cpl) { return "ring " + std::to_string(cpl); }
std::string the(World world) {
    return world == World::Translated ? std::string(world_name(world))
                                      : "the " + std::string(world_name(world));
}
std::string vector_text(u8 vector) {
    const char* name = isa::vector_name(vector);
    return name ? name : "vector " + std::to_string(vector);
}
/// The first letter in capitals.
std::string sentence(std::string words) {
    if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = char(words[0] - 'a' + 'A');
    return words;
}
/// "cli" or "an instruction"
std::string instruction(const EventContext& c) {
    return c.code.empty() ? "an instruction" : "`" + c.code + "`";
}

std::string way(const Event& e, const EventContext& c) {
    return ring(e.cpl_before) + " → " + ring(e.cpl_after) +
           (c.from == c.to ? "" : ", to " + the(c.to));
}

std::string gp_reason(const Event& e) {
    const isa::InstructionRow& row = isa::row(isa::Op(e.op));
    if (row.sensitivity == isa::Sensitivity::Privileged)
        return manual_name(row.op) +
               " is privileged: it may run in ring 0 only. Elsewhere the CPU raises #GP, and "
               "whoever owns "
               "ring 0 decides what it means.";
    if (row.sensitivity == isa::Sensitivity::Conditional)
        return manual_name(row.op) +
               " may run only where the CPL is not above IOPL (or, for ports, where the TSS allows "
               "it). "
               "Here it is, so the CPU raises #GP.";
    return "A protection rule was broken: the error code names the selector, or 0 for none.";
}

std::string page_fault_text(const Event& e) {
    const u32 code = e.error_code;
    const std::string who = code & isa::pf::U ? "user" : "supervisor";
    const std::string did = code & isa::pf::I ? "fetch" : code & isa::pf::W ? "write" : "read";
    const std::string rule =
        code & isa::pf::P ? "the page does not allow it" : "no page is present there";
    return "A " + who + " " + did + " at " + hex(e.a) + ": " + rule + ".";
}

EventWords exception(const Event& e, const EventContext& c) {
    EventWords w;
    const std::string name = vector_text(e.vector);
    w.tone = Tone::Crossing;
    w.label = name;
    w.line = name + (c.code.empty() ? "" : " at " + c.code) + " → " + the(c.to);
    const bool guest_trap = c.from != World::Vmm && c.to == World::Vmm;
    if (e.vector == u8(isa::Vector::GP) && guest_trap && e.op != 0) {
        w.headline = "Trap: " + manual_name(isa::Op(e.op)) + " may not run at CPL " +
                     std::to_string(e.cpl_before);
        w.body = sentence(the(c.from)) + " executed " + instruction(c) +
                 ". The CPU refused, raised #GP and entered the VMM's handler in " +
                 ring(e.cpl_after) + ".";
        w.why = gp_reason(e);
        w.source = "SDM 3A \"Interrupt 13—General Protection Exception (#GP)\"";
        return w;
    }
    w.headline = name + (guest_trap ? ": the guest traps into the VMM" : ": " + way(e, c));
    w.body = sentence(the(c.from)) + " executed " + instruction(c) + ", which raised " + name +
             ". The CPU went " + way(e, c) + ".";
    if (e.vector == u8(isa::Vector::PF)) {
        w.why = page_fault_text(e);
        w.source = "SDM 3A \"Interrupt 14—Page-Fault Exception (#PF)\"";
    } else if (e.vector == u8(isa::Vector::GP)) {
        w.why = gp_reason(e);
        w.source = "SDM 3A \"Interrupt 13—General Protection Exception (#GP)\"";
    } else {
        w.source = "SDM 3A \"Exception and Interrupt Reference\"";
    }
    return w;
}

EventWords interrupt(const Event& e, const EventContext& c) {
    EventWords w;
    const bool hardware = e.kind == EventKind::ExternalInterrupt;
    w.tone = Tone::Crossing;
    w.label = hardware ? "interrupt" : "int " + hex(e.vector);
    w.line = (hardware ? "Interrupt " + hex(e.vector) : "int " + hex(e.vector)) + " → " + the(c.to);
    w.headline = hardware ? "A device interrupts: vector " + hex(e.vector)
                          : "Software interrupt " + hex(e.vector);
    w.body = (hardware ? sentence(the(c.from)) + " was running. "
                       : sentence(the(c.from)) + " executed " + instruction(c) + ". ") +
             "The CPU went through the gate of vector " + hex(e.vector) + ", " + way(e, c) + ".";
    w.why = hardware ? "The interrupt was accepted because the real IF is 1 (or because the CPU "
                       "was in VMX non-root operation and the VMM asked for it)."
                     : "The gate's DPL lets this ring call it; the TSS gives the new stack.";
    w.source = "SDM 3A \"Interrupt and Exception Handling\"";
    return w;
}

EventWords interrupt_return(const Event& e, const EventContext& c) {
    EventWords w;
    w.tone = Tone::Crossing;
    w.label = "IRET";
    w.line = "IRET → " + the(c.to) + ", " + ring(e.cpl_after);
    w.headline = e.cpl_before == e.cpl_after
                     ? "IRET: back to where it was interrupted"
                     : "IRET: back to " + the(c.to) + " in " + ring(e.cpl_after);
    w.body = sentence(the(c.from)) + " took EIP = " + hex(e.a) + ", CS and EFLAGS from the stack" +
             (e.cpl_after > e.cpl_before ? ", and the outer ring's stack with them." : ".");
    w.source = "SDM 2A \"IRET/IRETD/IRETQ—Interrupt Return\"";
    return w;
}

EventWords vm_exit(const Event& e, const EventContext& c) {
    EventWords w;
    const std::string reason = isa::exit_reason_name(u32(e.a));
    w.tone = Tone::Crossing;
    w.label = "exit: " + reason;
    w.line = "VM exit: " + reason + (c.code.empty() ? "" : " at " + c.code);
    w.headline = "VM exit: " + reason;
    w.body =
        "The guest, in its own " + ring(e.cpl_before) + ", reached " + instruction(c) +
        ". The CPU saved the guest's state into the VMCS and loaded the VMM's: VMX root operation.";
    w.why = "Basic exit reason " + std::to_string(e.a & 0xffff) + ", qualification " + hex(e.b) +
            ". The guest did not have to leave ring 0 for this: the controls in the VMCS decide "
            "what exits.";
    w.source = "SDM 3C \"VM Exits\"";
    return w;
}

EventWords vm_entry(const Event& e, const EventContext&) {
    EventWords w;
    w.tone = Tone::Crossing;
    w.label = "entry";
    w.line = "VM entry → guest at " + hex(e.a);
    w.headline = "VM entry: the guest goes on in its own " + ring(e.cpl_after);
    w.body =
        "The VMM executed VMLAUNCH or VMRESUME. The CPU checked the VMCS and loaded the guest's "
        "state: non-root operation, RIP = " +
        hex(e.a) + ".";
    w.source = "SDM 3C \"VM Entries\"";
    return w;
}

EventWords vm_entry_failure(const Event& e, const EventContext&) {
    const trace::EntryFailure failure = trace::explain_entry_failure(e);
    const std::string what = failure.field.empty() ? "the value" : failure.field;
    EventWords w;
    w.tone = Tone::Wrong;
    w.label = "entry fails";
    w.line = "VM entry fails: " + failure.rule + ", " + what + " = " + hex(failure.value);
    w.headline = "The VM entry fails check " + failure.rule;
    w.body = sentence(what) + " is " + hex(failure.value) + ". Allowed: " + failure.allowed +
             ". The VMM sees: " + failure.shows + ".";
    w.source = failure.source;
    return w;
}

EventWords sensitive(const Event& e, const EventContext& c) {
    EventWords w;
    const isa::Op op = isa::Op(e.op);
    const std::string name = manual_name(op);
    if (e.cpl_before == 0 && (c.native || e.non_root)) {
        w.line = name + " at CPL 0: as the guest expects";
        w.label = "";
        w.headline = name + " at CPL 0 does what the guest kernel expects";
        w.body = c.native ? "There is no VMM: the kernel owns ring 0."
                          : "In VMX non-root operation the guest kernel has a ring 0 of its own.";
        if (isa::row(op).effect == isa::Effect::SystemFlags && ((e.a ^ e.b) & isa::flags::IF))
            w.body += e.b & isa::flags::IF ? " IF is now 1." : " IF is now 0.";
        w.source = sensitive_words(op).source;
        return w;
    }
    if (c.from == World::Translated) {
        w.line = name + " in translated code";
        w.headline = name + " in translated code: expected there";
        w.body =
            "The translator put this " + name +
            " there itself. It knows that IF is not real here, and the instructions around it put "
            "the virtual flag in its place.";
        w.source = sensitive_words(op).source;
        return w;
    }
    const SensitiveWords words = sensitive_words(op);

    const bool system_flags = isa::row(op).effect == isa::Effect::SystemFlags;
    const bool changed = system_flags && ((e.a ^ e.b) & isa::flags::IF) != 0;
    const std::string effect = changed ? "IF was changed" : words.headline;
    w.tone = c.wrong ? Tone::Wrong : Tone::Silent;
    w.line = name + " did not trap: " + effect;
    w.label = name + ": no trap";
    w.headline =
        name + " ran at CPL " + std::to_string(e.cpl_before) + " without trapping: " + effect;
    w.body = sentence(the(c.from)) + " executed " + instruction(c) +
             ". It is sensitive but not privileged, so no exception told the VMM.";
    if (c.wrong) w.body += " On the bare machine the result is another.";
    w.why = words.why;
    w.source = words.source;
    return w;
}

EventWords control_write(const Event& e, const EventContext& c) {
    EventWords w;
    const std::string name = "CR" + std::to_string(e.vector);
    w.line = name + " = " + hex(e.b);
    w.headline = sentence(the(c.from)) + " loads " + name;
    w.body = name + " was " + hex(e.a) + " and is now " + hex(e.b) + ".";
    if (e.vector == 3)
        w.why = "CR3 holds the address of the page directory: another address space.";
    w.source = "SDM 3A \"Control Registers\"";
    return w;
}

EventWords port(const Event& e, const EventContext& c) {
    EventWords w;
    const bool write = e.kind == EventKind::PortWrite;
    w.line = (write ? "OUT " + hex(e.a) + " ← " : "IN " + hex(e.a) + " → ") + hex(e.b);
    w.headline = sentence(the(c.from)) + (write ? " writes port " : " reads port ") + hex(e.a);
    w.body = std::string("The value is ") + hex(e.b) + ". Ports are how the CPU talks to devices.";
    w.source = "SDM 1 \"Input/Output\"";
    return w;
}

struct ProbeWords {
    const char* name;
    const char* headline;
    const char* body;
};
/// The names are the contract of scenarios/vmms/common/probe.hpp and its users.
constexpr ProbeWords probes[] = {
    {"vmm.ready", "The VMM has set itself up", "Its tables are loaded; next it starts the guest."},
    {"guest.start", "The guest starts", "The VMM enters the guest's first instruction."},
    {"guest.exit", "The guest asks to end", "It wrote to the debug exit port."},
    {"guest.stopped", "The VMM ends the guest",
     "It did what no guest may: the VMM's report on its serial line says what."},
    {"guest.interrupt", "The VMM delivers a virtual interrupt",
     "It makes the guest's stack and EIP look as the hardware would have."},
    {"trap.emulate", "The VMM emulates the instruction",
     "It does to the virtual CPU what the instruction would have done to a real one."},
    {"trap.reflect", "The VMM reflects the exception into the guest",
     "The guest's own handler gets it."},
    {"bt.block.begin", "The translator starts a block",
     "It decodes the guest's instructions until the next jump."},
    {"bt.block.end", "The block is translated",
     "Its code is in the translation cache from now on."},
    {"bt.insn", "One instruction is translated", ""},
    {"bt.callout", "Translated code calls the VMM",
     "What cannot be done in the cache is done by the VMM."},
    {"bt.chain", "Two blocks are chained", "The first will jump to the second without the VMM."},
    {"bt.flush", "The translation cache is emptied", ""},
    {"bt.invalidate", "A translation is thrown away", "The guest wrote to the code it came from."},
    {"apic.access", "The guest reaches for its local APIC",
     "Its registers' page is not mapped: the VMM does the load or store on a virtual one."},
    {"shadow.space", "The guest changes its address space", "The shadow of the new one is in force."},
    {"shadow.trace", "A page table of the guest's is traced",
     "It is read-only in the shadow page tables: a store to it will trap."},
    {"shadow.traced", "The guest stores into a traced page table",
     "The VMM does the store, and forgets what it had made from that entry."},
    {"shadow.untrace", "A page is traced no more", "Nothing is made from it."},
    {"hypercall", "The guest asks the VMM: a hypercall",
     "The guest's source was changed to ask where it could not trap."},
    {"pv.event", "An event is sent to the guest", "It takes the place of an interrupt."},
    {"pv.page_update", "The VMM has checked a page-table update, and made it", ""},
    {"pv.page_update.refused", "The VMM refuses a page-table update",
     "The guest may not map that frame, or not so."},
    {"pv.send", "A guest sends an event to the other", "All it says is by which channel it came."},
    {"pv.switch", "The VMM turns to another guest",
     "From here on the page tables, the GDT and the registers are that guest's."},
    {"host.system_call", "A process of the host makes a system call", ""},
    {"host.to_guest", "The host's kernel lets the guest run", "In the time of its device process."},
    {"host.to_process", "The host's kernel goes back to the device process",
     "Its call `run` returns, and says what the guest needs."},
    {"device.port", "The device process does the guest's port access", ""},
    {"world.to_vmm", "The driver switches to the VMM's world",
     "Page tables, descriptor tables and all registers of the system change."},
    {"world.to_host", "The VMM has switched to the host's world", ""},
    {"vtx.exit", "The VMM looks at the exit reason", ""},
    {"vtx.enter", "The VMM resumes the guest", ""},
};

EventWords probe(const Event& e, const EventContext& c) {
    EventWords w;
    std::string values;
    for (const auto& [name, value] : c.arguments)
        values += (values.empty() ? "" : ", ") + name + " = " + hex(value);
    w.line = c.probe + (values.empty() ? "" : " (" + values + ")");
    w.label = c.probe;
    w.headline = c.probe;
    if (c.probe.starts_with("trip.")) {
        w.tone = Tone::Crossing;
        w.label = "call";
        w.line = "From " + the(c.from) + " to " + the(c.to) + ", in the same ring";
        w.headline = w.line;
        w.body = "A function call: both are code of ring 0 in one image.";
    }
    for (const ProbeWords& known : probes) {
        if (c.probe != known.name) continue;
        w.headline = known.headline;
        w.body = known.body;
        w.line = known.headline + (values.empty() ? "" : " (" + values + ")");
    }
    if (c.probe == "hypercall") {
        std::vector<u64> numbers;
        for (const auto& [name, value] : c.arguments) numbers.push_back(value);
        if (const std::string words = hypercall_words(numbers); !words.empty()) {
            w.headline = "Hypercall: the guest asks for " + words.substr(0, words.find(' '));
            w.line = "Hypercall " + words;
            w.label = words.substr(0, words.find(' '));
        }
    }
    if (c.probe == "trap.emulate" && !c.code.empty()) {
        w.headline = "The VMM emulates `" + c.code + "`";
        w.line = "The VMM emulates " + c.code;
    }
    if (!values.empty())
        w.why = "Probe point " + c.probe + ": " + values + ".";
    else
        w.why = "Probe point " + c.probe + " at " + hex(e.address.value) + ".";
    return w;
}

EventWords ending(const Event& e, const EventContext& c) {
    EventWords w;
    if (e.kind == EventKind::Shutdown) {
        w = {Tone::Wrong,
             "Triple fault: the CPU shuts down",
             "triple fault",
             "Triple fault: the CPU shuts down",
             "A fault happened while the CPU was delivering a double fault.",
             "",
             "SDM 3A \"Interrupt 8—Double Fault Exception (#DF)\""};
    } else if (e.kind == EventKind::VmxAbort) {
        w = {Tone::Wrong,
             "VMX abort " + std::to_string(e.a),
             "VMX abort",
             "VMX abort: the CPU shuts down",
             std::string("A VM exit could not be completed: ") + isa::vmx_abort_name(e.a) + ".",
             "",
             "SDM 3C \"VMX Aborts\""};
    } else if (e.kind == EventKind::DebugExit) {
        w = {Tone::Good,
             "The guest ends the run: value " + grouped(e.a),
             "exit",
             "The guest has finished",
             "It wrote " + hex(e.a) + " to the debug exit port.",
             "",
             ""};
    } else {
        w = {Tone::Plain,
             sentence(the(c.from)) + " halts",
             "HLT",
             sentence(the(c.from)) + " halts",
             e.a ? "The CPU waits for an interrupt."
                 : "Interrupts are off: nothing will wake the CPU.",
             "",
             "SDM 2A \"HLT—Halt\""};
    }
    return w;
}

EventWords vmx_switch(const Event& e) {
    EventWords w;
    const bool on = e.kind == EventKind::VmxOn;
    w.tone = Tone::Crossing;
    w.line = w.label = on ? "VMXON" : "VMXOFF";
    w.headline =
        on ? "VMXON: the CPU enters VMX root operation" : "VMXOFF: the CPU leaves VMX operation";
    w.body =
        on ? "From here on there are two worlds, root and non-root, each with rings of its own."
           : "";
    w.source = "SDM 3C \"Introduction to Virtual Machine Extensions\"";
    return w;
}

EventWords ring_change(const Event& e, const EventContext& c) {
    EventWords w;
    w.tone = Tone::Crossing;
    w.line = sentence(way(e, c));
    w.label = ring(e.cpl_after);
    w.headline = sentence(way(e, c));
    w.body = "The next instruction is at " + hex(e.a) + ".";
    w.source = "SDM 3A \"Privilege Levels\"";
    return w;
}

}  // namespace

EventWords words_for(const Event& event, const EventContext& context) {
    switch (event.kind) {
        case EventKind::Exception: return exception(event, context);
        case EventKind::ExternalInterrupt:
        case EventKind::SoftwareInterrupt: return interrupt(event, context);
        case EventKind::InterruptReturn: return interrupt_return(event, context);
        case EventKind::RingChange: return ring_change(event, context);
        case EventKind::VmxOn:
        case EventKind::VmxOff: return vmx_switch(event);
        case EventKind::VmEntry: return vm_entry(event, context);
        case EventKind::VmEntryFailure: return vm_entry_failure(event, context);
        case EventKind::VmExit: return vm_exit(event, context);
        case EventKind::Sensitive: return sensitive(event, context);
        case EventKind::Probe: return probe(event, context);
        case EventKind::ControlWrite: return control_write(event, context);
        case EventKind::PortRead:
        case EventKind::PortWrite: return port(event, context);
        case EventKind::Halt:
        case EventKind::DebugExit:
        case EventKind::Shutdown:
        case EventKind::VmxAbort: return ending(event, context);
    }
    return {};
}

}  // namespace ringside::ui
