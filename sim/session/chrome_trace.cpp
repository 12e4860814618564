// The format: "Trace Event Format" (Google, 2016). Slices of a lane neither overlap nor nest here.
#include "sim/session/chrome_trace.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/session/blame.hpp"
#include "sim/session/event_title.hpp"

namespace ringside::session {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned process = 1;
unsigned thread_of(Lane lane) { return static_cast<unsigned>(lane) + 1; }

/// Microseconds, exact: JSON numbers of this length lose nothing.
std::string clock(Cycle cycles) { return fmt::format("{}.{:03}", cycles / 1000, cycles % 1000); }

/// A program's names may be any bytes: what is no UTF-8 is replaced.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// `rest` begins with a comma or is empty.
std::string event_text(char phase, const std::string& name, Lane lane, Cycle when,
                       const std::string& rest) {
    return fmt::format(R"({{"ph":"{}","name":{},"pid":{},"tid":{},"ts":{}{}}})", phase,
                       text_of(name), process, thread_of(lane), clock(when), rest);
}

Json json_of(const CodePlace& place) {
    Json out;
    out["address"] = fmt::format("{:#x}", place.address);
    if (!place.text.empty()) out["instruction"] = place.text;
    if (!place.symbol.empty()) out["symbol"] = place.symbol;
    if (!place.file.empty()) out["source"] = fmt::format("{}:{}", place.file, place.line);
    return out;
}

/// The place of the only guest's instruction that an address names, as the guest calls it.
Json guest_place(const Session& session, u32 address) {
    const image::Image& image = session.programs().guests.front().image;
    CodePlace place;
    place.address = address;
    if (const auto symbol = image.symbols.at(address)) place.symbol = symbol->text();
    if (const auto line = image.lines.at(address)) {
        place.file = line->file;
        place.line = static_cast<int>(line->line);
    }
    return json_of(place);
}

}  // namespace

void ChromeTrace::add(const std::string& event) {
    if (!text_.empty()) text_ += ",\n";
    text_ += event;
}

void ChromeTrace::add_stay(size_t index, Cycle end) {
    const Stay& stay = story_.spans()[index];
    lanes_[static_cast<size_t>(stay.lane)] = true;
    add(event_text('X', fmt::format("ring {}", stay.ring), stay.lane, stay.begin,
                   fmt::format(R"(,"dur":{},"cat":"stay")", clock(end - stay.begin))));
}

void ChromeTrace::add_instant(u64 index, Lane lane) {
    const Recorded& recorded = session_.recording()[index];
    const trace::Event& e = recorded.event;
    lanes_[static_cast<size_t>(lane)] = true;
    Json args;
    args["event"] = index + 1;
    args["instructions"] = e.instruction;
    const bool fetched = e.phys.value != ~u64{0};  // else the fetch itself faulted
    const bool one_guest = session_.programs().guests.size() == 1;
    args["code"] = is_guest(lane) && one_guest && !fetched
                       ? guest_place(session_, static_cast<u32>(e.address.value))
                       : json_of(place_of(session_, e.address, e.phys));
    if (const auto guest = guest_instruction(index); guest && one_guest)
        args["guest"] = guest_place(session_, *guest);
    for (const ProbeValue& one : recorded.arguments)
        args["arguments"][one.name] =
            one.value ? Json(fmt::format("{:#x}", *one.value)) : Json(nullptr);
    if (e.kind == trace::EventKind::VmExit) args["qualification"] = fmt::format("{:#x}", e.b);
    if (e.has_error_code) args["error_code"] = fmt::format("{:#x}", e.error_code);
    add(event_text(
        'i', title_of(recorded), lane, e.when,
        fmt::format(R"(,"s":"t","cat":{},"args":{})", text_of(recorded.name()), text_of(args))));
}

void ChromeTrace::add_happening(size_t index) {
    const Happening& h = story_.happenings()[index];
    for (u64 event = told_; event < h.first; ++event) add_instant(event, lane_of_event(event));
    told_ = h.last + 1;
    add_instant(h.main, h.from);
    if (!h.crossing) return;
    const std::string flow =
        fmt::format(R"(,"cat":"crossing","id":{})", static_cast<u64>(index) + 1);
    const std::string title = title_of(session_.recording()[h.main]);
    add(event_text('s', title, h.from, h.begin, flow));
    add(event_text('f', title, h.to, h.end, flow + R"(,"bp":"e")"));
}

/// The guest's instruction that an event is about, though another belongs to it.
std::optional<u32> ChromeTrace::guest_instruction(u64 event) const {
    const Recorded& recorded = session_.recording()[event];
    if (const auto told = recorded.argument("eip")) return told;
    if (recorded.world != World::Translated) return {};
    const u64 address = recorded.event.address.value;
    const Translations::Block* block = translations_.at(address, event);
    const u32 guest = block ? block->guest_of(address) : 0;
    return guest ? std::optional(guest) : std::nullopt;
}

Lane ChromeTrace::lane_of_event(u64 event) const {
    const Recorded& recorded = session_.recording()[event];
    return lane_of(recorded.world, recorded.event.cpl_before);
}

void ChromeTrace::add_counters() {
    const auto counter = [this](const char* name, u64 value) {
        add(event_text('C', name, Lane::Vmm, session_.machine().now,
                       fmt::format(R"(,"args":{{"{}":{}}})", name, value)));
    };
    counter("VM exits", session_.counters().counts().vm_exits);
    counter("TLB misses", session_.timeline().meter().tlb_misses);
}

void ChromeTrace::extend() {
    story_.extend(session_.recording());
    translations_.extend(session_.recording());
    while (happenings_ < story_.settled()) add_happening(happenings_++);
    while (stays_ + 1 < story_.spans().size()) {
        add_stay(stays_, story_.spans()[stays_].end);
        ++stays_;
    }
    add_counters();
}

std::string ChromeTrace::finish() {
    const machine::Machine& m = session_.machine();
    story_.extend(session_.recording());
    if (!session_.recording().empty()) story_.arrive_now(session_.lane(), m.cpu.cpl);
    extend();
    while (happenings_ < story_.happenings().size()) add_happening(happenings_++);
    for (u64 event = told_; event < session_.recording().size(); ++event)
        add_instant(event, lane_of_event(event));
    if (stays_ < story_.spans().size()) add_stay(stays_, m.now);

    const auto meta = [this](const char* what, Lane lane, const Json& args) {
        add(event_text('M', what, lane, 0, fmt::format(R"(,"args":{})", text_of(args))));
    };
    meta("process_name", Lane{},
         {{"name", fmt::format("{} under {}, CPU profile {}", session_.scenario().name,
                               session_.technique().name, m.profile->name)}});
    for (unsigned n = 0; n < lane_count; ++n) {
        if (!lanes_[n]) continue;
        meta("thread_name", Lane(n), {{"name", lane_name(Lane(n))}});
        meta("thread_sort_index", Lane(n), {{"sort_index", n}});
    }
    return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n" + std::move(text_) + "\n]}\n";
}

std::string trace_of(Session& session) {
    constexpr u64 slice = 20'000;  // instructions from one reading of the counters to the next
    ChromeTrace trace(session);
    while (!session.ending()) {
        session.apply(Run{slice});
        trace.extend();
    }
    return trace.finish();
}

}  // namespace ringside::session
