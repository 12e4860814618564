// What the tables leave out of the comparison: nothing that the SDM defines, with Intel's
// processors, and never without a source.
#include <doctest/doctest.h>

#include <cstring>

#include "tests/oracle/vendor_differences.hpp"

using namespace ringside;
using namespace ringside::oracle;

namespace {

bool is_source(const char* text) {
    return std::strncmp(text, "SDM ", 4) == 0 && std::strchr(text, '"') != nullptr;
}

}  // namespace

TEST_CASE("with Intel's processors only what the SDM leaves undefined is left out") {
    for (const Undefined& row : undefined_table()) {
        CAPTURE(std::string(isa::row(row.op).name));
        CHECK((row.intel & ~row.sdm) == 0);
        CHECK((row.sdm_result || !row.intel_result));
        CHECK((row.sdm_result || !row.amd_result));
        CHECK(is_source(row.source));
    }
    for (const Difference& row : differences()) {
        CAPTURE(std::string(isa::row(row.op).name));
        CHECK_FALSE(row.intel);
        CHECK((row.amd || row.qemu));
        CHECK(is_source(row.sdm));
        CHECK(std::strlen(row.others) > 0);
    }
}
