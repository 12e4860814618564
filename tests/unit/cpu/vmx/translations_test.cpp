// Cached translations of guests: VPIDs, the EPT's root, INVEPT, INVVPID, EPTP switching.
// SDM 3C "Caching Translation Information", "VM Functions".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
using isa::ProcBased2;

constexpr u32 page = 0x10000, other_page = 0x11000;

/// The guest reads `page`; then the EPT maps it elsewhere; then the guest reads again, after the
/// host has run `between`. What it reads tells whether the translation was still cached.
bool still_cached(VmxWorld& w, const std::string& between) {
    w.write(guest_base + page, 1), w.write(guest_base + other_page, 2);
    w.launch("mov eax, [0x10000]\ncpuid");
    REQUIRE(w.reason() == u64(ExitReason::CPUID));
    w.write(ept_at + 0x3000 + 8 * (page >> 12), (guest_base + other_page) | 7 | 6 << 3, 8);
    w.set(F::GUEST_RIP, guest_code_at);
    w.put_guest("mov eax, [0x10000]\nhlt");
    w.put(resume_at, between + "\nvmresume\nhlt");
    w.resume();
    REQUIRE(w.reason() == u64(ExitReason::HLT));
    return w.m.cpu.regs.gpr[cpu::AX] == 1;
}

}  // namespace

TEST_CASE("without a VPID an entry forgets the guest's translations, with one it keeps them") {
    VmxWorld w;
    SUBCASE("without") { CHECK_FALSE(still_cached(w, "")); }
    SUBCASE("with") {
        w.use(ProcBased2::enable_VPID), w.set(F::VIRTUAL_PROCESSOR_ID, 5);
        CHECK(still_cached(w, ""));
    }
    SUBCASE("with another VPID") {
        w.use(ProcBased2::enable_VPID), w.set(F::VIRTUAL_PROCESSOR_ID, 5);
        w.write(guest_base + page, 1), w.write(guest_base + other_page, 2);
        w.launch("mov eax, [0x10000]\ncpuid");
        w.write(ept_at + 0x3000 + 8 * (page >> 12), (guest_base + other_page) | 7 | 6 << 3, 8);
        w.set(F::GUEST_RIP, guest_code_at), w.set(F::VIRTUAL_PROCESSOR_ID, 6);
        w.put_guest("mov eax, [0x10000]\nhlt");
        w.resume();
        CHECK(w.m.cpu.regs.gpr[cpu::AX] == 2);
    }
}

TEST_CASE("INVVPID and INVEPT drop what they name and nothing else") {
    const struct {
        const char* what;
        const char* text;
        u64 low, high;
        bool cached;
    } rows[] = {
        {"INVVPID of the address", "mov eax, 0\ninvvpid eax, [0x50040]", 5, page, false},
        {"INVVPID of another address", "mov eax, 0\ninvvpid eax, [0x50040]", 5, other_page, true},
        {"INVVPID of the address of another VPID", "mov eax, 0\ninvvpid eax, [0x50040]", 6, page,
         true},
        {"INVVPID of the context", "mov eax, 1\ninvvpid eax, [0x50040]", 5, 0, false},
        {"INVVPID of another context", "mov eax, 1\ninvvpid eax, [0x50040]", 6, 0, true},
        {"INVVPID of all contexts", "mov eax, 2\ninvvpid eax, [0x50040]", 0, 0, false},
        {"INVVPID but for globals", "mov eax, 3\ninvvpid eax, [0x50040]", 5, 0, false},
        {"INVEPT of the context", "mov eax, 1\ninvept eax, [0x50040]", isa::ept::pointer(ept_at), 0,
         false},
        {"INVEPT of another context", "mov eax, 1\ninvept eax, [0x50040]",
         isa::ept::pointer(0x90000), 0, true},
        {"INVEPT of all contexts", "mov eax, 2\ninvept eax, [0x50040]", 0, 0, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        VmxWorld w;
        w.use(ProcBased2::enable_VPID), w.set(F::VIRTUAL_PROCESSOR_ID, 5);
        w.write(0x50040, row.low, 8), w.write(0x50048, row.high, 8);
        CHECK(still_cached(w, row.text) == row.cached);
    }
}

TEST_CASE("INVVPID and INVEPT refuse bad operands: error 28") {
    const struct {
        const char* what;
        const char* text;
        u64 low, high;
    } rows[] = {
        {"INVVPID of no type", "mov eax, 4\ninvvpid eax, [0x50040]", 5, 0},
        {"INVVPID with a reserved bit", "mov eax, 1\ninvvpid eax, [0x50040]", 1u << 16 | 5, 0},
        {"INVVPID of VPID 0", "mov eax, 1\ninvvpid eax, [0x50040]", 0, 0},
        {"INVEPT of no type", "mov eax, 3\ninvept eax, [0x50040]", 0, 0},
        {"INVEPT of a pointer that no entry would take", "mov eax, 1\ninvept eax, [0x50040]",
         ept_at | 5, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        VmxWorld w;
        w.write(0x50040, row.low, 8), w.write(0x50048, row.high, 8);
        w.run_host("vmxon [0x50000]\nvmptrld [0x50008]\n" + std::string(row.text) + "\nhlt");
        CHECK(w.flag(isa::flags::ZF));
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 28);
    }
}

TEST_CASE("VMFUNC switches to another EPT of the list, or leaves the guest") {
    constexpr u32 list = 0x70000, second_ept = 0x71000;
    VmxWorld w;
    w.use(ProcBased2::enable_VM_functions);
    w.set(F::VM_FUNCTION_CONTROLS, 1), w.set(F::EPTP_LIST_ADDRESS, list);
    // The second EPT is the first with `page` mapped elsewhere.
    for (u32 level = 0; level < 3; ++level)
        w.write(second_ept + 0x1000 * level, (second_ept + 0x1000 * (level + 1)) | 7, 8);
    for (u32 n = 0; n < 512; ++n)
        w.write(second_ept + 0x3000 + 8 * n, (guest_base + (n << 12)) | 7 | 6 << 3, 8);
    w.write(second_ept + 0x3000 + 8 * (page >> 12), (guest_base + other_page) | 7 | 6 << 3, 8);
    w.write(guest_base + page, 1), w.write(guest_base + other_page, 2);
    w.write(list, isa::ept::pointer(ept_at), 8);
    w.write(list + 8, isa::ept::pointer(second_ept), 8);
    SUBCASE("there and back") {
        w.launch(
            "mov ebx, [0x10000]\nmov ecx, 1\nxor eax, eax\nvmfunc\nmov edx, [0x10000]\n"
            "mov ecx, 0\nvmfunc\nmov esi, [0x10000]\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.m.cpu.regs.gpr[cpu::BX] == 1);
        CHECK(w.m.cpu.regs.gpr[cpu::DX] == 2);
        CHECK(w.m.cpu.regs.gpr[cpu::SI] == 1);
        CHECK(w.get(F::EPT_POINTER) == isa::ept::pointer(ept_at));
    }
    SUBCASE("what cannot be leaves the guest") {
        const char* guests[] = {
            "mov eax, 1\nvmfunc",                  // a function that is not enabled
            "xor eax, eax\nmov ecx, 512\nvmfunc",  // beyond the list
            "xor eax, eax\nmov ecx, 2\nvmfunc",    // a pointer that no entry would take
        };
        for (const char* guest : guests) {
            CAPTURE(guest);
            VmxWorld one = w;
            one.launch(guest);
            CHECK(one.reason() == u64(ExitReason::VMFUNC));
            CHECK(one.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 3);
        }
    }
    SUBCASE("no function has a number above 63: #UD") {
        w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD));
        w.launch("mov eax, 64\nvmfunc");
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    }
    SUBCASE("without the control it is no instruction") {
        w.set(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
              cap::b(ProcBased2::enable_EPT) | cap::b(ProcBased2::unrestricted_guest));
        w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD));
        w.launch("vmfunc");
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    }
}

}  // namespace ringside
