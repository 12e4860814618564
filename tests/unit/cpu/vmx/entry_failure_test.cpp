// A failed VM entry in words: which rule, which field, the value, what is allowed, the manual's
// title.
#include "sim/trace/entry_failure.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;

struct Failures : trace::Sink {
    std::vector<trace::EntryFailure> all;
    void on(const trace::Event& e) override {
        if (e.kind == trace::EventKind::VmEntryFailure)
            all.push_back(trace::explain_entry_failure(e));
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a failed VM entry is explained") {
    VmxWorld w;
    Failures failures;
    w.sink = &failures;
    SUBCASE("a control: which bits are wrong") {
        w.use(isa::ProcBased2::virtualize_APIC_accesses);
        w.launch("hlt");
        REQUIRE(failures.all.size() == 1);
        const trace::EntryFailure& f = failures.all[0];
        CHECK(f.rule == "EC3");
        CHECK(f.field == "SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS");
        CHECK(f.value == w.get(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS));
        CHECK(contains(f.allowed, "1 but must be 0: 0x1"));
        CHECK(f.source == "SDM 3C \"VM-Execution Control Fields\"");
        CHECK(f.shows == "VMfailValid 7");
    }
    SUBCASE("guest state: the exit that the VMM sees") {
        w.set(F::VMCS_LINK_POINTER, 0x100);
        w.launch("hlt");
        REQUIRE(failures.all.size() == 1);
        const trace::EntryFailure& f = failures.all[0];
        CHECK(f.words() ==
              "rule GL1: VMCS_LINK_POINTER is 0x100; allowed: link pointer not all ones: 4 KB "
              "aligned; SDM 3C \"Checks on Guest Non-Register State\"; shows as VM exit, reason "
              "33, qualification 4");
    }
    SUBCASE("a basic check has no field") {
        w.run_host("vmxon [0x50000]\nvmptrld [0x50008]\nvmresume\nhlt");
        REQUIRE(failures.all.size() == 1);
        CHECK(failures.all[0].rule == "B8");
        CHECK(failures.all[0].field == "");
        CHECK(failures.all[0].shows == "VMfailValid 5");
    }
}

}  // namespace ringside
