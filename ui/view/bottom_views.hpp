// What the panels at the bottom show: serial console, counters, observations.
#pragma once
#include <string>
#include <vector>

#include "ui/view/world.hpp"

namespace ringside::ui {

struct SerialView {
    std::vector<std::string> lines;
    std::string empty;
};

struct CounterRow {
    std::string name;
    std::string value;
    std::string meaning;
};
/// One part of the cycles spent so far.
struct CostPart {
    std::string name;
    std::string value;
    double share = 0;  ///< 0 to 1; the parts sum to 1
    int world = -1;    ///< a World, or -1: transitions of the hardware
};
struct CounterView {
    std::vector<CounterRow> rows;
    std::vector<CostPart> cost;
    std::string total;  ///< "4 711 cycles"
};

enum class Agreement : u8 { NotYet, Same, Different };
struct ObservationRow {
    std::string name;
    std::string here;
    std::string native;
    Agreement agreement = Agreement::NotYet;
    std::string culprit;  ///< the instruction that caused the difference
};
struct ObservationView {
    std::vector<ObservationRow> rows;
    std::string verdict;
    Tone tone = Tone::Plain;
    std::string empty;
};

}  // namespace ringside::ui
