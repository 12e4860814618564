// Any Multiboot image or flat binary, run to its end without a scenario.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "sim/session/boot.hpp"
#include "sim/session/session.hpp"

namespace ringside::session {

struct ImageSetup {
    u32 ram_mib = 64;
    std::string cpu;              ///< a profile's name; empty = the default
    u32 flat_address = 0x100000;  ///< where a file without a header goes, and is entered
    i64 start_time = machine::Config{}.start_time;  ///< of the clock, in seconds since 1970
    std::vector<dev::DiskImage> disks;              ///< two at most
};

/// What the setup means for the machine, but for its ROM.
Result<machine::Config> machine_config(const ImageSetup& setup);
/// "2000-01-31" or "2000-01-31T23:59:58", in seconds since 1970.
Result<i64> parse_date(const std::string& text);

/// The machine with the file loaded: by its Multiboot header if it has one, else as flat code.
/// `options` are words for its command line.
Result<machine::Machine> load_image(const image::Bytes& file, const std::string& name,
                                    std::span<const ModuleFile> modules, const ImageSetup& setup,
                                    const std::string& options = "");

/// Runs up to `instructions`; hands new serial output over soon after it was written. `sink` may be
/// null, and should be where nothing is looked for: it costs time.
Ending run_image(machine::Machine& machine, u64 instructions,
                 const std::function<void(std::string_view)>& serial, trace::Sink* sink = nullptr);

}  // namespace ringside::session
