#include "sim/session/event_title.hpp"

#include <fmt/format.h>

#include "sim/isa/entry_rules.hpp"
#include "sim/isa/instructions.hpp"
#include "sim/isa/vectors.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::session {

std::string title_of(const Recorded& recorded) {
    using enum trace::EventKind;
    const trace::Event& e = recorded.event;
    switch (e.kind) {
        case Exception: {
            const char* name = isa::vector_name(e.vector);
            return name ? name : fmt::format("exception {:#x}", e.vector);
        }
        case ExternalInterrupt: return fmt::format("interrupt {:#x}", e.vector);
        case SoftwareInterrupt: return fmt::format("int {:#x}", e.vector);
        case InterruptReturn: return "IRET";
        case RingChange: return fmt::format("ring {} to ring {}", e.cpl_before, e.cpl_after);
        case VmxOn: return "VMXON";
        case VmxOff: return "VMXOFF";
        case VmEntry: return "VM entry";
        case VmEntryFailure:
            return fmt::format("VM entry fails by rule {}", isa::entry_rules[e.a].id);
        case VmExit: return fmt::format("VM exit: {}", isa::exit_reason_name(u32(e.a) & 0xffff));
        case Sensitive: return fmt::format("{} does not trap", isa::row(isa::Op(e.op)).name);
        case Probe: return recorded.probe;
        case ControlWrite: return fmt::format("CR{} = {:#x}", e.vector, e.b);
        case PortRead: return fmt::format("in {:#x} = {:#x}", e.a, e.b);
        case PortWrite: return fmt::format("out {:#x} = {:#x}", e.a, e.b);
        case Halt: return "HLT";
        case DebugExit: return fmt::format("the guest ends with {:#x}", e.a);
        case Shutdown: return "triple fault";
        case VmxAbort: return "VMX abort";
    }
    return recorded.name();
}

}  // namespace ringside::session
