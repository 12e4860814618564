// Fuzz target: any text as a scenario.toml.
#include <string>

#include "sim/base/check.hpp"
#include "sim/session/scenario.hpp"
#include "tests/fuzz/input.hpp"

namespace ringside::fuzz {
namespace {

/// What a scenario promises its readers.
void check_scenario(const session::Scenario& s) {
    RINGSIDE_CHECK(!s.name.empty());
    RINGSIDE_CHECK(s.machine.ram_mib > 0);
    RINGSIDE_CHECK(!s.guests.empty() && s.guests.size() <= session::most_guests);
    for (const session::Beat& beat : s.beats)
        if (beat.question) RINGSIDE_CHECK(beat.question->answer < beat.question->choices.size());
    for (const session::Guest& guest : s.guests) {
        RINGSIDE_CHECK(!guest.build.source.empty());
        for (const session::Variant& v : guest.variants)
            RINGSIDE_CHECK(guest.variant(v.name) != nullptr);
    }
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    const std::string text(reinterpret_cast<const char*>(bytes), count);
    const auto read = [&] {
        return session::parse_scenario(text, "/tree/guests/fuzz/scenario.toml", "/tree");
    };
    const auto scenario = read(), again = read();
    RINGSIDE_CHECK(scenario.ok() == again.ok());
    if (scenario) {
        fuzz::check_scenario(*scenario);
        return 0;
    }
    const Diagnostic& d = scenario.error();
    RINGSIDE_CHECK(!d.message.empty() && !d.text().empty());
    RINGSIDE_CHECK(d.text() == again.error().text());
    return 0;
}
