// A scenario: what scenario.toml says, checked, with its paths resolved.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/base/types.hpp"

namespace ringside::session {

/// One sentence or name in the languages of the window. English is always there.
struct Text {
    std::string en;
    std::string zh;
    bool operator==(const Text&) const = default;
};

enum class ScenarioKind : u8 { Scenario, Lesson, Lab };
std::string_view name_of(ScenarioKind kind);

/// How a run ended, in the order of the report's words.
enum class Outcome : u8 { Completed, Failed, Limit, Unsupported };
std::string_view name_of(Outcome outcome);

/// What the assembler makes a guest image from.
struct GuestBuild {
    std::filesystem::path source;      ///< absolute
    std::vector<std::string> defines;  ///< "NAME" or "NAME=VALUE"
    bool operator==(const GuestBuild&) const = default;
};

/// Another build of the guest, asked for by a technique (`paravirtual`) or by a person (`safe`).
struct Variant {
    std::string name;
    GuestBuild build;
    Text summary;
};

/// A guest of the scenario, and how it may be built.
struct Guest {
    std::string name;  ///< what reports call it; the scenario's own name if it is the only one
    GuestBuild build;
    std::vector<Variant> variants;
    std::string options;  ///< words for its Multiboot command line
    unsigned mode = 32;   ///< bits of its code, once it has started: 32 or 64

    const Variant* variant(std::string_view wanted) const;
};

struct MachineSetup {
    u32 ram_mib = 64;
    std::string cpu;   ///< a timing profile's name; empty = the default profile
    u64 hz = 0;        ///< CPU cycles in a second of the timer's clock; 0 = what the profile says
    u32 disk_kib = 0;  ///< a blank disk for each guest; 0 = none
    bool network = false;  ///< natively, a cable between the guests' machines
    bool operator==(const MachineSetup&) const = default;
};

/// What ends a run that does not end itself.
struct StopLimits {
    u64 instructions = 200'000'000;
    u64 cycles = never;
    u64 serial_bytes = 1 << 20;
    bool operator==(const StopLimits&) const = default;
};

/// Bytes that arrive at the serial port at a cycle.
struct SerialInput {
    Cycle at = 0;
    std::string bytes;
    bool operator==(const SerialInput&) const = default;
};

/// What a run must have shown in the end. Exactly one field is set.
struct Check {
    std::string guest;  ///< whose; empty: every guest's
    std::optional<std::string> serial_equals;
    std::optional<std::string> serial_contains;
    std::optional<u64> exit_value;           ///< the value of the debug exit
    std::optional<std::string> observation;  ///< with `equals`
    u64 equals = 0;
    bool operator==(const Check&) const = default;
};

/// The documented result of a technique that is not equivalent to native.
struct Declared {
    std::string technique;
    std::string guest;  ///< whose; empty: every guest's
    Outcome outcome = Outcome::Completed;
    std::vector<std::string> observations;  ///< those that differ from native, and no others
    bool serial_differs = false;
    Text why;
};

/// A question of a lesson.
struct Question {
    Text ask;
    std::vector<Text> choices;
    u64 answer = 0;  ///< index into `choices`
    Text explain;
};

/// A narration step of a lesson: on an event, say a text, point at a panel.
struct Beat {
    std::string on;  ///< an event pattern
    Text say;
    std::string point;  ///< a panel or field; may be empty
    std::optional<Question> question;
};

struct Scenario {
    std::filesystem::path file;  ///< the scenario.toml
    std::filesystem::path tree;  ///< the folder that its sources may not leave
    std::string name;
    ScenarioKind kind = ScenarioKind::Scenario;
    Text title;
    Text summary;
    std::vector<Guest> guests;  ///< one at least, in the order of the VMM's boot modules
    std::vector<std::string> techniques;
    std::map<std::string, std::string> vmm_options;  ///< by technique: words for the VMM
    MachineSetup machine;
    StopLimits stop;
    std::vector<SerialInput> input;
    std::vector<Check> checks;
    std::vector<Declared> declared;
    std::vector<Beat> beats;

    /// Is one of the guests a 64-bit one?
    bool in_64_bit_mode() const;
    const Declared* declared_for(std::string_view technique, std::string_view guest) const;
};

/// A serial port each: COM1 is the first guest's, COM2 the second's.
inline constexpr size_t most_guests = 2;

/// Words for a program's command line: what is wrong with them, in words; empty if nothing is.
std::string trouble_with_options(std::string_view options);

/// Reads the text of a scenario.toml. Sources are relative to the file's folder and may not lie
/// outside `tree`. The diagnostic names file, line, column, what was expected, and the nearest key.
Result<Scenario> parse_scenario(std::string_view toml, const std::filesystem::path& file,
                                const std::filesystem::path& tree);
Result<Scenario> load_scenario(const std::filesystem::path& file,
                               const std::filesystem::path& tree);

}  // namespace ringside::session
