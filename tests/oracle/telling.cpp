#include "tests/oracle/telling.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace ringside::oracle {

namespace {

u64 setting(const char* name, u64 otherwise) {
    const char* set = std::getenv(name);
    return set ? std::strtoull(set, nullptr, 10) : otherwise;
}

}  // namespace

u64 wanted(u64 otherwise) { return setting("RINGSIDE_ORACLE_INSTRUCTIONS", otherwise); }
u64 seed(u64 otherwise) { return setting("RINGSIDE_ORACLE_SEED", otherwise); }

namespace {

std::string ending(i16 vector) {
    switch (vector) {
        case completed: return " ran to the end";
        case endless: return " went round";
        case some_fault: return " ended in a fault";
        default: return " ended in vector " + std::to_string(vector);
    }
}

}  // namespace

void tell(const char* mode, const Backend& theirs, const Generator& generator, const Report& report,
          const std::set<std::string>& skipped) {
    REQUIRE_MESSAGE(report.broken.empty(), report.broken);
    for (const std::string& d : report.differences) FAIL_CHECK(d);
    CHECK(report.different == 0);
    std::string text;
    for (const std::string& s : skipped) text += "\n  not compared: " + s;
    for (const auto& [vector, count] : report.endings)
        text += "\n  " + std::to_string(count) + ending(vector);
    MESSAGE(std::string(mode) << " on " << std::string(theirs.name()) << ": " << report.instructions
                              << " instructions in " << report.trials << " trials, "
                              << generator.encodings().size() << " encodings" << text);
    CHECK_MESSAGE(report.discarded * 10'000 <= report.trials, report.discarded << " discarded");
    for (size_t n = 0; n < report.runs.size(); ++n)
        CHECK_MESSAGE(report.runs[n] > 0, generator.encodings()[n].text() << " never ran");
}

}  // namespace ringside::oracle
