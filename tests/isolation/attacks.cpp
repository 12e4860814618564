#include "tests/isolation/attacks.hpp"

namespace ringside::isolation {
namespace {

const char* const short_patience = "watchdog=30";

// Free entries of the guest's GDT: 28h and 30h. DESCRIPTOR's words: limit and base, then the rest.
const std::vector<Attack> table = {
    // ---- the VMM's memory, by address
    {"read the VMM", "mov eax, [VMM_TEXT]"},
    {"write to the VMM", "mov dword [VMM_TEXT], 0"},
    {"write across the last byte of the segments", "mov dword [VMM - 2], 0"},
    {"write to the VMM's data", "mov dword [VMM + 0x800000], 0"},
    {"set a bit in the VMM", "lock bts dword [VMM_TEXT], 7"},
    {"exchange with the VMM", "xchg eax, [VMM_TEXT]"},
    {"fill from below the VMM into it",
     "PAGING_ON\n mov dword [directory + 1007 * 4], tables + 3\n mov edi, VMM - 64\n mov ecx, 64\n "
     "cld\n rep stosd"},
    {"push into the VMM", "mov esp, VMM_TEXT + 64\n push eax"},
    {"have SGDT write to the VMM", "sgdt [VMM_TEXT]"},
    {"have SIDT write to the VMM", "sidt [VMM_TEXT]"},
    {"have LGDT read from the VMM", "lgdt [VMM_TEXT]"},
    {"have INS write to the VMM", "mov edi, VMM_TEXT\n mov edx, 0x3F8\n cld\n insb"},
    {"have OUTS print the VMM",
     "mov esi, VMM_TEXT\n mov edx, 0x3F8\n mov ecx, 64\n cld\n rep outsb"},
    {"have an exception pushed into the VMM", "mov esp, VMM_TEXT + 64\n ud2"},

    // ---- its code
    {"jump into the VMM", "mov eax, VMM_TEXT\n jmp eax"},
    {"call the VMM", "mov eax, VMM_TEXT\n call eax"},
    {"return into the VMM", "push dword VMM_TEXT\n ret"},
    {"jump to the VMM's code segment", "jmp VMM_CODE:VMM_TEXT"},
    {"return to the VMM's code segment", "push dword VMM_CODE\n push dword VMM_TEXT\n retf"},
    {"IRET to the VMM's code segment", "pushf\n push dword VMM_CODE\n push dword VMM_TEXT\n iret"},
    {"jump to the VMM's TSS", "jmp VMM_TSS:0"},
    {"load the VMM's TSS", "mov eax, VMM_TSS\n ltr ax"},
    {"load the VMM's data segment", "mov eax, VMM_DATA\n mov es, eax\n mov dword [es:VMM_TEXT], 0"},
    {"load the VMM's data segment as a stack", "mov eax, VMM_DATA\n mov ss, eax"},
    {"run on behind the end of the segment",
     "PAGING_ON\n mov dword [directory + 1007 * 4], tables + 3\n mov byte [VMM - 1], 0x90\n mov "
     "eax, VMM - 1\n jmp eax"},
    {"INT with a vector of the VMM's own", "int 0xF0"},
    {"INT with every vector of a device", "int 0x20\n int 0x21\n int 0x27\n int 0x2E\n int 0x2F"},

    // ---- segments
    {"a segment over the VMM",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0xFCCF9200\n mov eax, 0x30\n mov es, eax\n mov dword "
     "[es:0x101000], 0"},
    {"a segment of DPL 3 over the VMM",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0xFCCFF200\n mov eax, 0x33\n mov es, eax\n mov dword "
     "[es:0x101000], 0"},
    {"a segment that reaches the VMM",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0x80CF9200\n mov eax, 0x30\n mov es, eax\n mov dword "
     "[es:VMM_TEXT - 0x80000000], 0"},
    {"a segment that wraps around",
     "DESCRIPTOR 0x30, 0xF000FFFF, 0xFFCF92FF\n mov eax, 0x30\n mov es, eax\n mov dword "
     "[es:0xFC102000], 0"},
    {"a segment that begins in the VMM and wraps around",
     "DESCRIPTOR 0x30, 0xF000FFFF, 0xFF8F92FF\n mov eax, 0x30\n mov es, eax\n mov eax, [es:0]"},
    {"a small segment inside the VMM",
     "DESCRIPTOR 0x30, 0x10000FFF, 0xFC009210\n mov eax, 0x30\n mov es, eax\n mov byte [es:0], 0"},
    {"a segment that expands down, 32-bit",
     "DESCRIPTOR 0x30, 0x00000000, 0x00CF9600\n mov eax, 0x30\n mov es, eax\n mov dword "
     "[es:VMM_TEXT], 0"},
    {"a segment that expands down, 16-bit",
     "DESCRIPTOR 0x30, 0x10000000, 0xFC009610\n mov eax, 0x30\n mov es, eax\n mov dword [es:0x10], "
     "0"},
    {"a stack that expands down into the VMM",
     "DESCRIPTOR 0x30, 0x00000000, 0x00C09600\n mov eax, 0x30\n mov ss, eax\n mov esp, VMM_TEXT + "
     "64\n push eax"},
    {"a code segment over the VMM", "DESCRIPTOR 0x30, 0x0000FFFF, 0xFCCF9A00\n jmp 0x30:0x101000"},
    {"reading by a code segment over the VMM",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0xFCCF9A00\n mov eax, 0x30\n mov es, eax\n mov eax, "
     "[es:0x101000]"},
    {"a conforming code segment over the VMM",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0xFCCF9E00\n jmp 0x30:0x101000"},
    {"a descriptor that changes while it is loaded",
     "DESCRIPTOR 0x30, 0x0000FFFF, 0x00009200\n mov eax, 0x30\n mov es, eax\n mov dword [big_gdt + "
     "0x34], 0xFCCF9200\n mov dword [es:0x101000], 0"},

    // ---- gates, tables, tasks
    {"a call gate to the VMM",
     "DESCRIPTOR 0x30, VMM_CODE << 16 | 0x1000, 0xFC10EC00\n call 0x30:0"},
    {"an interrupt gate to the VMM",
     "mov dword [idt + 0x40 * 8], VMM_CODE << 16 | 0x1000\n mov dword [idt + 0x40 * 8 + 4], "
     "0xFC10EE00\n int 0x40"},
    {"an interrupt gate into the VMM's addresses",
     "mov dword [idt + 0x40 * 8], KERNEL_CODE << 16 | 0x1000\n mov dword [idt + 0x40 * 8 + 4], "
     "0xFC10EE00\n int 0x40"},
    {"a task gate to the VMM's TSS",
     "mov dword [idt + 0x40 * 8], VMM_TSS << 16\n mov dword [idt + 0x40 * 8 + 4], 0x8500\n int "
     "0x40"},
    {"a fault handler inside the VMM",
     "mov dword [idt + 6 * 8], KERNEL_CODE << 16 | 0x1000\n mov dword [idt + 6 * 8 + 4], "
     "0xFC108E00\n ud2"},
    {"a GDT in the VMM",
     "mov word [page], 0xFFFF\n mov dword [page + 2], VMM_TEXT\n lgdt [page]\n mov eax, 0x08\n mov "
     "es, eax"},
    {"a GDT that wraps around",
     "mov word [page], 0xFFFF\n mov dword [page + 2], 0xFFFFF000\n lgdt [page]\n mov eax, 0x1010\n "
     "mov es, eax"},
    {"an IDT in the VMM",
     "mov word [page], 0x7FF\n mov dword [page + 2], VMM_TEXT\n lidt [page]\n int3"},
    {"an IDT that is empty", "mov word [page], 0\n mov dword [page + 2], 0\n lidt [page]\n ud2"},
    {"an LDT in the VMM",
     "DESCRIPTOR 0x30, 0x1000FFFF, 0xFC008210\n mov eax, 0x30\n lldt ax\n mov eax, 0x0C\n mov es, "
     "eax"},
    {"a segment over the VMM, from an LDT",
     "DESCRIPTOR 0x30, 0x00000000, 0\n mov eax, page\n mov [big_gdt + 0x32], ax\n shr eax, 16\n "
     "mov [big_gdt + 0x34], al\n mov byte [big_gdt + 0x35], 0x82\n mov word [big_gdt + 0x30], 15\n "
     "lgdt [big_gdt_pointer]\n mov dword [page + 8], 0x0000FFFF\n mov dword [page + 12], "
     "0xFCCF9200\n mov eax, 0x30\n lldt ax\n mov eax, 0x0C\n mov es, eax\n mov dword "
     "[es:0x101000], 0"},
    {"a TSS in the VMM", "DESCRIPTOR 0x30, 0x1000FFFF, 0xFC008910\n mov eax, 0x30\n ltr ax"},
    {"a task switch to a TSS in the VMM", "DESCRIPTOR 0x30, 0x1000FFFF, 0xFC008910\n jmp 0x30:0"},
    {"a ring-0 stack inside the VMM, entered from ring 3",
     "TASK_READY\n mov dword [tss + TSS_ESP0], VMM_TEXT + 256\n TO_RING_3\n int 0x40"},
    {"ring 3 of the guest goes for the VMM", "TASK_READY\n TO_RING_3\n mov dword [VMM_TEXT], 0"},
    {"ring 3 of the guest calls the VMM by INT", "TASK_READY\n TO_RING_3\n int 0xF0"},
    {"SYSENTER into the VMM",
     "mov ecx, 0x174\n mov eax, VMM_CODE\n xor edx, edx\n wrmsr\n mov ecx, 0x175\n mov eax, "
     "VMM_TEXT + 256\n wrmsr\n mov ecx, 0x176\n mov eax, VMM_TEXT\n wrmsr\n TASK_READY\n "
     "TO_RING_3\n sysenter"},

    // ---- page tables
    {"map what lies behind its memory",
     "PAGING_ON\n mov dword [tables + 16 * 4], 0x1000003\n mov dword [0x10000], 0"},
    {"map the last frame there is",
     "PAGING_ON\n mov dword [tables + 16 * 4], 0xFFFFF003\n mov dword [0x10000], 0"},
    {"a page table behind its memory",
     "PAGING_ON\n mov dword [directory + 8 * 4], 0x7FFFF003\n mov dword [0x2000000], 0"},
    {"a 4-MiB page of host memory",
     "PAGING_ON\n mov eax, cr4\n or eax, 0x10\n mov cr4, eax\n mov dword [directory + 8 * 4], "
     "0x01000083\n mov dword [0x2000000], 0"},
    {"a 4-MiB page with reserved bits",
     "PAGING_ON\n mov eax, cr4\n or eax, 0x10\n mov cr4, eax\n mov dword [directory + 8 * 4], "
     "0x003FF083\n mov dword [0x2000000], 0"},
    {"a page directory behind its memory", "PAGING_ON\n mov eax, 0x7F000000\n mov cr3, eax"},
    {"a page directory at the end of the address space",
     "PAGING_ON\n mov eax, 0xFFFFFFFF\n mov cr3, eax"},
    {"a directory that is its own page table",
     "PAGING_ON\n mov dword [directory + 9 * 4], directory + 3\n mov dword [0x2400000 + 9 * PAGE + "
     "4 * 16], 0x1000003\n mov dword [0x2410000], 0"},
    {"its own page at the VMM's address",
     "PAGING_ON\n mov dword [directory + 1008 * 4], tables + 3\n mov dword [VMM_TEXT], 0"},
    {"its own page at the VMM's address, for ring 3",
     "PAGING_ON\n mov dword [directory + 1008 * 4], tables + 7\n TASK_READY\n or dword "
     "[directory], 4\n mov ecx, 1023\n.user:\n or dword [tables + ecx * 4], 4\n dec ecx\n jns "
     ".user\n mov eax, cr3\n mov cr3, eax\n TO_RING_3\n mov dword [VMM_TEXT], 0"},
    {"unmap the code that runs",
     "PAGING_ON\n mov ecx, 1023\n.next:\n mov dword [tables + ecx * 4], 0\n dec ecx\n jns .next\n "
     "mov eax, cr3\n mov cr3, eax"},
    {"its stack goes while it pushes",
     "PAGING_ON\n mov eax, esp\n shr eax, 12\n mov dword [tables + eax * 4], 0\n mov eax, cr3\n "
     "mov cr3, eax\n push eax"},
    {"physical memory that it has not, without paging", "mov dword [0x1000000], 0"},
    {"run code that is not in its memory", "mov eax, 0x1000000\n jmp eax"},

    // ---- control, debug and model-specific registers
    {"CR0 := 0", "xor eax, eax\n mov cr0, eax"},
    {"CR0 := all ones", "mov eax, 0xFFFFFFFF\n mov cr0, eax"},
    {"paging without protection", "mov eax, CR0_PG\n mov cr0, eax"},
    {"not write-through without no caches", "mov eax, cr0\n or eax, 0x20000000\n mov cr0, eax"},
    {"leave protected mode", "mov eax, cr0\n and eax, ~1\n mov cr0, eax"},
    {"CR4 := all ones", "mov eax, 0xFFFFFFFF\n mov cr4, eax"},
    {"CR4.VMXE", "mov eax, cr4\n or eax, 0x2000\n mov cr4, eax"},
    {"PAE", "PAGING_ON\n mov eax, cr4\n or eax, 0x20\n mov cr4, eax"},
    {"SMEP, SMAP and UMIP", "mov eax, cr4\n or eax, 0x300800\n mov cr4, eax"},
    {"XSETBV", "xor ecx, ecx\n xor edx, edx\n mov eax, 7\n xsetbv"},
    {"long mode", "mov ecx, 0xC0000080\n mov eax, 0x100\n xor edx, edx\n wrmsr"},
    {"write a register of the processor's that does not exist", "mov ecx, 0x12345678\n wrmsr"},
    {"read a register of the processor's that does not exist", "mov ecx, 0x12345678\n rdmsr"},
    {"the base of the local APIC",
     "mov ecx, 0x1B\n mov eax, VMM_TEXT + 0x800\n xor edx, edx\n wrmsr"},
    {"VMXON", "vmxon [page]"},
    {"VMCALL", "vmcall"},
    {"VMLAUNCH", "vmlaunch"},
    {"a breakpoint on the VMM's code",
     "mov eax, VMM_TEXT\n mov dr0, eax\n mov eax, 0x402\n mov dr7, eax\n cpuid\n mov eax, cr0"},
    {"a watchpoint on all the VMM writes",
     "mov eax, 0xFC110000\n mov dr0, eax\n mov eax, 0xD0402\n mov dr7, eax\n mov eax, cr0\n mov "
     "cr0, eax\n int3"},
    {"debug registers guarded", "mov eax, 0x2400\n mov dr7, eax\n mov eax, dr0"},
    {"single steps", "pushf\n or dword [esp], 0x100\n popf\n mov eax, cr0\n cpuid"},
    {"NT, then IRET",
     "pushf\n or dword [esp], 0x4000\n popf\n pushf\n push dword KERNEL_CODE\n push dword .end\n "
     "iret\n.end:"},
    {"virtual-8086 mode",
     "push dword 0\n push dword 0\n push dword 0\n push dword 0\n push dword 0\n push dword "
     "0x1000\n push dword 0x20002\n push dword 0\n push dword 0x1000\n iret"},
    {"IOPL 3 and a port from ring 3",
     "pushf\n or dword [esp], 0x3000\n popf\n TASK_READY\n TO_RING_3 0x3002\n mov al, 0x20\n out "
     "0x20, al\n cli\n int 0x40"},

    // ---- devices
    {"reset the machine", "mov al, 0xFE\n out 0x64, al"},
    {"reset by port 92h", "mov al, 1\n out 0x92, al"},
    {"end the run by one byte of a wide access",
     "mov edx, 0xF2\n mov eax, 0x01010101\n out dx, eax"},
    {"the interrupt controllers begun and left",
     "mov al, 0x11\n out 0x20, al\n out 0xA0, al\n sti\n nop"},
    {"the serial port in a loop, then the end",
     "mov edx, 0x3FC\n mov al, 0x10\n out dx, al\n mov edx, 0x3FB\n mov al, 0x80\n out dx, al\n "
     "cli\n hlt"},
    {"all its memory to a port, in one instruction",
     "xor esi, esi\n mov edx, 0x80\n mov ecx, 0xFFFFFFFF\n cld\n rep outsb"},
    {"every port below 1000h",
     "xor edx, edx\n.next:\n cmp edx, 0x64\n je .skip\n cmp edx, 0x92\n je .skip\n cmp edx, 0xF4\n "
     "je .skip\n mov al, 0\n out dx, al\n.skip:\n inc edx\n cmp edx, 0x1000\n jb .next\n cli\n "
     "hlt"},
    {"disks and network cards",
     "mov edx, 0x1F7\n mov al, 0xEC\n out dx, al\n in al, dx\n mov edx, 0xCF8\n mov eax, "
     "0x80000000\n out dx, eax\n in eax, dx"},

    // ---- as much as there is of everything
    {"halt for good", "cli\n hlt"},
    {"loop with interrupts off", "cli\n jmp $", short_patience},
    {"loop with interrupts off, in ring 3", "TASK_READY\n TO_RING_3\n jmp $", short_patience},
    {"loop with interrupts on, and all lines masked",
     "call timer_init\n mov al, 0xFF\n out 0x21, al\n out 0xA1, al\n sti\n jmp $", short_patience},
    {"loop with interrupts on, in a handler that does not end its interrupt",
     "call timer_init\n mov ecx, TIMER_VECTOR\n mov eax, .tick\n mov edx, GATE_KERNEL\n call "
     "set_gate\n sti\n jmp $\n.tick:\n sti\n jmp $",
     short_patience},
    {"loop with interrupts on",
     "call timer_init\n mov ecx, TIMER_VECTOR\n mov eax, .tick\n mov edx, GATE_KERNEL\n call "
     "set_gate\n sti\n jmp $\n.tick:\n push eax\n mov al, 0x20\n out 0x20, al\n pop eax\n iret",
     short_patience},
    {"loop with interrupts off, asking a device",
     "cli\n mov edx, 0x3FD\n.wait:\n in al, dx\n jmp .wait", short_patience},
    {"a timer that never rests",
     "call timer_init\n mov al, 0x34\n out 0x43, al\n mov al, 2\n out 0x40, al\n mov al, 0\n out "
     "0x40, al\n mov ecx, TIMER_VECTOR\n mov eax, .tick\n mov edx, GATE_KERNEL\n call set_gate\n "
     "sti\n.for_ever:\n jmp .for_ever\n.tick:\n push eax\n mov al, 0x20\n out 0x20, al\n pop eax\n "
     "iret"},
    {"page tables for the whole address space",
     "PAGING_ON\n mov ecx, 1008 - 4\n mov edi, directory + 16\n mov eax, tables + 3\n cld\n rep "
     "stosd\n mov ecx, 5000\n xor esi, esi\n.next:\n mov eax, [esi]\n add esi, 0x401000\n cmp "
     "esi, VMM\n jb .below\n and esi, 0xFFFFF\n.below:\n loop .next"},
    {"all its memory written",
     "mov edi, page + PAGE\n mov ecx, 0x1000000\n sub ecx, edi\n shr ecx, 2\n mov eax, "
     "0xFFFFFFFF\n cld\n rep stosd"},
    {"more code than any cache holds",
     "mov edi, 0x200000\n mov ecx, 3000\n.fill:\n mov dword [edi], 0x0001EB40\n mov dword [edi + "
     "4], 0x48CC0000\n mov byte [edi + 3], 0x90\n mov dword [edi + 4], 0x90489090\n add edi, 8\n "
     "loop .fill\n mov byte [edi], 0xC3\n mov eax, 0x200000\n call eax"},
    {"code that rewrites itself for ever",
     "mov ecx, 300\n.next:\n mov byte [.code], 0x40\n call .code\n mov byte [.code], 0x48\n call "
     ".code\n loop .next\n jmp .done\n.code:\n inc eax\n ret\n.done:"},
    {"faults within faults",
     "mov ecx, 6\n mov eax, .again\n mov edx, GATE_KERNEL\n call set_gate\n.again:\n ud2"},
    {"a stack without end", ".again:\n call .again"},
};

}  // namespace

const std::vector<Attack>& attacks() { return table; }

std::string kernel_that(const Attack& attack) {
    return std::string("%include \"frame.inc\"\n") + attack.body + "\n    ret\n";
}

}  // namespace ringside::isolation
