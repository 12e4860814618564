#include "tests/oracle/vendor_differences.hpp"

namespace ringside::oracle {
namespace {

using isa::Op;

bool any(const Decoding&) { return true; }
bool repeated(const Decoding& d) { return d.insn.rep || d.insn.repne; }
bool wide(const Decoding& d) { return d.insn.operand_size > 2; }

bool has_prefix(const Decoding& d, u8 byte) {
    for (u8 n = 0; n < d.z.raw.prefix_count; ++n)
        if (d.z.raw.prefixes[n].value == byte) return true;
    return false;
}
/// REPE LOOPNE and REPNE LOOPE.
bool repeat_contradicts(const Decoding& d) {
    return has_prefix(d, d.insn.op == Op::LOOPNE ? 0xf3 : 0xf2);
}
/// 0F 0D with a register.
bool prefetch_of_register(const Decoding& d) {
    return d.z.opcode_map == ZYDIS_OPCODE_MAP_0F && d.z.opcode == 0x0d && d.z.raw.modrm.mod == 3;
}

/// In 64-bit mode with 66 and without REX.W.
bool branch_of_16_bits(const Decoding& d) {
    return d.z.machine_mode == ZYDIS_MACHINE_MODE_LONG_64 && has_prefix(d, 0x66) && !d.z.raw.rex.W;
}
bool far_pointer_of_64_bits(const Decoding& d) { return d.z.raw.rex.W; }
/// 0F 18 with a register.
bool hint_of_register(const Decoding& d) {
    return d.z.opcode_map == ZYDIS_OPCODE_MAP_0F && d.z.opcode == 0x18 && d.z.raw.modrm.mod == 3;
}
/// Group 3, F6 and F7, with 1 in the reg field.
bool second_of_group_3(const Decoding& d) {
    return (d.z.opcode & 0xfe) == 0xf6 && d.z.raw.modrm.reg == 1;
}
bool has_rex(const Decoding& d) { return d.z.attributes & ZYDIS_ATTRIB_HAS_REX; }
/// C6 and C7 with REX.R.
bool extended_group_11(const Decoding& d) { return (d.z.opcode & 0xfe) == 0xc6 && d.z.raw.rex.R; }
bool rip_and_immediate(const Decoding& d) {
    return d.z.machine_mode == ZYDIS_MACHINE_MODE_LONG_64 && d.z.raw.modrm.mod == 0 &&
           d.z.raw.modrm.rm == 5 && d.z.raw.imm[0].size > 0;
}
bool result_of_32_bits(const Decoding& d) {
    return d.z.machine_mode == ZYDIS_MACHINE_MODE_LONG_64 && d.insn.width == 4;
}
bool locked(const Decoding& d) { return d.insn.lock; }
bool outside_64_bit_mode(const Decoding& d) {
    return d.z.machine_mode != ZYDIS_MACHINE_MODE_LONG_64;
}

constexpr const char
    *sdm_scan = "SDM 2A \"BSF\", \"BSR\": undefined if the source is 0; processors change nothing",
    *qemu_scan = "QEMU clears the upper half then";
constexpr const char *sdm_resume =
                         "SDM 3B \"Instruction-Breakpoint Exception Condition\": a trap between "
                         "two iterations saves RF = 1",
                     *amd_resume = "APM 2 \"RFLAGS Register\": nothing of that, RF = 0";
constexpr const char *sdm_rip = "SDM 2A \"RIP-Relative Addressing\": from the next instruction",
                     *qemu_rip = "QEMU counts from the immediate";
constexpr const char *sdm_loop = "SDM 2A \"LOOP/LOOPcc\": no flag changes",
                     *qemu_loop = "QEMU may lose the flags where the count ends the loop";
constexpr const char *sdm_branch = "SDM 1 \"Branches in 64-Bit Mode\": operands of 64 bits, always",
                     *amd_branch =
                         "APM 1 \"Near Branches in 64-Bit Mode\": 66 makes them 16-bit; QEMU too",
                     *amd_far = "APM 3 \"JMP (Far)\", \"CALL (Far)\", \"LSS\": REX.W is ignored";
constexpr const char *sdm_reserved_repeat = "SDM 2A \"Instruction Prefixes\": reserved with LOOPcc",
                     *amd_reserved_repeat = "the repeat prefix decides what ZF must be",
                     *sdm_compare_fault =
                         "SDM 2B \"REP/REPE/REPZ/REPNE/REPNZ\": a fault puts EFLAGS back",
                     *amd_compare_fault =
                         "APM 3 \"Repeat Prefixes\" says nothing: flags of the last comparison",
                     *sdm_push = "SDM 2B \"PUSH\": zero-extended, or the upper part left as it was",
                     *amd_push = "APM 3 \"PUSH\": zero-extended";

// clang-format off
constexpr Difference table[] = {
    //  row          forms                   what                 Intel  AMD    QEMU   the SDM, and the others
    {Op::LOOPE,      repeat_contradicts,     Unlike::Path,        false, true,  false, sdm_reserved_repeat, amd_reserved_repeat},
    {Op::LOOPNE,     repeat_contradicts,     Unlike::Path,        false, true,  false, sdm_reserved_repeat, amd_reserved_repeat},
    {Op::JMP,        branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::CALL,       branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::RET,        branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::Jcc,        branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::JCXZ,       branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::LOOP,       branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::LOOPE,      branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::LOOPNE,     branch_of_16_bits,      Unlike::Path,        false, true,  true,  sdm_branch, amd_branch},
    {Op::JMP_FAR,    far_pointer_of_64_bits, Unlike::Path,        false, true,  false, "SDM 2A \"JMP\": m16:64", amd_far},
    {Op::CALL_FAR,   far_pointer_of_64_bits, Unlike::Path,        false, true,  false, "SDM 2A \"CALL\": m16:64", amd_far},
    {Op::LFAR,       far_pointer_of_64_bits, Unlike::Path,        false, true,  false, "SDM 2A \"LDS/LES/LFS/LGS/LSS\": m16:64", amd_far},
    {Op::NOP,        prefetch_of_register,   Unlike::Path,        false, true,  true,  "SDM 2D \"Opcode Map\": 0F 0D with a register is a NOP", "APM 3 \"PREFETCHx\": memory operands only, #UD; QEMU too"},
    {Op::CMPS,       repeated,               Unlike::FaultFlags,  false, true,  false, sdm_compare_fault, amd_compare_fault},
    {Op::SCAS,       repeated,               Unlike::FaultFlags,  false, true,  false, sdm_compare_fault, amd_compare_fault},
    {Op::CMPS,       any,                    Unlike::FaultOrder,  false, true,  false, "SDM 2A \"CMPS\": which operand is read first is not said", "APM 3 \"CMPS\" neither: ES:rDI is read first"},
    {Op::CALL,       any,                    Unlike::FaultOrder,  false, true,  false, "SDM 2A \"CALL\": the target is checked, then the stack", "APM 3 \"CALL (Near)\": the return address is pushed, then the target checked"},
    {Op::MOVS,       repeated,               Unlike::ResumeFlag,  false, true,  false, sdm_resume, amd_resume},
    {Op::STOS,       repeated,               Unlike::ResumeFlag,  false, true,  false, sdm_resume, amd_resume},
    {Op::LODS,       repeated,               Unlike::ResumeFlag,  false, true,  false, sdm_resume, amd_resume},
    {Op::SCAS,       repeated,               Unlike::ResumeFlag,  false, true,  false, sdm_resume, amd_resume},
    {Op::CMPS,       repeated,               Unlike::ResumeFlag,  false, true,  false, sdm_resume, amd_resume},
    {Op::RET_FAR,    any,                    Unlike::FaultOrder,  false, true,  false, "SDM 2B \"RET\": the selector is checked before an outer stack is read", "APM 3 \"RET (Far)\" too, but #AC of that stack comes first"},
    {Op::PUSHA,      any,                    Unlike::FaultTrace,  false, true,  false, "SDM 2B \"PUSHA/PUSHAD\": what a fault leaves behind is not said: nothing", "APM 3 \"PUSHAx\" neither: what came before the fault"},
    {Op::POPA,       any,                    Unlike::FaultTrace,  false, true,  false, "SDM 2B \"POPA/POPAD\": what a fault leaves behind is not said: nothing", "APM 3 \"POPAx\" neither: what came before the fault"},
    {Op::PUSH_SREG,  wide,                   Unlike::SlotHalf,    false, true,  true,  sdm_push, amd_push},
    {Op::POP_SREG,   wide,                   Unlike::SlotHalf,    false, true,  true,  "SDM 2B \"POP\": 16 bits are used", "APM 3 \"POP\": all of the slot is read"},
    {Op::SYSRET,     outside_64_bit_mode,    Unlike::Path,        false, true,  false, "SDM 2B \"SYSRET\": #UD outside 64-bit mode", "APM 3 \"SYSRET\": exists in every mode, #GP at CPL > 0"},
    {Op::INT1,       any,                    Unlike::SavedIp,     false, true,  false, "SDM 2A \"INT n/INTO/INT3/INT1\": a trap", "APM 2 \"#DB\": a trap too, but a hypervisor that intercepts #DB (APM 2 \"Exception Intercepts\") passes it on as a fault"},
    // QEMU alone.
    {Op::NOP,        hint_of_register,       Unlike::Path,        false, false, true,  "SDM 2D \"Opcode Map\": 0F 18 with a register is a NOP", "QEMU: #UD"},
    {Op::TEST,       second_of_group_3,      Unlike::Path,        false, false, true,  "SDM 2D \"Opcode Map\", group 3: TEST", "QEMU: #UD"},
    {Op::PDEP,       any,                    Unlike::Path,        false, false, true,  "SDM 2B \"PDEP\": the last operand is the mask", "QEMU before 6.1 takes them the other way round"},
    {Op::PEXT,       any,                    Unlike::Path,        false, false, true,  "SDM 2B \"PEXT\": the last operand is the mask", "QEMU before 6.1 takes them the other way round"},
    {Op::BZHI,       any,                    Unlike::Path,        false, false, true,  "SDM 2A \"BZHI\": an index beyond the operand changes nothing", "QEMU clears the highest bit"},
    {Op::BEXTR,      any,                    Unlike::Path,        false, false, true,  "SDM 2A \"BEXTR\": a length beyond the operand is cut to it", "QEMU clears the highest bit"},
    {Op::LOOPE,      any,                    Unlike::Path,        false, false, true,  sdm_loop, qemu_loop},
    {Op::LOOPNE,     any,                    Unlike::Path,        false, false, true,  sdm_loop, qemu_loop},
    {Op::LAHF,       has_rex,                Unlike::Path,        false, false, true,  "SDM 2A \"LAHF\": AH, with REX too", "QEMU takes SPL with REX"},
    {Op::SAHF,       has_rex,                Unlike::Path,        false, false, true,  "SDM 2B \"SAHF\": AH, with REX too", "QEMU takes SPL with REX"},
    {Op::MOV,        extended_group_11,      Unlike::Path,        false, false, true,  "SDM 2A \"REX Prefixes\": R does not extend an opcode", "QEMU: #UD"},
    {Op::SHLD,       rip_and_immediate,      Unlike::Path,        false, false, true,  sdm_rip, qemu_rip},
    {Op::SHRD,       rip_and_immediate,      Unlike::Path,        false, false, true,  sdm_rip, qemu_rip},
    {Op::RORX,       rip_and_immediate,      Unlike::Path,        false, false, true,  sdm_rip, qemu_rip},
    {Op::BSF,        result_of_32_bits,      Unlike::Path,        false, false, true,  sdm_scan, qemu_scan},
    {Op::BSR,        result_of_32_bits,      Unlike::Path,        false, false, true,  sdm_scan, qemu_scan},
    {Op::CMPXCHG,    result_of_32_bits,      Unlike::Path,        false, false, true,  "SDM 2A \"CMPXCHG\": no processor clears the upper half of what stays", "QEMU before 7.2 does, RAX's too"},
    {Op::ADOX,       any,                    Unlike::Path,        false, false, true,  "SDM 2A \"ADOX\": OF is the carry", "QEMU takes CF"},
    {Op::CMPXCHG8B,  any,                    Unlike::Path,        false, false, true,  "SDM 2A \"CMPXCHG8B/CMPXCHG16B\": other flags than ZF stay", "QEMU leaves what it holds back"},
    {Op::CMPXCHG16B, any,                    Unlike::Path,        false, false, true,  "SDM 2A \"CMPXCHG8B/CMPXCHG16B\": other flags than ZF stay", "QEMU leaves what it holds back"},
    {Op::NEG,        locked,                 Unlike::Path,        false, false, true,  "SDM 2B \"NEG\": flags as of the result", "QEMU takes them of another value with LOCK"},
    {Op::ENTER,      any,                    Unlike::Path,        false, false, true,  "SDM 2A \"ENTER\": BP, and the new top must be writable", "QEMU writes EBP and does not look at the top"},
};
// clang-format on

bool with(const Difference& row, Vendor vendor) {
    switch (vendor) {
        case Vendor::Intel: return row.intel;
        case Vendor::Amd: return row.amd;
        case Vendor::Qemu: return row.qemu;
    }
    return false;
}

}  // namespace

bool alignment_first(Vendor vendor) { return vendor == Vendor::Amd; }

std::span<const Difference> differences() { return table; }

u8 unlike(const Decoding& d, Vendor vendor) {
    u8 sum = 0;
    for (const Difference& row : table)
        if (row.op == d.insn.op && with(row, vendor) && row.form(d)) sum |= u8(row.what);
    return sum;
}

const char* incomparable(const Decoding& d, Vendor vendor) {
    for (const Difference& row : table)
        if (row.op == d.insn.op && row.what == Unlike::Path && with(row, vendor) && row.form(d))
            return row.others;
    return nullptr;
}

}  // namespace ringside::oracle
