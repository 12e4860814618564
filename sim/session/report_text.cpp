// Reports for people: an aligned table, and sentences for what differs.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/session/report.hpp"

namespace ringside::session {
namespace {

std::string grouped(u64 number) {
    std::string digits = std::to_string(number);
    for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<size_t>(at), ",");
    return digits;
}

using Row = std::vector<std::string>;

/// Columns as wide as their widest cell; the first `left` columns flush left, numbers right.
std::string aligned(const std::vector<Row>& rows, size_t left) {
    std::vector<size_t> widths(rows.front().size());
    for (const Row& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    for (const Row& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            if (i) line += "  ";
            line += i < left ? fmt::format("{:<{}}", row[i], widths[i])
                             : fmt::format("{:>{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string cost_table(const std::vector<RunReport>& runs) {
    std::vector<Row> rows{{"technique", "outcome", "equivalent", "instructions", "cycles", "guest",
                           "translated", "vmm"}};
    // What belongs to a host is said where there is one.
    const bool hosted = std::any_of(runs.begin(), runs.end(), [](const RunReport& run) {
        return run.cycles_by.host + run.cycles_by.device_process + run.cycles_by.other_process > 0;
    });
    if (hosted)
        rows.front().insert(rows.front().end(), {"host", "device process", "other process"});
    rows.front().insert(rows.front().end(), {"transition", "idle"});
    for (const RunReport& run : runs) {
        const CyclesBy& by = run.cycles_by;
        rows.push_back({run.technique, std::string(name_of(run.outcome)),
                        !run.equivalent   ? "-"
                        : *run.equivalent ? "yes"
                                          : "no"});
        std::vector<u64> numbers{run.instructions, run.cycles, by.guest, by.translated, by.vmm};
        if (hosted) numbers.insert(numbers.end(), {by.host, by.device_process, by.other_process});
        numbers.insert(numbers.end(), {by.transition, by.idle});
        for (const u64 number : numbers) rows.back().push_back(grouped(number));
    }
    return aligned(rows, 3);
}

std::string event_table(const std::vector<RunReport>& runs) {
    std::vector<Row> rows{{"technique", "ring crossings", "traps", "vm exits", "hypercalls",
                           "translated blocks", "traced stores", "silent sensitive", "wrong"}};
    for (const RunReport& run : runs) {
        u64 silent = 0, wrong = 0;
        for (const SilentSensitive& one : run.silent_sensitive)
            silent += one.count, wrong += one.wrong;
        rows.push_back({run.technique});
        for (const u64 number : {run.ring_crossings, run.traps, run.vm_exits, run.hypercalls,
                                 run.translated_blocks, run.traced_stores, silent, wrong})
            rows.back().push_back(grouped(number));
    }
    return aligned(rows, 1);
}

/// What the guest measured, a column a technique. Empty if it measured nothing.
std::string measurement_table(const std::vector<RunReport>& runs) {
    std::vector<Row> rows{{"measured"}};
    for (const Observation& one : runs.front().measurements) rows.push_back({one.name});
    if (rows.size() == 1) return "";
    for (const RunReport& run : runs) {
        rows.front().push_back(run.technique);
        for (size_t i = 1; i < rows.size(); ++i)
            rows[i].push_back(i <= run.measurements.size() ? grouped(run.measurements[i - 1].value)
                                                           : "-");
    }
    return "\n" + aligned(rows, 1);
}

/// What became of the instructions that were translated. Empty if none was.
std::string translation_line(const RunReport& run) {
    const TranslatedBy& by = run.translated_by;
    if (by.sum() == 0) return "";
    const auto share = [&by](u64 count) { return 100.0 * double(count) / double(by.sum()); };
    return fmt::format(
        "\ntranslated: {}\n  {} instructions in {} blocks: {:.1f} % copied as they are, {:.1f} % "
        "rewritten, {:.1f} % emulated in the cache, {:.1f} % call out, {:.1f} % branches\n",
        run.technique, grouped(by.sum()), grouped(run.translated_blocks), share(by.copied),
        share(by.rewritten), share(by.in_cache), share(by.call_out), share(by.control));
}

/// What each leg of the trips out of a guest and back took. Empty if no program tells.
std::string leg_table(const RunReport& run) {
    std::vector<Row> rows{{"leg from", "to", "times", "cycles", "cycles each"}};
    for (const Leg& leg : run.legs)
        rows.push_back({leg.from, leg.to, grouped(leg.count), grouped(leg.cycles),
                        grouped(leg.cycles / leg.count)});
    return rows.size() == 1 ? "" : "\n" + aligned(rows, 2);
}

/// The most frequent ways out of the guest and back, with the mean cost of each leg.
std::string trip_lines(const RunReport& run) {
    constexpr size_t most = 3;
    std::string out;
    for (size_t i = 0; i < std::min(most, run.trips.size()); ++i) {
        const Trip& trip = run.trips[i];
        u64 all = 0;
        std::string way = "guest";
        for (size_t leg = 0; leg < trip.path.size(); ++leg) {
            way += " > " + trip.path[leg];
            if (leg == trip.cycles.size()) break;
            all += trip.cycles[leg];
            way += " " + grouped(trip.cycles[leg] / trip.count);
        }
        out += fmt::format("  {} times, {} cycles each: {}\n", grouped(trip.count),
                           grouped(all / trip.count), way);
    }
    return out.empty() ? ""
                       : "\nthe trips out of the guest and back: " + run.technique + "\n" + out;
}

std::string notes(const RunReport& run) {
    std::string out;
    if (run.outcome != Outcome::Completed) out += fmt::format("  {}\n", run.reason);
    for (const GuestReport& guest : run.guests)
        out += fmt::format("  {}: {}{}\n", guest.name, guest.reason,
                           !guest.equivalent   ? ""
                           : *guest.equivalent ? ", as natively"
                                               : ", not as natively");
    if (run.first_difference)
        out += fmt::format("  first difference: {}\n", run.first_difference->words());
    if (run.different_observations.size() > 1)
        out += fmt::format("  observations that differ: {}\n",
                           fmt::join(run.different_observations, ", "));
    for (const SilentSensitive& one : run.silent_sensitive)
        if (one.wrong)
            out +=
                fmt::format("  sensitive, but did not trap: {} at 0x{:x}, wrong {} of {} times\n",
                            one.mnemonic, one.address, grouped(one.wrong), grouped(one.count));
    for (const trace::EntryFailure& one : run.failed_entries)
        out += fmt::format("  a VM entry failed: {}\n", one.words());
    if (run.equivalent && !*run.equivalent)
        out += run.as_declared ? "  this is what the scenario declares\n"
                               : "  the scenario does not declare this\n";
    for (const std::string& check : run.failed_checks) out += "  check failed: " + check + "\n";
    return out;
}

std::string serial_text(const GuestReport& guest) {
    if (guest.serial.empty()) return "";
    std::string out = "\nserial output" + (guest.name.empty() ? "" : " of " + guest.name) + "\n";
    out += guest.serial;
    if (out.back() != '\n') out += "\n";
    return out;
}

}  // namespace

std::string to_text(const Comparison& comparison) {
    std::string out = fmt::format("{}, CPU profile {}\n\n", comparison.scenario, comparison.cpu);
    out += cost_table(comparison.runs) + "\n" + event_table(comparison.runs);
    for (const RunReport& run : comparison.runs) out += translation_line(run);
    for (const RunReport& run : comparison.runs) out += trip_lines(run);
    out += measurement_table(comparison.runs);
    for (const RunReport& run : comparison.runs)
        if (const std::string text = notes(run); !text.empty())
            out += "\n" + run.technique + "\n" + text;
    return out;
}

std::string to_text(const RunReport& run, const std::string& scenario, const std::string& cpu) {
    std::string out = to_text(Comparison{scenario, cpu, {run}}) + leg_table(run);
    out += fmt::format("\nended: {} (exit status {})\n", run.reason, run.exit_status);
    if (!run.observations.empty()) out += "\nobservations\n";
    for (const Observation& one : run.observations)
        out += fmt::format("  {} = {} (0x{:x})\n", one.name, one.value, one.value);
    if (run.guests.empty()) return out + serial_text(run);
    for (const GuestReport& guest : run.guests) out += serial_text(guest);
    return out;
}

}  // namespace ringside::session
