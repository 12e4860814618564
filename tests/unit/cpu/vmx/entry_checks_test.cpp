// Every VM-entry rule seen to hold and seen to fail.
#include "sim/cpu/vmx/entry_checks.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/isa/control_registers.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"

namespace ringside {
namespace {

using F = isa::VmcsField;
using cpu::vmx::Vmcs;
namespace cap = isa::vmx_capability;
namespace cr0 = isa::cr0;

/// A table of PDPTEs of which one is not valid, and a virtual-APIC page of priority class 5.
constexpr u64 bad_pdptes = 0x5000, virtual_apic = 0x6000;
constexpr u64 region = 0x1000, other_region = 0x2000, wrong_region = 0x3000, shadow_region = 0x4000;

struct Setting {
    F field;
    u64 value;
};

mem::Ram memory_with_regions() {
    mem::Ram ram(1 << 20);
    ram.write({region}, 4, cap::revision);
    ram.write({other_region}, 4, cap::revision);
    ram.write({wrong_region}, 4, cap::revision + 1);
    ram.write({shadow_region}, 4, cap::revision | 1u << 31);
    ram.write({bad_pdptes + 16}, 8, isa::paging::P | bit(1));
    ram.write({virtual_apic + 0x80}, 1, 0x50);
    return ram;
}

/// A 32-bit protected-mode guest with paging, EPT and "unrestricted guest" off, that passes every
/// rule.
void fill(mem::Ram& ram) {
    const Vmcs v(region);
    const u32 primary = cap::primary.must | cap::b(isa::ProcBased::activate_secondary_controls) |
                        cap::b(isa::ProcBased::use_IO_bitmaps) |
                        cap::b(isa::ProcBased::use_MSR_bitmaps);
    const Setting settings[] = {
        {F::PIN_BASED_VM_EXECUTION_CONTROLS, cap::pin.must},
        {F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, primary},
        {F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::b(isa::ProcBased2::enable_EPT)},
        {F::PRIMARY_VM_EXIT_CONTROLS, cap::exit.must},
        {F::VM_ENTRY_CONTROLS, cap::entry.must | cap::b(isa::EntryControl::load_debug_controls)},
        {F::EPT_POINTER, isa::ept::pointer(0x8000)},
        {F::VMCS_LINK_POINTER, ~u64{0}},
        {F::HOST_CR0, cap::cr0_fixed0},
        {F::HOST_CR4, cap::cr4_fixed0},
        {F::HOST_CS_SELECTOR, 0x08},
        {F::HOST_SS_SELECTOR, 0x10},
        {F::HOST_TR_SELECTOR, 0x18},
        {F::GUEST_CR0, cap::cr0_fixed0},
        {F::GUEST_CR4, cap::cr4_fixed0},
        {F::GUEST_RFLAGS, isa::flags::fixed},
        {F::GUEST_CS_SELECTOR, 0x08},
        {F::GUEST_CS_ACCESS_RIGHTS, 0xc09b},
        {F::GUEST_CS_LIMIT, 0xffffffff},
        {F::GUEST_SS_SELECTOR, 0x10},
        {F::GUEST_SS_ACCESS_RIGHTS, 0xc093},
        {F::GUEST_SS_LIMIT, 0xffffffff},
        {F::GUEST_DS_SELECTOR, 0x10},
        {F::GUEST_DS_ACCESS_RIGHTS, 0xc093},
        {F::GUEST_DS_LIMIT, 0xffffffff},
        {F::GUEST_ES_ACCESS_RIGHTS, 0x10000},
        {F::GUEST_FS_ACCESS_RIGHTS, 0x10000},
        {F::GUEST_GS_ACCESS_RIGHTS, 0x10000},
        {F::GUEST_TR_SELECTOR, 0x18},
        {F::GUEST_TR_ACCESS_RIGHTS, 0x8b},
        {F::GUEST_TR_LIMIT, 0x67},
        {F::GUEST_LDTR_SELECTOR, 0x20},
        {F::GUEST_LDTR_ACCESS_RIGHTS, 0x82},
        {F::GUEST_LDTR_LIMIT, 0xf},
        {F::GUEST_GDTR_LIMIT, 0xffff},
        {F::GUEST_IDTR_LIMIT, 0x7ff},
    };
    for (const Setting& s : settings) v.set(ram, s.field, s.value);
}

/// The same guest in virtual-8086 mode.
const std::vector<Setting> v86 = {
    {F::GUEST_RFLAGS, isa::flags::fixed | isa::flags::VM},
    {F::GUEST_CS_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_SS_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_DS_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_ES_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_FS_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_GS_ACCESS_RIGHTS, 0xf3},
    {F::GUEST_CS_LIMIT, 0xffff},
    {F::GUEST_SS_LIMIT, 0xffff},
    {F::GUEST_DS_LIMIT, 0xffff},
    {F::GUEST_ES_LIMIT, 0xffff},
    {F::GUEST_FS_LIMIT, 0xffff},
    {F::GUEST_GS_LIMIT, 0xffff},
    {F::GUEST_CS_SELECTOR, 0x100},
    {F::GUEST_CS_BASE, 0x1000},
    {F::GUEST_SS_SELECTOR, 0x200},
    {F::GUEST_SS_BASE, 0x2000},
    {F::GUEST_DS_SELECTOR, 0x300},
    {F::GUEST_DS_BASE, 0x3000},
};
/// The same guest with "unrestricted guest".
const std::vector<Setting> unrestricted = {
    {F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
     cap::b(isa::ProcBased2::enable_EPT) | cap::b(isa::ProcBased2::unrestricted_guest)},
};

/// A 64-bit guest of a 64-bit host.
const std::vector<Setting> long_mode = {
    {F::PRIMARY_VM_EXIT_CONTROLS,
     cap::exit.must | cap::b(isa::ExitControl::host_address_space_size)},
    {F::VM_ENTRY_CONTROLS, cap::entry.must | cap::b(isa::EntryControl::load_debug_controls) |
                               cap::b(isa::EntryControl::IA32e_mode_guest)},
    {F::HOST_CR4, cap::cr4_fixed0 | isa::cr4::PAE},
    {F::GUEST_CR4, cap::cr4_fixed0 | isa::cr4::PAE},
    {F::GUEST_CS_ACCESS_RIGHTS, 0xa09b},
};
/// The same guest with PAE paging, and no EPT.
const std::vector<Setting> pae = {
    {F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, 0},
    {F::GUEST_CR4, cap::cr4_fixed0 | isa::cr4::PAE},
};
std::vector<Setting> loading_efer(u64 guest, u64 host) {
    return {{F::PRIMARY_VM_EXIT_CONTROLS, cap::exit.must | cap::b(isa::ExitControl::load_EFER)},
            {F::VM_ENTRY_CONTROLS, cap::entry.must | cap::b(isa::EntryControl::load_EFER)},
            {F::GUEST_IA32_EFER, guest},
            {F::HOST_IA32_EFER, host}};
}
const std::vector<Setting> tpr_shadow = {
    {F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
     cap::primary.must | cap::b(isa::ProcBased::use_TPR_shadow)},
    {F::VIRTUAL_APIC_ADDRESS, virtual_apic},
    {F::TPR_THRESHOLD, 5},
};

std::vector<Setting> with(std::vector<Setting> base, const std::vector<Setting>& more) {
    base.insert(base.end(), more.begin(), more.end());
    return base;
}

std::vector<Setting> with_secondary(isa::ProcBased2 c) {
    return {{F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
             cap::b(isa::ProcBased2::enable_EPT) | cap::b(c)}};
}
const std::vector<Setting> vm_functions =
    with(with_secondary(isa::ProcBased2::enable_VM_functions), {{F::VM_FUNCTION_CONTROLS, 1}});

constexpr u32 event(u32 type, u32 vector, bool code = false) {
    return 1u << 31 | type << 8 | vector | (code ? 1u << 11 : 0);
}
const Setting inject_interrupt{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(0, 0x20)};
const Setting inject_nmi{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(2, 2)};
const Setting interrupts_on{F::GUEST_RFLAGS, isa::flags::fixed | isa::flags::IF};

/// A change to the passing VMCS that breaks this rule, and no rule before it.
struct Mutation {
    const char* rule;
    std::vector<Setting> settings;
    bool long_mode = false;  ///< the VMM's IA32_EFER.LMA
};

const Mutation mutations[] = {
    {"EC1", {{F::PIN_BASED_VM_EXECUTION_CONTROLS, 0}}},
    {"EC2", {{F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::primary.must | 1u << 17}}},
    {"EC3", {{F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, 1u << 31}}},
    {"EC5", {{F::CR3_TARGET_COUNT, 5}}},
    {"EC6", {{F::IO_BITMAP_B_ADDRESS, 0x800}}},
    {"EC7", {{F::MSR_BITMAP_ADDRESS, u64{1} << 40}}},
    {"EC8", with(tpr_shadow, {{F::VIRTUAL_APIC_ADDRESS, virtual_apic + 8}})},
    {"EC9", with(tpr_shadow, {{F::TPR_THRESHOLD, 16}})},
    {"EC10", with(tpr_shadow, {{F::TPR_THRESHOLD, 6}})},
    {"EC11",
     {{F::PIN_BASED_VM_EXECUTION_CONTROLS, cap::pin.must | cap::b(isa::PinBased::virtual_NMIs)}}},
    {"EC12",
     {{F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
       cap::primary.must | cap::b(isa::ProcBased::NMI_window_exiting)}}},
    {"EC22", with_secondary(isa::ProcBased2::enable_VPID)},
    {"EC23", {{F::EPT_POINTER, 0x8000 | 3 << 3}}},
    {"EC24", {{F::EPT_POINTER, 0x8000 | 6 | 2 << 3}}},
    {"EC26", {{F::EPT_POINTER, isa::ept::pointer(0x8000) | bit(36)}}},
    {"EC27",
     {{F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
       cap::b(isa::ProcBased2::unrestricted_guest)}}},
    {"EC30", with(vm_functions, {{F::VM_FUNCTION_CONTROLS, 2}})},
    {"EC31", with(vm_functions, {{F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                                  cap::b(isa::ProcBased2::enable_VM_functions)}})},
    {"EC32", with(vm_functions, {{F::EPTP_LIST_ADDRESS, 0x800}})},
    {"EC37", with_secondary(isa::ProcBased2::use_TSC_scaling)},
    {"XC1", {{F::PRIMARY_VM_EXIT_CONTROLS, cap::exit.must | 1u << 12}}},
    {"XC3",
     {{F::PRIMARY_VM_EXIT_CONTROLS,
       cap::exit.must | cap::b(isa::ExitControl::save_preemption_timer)}}},
    {"XC4", {{F::VM_EXIT_MSR_STORE_COUNT, 1}, {F::VM_EXIT_MSR_STORE_ADDRESS, 8}}},
    {"XC5", {{F::VM_EXIT_MSR_STORE_COUNT, 2}, {F::VM_EXIT_MSR_STORE_ADDRESS, 0xffffffff0}}},
    {"XC6", {{F::VM_EXIT_MSR_LOAD_COUNT, 1}, {F::VM_EXIT_MSR_LOAD_ADDRESS, 4}}},
    {"XC7", {{F::VM_EXIT_MSR_LOAD_COUNT, 2}, {F::VM_EXIT_MSR_LOAD_ADDRESS, 0xffffffff0}}},
    {"NC1", {{F::VM_ENTRY_CONTROLS, cap::entry.must | 1u << 10}}},
    {"NC2", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(1, 0)}}},
    {"NC3", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(2, 3)}}},
    {"NC4", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 32)}}},
    {"NC5", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(7, 1)}}},
    {"NC6", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 13)}}},
    {"NC7", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 6, true)}}},
    {"NC8", {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 6) | 1u << 12}}},
    {"NC9",
     {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 13, true)},
      {F::VM_ENTRY_EXCEPTION_ERROR_CODE, 0x10000}}},
    {"NC10",
     {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(4, 0x80)},
      {F::VM_ENTRY_INSTRUCTION_LENGTH, 16}}},
    {"NC11",
     {{F::VM_ENTRY_INTERRUPTION_INFORMATION, event(4, 0x80)}, {F::VM_ENTRY_INSTRUCTION_LENGTH, 0}}},
    {"NC12", {{F::VM_ENTRY_MSR_LOAD_COUNT, 1}, {F::VM_ENTRY_MSR_LOAD_ADDRESS, 1}}},
    {"NC13", {{F::VM_ENTRY_MSR_LOAD_COUNT, 2}, {F::VM_ENTRY_MSR_LOAD_ADDRESS, 0xffffffff0}}},

    {"HC1", {{F::HOST_CR0, cr0::PE | cr0::PG}}},
    {"HC2", {{F::HOST_CR4, cap::cr4_fixed0 | isa::cr4::SMXE}}},
    {"HC7",
     {{F::PRIMARY_VM_EXIT_CONTROLS, cap::exit.must | cap::b(isa::ExitControl::load_PAT)},
      {F::HOST_IA32_PAT, 2}}},
    {"HC4", {{F::HOST_CR3, bit(36)}}},
    {"HC5", {{F::HOST_IA32_SYSENTER_EIP, bit(47)}}},
    {"HC8", loading_efer(0, bit(1))},
    {"HC9", loading_efer(0, isa::efer::LME)},
    {"HC9", with(long_mode, {{F::PRIMARY_VM_EXIT_CONTROLS,
                              cap::exit.must | cap::b(isa::ExitControl::load_EFER) |
                                  cap::b(isa::ExitControl::host_address_space_size)}})},
    {"HS1", {{F::HOST_GS_SELECTOR, 0x13}}},
    {"HS2", {{F::HOST_CS_SELECTOR, 0}}},
    {"HS3", {{F::HOST_TR_SELECTOR, 0}}},
    {"HS4", {{F::HOST_SS_SELECTOR, 0}}},
    {"HS5", {{F::HOST_TR_BASE, bit(47)}}},
    {"HA1", {long_mode[0], long_mode[2]}},
    {"HA1", {long_mode[1]}},
    {"HA2", {}, true},
    {"HA4", {{F::HOST_CR4, cap::cr4_fixed0 | isa::cr4::PCIDE}}},
    {"HA5", {{F::HOST_RIP, bit(32)}}},
    {"HA7", with(long_mode, {{F::HOST_CR4, cap::cr4_fixed0}}), true},
    {"HA8", with(long_mode, {{F::HOST_RIP, bit(47)}}), true},

    {"GC1", {{F::GUEST_CR0, cr0::PE | cr0::PG}}},
    {"GC2", with(unrestricted, {{F::GUEST_CR0, cr0::NE | cr0::PG}})},
    {"GC3", {{F::GUEST_CR4, 0}}},
    {"GC6", with(long_mode, {{F::GUEST_CR4, cap::cr4_fixed0}}), true},
    {"GC8", {{F::GUEST_CR3, bit(36)}}},
    {"GC9", {{F::GUEST_DR7, bit(32)}}},
    {"GC10", {{F::GUEST_IA32_SYSENTER_ESP, bit(63)}}},
    {"GC14", loading_efer(bit(1), 0)},
    {"GC15", loading_efer(isa::efer::LMA | isa::efer::LME, 0)},
    {"GC16", loading_efer(isa::efer::LME, 0)},
    {"GC7", {{F::GUEST_CR4, cap::cr4_fixed0 | isa::cr4::PCIDE}}},
    {"GC5", {{F::GUEST_IA32_DEBUGCTL, 4}}},
    {"GC13",
     {{F::VM_ENTRY_CONTROLS, cap::entry.must | cap::b(isa::EntryControl::load_PAT)},
      {F::GUEST_IA32_PAT, 8}}},
    {"GS1", {{F::GUEST_TR_SELECTOR, 0x1c}}},
    {"GS2", {{F::GUEST_LDTR_SELECTOR, 0x24}}},
    {"GS3", {{F::GUEST_SS_SELECTOR, 0x13}}},
    {"GS4", with(v86, {{F::GUEST_FS_BASE, 16}})},
    {"GS5", {{F::GUEST_GS_BASE, bit(47)}}},
    {"GS6", {{F::GUEST_LDTR_BASE, bit(47)}}},
    {"GS7", {{F::GUEST_CS_BASE, bit(32)}}},
    {"GS8", {{F::GUEST_DS_BASE, bit(32)}}},
    {"GS9", with(v86, {{F::GUEST_FS_LIMIT, 0xfffff}})},
    {"GS10", with(v86, {{F::GUEST_FS_ACCESS_RIGHTS, 0x93}})},
    {"GS11", {{F::GUEST_CS_ACCESS_RIGHTS, 0xc093}}},
    {"GS12", {{F::GUEST_SS_ACCESS_RIGHTS, 0xc091}}},
    {"GS13", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc092}}},
    {"GS14", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc099}}},
    {"GS15", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc083}}},
    {"GS16", with(unrestricted, {{F::GUEST_CS_ACCESS_RIGHTS, 0xc0b3}})},
    {"GS17", {{F::GUEST_CS_ACCESS_RIGHTS, 0xc0bb}}},
    {"GS18", {{F::GUEST_CS_ACCESS_RIGHTS, 0xc0bf}}},
    {"GS19", {{F::GUEST_SS_ACCESS_RIGHTS, 0xc0b3}, {F::GUEST_CS_ACCESS_RIGHTS, 0xc0bb}}},
    {"GS20", with(unrestricted, {{F::GUEST_CR0, cr0::NE},
                                 {F::GUEST_SS_ACCESS_RIGHTS, 0xc0b3},
                                 {F::GUEST_CS_ACCESS_RIGHTS, 0xc0bb}})},
    {"GS21", {{F::GUEST_DS_SELECTOR, 0x13}}},
    {"GS22", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc013}}},
    {"GS23", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc193}}},
    {"GS24", with(long_mode, {{F::GUEST_CS_ACCESS_RIGHTS, 0xe09b}}), true},
    {"GS25", {{F::GUEST_DS_LIMIT, 0xfffffffe}}},
    {"GS26", {{F::GUEST_DS_ACCESS_RIGHTS, 0x4093}}},
    {"GS27", {{F::GUEST_DS_ACCESS_RIGHTS, 0xc093 | 1u << 17}}},
    {"GS28", {{F::GUEST_TR_ACCESS_RIGHTS, 0x89}}},
    {"GS28", with(long_mode, {{F::GUEST_TR_ACCESS_RIGHTS, 0x83}}), true},
    {"GS29", {{F::GUEST_TR_ACCESS_RIGHTS, 0x9b}}},
    {"GS30", {{F::GUEST_TR_ACCESS_RIGHTS, 0x0b}}},
    {"GS31", {{F::GUEST_TR_ACCESS_RIGHTS, 0x28b}}},
    {"GS32", {{F::GUEST_TR_LIMIT, 0x100000}}},
    {"GS33", {{F::GUEST_TR_ACCESS_RIGHTS, 0x1008b}}},
    {"GS34", {{F::GUEST_TR_ACCESS_RIGHTS, 0x2008b}}},
    {"GS35", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x83}}},
    {"GS36", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x92}}},
    {"GS37", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x02}}},
    {"GS38", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x182}}},
    {"GS39", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x8082}}},
    {"GS40", {{F::GUEST_LDTR_ACCESS_RIGHTS, 0x20082}}},
    {"GT2", {{F::GUEST_IDTR_LIMIT, 0x10000}}},
    {"GT1", {{F::GUEST_IDTR_BASE, bit(47)}}},
    {"GR1", {{F::GUEST_RIP, bit(32)}}},
    {"GR1", with(long_mode, {{F::GUEST_RIP, bit(32)}, {F::GUEST_CS_ACCESS_RIGHTS, 0xc09b}}), true},
    {"GR2", with(long_mode, {{F::GUEST_RIP, bit(48)}}), true},
    {"GR3", {{F::GUEST_RFLAGS, 0}}},
    {"GR3", {{F::GUEST_RFLAGS, isa::flags::fixed | bit(63)}}},
    {"GR4", with(with(v86, unrestricted), {{F::GUEST_CR0, cr0::NE}})},
    {"GR4", with(with(long_mode, v86), {{F::GUEST_TR_ACCESS_RIGHTS, 0x8b}}), true},
    {"GR5", {inject_interrupt}},
    {"GA1", {{F::GUEST_ACTIVITY_STATE, 4}}},
    {"GA2", with(v86, {{F::GUEST_ACTIVITY_STATE, 1}})},
    {"GA3", {{F::GUEST_ACTIVITY_STATE, 1}, interrupts_on, {F::GUEST_INTERRUPTIBILITY_STATE, 1}}},
    {"GA4", {{F::GUEST_ACTIVITY_STATE, 1}, {F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 6)}}},
    {"GA5", {{F::GUEST_ACTIVITY_STATE, 2}, {F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 1)}}},
    {"GA6", {{F::GUEST_ACTIVITY_STATE, 3}, {F::VM_ENTRY_INTERRUPTION_INFORMATION, event(2, 2)}}},
    {"GI1", {{F::GUEST_INTERRUPTIBILITY_STATE, 1u << 5}}},
    {"GI2", {interrupts_on, {F::GUEST_INTERRUPTIBILITY_STATE, 3}}},
    {"GI3", {{F::GUEST_INTERRUPTIBILITY_STATE, 1}}},
    {"GI4", {interrupts_on, inject_interrupt, {F::GUEST_INTERRUPTIBILITY_STATE, 2}}},
    {"GI5", {inject_nmi, {F::GUEST_INTERRUPTIBILITY_STATE, 2}}},
    {"GI6", {interrupts_on, inject_nmi, {F::GUEST_INTERRUPTIBILITY_STATE, 1}}},
    {"GI7", {{F::GUEST_INTERRUPTIBILITY_STATE, 4}}},
    {"GI9",
     {inject_nmi,
      {F::GUEST_INTERRUPTIBILITY_STATE, 8},
      {F::PIN_BASED_VM_EXECUTION_CONTROLS,
       cap::pin.must | cap::b(isa::PinBased::NMI_exiting) | cap::b(isa::PinBased::virtual_NMIs)}}},
    {"GI10", {{F::GUEST_INTERRUPTIBILITY_STATE, 16}}},
    {"GP1", {{F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 13}}},
    {"GP2",
     {{F::GUEST_RFLAGS, isa::flags::fixed | isa::flags::TF}, {F::GUEST_INTERRUPTIBILITY_STATE, 2}}},
    {"GP3", {{F::GUEST_INTERRUPTIBILITY_STATE, 2}, {F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 14}}},
    {"GP3",
     {{F::GUEST_RFLAGS, isa::flags::fixed | isa::flags::TF},
      {F::GUEST_IA32_DEBUGCTL, isa::debugctl::BTF},
      {F::GUEST_INTERRUPTIBILITY_STATE, 2},
      {F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 14}}},
    {"GP4", {{F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 16}}},
    {"GP5", {{F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 16 | 1u << 12}}},
    {"GL1", {{F::VMCS_LINK_POINTER, other_region + 8}}},
    {"GL2", {{F::VMCS_LINK_POINTER, u64{1} << 40}}},
    {"GL3", {{F::VMCS_LINK_POINTER, wrong_region}}},
    {"GL4", {{F::VMCS_LINK_POINTER, shadow_region}}},
    {"GL5", {{F::VMCS_LINK_POINTER, region}}},
    {"GD1", with(pae, {{F::GUEST_CR3, bad_pdptes}})},
    {"GD2", {pae[1], {F::GUEST_PDPTE2, isa::paging::P | bit(5)}}},
};

/// Why a rule of the table needs no code here.
struct Unchecked {
    const char* reason;
    std::vector<std::string_view> rules;
};
const Unchecked unchecked[] = {
    {"basic checks: bodies of VMLAUNCH and VMRESUME", {"B1", "B2", "B3", "B4", "B6", "B7", "B8"}},
    {"no shadow VMCSs: VMPTRLD refuses revision bit 31", {"B5"}},
    {"the control that it is about cannot be 1: EC1-EC3, XC1 or NC1 refuse it",
     {"EC4",  "EC13", "EC14", "EC15", "EC16", "EC17", "EC18", "EC19", "EC20", "EC21",
      "EC28", "EC29", "EC33", "EC34", "EC35", "EC36", "EC38", "EC39", "XC2",  "NC14",
      "NC15", "HC6",  "HC10", "HC11", "HC12", "HA6",  "HA9",  "HA10", "GC11", "GC12",
      "GC17", "GC18", "GC19", "GC20", "GC21", "GC22", "GR6",  "GA7",  "GI8",  "GL6"}},
    {"every pointer keeps it: this CPU has accessed and dirty flags for EPT", {"EC25"}},
    {"the control-register bit cannot be 1: HC2 or GC3 refuse it", {"HC3", "GC4"}},
    {"says what \"valid\" means in GD1 and GD2", {"GD3"}},
    {"rules before it refuse the same: GP5; HA1 and HA2", {"GP6", "HA3"}},
    {"the MSRs of the entry list: msr_lists.cpp and msr_lists_test.cpp",
     {"ML1", "ML2", "ML3", "ML4", "ML5", "ML6"}},
};

std::string first_broken(const mem::Ram& ram, bool in_long_mode = false) {
    if (const auto broken = cpu::vmx::check_controls_and_host(ram, Vmcs(region), in_long_mode))
        return isa::entry_rules[broken->rule].id;
    if (const auto broken = cpu::vmx::check_guest(ram, Vmcs(region)))
        return isa::entry_rules[broken->rule].id;
    return "";
}

}  // namespace

TEST_CASE("a sound VMCS breaks no VM-entry rule") {
    mem::Ram ram = memory_with_regions();
    fill(ram);
    CHECK(first_broken(ram) == "");
    SUBCASE("in virtual-8086 mode") {
        for (const Setting& s : v86) Vmcs(region).set(ram, s.field, s.value);
        CHECK(first_broken(ram) == "");
    }
    SUBCASE("unrestricted, paging off") {
        for (const Setting& s : unrestricted) Vmcs(region).set(ram, s.field, s.value);
        Vmcs(region).set(ram, F::GUEST_CR0, cr0::NE);
        CHECK(first_broken(ram) == "");
    }
    SUBCASE("in 64-bit mode, from a host in it") {
        for (const Setting& s : long_mode) Vmcs(region).set(ram, s.field, s.value);
        Vmcs(region).set(ram, F::HOST_SS_SELECTOR, 0);
        Vmcs(region).set(ram, F::HOST_RIP, ~u64{0});
        Vmcs(region).set(ram, F::GUEST_RIP, bit(47));  // need not be canonical
        Vmcs(region).set(ram, F::GUEST_FS_BASE, ~u64{0} << 47);
        CHECK(first_broken(ram, true) == "");
    }
    SUBCASE("with PAE paging") {
        for (const Setting& s : pae) Vmcs(region).set(ram, s.field, s.value);
        CHECK(first_broken(ram) == "");
    }
    SUBCASE("with the guest's own task priority") {
        for (const Setting& s : tpr_shadow) Vmcs(region).set(ram, s.field, s.value);
        CHECK(first_broken(ram) == "");
    }
    SUBCASE("with a link pointer") {
        Vmcs(region).set(ram, F::VMCS_LINK_POINTER, other_region);
        CHECK(first_broken(ram) == "");
    }
    SUBCASE("injecting a fault with an error code") {
        Vmcs(region).set(ram, F::VM_ENTRY_INTERRUPTION_INFORMATION, event(3, 14, true));
        CHECK(first_broken(ram) == "");
    }
}

TEST_CASE("each checked VM-entry rule is broken first by a mutation of its own") {
    for (const Mutation& m : mutations) {
        CAPTURE(m.rule);
        mem::Ram ram = memory_with_regions();
        fill(ram);
        for (const Setting& s : m.settings) Vmcs(region).set(ram, s.field, s.value);
        CHECK(first_broken(ram, m.long_mode) == m.rule);
    }
}

TEST_CASE("a broken rule names the field and its value") {
    mem::Ram ram = memory_with_regions();
    fill(ram);
    Vmcs(region).set(ram, F::GUEST_DS_ACCESS_RIGHTS, 0xc092);
    const auto broken = cpu::vmx::check_guest(ram, Vmcs(region));
    REQUIRE(broken);
    CHECK(broken->field == F::GUEST_DS_ACCESS_RIGHTS);
    CHECK(broken->value == 0xc092);
}

TEST_CASE("every VM-entry rule is either checked and seen to fail, or has a reason not to be") {
    std::set<std::string_view> mutated, excused;
    for (const Mutation& m : mutations) mutated.insert(m.rule);
    for (const Unchecked& u : unchecked) excused.insert(u.rules.begin(), u.rules.end());
    for (int n = 0; n < int(std::size(isa::entry_rules)); ++n) {
        const std::string_view id = isa::entry_rules[n].id;
        CAPTURE(id);
        CHECK(cpu::vmx::rule_is_checked(n) == mutated.contains(id));
        CHECK(mutated.contains(id) != excused.contains(id));
    }
    CHECK(mutated.size() + excused.size() == std::size(isa::entry_rules));
}

}  // namespace ringside
