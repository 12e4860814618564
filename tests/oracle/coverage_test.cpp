// Nothing in the opcode maps is silently wrong: an encoding runs, or it belongs to a family that is
// not modelled and stops the machine by name.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/cpu/ops/binding.hpp"
#include "sim/decode/decoder.hpp"
#include "sim/isa/instruction_modes.hpp"
#include "tests/oracle/encodings.hpp"

using namespace ringside;
using namespace ringside::oracle;

namespace {

/// Extensions that work on general registers, memory and flags alone. The others (x87, MMX, SSE,
/// AVX and their kin, XSAVE, transactions, enclaves …) are not modelled as a whole.
constexpr ZydisISAExt general_purpose[] = {
    ZYDIS_ISA_EXT_BASE,        ZYDIS_ISA_EXT_LONGMODE,
    ZYDIS_ISA_EXT_BMI1,        ZYDIS_ISA_EXT_BMI2,
    ZYDIS_ISA_EXT_ADOX_ADCX,   ZYDIS_ISA_EXT_LZCNT,
    ZYDIS_ISA_EXT_MOVBE,       ZYDIS_ISA_EXT_CLFSH,
    ZYDIS_ISA_EXT_CLFLUSHOPT,  ZYDIS_ISA_EXT_CLWB,
    ZYDIS_ISA_EXT_RDPID,       ZYDIS_ISA_EXT_RDTSCP,
    ZYDIS_ISA_EXT_PAUSE,       ZYDIS_ISA_EXT_AMD3DNOW_PREFETCH,
    ZYDIS_ISA_EXT_PREFETCHWT1, ZYDIS_ISA_EXT_VTX,
    ZYDIS_ISA_EXT_VMFUNC,      ZYDIS_ISA_EXT_RDRAND,
    ZYDIS_ISA_EXT_RDSEED,      ZYDIS_ISA_EXT_SMX,
};

}  // namespace

TEST_CASE("every encoding of a row has a body for its form and width") {
    for (const unsigned bits : {16u, 32u, 64u}) {
        std::set<std::string> missing;
        for (const Encoding& e : all_encodings(bits))
            if (e.sample.op != isa::Op::Unknown && !cpu::ops::has_form(e.sample))
                missing.insert(e.text());
        for (const std::string& m : missing) FAIL_CHECK(bits << "-bit: " << m);
    }
}

TEST_CASE("what has no row is no general-purpose instruction, and stops by its name") {
    for (const unsigned bits : {16u, 32u, 64u}) {
        std::set<std::string> forgotten;
        for (const Encoding& e : all_encodings(bits)) {
            if (e.sample.op != isa::Op::Unknown) continue;
            const std::string name = ZydisMnemonicGetString(e.mnemonic);
            CHECK(decode::mnemonic_of(e.sample) == name);
            const bool general = std::find(std::begin(general_purpose), std::end(general_purpose),
                                           e.isa_ext) != std::end(general_purpose);
            if (general) forgotten.insert(name);
        }
        for (const std::string& name : forgotten) FAIL_CHECK(bits << "-bit: " << name);
    }
}

TEST_CASE("the modes of a row are those in which the decoder knows it") {
    std::map<isa::Op, std::set<unsigned>> found;
    for (const unsigned bits : {16u, 32u, 64u})
        for (const Encoding& e : all_encodings(bits)) found[e.sample.op].insert(bits);
    for (const isa::InstructionRow& row : isa::rows_detail::table) {
        if (row.op == isa::Op::Unknown || row.op == isa::Op::count) continue;
        CAPTURE(row.name);
        const isa::Modes modes = isa::modes_of(row.op);
        CHECK(found[row.op].contains(32) == modes.protected_32);
        CHECK(found[row.op].contains(64) == modes.long_64);
        // 16-bit code is protected mode too: real-address mode has no instruction that it lacks.
        if (modes.real) CHECK(found[row.op].contains(16));
    }
}
