// The MSR areas of VM entries and exits, and what follows when an entry of one cannot be handled.
// SDM 3C "Loading MSRs", "Saving MSRs", "VMX Aborts".
#include <doctest/doctest.h>

#include <vector>

#include "sim/isa/entry_rules.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
namespace msr = isa::msr;

constexpr u32 entry_list = 0x60000, exit_store = 0x61000, exit_load = 0x62000;

void put_entry(VmxWorld& w, u32 list, u32 n, u32 index, u64 value, u32 reserved = 0) {
    const u32 at = list + 16 * n;
    w.write(at, index), w.write(at + 4, reserved), w.write(at + 8, value, 8);
}
void use_list(VmxWorld& w, F address, F count, u32 list, u32 entries) {
    w.set(address, list), w.set(count, entries);
}

struct Recorder : trace::Sink {
    std::vector<trace::Event> all;
    void on(const trace::Event& e) override { all.push_back(e); }
};

}  // namespace

TEST_CASE("MSRs are loaded at an entry, stored and loaded at an exit, in the order of the lists") {
    VmxWorld w;
    put_entry(w, entry_list, 0, msr::SYSENTER_ESP, 1);
    put_entry(w, entry_list, 1, msr::SYSENTER_ESP, 2);
    put_entry(w, exit_store, 0, msr::SYSENTER_ESP, 0);
    put_entry(w, exit_load, 0, msr::SYSENTER_ESP, 3);
    use_list(w, F::VM_ENTRY_MSR_LOAD_ADDRESS, F::VM_ENTRY_MSR_LOAD_COUNT, entry_list, 2);
    use_list(w, F::VM_EXIT_MSR_STORE_ADDRESS, F::VM_EXIT_MSR_STORE_COUNT, exit_store, 1);
    use_list(w, F::VM_EXIT_MSR_LOAD_ADDRESS, F::VM_EXIT_MSR_LOAD_COUNT, exit_load, 1);
    w.launch("hlt");
    CHECK(w.reason() == u64(ExitReason::HLT));
    CHECK(w.m.ram.read({exit_store + 8}, 8) == 2);
    CHECK(w.m.cpu.msr.sysenter_esp == 3);
}

TEST_CASE("an entry of the entry list that cannot be loaded fails the VM entry by its number") {
    const struct {
        const char* rule;
        u32 index;
        u64 value;
        u32 reserved;
    } rows[] = {
        {"ML1", msr::FS_BASE, 0, 0},      {"ML1", msr::GS_BASE, 0, 0},
        {"ML2", msr::X2APIC_FIRST, 0, 0}, {"ML2", msr::X2APIC_FIRST + 0xff, 0, 0},
        {"ML5", msr::SYSENTER_CS, 0, 1},  {"ML6", msr::PAT, 2, 0},
        {"ML6", 0x12345, 0, 0},           {"ML6", msr::VMX_BASIC, 0, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.rule);
        VmxWorld w;
        Recorder recorder;
        w.sink = &recorder;
        put_entry(w, entry_list, 0, msr::SYSENTER_CS, 0x77);
        put_entry(w, entry_list, 1, row.index, row.value, row.reserved);
        use_list(w, F::VM_ENTRY_MSR_LOAD_ADDRESS, F::VM_ENTRY_MSR_LOAD_COUNT, entry_list, 2);
        put_entry(w, exit_load, 0, msr::SYSENTER_EIP, 0x99);
        use_list(w, F::VM_EXIT_MSR_LOAD_ADDRESS, F::VM_EXIT_MSR_LOAD_COUNT, exit_load, 1);
        w.launch("hlt");
        REQUIRE(w.left_guest());
        CHECK(w.reason() == (u64(ExitReason::ENTRY_FAILURE_MSR_LOADING) | isa::entry_failure));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 2);
        CHECK_FALSE(w.m.cpu.vmx.non_root);
        CHECK_FALSE(w.vmcs.launched(w.m.ram));
        CHECK(w.m.cpu.msr.sysenter_eip == 0x99);  // the exit's list is loaded all the same
        const trace::Event* failure = nullptr;
        for (const trace::Event& e : recorder.all)
            if (e.kind == trace::EventKind::VmEntryFailure) failure = &e;
        REQUIRE(failure);
        CHECK(std::string(isa::entry_rules[failure->a].id) == row.rule);
        CHECK(failure->b == row.index);
        CHECK(failure->error_code == u32(F::VM_ENTRY_MSR_LOAD_ADDRESS));
    }
}

TEST_CASE("an exit that cannot handle its lists is a VMX abort: the processor shuts down") {
    VmxWorld w;
    u32 indicator = 0;
    SUBCASE("storing") {
        put_entry(w, exit_store, 0, 0x12345, 0);
        use_list(w, F::VM_EXIT_MSR_STORE_ADDRESS, F::VM_EXIT_MSR_STORE_COUNT, exit_store, 1);
        indicator = 1;
    }
    SUBCASE("loading") {
        put_entry(w, exit_load, 0, msr::FS_BASE, 0);
        use_list(w, F::VM_EXIT_MSR_LOAD_ADDRESS, F::VM_EXIT_MSR_LOAD_COUNT, exit_load, 1);
        indicator = 4;
    }
    w.launch("hlt");
    CHECK(w.stop.reason == machine::Stop::Shutdown);
    CHECK(w.m.ram.read({vmcs_at + 4}, 4) == indicator);
}

TEST_CASE("the entry and exit controls move IA32_PAT and the debug registers") {
    constexpr u64 guest_pat = 0x0606060606060606, host_pat = 0x0404040404040404;
    VmxWorld w;
    w.set(F::GUEST_IA32_PAT, guest_pat), w.set(F::HOST_IA32_PAT, host_pat);
    const u64 before = w.m.cpu.msr.pat;
    SUBCASE("not without the controls") {
        w.launch("hlt");
        CHECK(w.m.cpu.msr.pat == before);
    }
    SUBCASE("with them") {
        w.use(isa::EntryControl::load_PAT), w.use(isa::ExitControl::load_PAT);
        w.use(isa::ExitControl::save_PAT), w.use(isa::ProcBased::use_MSR_bitmaps);
        w.set(F::MSR_BITMAP_ADDRESS, 0x63000);
        w.launch("mov ecx, 0x277\nrdmsr\nxor al, 7\nwrmsr\nhlt");
        CHECK(w.m.cpu.msr.pat == host_pat);
        CHECK(w.get(F::GUEST_IA32_PAT) == (guest_pat ^ 7));
    }
}

}  // namespace ringside
