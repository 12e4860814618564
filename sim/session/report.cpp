#include "sim/session/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/session/report_json.hpp"

namespace ringside::session {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const CodePlace& place) {
    return {{"address", place.address},
            {"symbol", place.symbol},
            {"file", place.file},
            {"line", place.line},
            {"text", place.text}};
}

std::string_view name_of(Difference::What what) {
    switch (what) {
        case Difference::What::Outcome: return "outcome";
        case Difference::What::Serial: return "serial";
        case Difference::What::Observation: return "observation";
    }
    return "";
}

Json json_of(const Difference& difference) {
    Json out = {{"guest", difference.guest}, {"what", name_of(difference.what)},
                {"name", difference.name},   {"native", difference.native},
                {"here", difference.here},   {"written_by", nullptr},
                {"broken_by", nullptr},      {"text", difference.words()}};
    if (difference.written_by) out["written_by"] = json_of(*difference.written_by);
    if (difference.broken_by) out["broken_by"] = json_of(*difference.broken_by);
    return out;
}

Json json_of(const std::vector<Observation>& observations) {
    Json out = Json::array();
    for (const Observation& one : observations)
        out.push_back({{"name", one.name}, {"value", one.value}});
    return out;
}

void add_comparison(Json& out, const GuestReport& run) {
    if (run.equivalent) out["equivalent"] = *run.equivalent;
    if (run.first_difference) out["first_difference"] = json_of(*run.first_difference);
}

Json json_of(const GuestReport& guest) {
    Json out = {
        {"name", guest.name},
        {"outcome", name_of(guest.outcome)},
        {"reason", guest.reason},
        {"exit_status", guest.exit_status},
        {"serial", guest.serial},
        {"observations", json_of(guest.observations)},
        {"measurements", json_of(guest.measurements)},
        {"equivalent", nullptr},
        {"first_difference", nullptr},
        {"as_declared", guest.as_declared},
        {"failed_checks", guest.failed_checks},
    };
    add_comparison(out, guest);
    return out;
}

/// The guests, in order. One that is alone has no name of its own.
Json guests_of(const RunReport& run) {
    Json out = Json::array();
    for (const GuestReport& guest : run.guests) out.push_back(json_of(guest));
    if (run.guests.empty()) out.push_back(json_of(static_cast<const GuestReport&>(run)));
    return out;
}

Json json_of(const RunReport& run) {
    Json silent = Json::array();
    for (const SilentSensitive& one : run.silent_sensitive)
        silent.push_back({{"guest", one.guest},
                          {"mnemonic", one.mnemonic},
                          {"address", one.address},
                          {"count", one.count},
                          {"wrong", one.wrong}});
    Json legs = Json::array();
    for (const Leg& leg : run.legs)
        legs.push_back(
            {{"from", leg.from}, {"to", leg.to}, {"count", leg.count}, {"cycles", leg.cycles}});
    Json trips = Json::array();
    for (const Trip& trip : run.trips)
        trips.push_back({{"path", trip.path}, {"count", trip.count}, {"cycles", trip.cycles}});
    Json failed_entries = Json::array();
    for (const trace::EntryFailure& one : run.failed_entries)
        failed_entries.push_back(session::json_of(one));
    Json out = {
        {"technique", run.technique},
        {"outcome", name_of(run.outcome)},
        {"reason", run.reason},
        {"exit_status", run.exit_status},
        {"instructions", run.instructions},
        {"cycles", run.cycles},
        {"cycles_by",
         {{"guest", run.cycles_by.guest},
          {"translated", run.cycles_by.translated},
          {"vmm", run.cycles_by.vmm},
          {"host", run.cycles_by.host},
          {"device_process", run.cycles_by.device_process},
          {"other_process", run.cycles_by.other_process},
          {"transition", run.cycles_by.transition},
          {"idle", run.cycles_by.idle}}},
        {"ring_crossings", run.ring_crossings},
        {"traps", run.traps},
        {"vm_exits", run.vm_exits},
        {"hypercalls", run.hypercalls},
        {"translated_blocks", run.translated_blocks},
        {"translated_instructions",
         {{"copied", run.translated_by.copied},
          {"rewritten", run.translated_by.rewritten},
          {"call_out", run.translated_by.call_out},
          {"in_cache", run.translated_by.in_cache},
          {"control", run.translated_by.control}}},
        {"traced_stores", run.traced_stores},
        {"serial", run.serial},
        {"observations", json_of(run.observations)},
        {"measurements", json_of(run.measurements)},
        {"equivalent", nullptr},
        {"first_difference", nullptr},
        {"legs", legs},
        {"trips", trips},
        {"silent_sensitive", silent},
        {"failed_entries", failed_entries},
        {"as_declared", run.as_declared},
        {"failed_checks", run.failed_checks},
        {"guests", guests_of(run)},
    };
    add_comparison(out, run);
    return out;
}

/// A guest may print bytes that are no UTF-8; JSON cannot hold them.
std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const RunReport& run, const std::string& scenario, const std::string& cpu) {
    Json out = {{"scenario", scenario}, {"cpu", cpu}};
    const Json report = json_of(run);
    for (const auto& [key, value] : report.items()) out[key] = value;
    return dump(out);
}

std::string to_json(const Comparison& comparison) {
    Json runs = Json::array();
    for (const RunReport& run : comparison.runs) runs.push_back(json_of(run));
    return dump({{"scenario", comparison.scenario}, {"cpu", comparison.cpu}, {"runs", runs}});
}

std::string CodePlace::words() const {
    std::string out = text.empty() ? "the instruction" : text;
    out += fmt::format(" at 0x{:x}", address);
    if (!symbol.empty()) out += " (" + symbol + ")";
    if (!file.empty()) out += fmt::format(", {}:{}", file, line);
    return out;
}

std::string Difference::words() const {
    std::string out;
    switch (what) {
        case What::Outcome: out = fmt::format("the run is {}, native {}", here, native); break;
        case What::Serial:
            out =
                fmt::format("the serial output says \"{}\" where native says \"{}\"", here, native);
            break;
        case What::Observation: out = fmt::format("{} is {}, native {}", name, here, native); break;
    }
    if (!guest.empty()) out = guest + ": " + out;
    if (broken_by) out += "; broken by " + broken_by->words();
    if (written_by) out += "; written by " + written_by->words();
    return out;
}

}  // namespace ringside::session
