// A scenario under several techniques, each held against the native run.
#pragma once
#include "sim/session/session.hpp"

namespace ringside::session {

struct CompareOptions {
    std::vector<Technique> techniques;            ///< empty: those that the scenario names
    std::string option;                           ///< a variant of the guest, or empty
    std::string cpu;                              ///< a profile's name; empty = the scenario's
    std::optional<std::string> vmm_options = {};  ///< in the place of the scenario's
    std::vector<std::string> guest_options = {};  ///< in the place of the scenario's, in order
};

/// Runs natively first, whether that run is asked for or not: several guests one after the other,
/// each alone on the machine. A technique whose programs cannot be
/// made gets a run with outcome `unsupported`; a scenario that cannot run at all is a diagnostic.
Result<Comparison> compare(const Installation& installation, const Scenario& scenario,
                           const CompareOptions& options);

/// Did every run give what the scenario declares, and do its checks hold?
bool as_declared(const Comparison& comparison);

}  // namespace ringside::session
