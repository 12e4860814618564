#include "sim/session/recording.hpp"

namespace ringside::session {
namespace {

std::string_view name_of(trace::EventKind kind) {
    using enum trace::EventKind;
    switch (kind) {
        case Exception: return "Exception";
        case ExternalInterrupt: return "ExternalInterrupt";
        case SoftwareInterrupt: return "SoftwareInterrupt";
        case InterruptReturn: return "InterruptReturn";
        case RingChange: return "RingChange";
        case VmxOn: return "VmxOn";
        case VmxOff: return "VmxOff";
        case VmEntry: return "VmEntry";
        case VmEntryFailure: return "VmEntryFailure";
        case VmExit: return "VmExit";
        case Sensitive: return "Sensitive";
        case Probe: return "Probe";
        case ControlWrite: return "ControlWrite";
        case PortRead: return "PortRead";
        case PortWrite: return "PortWrite";
        case Halt: return "Halt";
        case DebugExit: return "DebugExit";
        case Shutdown: return "Shutdown";
        case VmxAbort: return "VmxAbort";
    }
    return "";
}

}  // namespace

std::string Recorded::name() const {
    return probe.empty() ? std::string(name_of(event.kind)) : probe;
}

}  // namespace ringside::session
