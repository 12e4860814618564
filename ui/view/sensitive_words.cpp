// One row for each instruction of the hole.
#include "ui/view/sensitive_words.hpp"

#include <cctype>

namespace ringside::ui {

SensitiveWords sensitive_words(isa::Op op) {
    using enum isa::Op;
    switch (op) {
        case POPF:
            return {"IF was not changed",
                    "With CPL above IOPL, POPF leaves IF as it is and raises no exception. A VMM "
                    "that waits for "
                    "traps never learns what the kernel asked for.",
                    "SDM 2B \"POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register\""};
        case PUSHF:
            return {"it shows the real flags",
                    "PUSHF copies the real EFLAGS: the IF and IOPL of the machine, not those of "
                    "the guest's virtual CPU.",
                    "SDM 2B \"PUSHF/PUSHFD/PUSHFQ—Push EFLAGS Register Onto the Stack\""};
        case SGDT:
            return {"it shows the VMM's table",
                    "SGDT stores the real GDTR: where the VMM keeps its descriptor table, not "
                    "where the guest put its own.",
                    "SDM 2B \"SGDT—Store Global Descriptor Table Register\""};
        case SIDT:
            return {"it shows the VMM's table",
                    "SIDT stores the real IDTR: where the VMM keeps its interrupt table, not where "
                    "the guest put its own.",
                    "SDM 2B \"SIDT—Store Interrupt Descriptor Table Register\""};
        case SLDT:
            return {"it shows the real LDTR",
                    "SLDT stores the selector that the VMM has loaded, not the guest's.",
                    "SDM 2B \"SLDT—Store Local Descriptor Table Register\""};
        case STR:
            return {"it shows the real task register",
                    "STR stores the selector of the VMM's task-state segment, not the guest's.",
                    "SDM 2B \"STR—Store Task Register\""};
        case SMSW:
            return {"it shows the real CR0",
                    "SMSW reads the low half of the real CR0 at any privilege level; MOV from CR0 "
                    "would trap.",
                    "SDM 2B \"SMSW—Store Machine Status Word\""};
        case PUSH_SREG:
        case MOV_FROM_SREG:
            return {"it shows the real ring",
                    "The low two bits of CS and SS are the real privilege level: a kernel that "
                    "looks finds ring 1.",
                    "SDM 3A \"Privilege Levels\""};
        case LAR:
        case LSL:
        case VERR:
        case VERW:
            return {"it answers for the real ring",
                    "The answer depends on the CPL and on the tables that the VMM has loaded.",
                    "SDM 3A \"Pointer Validation\""};
        case CALL_FAR:
        case JMP_FAR:
        case RET_FAR:
            return {"it meets the real ring",
                    "The target's privilege is checked against the real CPL, and CS then shows it.",
                    "SDM 3A \"Privilege Checking When Transferring Program Control Between Code "
                    "Segments\""};
        case IRET:
            return {"IF and IOPL were not changed",
                    "Like POPF, IRET outside ring 0 leaves IF and IOPL as they are and raises no "
                    "exception.",
                    "SDM 2A \"IRET/IRETD/IRETQ—Interrupt Return\""};
        case CPUID:
            return {"it describes the real CPU",
                    "CPUID runs at every privilege level; without VMX nothing stops it.",
                    "SDM 2A \"CPUID—CPU Identification\""};
        default:
            return {"its result depends on the real ring",
                    "The instruction is sensitive but not privileged.", ""};
    }
}

std::string manual_name(isa::Op op) {
    switch (op) {
        case isa::Op::MOV_FROM_SREG: return "MOV from a segment register";
        case isa::Op::PUSH_SREG: return "PUSH of a segment register";
        default: break;
    }
    std::string name = isa::row(op).name;
    for (char& c : name) c = char(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

}  // namespace ringside::ui
