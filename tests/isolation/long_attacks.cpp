// What a hostile guest of 64-bit mode may try that one of 32-bit mode cannot.
#include "tests/isolation/attacks.hpp"

namespace ringside::isolation {

const std::vector<Attack>& long_attacks() {
    static const std::vector<Attack> table = {
        // ---- memory
        {"write to where the VMM is", "mov byte [VMM_TEXT], 0xCC"},  // its own memory, so nothing
        {"write beyond its memory", "MAP BEYOND\n mov dword [WINDOW], 0"},
        {"read far beyond its memory", "MAP 0x8000000000\n mov eax, [WINDOW]"},
        {"run beyond its memory", "MAP BEYOND\n mov eax, WINDOW\n jmp rax"},
        {"a stack beyond its memory", "MAP BEYOND\n mov esp, WINDOW + 64\n push rax"},
        {"page tables beyond its memory", "mov rax, BEYOND\n mov cr3, rax"},
        {"page tables at the end of physical memory", "mov rax, 0xFFFFFF000\n mov cr3, rax"},
        {"an address that is not canonical", "mov rax, 0x800000000000\n mov eax, [rax]"},
        {"a stack that is not canonical", "mov rsp, 0x800000000000\n push rax"},
        {"a stack that is not canonical, for an exception", "mov rsp, 0x800000000000\n ud2"},
        {"a jump that is not canonical", "mov rax, 0x800000000000\n jmp rax"},
        {"a wrong descriptor table",
         "mov rax, -1\n push rax\n push rax\n lgdt [rsp]\n mov eax, 8\n mov ds, eax"},
        {"no interrupt table", "push 0\n push 0\n lidt [rsp]\n ud2"},
        {"OUTS from where no memory is",
         "MAP BEYOND\n mov esi, WINDOW\n mov edx, 0x3F8\n mov ecx, 64\n rep outsb"},
        {"INS to where no memory is",
         "MAP BEYOND\n mov edi, WINDOW\n mov edx, 0x3FF\n mov ecx, 64\n rep insb"},
        // ---- registers of the processor
        {"LSTAR that is not canonical", "WRITE_MSR LSTAR, 0, 0x8000"},
        {"FS base that is not canonical", "WRITE_MSR FS_BASE, 0, 0x8000"},
        {"IA32_EFER with reserved bits", "WRITE_MSR EFER, -1, -1"},
        {"IA32_EFER without LME", "WRITE_MSR EFER, 0, 0"},
        {"CR0.PG off in 64-bit mode", "mov rax, cr0\n btr rax, 31\n mov cr0, rax"},
        {"CR0 with high bits", "mov rax, -1\n mov cr0, rax"},
        {"CR4 with high bits", "mov rax, -1\n mov cr4, rax"},
        {"CR4.VMXE on", "mov rax, cr4\n bts rax, 13\n mov cr4, rax"},
        {"CR4.PAE off in IA-32e mode", "mov rax, cr4\n btr rax, 5\n mov cr4, rax"},
        {"CR8 with high bits", "mov rax, -1\n mov cr8, rax"},
        {"an MSR that is the VMM's own", "READ_MSR 0x480"},
        {"a VMCS", "push 0\n vmptrld [rsp]"},
        {"leave VMX operation", "vmxoff"},
        {"call the VMM", "vmcall"},
        // ---- other modes
        {"back to 32-bit mode, with tables of 64-bit mode",
         "mov rax, 0x00CF9A000000FFFF\n mov [gdt + 0x18], rax\n push 0x18\n push .compatible\n"
         " o64 retf\nbits 32\n.compatible:\n mov eax, cr0\n btr eax, 31\n mov cr0, eax\n ud2\nbits "
         "64"},
        {"an IRET to nowhere",
         "push 0x10\n push 0\n push 2\n push 8\n mov rax, 0x800000000000\n push rax\n iretq"},
        // ---- from ring 3
        {"CR8 from ring 3", "TO_RING_3\n mov rax, cr8"},
        {"SWAPGS from ring 3", "TO_RING_3\n swapgs"},
        {"SYSRET from ring 3", "TO_RING_3\n o64 sysret"},
        {"SYSCALL to nowhere", "WRITE_MSR LSTAR, 0, 0x7FFF\n TO_RING_3\n syscall"},
        {"an MSR from ring 3", "TO_RING_3\n READ_MSR EFER"},
        // ---- time
        {"halt with interrupts off", "cli\n hlt"},
        {"loop with interrupts off", "cli\n jmp $", "watchdog=30"},
    };
    return table;
}

std::string long_kernel_that(const Attack& attack) {
    return std::string("%include \"long_frame.inc\"\n") + attack.body + "\n    ret\n";
}

}  // namespace ringside::isolation
