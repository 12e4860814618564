// Rows and verdicts.
#include "ui/view/make_bottom_views.hpp"

#include <algorithm>

#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

/// What does not fit a terminal's column is shown as a dot.
std::string printable(std::string_view line) {
    std::string out;
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r') continue;
        out += c == '\t' ? ' ' : byte < 32 || byte > 126 ? '.' : c;
    }
    return out;
}

CostPart part(const char* name, u64 cycles, u64 all, int world) {
    const double share = all ? double(cycles) / double(all) : 0;
    return {name, grouped(cycles) + " · " + std::to_string(int(share * 100 + 0.5)) + " %", share,
            world};
}

}  // namespace

SerialView make_serial_view(const std::string& serial) {
    SerialView view;
    view.empty = "Nothing has been written to the serial port yet.";
    for (size_t from = 0; from < serial.size();) {
        const size_t end = std::min(serial.find('\n', from), serial.size());
        view.lines.push_back(printable(std::string_view(serial).substr(from, end - from)));
        from = end + 1;
    }
    return view;
}

CounterView make_counter_view(const Tally& t) {
    CounterView view;
    view.total = counted(t.cycles, "cycle", "cycles");
    const u64 all = t.by.sum();
    view.cost.push_back(part("guest", t.by.guest, all, int(World::GuestKernel)));
    if (t.by.translated)
        view.cost.push_back(part("translated code", t.by.translated, all, int(World::Translated)));
    if (!t.native) view.cost.push_back(part("VMM", t.by.vmm, all, int(World::Vmm)));
    const auto add_cost = [&](const char* name, u64 cycles, World world) {
        if (cycles) view.cost.push_back(part(name, cycles, all, int(world)));
    };
    add_cost("host kernel", t.by.host, World::Host);
    add_cost("device process", t.by.device_process, World::HostProcess);
    add_cost("other process", t.by.other_process, World::HostProcess);
    view.cost.push_back(part("transitions", t.by.transition, all, -1));
    view.rows = {{"instructions", grouped(t.instructions), "Instructions retired, of every world."},
                 {"ring crossings", grouped(t.ring_crossings), "How often the CPL changed."},
                 {"traps", grouped(t.traps), "Exceptions delivered."}};
    const auto add = [&view](const char* name, u64 count, const char* meaning) {
        if (count) view.rows.push_back({name, grouped(count), meaning});
    };
    add("VM exits", t.vm_exits, "From VMX non-root to root operation.");
    add("hypercalls", t.hypercalls, "The guest asked the VMM by software interrupt.");
    add("blocks translated", t.translated_blocks,
        "Blocks of guest code that the translator has put into its cache.");
    return view;
}

ObservationView make_observation_view(
    const std::vector<Seen>& here, const std::optional<std::vector<session::Observation>>& native,
    bool is_native) {
    ObservationView view;
    view.empty = "This guest records no observations.";
    size_t different = 0, same = 0;
    for (const Seen& seen : here) {
        ObservationRow row;
        row.name = seen.name;
        if (seen.written) row.here = hex(seen.value);
        if (native) {
            const auto at = std::find_if(native->begin(), native->end(),
                                         [&](const auto& o) { return o.name == seen.name; });
            if (at != native->end()) {
                row.native = hex(at->value);
                if (seen.written)
                    row.agreement =
                        at->value == seen.value ? Agreement::Same : Agreement::Different;
            }
        }
        if (row.agreement == Agreement::Different) row.culprit = seen.culprit;
        different += row.agreement == Agreement::Different;
        same += row.agreement == Agreement::Same;
        view.rows.push_back(std::move(row));
    }
    if (different) {
        view.tone = Tone::Wrong;
        view.verdict =
            counted(different, "answer differs", "answers differ") + " from the bare machine";
    } else if (is_native) {
        view.verdict = "The bare machine: the truth that the others are compared with";
    } else if (same && same == here.size()) {
        view.tone = Tone::Good;
        view.verdict = "All answers are those of the bare machine";
    } else {
        view.verdict =
            same ? "So far as on the bare machine" : "The guest has not recorded anything yet";
    }
    return view;
}

}  // namespace ringside::ui
