// Numbers and names are those of Xen's public interface for 32-bit guests (xen/include/public).
#include "ui/view/hypercall_words.hpp"

#include <vector>

#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

struct Command {
    u64 number;
    const char* name;
};
struct Hypercall {
    u64 number;
    const char* name;
    std::vector<const char*> arguments;
    std::vector<Command> commands;  ///< what the first argument means
};

const Hypercall* find(u64 number) {
    static const std::vector<Hypercall> all = {
        {0, "set_trap_table", {"list"}, {}},
        {1, "mmu_update", {"requests", "count", "done", "domain"}, {}},
        {2, "set_gdt", {"frames", "entries"}, {}},
        {3, "stack_switch", {"ss", "esp"}, {}},
        {4, "set_callbacks", {"event cs", "event eip", "failsafe cs", "failsafe eip"}, {}},
        {5, "fpu_taskswitch", {"set"}, {}},
        {10,
         "update_descriptor",
         {"machine address", "high", "descriptor low", "descriptor high"},
         {}},
        {13, "multicall", {"list", "count"}, {}},
        {14, "update_va_mapping", {"address", "value", "flags"}, {}},
        {15, "set_timer_op", {"deadline low", "deadline high"}, {}},
        {17, "xen_version", {"command"}, {}},
        {18, "console_io", {"command", "count", "buffer"}, {{0, "write"}, {1, "read"}}},
        {23, "iret", {}, {}},
        {26, "mmuext_op", {"operations", "count", "done", "domain"}, {}},
        {29,
         "sched_op",
         {"command", "argument"},
         {{0, "yield"}, {1, "block"}, {2, "shutdown"}, {3, "poll"}}},
        {32,
         "event_channel_op",
         {"command", "argument"},
         {{0, "bind_interdomain"},
          {1, "bind_virq"},
          {3, "close"},
          {4, "send"},
          {5, "status"},
          {6, "alloc_unbound"},
          {9, "unmask"}}},
    };
    for (const Hypercall& one : all)
        if (one.number == number) return &one;
    return nullptr;
}

}  // namespace

std::string hypercall_words(std::span<const u64> values) {
    const Hypercall* const call = values.empty() ? nullptr : find(values[0]);
    if (!call) return "";
    std::string arguments;
    for (size_t i = 0; i < call->arguments.size() && i + 1 < values.size(); ++i) {
        std::string value = hex(values[i + 1]);
        for (const Command& command : call->commands)
            if (i == 0 && command.number == values[1]) value = command.name;
        arguments += (i ? ", " : "") + std::string(call->arguments[i]) + " = " + value;
    }
    return call->name + (arguments.empty() ? "" : " (" + arguments + ")");
}

}  // namespace ringside::ui
