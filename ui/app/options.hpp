// The command line of ringside-ui.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/base/types.hpp"

namespace ringside::ui {

struct Options {
    std::string scenario;                   ///< empty: the popf lesson
    std::string technique;                  ///< empty: trap-and-emulate where the scenario has it
    std::optional<std::string> screenshot;  ///< render one frame into this PNG and leave
    std::optional<u64> at_event;  ///< with screenshot or window: start at this event of the log
    std::optional<u64> at_instruction;  ///< the same, by instructions retired
    std::optional<std::string> texts;   ///< with screenshot: write the texts drawn, as JSON
    int width = 1280, height = 800;
    float scale = 1;
    bool light = false;
    bool motion = true;
    bool help = false;
    bool version = false;
};

/// `words` without the program's name. The diagnostic's message is one sentence.
Result<Options> parse_options(const std::vector<std::string>& words);
const char* help_text();

}  // namespace ringside::ui
