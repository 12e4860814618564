// `ringside run --trace`: what Perfetto needs of the file, and that every event has its place.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"

using namespace ringside::test;
using nlohmann::json;

namespace {

struct Traced {
    json report;
    std::string text;
    std::vector<json> events;

    std::vector<json> of_phase(const std::string& phase) const {
        std::vector<json> out;
        std::copy_if(events.begin(), events.end(), std::back_inserter(out),
                     [&](const json& e) { return e.at("ph") == phase; });
        return out;
    }
    /// The names of the lanes, by their number.
    std::map<int, std::string> lanes() const {
        std::map<int, std::string> out;
        for (const json& e : of_phase("M"))
            if (e.at("name") == "thread_name") out[e.at("tid")] = e.at("args").at("name");
        return out;
    }
};

Traced traced(const std::string& scenario, const std::string& technique,
              const std::vector<std::string>& more = {}) {
    const Folder folder;
    std::vector<std::string> arguments{"run",      scenario, "--technique", technique,
                                       "--report", "json",   "--trace",     "trace.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = invoke(folder, arguments);
    Traced out;
    out.report = json::parse(ran.out, nullptr, false);
    REQUIRE_MESSAGE(!out.report.is_discarded(), ran.err);
    out.text = slurp(folder.path() / "trace.json");
    const json file = json::parse(out.text, nullptr, false);
    REQUIRE(!file.is_discarded());
    out.events = file.at("traceEvents").get<std::vector<json>>();
    return out;
}

long cycles(const json& microseconds) { return std::lround(microseconds.get<double>() * 1000); }

struct Slice {
    long begin, end;
    int lane;
};
/// In order of time.
std::vector<Slice> slices(const Traced& trace) {
    std::vector<Slice> out;
    for (const json& e : trace.of_phase("X")) {
        const long begin = cycles(e.at("ts"));
        out.push_back({begin, begin + cycles(e.at("dur")), e.at("tid")});
    }
    std::sort(out.begin(), out.end(),
              [](const Slice& a, const Slice& b) { return a.begin < b.begin; });
    return out;
}

void check_slices(const Traced& trace) {
    const auto all = slices(trace);
    REQUIRE(!all.empty());
    CHECK(all.front().begin == 0);
    CHECK(all.back().end == trace.report.at("cycles").get<long>());
    for (size_t i = 1; i < all.size(); ++i) CHECK(all[i].begin == all[i - 1].end);
}

/// Every arrow begins and ends in a slice of its lane.
void check_flows(const Traced& trace) {
    const auto all = slices(trace);
    std::map<long, std::string> ends;
    for (const json& e : trace.events) {
        const std::string phase = e.at("ph");
        if (phase != "s" && phase != "f") continue;
        ends[e.at("id").get<long>()] += phase;
        const long when = cycles(e.at("ts"));
        CAPTURE(e.dump());
        CHECK(std::any_of(all.begin(), all.end(), [&](const Slice& s) {
            return s.lane == e.at("tid") && s.begin <= when && when <= s.end;
        }));
    }
    CHECK(!ends.empty());
    for (const auto& [id, phases] : ends) CHECK(phases == "sf");
}

/// All but translated code and a hypercall page, which no source has, and their routines.
void check_places(const Traced& trace) {
    const auto lanes = trace.lanes();
    size_t probes = 0;
    for (const json& e : trace.of_phase("i")) {
        const std::string kind = e.at("cat");
        const json& args = e.at("args");
        const bool probe = kind.find('.') != std::string::npos || kind == "hypercall";
        if (lanes.at(e.at("tid")) == "translated code") continue;
        CAPTURE(e.dump());
        CHECK(args.at("code").contains("symbol"));
        // The timer may tick there too.
        if (args.at("code").value("symbol", "").starts_with("hypercall_page")) continue;
        CHECK(args.at("code").contains("source"));
        probes += probe;
    }
    if (trace.report.at("technique") != "native") CHECK(probes > 10);
}

}  // namespace

TEST_CASE("a trace covers the run without gap or overlap, and every event tells its place") {
    const std::string techniques[] = {
        "native", "trap-and-emulate", "binary-translation",       "paravirtual",
        "vt-x",   "hosted-vt-x",      "hosted-binary-translation"};
    for (const std::string& technique : techniques) {
        CAPTURE(technique);
        const Traced trace = traced("popf", technique);
        check_slices(trace);
        check_places(trace);
        if (technique != "native") check_flows(trace);
    }
}

TEST_CASE("a trace of a host's processes, of 64-bit code, and of a VMM that copied itself") {
    for (const auto& [scenario, technique] :
         {std::pair{"disk", "hosted-vt-x"}, {"probes-64", "vt-x"}}) {
        CAPTURE(scenario);
        const Traced trace = traced(scenario, technique);
        check_slices(trace);
        check_places(trace);
        check_flows(trace);
    }
    const Traced two = traced("neighbours", "hosted-binary-translation");
    check_slices(two);
    check_flows(two);
    const auto lanes = two.lanes();
    for (const json& e : two.of_phase("i")) {
        const std::string lane = lanes.at(e.at("tid"));
        if (lane != "VMM" && lane != "host kernel" && lane != "host process") continue;
        CAPTURE(e.dump());
        CHECK(e.at("args").at("code").contains("source"));
    }
}

TEST_CASE("a trace has a lane for each world that the run came through") {
    const auto names = [](const std::string& technique) {
        std::vector<std::string> out;
        for (const auto& [lane, name] : traced("ringlet", technique).lanes()) out.push_back(name);
        return out;
    };
    using Names = std::vector<std::string>;
    CHECK(names("native") == Names{"guest application", "guest kernel"});
    CHECK(names("vt-x") == Names{"guest application", "guest kernel", "VMM"});
    CHECK(names("binary-translation") == Names{"guest application", "translated code", "VMM"});
    CHECK(names("hosted-vt-x") ==
          Names{"guest application", "guest kernel", "VMM", "host kernel", "host process"});
}

TEST_CASE("a trace tells which guest instruction a translated one stands for") {
    const Traced trace = traced("popf", "binary-translation");
    bool told = false;
    for (const json& e : trace.of_phase("i")) {
        if (e.at("cat") != "Sensitive" || e.at("name") != "pushf does not trap") continue;
        const std::string source = e.at("args").at("guest").at("source");
        told |= source.find("popf.asm:") != std::string::npos;
    }
    CHECK(told);
}

TEST_CASE("a trace counts VM exits, and ends with the report's count") {
    const Traced trace = traced("popf", "vt-x");
    long last = -1;
    for (const json& e : trace.of_phase("C")) {
        if (e.at("name") != "VM exits") continue;
        const long now = e.at("args").at("VM exits");
        CHECK(now >= last);
        last = now;
    }
    CHECK(last == trace.report.at("vm_exits").get<long>());
    size_t exits = 0;
    for (const json& e : trace.of_phase("i")) exits += e.at("cat") == "VmExit";
    CHECK(long(exits) == last);
}

TEST_CASE("the same run gives the same trace, and a part of it a shorter one") {
    const Traced once = traced("popf", "trap-and-emulate"),
                 again = traced("popf", "trap-and-emulate"),
                 part = traced("popf", "trap-and-emulate", {"--until", "instruction:50000"});
    CHECK(once.text == again.text);
    CHECK(part.text.size() < once.text.size());
    check_slices(part);
}

TEST_CASE("two guests: a trace under a VMM shows both, natively it is told of one") {
    const Traced trace = traced("telegraph", "paravirtual");
    check_slices(trace);
    check_flows(trace);
    const Folder folder;
    const Ran unsaid = invoke(folder, {"run", "telegraph", "--trace", "trace.json"});
    CHECK(unsaid.status == 2);
    CHECK(unsaid.err.find("choose it with --guest") != std::string::npos);
    CHECK(!fs::exists(folder.path() / "trace.json"));
}

TEST_CASE("a trace that cannot be written is told with its file") {
    const Folder folder;
    const Ran ran = invoke(folder, {"run", "popf", "--trace", "no-such-folder/trace.json"});
    CHECK(ran.status == 2);
    CHECK(ran.err.find("no-such-folder/trace.json: cannot be written") != std::string::npos);
}
