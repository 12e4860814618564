// Parts of the JSON reports that more than one command writes.
#pragma once
#include <nlohmann/json.hpp>

#include "sim/trace/entry_failure.hpp"

namespace ringside::session {

inline nlohmann::ordered_json json_of(const trace::EntryFailure& failure) {
    return {{"rule", failure.rule},
            {"field", failure.field},
            {"value", failure.value},
            {"allowed", failure.allowed},
            {"source", failure.source},
            {"shows", failure.shows},
            {"address", failure.address.value},
            {"instruction", failure.instruction},
            {"text", failure.words()}};
}

}  // namespace ringside::session
