// A guest under every technique that runs it unchanged.
#pragma once
#include "tests/unit/vmm_translation/watched.hpp"

namespace ringside::test {

struct Vmm {
    const char *technique, *options;
};
inline constexpr Vmm shadowing_vmms[] = {{"trap-and-emulate", ""},
                                         {"binary-translation", ""},
                                         {"hosted-binary-translation", ""},
                                         {"vt-x", "paging=shadow"},
                                         {"vt-x", "paging=shadow exits=all"},
                                         {"hosted-vt-x", "paging=shadow"}};

/// All of them: those above, and VT-x with EPT.
inline constexpr Vmm ept_vmms[] = {{"vt-x", ""}, {"vt-x", "exits=all"}, {"hosted-vt-x", ""}};

inline Passed under(const WrittenGuest& guest, const Vmm& vmm) {
    return run(guest.scenario(), programs_of(guest.scenario(), vmm.technique, vmm.options));
}

/// The guest says the same under each of them as natively. Gives what it passed there, by technique
/// and options.
template <size_t n>
std::map<std::string, Passed> same_under(const Vmm (&vmms)[n], const WrittenGuest& guest) {
    const Passed native = guest.native();
    REQUIRE(native.stop.reason == machine::Stop::DebugExit);
    REQUIRE(!native.serial.empty());
    std::map<std::string, Passed> all;
    for (const Vmm& vmm : vmms) {
        const std::string name = std::string(vmm.technique) + " " + vmm.options;
        CAPTURE(name);
        Passed one = under(guest, vmm);
        CHECK(one.serial == native.serial);
        CHECK(one.stop.reason == machine::Stop::DebugExit);
        all.emplace(name, std::move(one));
    }
    return all;
}
inline std::map<std::string, Passed> same_under_shadow_paging(const WrittenGuest& guest) {
    return same_under(shadowing_vmms, guest);
}

}  // namespace ringside::test
