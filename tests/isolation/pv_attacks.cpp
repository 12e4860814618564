#include "tests/isolation/attacks.hpp"

namespace ringside::isolation {
namespace {

// Free entries of the guest's GDT: none; it is read-only. request: an mmu_update.
const std::vector<Attack> table = {
    // ---- the VMM's memory
    {"read the VMM", "mov eax, [VMM_TEXT]"},
    {"write to the VMM", "mov dword [VMM_TEXT], 0"},
    {"write across the last byte of the segments", "mov dword [VMM - 2], 0"},
    {"write by the flat segment that the VMM gave",
     "mov eax, FLAT_DATA\n mov es, eax\n mov dword [es:VMM_TEXT], 0"},
    {"push into the VMM", "mov esp, VMM_TEXT + 64\n push eax"},
    {"have SGDT write to the VMM", "sgdt [VMM_TEXT]"},
    {"have an exception pushed into the VMM", "mov esp, VMM_TEXT + 64\n ud2"},
    {"have an exception pushed around the end of the address space", "mov esp, 8\n ud2"},
    {"make a hypercall on the VMM's stack",
     "mov esp, VMM_TEXT + 64\n mov eax, 17\n int 0x82\n mov esp, [safe_esp]\n sub esp, 4"},
    {"IRET from a frame in the VMM", "mov esp, VMM_TEXT\n mov eax, 23\n int 0x82"},
    {"IRET from a frame half in the VMM", "mov esp, VMM - 8\n mov eax, 23\n int 0x82"},
    {"print the VMM", "HYPERCALL CONSOLE_IO, CONSOLE_WRITE, 64, VMM_TEXT\n ANSWERED"},
    {"read the console into the VMM", "HYPERCALL CONSOLE_IO, 1, 64, VMM_TEXT\n ANSWERED"},
    {"a batch listed in the VMM", "HYPERCALL MMU_UPDATE, VMM_TEXT, 1, 0, DOMAIN_SELF\n ANSWERED"},
    {"a batch that runs into the VMM",
     "HYPERCALL MMU_UPDATE, VMM - 64, 100, 0, DOMAIN_SELF\n ANSWERED"},
    {"the count of a batch written to the VMM",
     "HYPERCALL MMU_UPDATE, request, 0, VMM_TEXT, DOMAIN_SELF\n ANSWERED"},
    // The VMM maps host memory from its base on by large pages. One of those, taken for a page
    // table, is the guest's own frame 0: there it puts an entry for the VMM's code.
    {"print the VMM by an entry of its own for it",
     "mov dword [0], 0x101003\n mov edx, VMM\n add edx, [machine_base]\n HYPERCALL CONSOLE_IO, "
     "CONSOLE_WRITE, 64, edx\n ANSWERED"},
    {"write to the VMM by an entry of its own for it",
     "mov dword [0], 0x101003\n mov edx, VMM\n add edx, [machine_base]\n HYPERCALL MMU_UPDATE, "
     "request, 0, edx, DOMAIN_SELF\n ANSWERED"},
    {"the answers of several calls written to the VMM",
     "HYPERCALL MULTICALL, VMM_TEXT, 4\n ANSWERED"},

    // ---- its code
    {"jump into the VMM", "mov eax, VMM_TEXT\n jmp eax"},
    {"jump to the VMM's code segment", "jmp VMM_CODE:VMM_TEXT"},
    {"return to the VMM's code segment", "push dword VMM_CODE\n push dword VMM_TEXT\n retf"},
    {"real IRET to the VMM's code segment",
     "db 0x9C\n push dword VMM_CODE\n push dword VMM_TEXT\n db 0xCF"},
    {"iret to the VMM's code segment",
     "push dword 2\n push dword VMM_CODE\n push dword VMM_TEXT\n RETURN_FROM_TRAP"},
    {"iret to the VMM's code segment with RPL 1",
     "push dword 2\n push dword VMM_CODE | 1\n push dword VMM_TEXT\n RETURN_FROM_TRAP"},
    {"iret to the VMM's addresses",
     "push dword 2\n push dword KERNEL_CODE\n push dword VMM_TEXT\n RETURN_FROM_TRAP"},
    {"iret to ring 0",
     "push dword 2\n push dword 8\n push dword .there\n RETURN_FROM_TRAP\n.there:\n ret"},
    {"iret to ring 3 with a stack of ring 0",
     "push dword VMM_DATA\n push dword VMM_TEXT + 64\n push dword 2\n push dword USER_CODE\n push "
     "dword 0x100000\n RETURN_FROM_TRAP"},
    {"iret to virtual-8086 mode",
     "push dword 0x20002\n push dword 8\n push dword 0\n RETURN_FROM_TRAP"},
    {"iret with IOPL 3, then a port",
     "push dword 0x3002\n push dword KERNEL_CODE\n push dword .there\n RETURN_FROM_TRAP\n.there:\n "
     "in al, 0x60"},
    {"load the VMM's data segment", "mov eax, VMM_DATA\n mov es, eax"},
    {"load the VMM's TSS", "mov eax, VMM_TSS\n ltr ax"},
    {"INT with a vector of a device", "int 0x20"},
    {"handlers in the VMM",
     "mov word [traps + 2], VMM_CODE | 1\n HYPERCALL SET_TRAP_TABLE, traps\n ANSWERED"},
    {"handlers at the VMM's addresses",
     "mov dword [traps + 4], VMM_TEXT\n HYPERCALL SET_TRAP_TABLE, traps\n ANSWERED"},
    {"handlers of a segment that is none",
     "mov word [traps + 6 * 8 + 2], 0x7FF9\n HYPERCALL SET_TRAP_TABLE, traps\n ANSWERED\n ud2"},
    {"a handler where nothing is mapped",
     "mov dword [traps + 6 * 8 + 4], 0x20000000\n mov dword [traps + 14 * 8 + 4], 0x20000000\n "
     "HYPERCALL SET_TRAP_TABLE, traps\n ANSWERED\n ud2"},
    {"an event handler in the VMM",
     "HYPERCALL SET_CALLBACKS, VMM_CODE | 1, VMM_TEXT, VMM_CODE | 1, VMM_TEXT\n ANSWERED"},
    {"a failsafe handler in the VMM",
     "HYPERCALL SET_CALLBACKS, KERNEL_CODE, refused, VMM_CODE | 1, VMM_TEXT\n ANSWERED"},
    {"a failsafe handler that is called for ever",
     "HYPERCALL SET_CALLBACKS, KERNEL_CODE, refused, KERNEL_CODE, .again\n ANSWERED\n.again:\n "
     "push dword VMM_DATA\n push dword VMM_TEXT\n push dword 2\n push dword VMM_CODE | 3\n push "
     "dword VMM_TEXT\n RETURN_FROM_TRAP"},
    {"an event handler that is never done",
     "HYPERCALL SET_CALLBACKS, KERNEL_CODE, .handler, KERNEL_CODE, .handler\n HYPERCALL "
     "EVENT_CHANNEL_OP, BIND_VIRQ, bind_timer\n mov byte [EVENT_MASK], 0\n.next:\n HYPERCALL "
     "SET_TIMER_OP, 1, 0\n jmp .next\n.handler:\n mov byte [EVENT_MASK], 0\n HYPERCALL "
     "XEN_VERSION, 0\n jmp .handler"},
    {"a kernel stack in the VMM, then a fault in ring 3",
     "HYPERCALL STACK_SWITCH, KERNEL_DATA, VMM\n ANSWERED\n TO_RING_3\n ud2"},
    {"a kernel stack of the VMM's segment, then a system call",
     "HYPERCALL STACK_SWITCH, VMM_DATA | 1, stack_top\n ANSWERED\n TO_RING_3\n int 0x80"},
    {"ring 3 goes for the VMM", "TO_RING_3\n mov dword [VMM_TEXT], 0"},
    {"ring 3 makes a hypercall", "TO_RING_3\n mov eax, 17\n int 0x82"},
    {"SYSENTER", "TO_RING_3\n sysenter"},

    // ---- segments
    {"a descriptor of DPL 0",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000BFFF, 0x00CF9A00\n ANSWERED"},
    {"a segment over the VMM",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000FFFF, 0xFCCFB200\n ANSWERED"},
    {"a segment that reaches the VMM",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000FFFF, 0x80CFB200\n ANSWERED"},
    {"a segment that wraps around",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0xF000FFFF, 0xFFCFB2FF\n ANSWERED"},
    {"a segment that expands down",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x00000000, 0x00CFB600\n ANSWERED"},
    {"a code segment that conforms, of DPL 0",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000BFFF, 0x00CF9E00\n ANSWERED"},
    {"a call gate",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, VMM_CODE "
     "<< 16 | 0x1000, 0xFC10EC00\n ANSWERED"},
    {"a TSS",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000FFFF, 0x0000E900\n ANSWERED"},
    {"an LDT",
     "mov eax, gdt + 8\n add eax, [machine_base]\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x0000FFFF, 0x0000E200\n ANSWERED"},
    {"a descriptor written to the VMM",
     "HYPERCALL UPDATE_DESCRIPTOR, 0x101000, 0, 0, 0\n ANSWERED"},
    {"a descriptor written to a page table",
     "mov eax, [kernel_entry]\n and eax, 0xFFFFF000\n HYPERCALL UPDATE_DESCRIPTOR, eax, 0, "
     "0x100003, 0\n ANSWERED"},
    {"a GDT whose page it can write to",
     "PUT_FRAME frame_list, page\n HYPERCALL SET_GDT, frame_list, 512\n ANSWERED"},
    {"a GDT in the VMM", "PUT frame_list, 0x101\n HYPERCALL SET_GDT, frame_list, 512\n ANSWERED"},
    {"write to its GDT after all", "mov dword [gdt + 8], 0"},
    {"its GDT mapped writable",
     "PUT_MACHINE request + 8, gdt, 3\n HYPERCALL UPDATE_VA_MAPPING, gdt, [request + 8], "
     "FLUSH_PAGE\n ANSWERED"},
    {"a data segment that is gone while it is loaded",
     "mov eax, KERNEL_DATA\n mov es, eax\n mov eax, gdt + 16\n add eax, [machine_base]\n HYPERCALL "
     "UPDATE_DESCRIPTOR, eax, 0, 0, 0"},

    // ---- page tables
    {"map the VMM", "HYPERCALL UPDATE_VA_MAPPING, page, 0x101003, FLUSH_PAGE\n ANSWERED"},
    {"map the VMM to read it",
     "HYPERCALL UPDATE_VA_MAPPING, page, 0x101001, FLUSH_PAGE\n ANSWERED"},
    {"map the other guest",
     "mov ecx, [machine_base]\n xor ecx, 0x3000003\n HYPERCALL UPDATE_VA_MAPPING, page, ecx, "
     "FLUSH_PAGE\n ANSWERED"},
    {"map the other guest to read it",
     "mov ecx, [machine_base]\n xor ecx, 0x3000001\n HYPERCALL UPDATE_VA_MAPPING, page, ecx, "
     "FLUSH_PAGE\n ANSWERED"},
    {"map the last frame there is",
     "HYPERCALL UPDATE_VA_MAPPING, page, 0xFFFFF003, FLUSH_PAGE\n ANSWERED"},
    {"map its page table writable",
     "mov ecx, [kernel_entry]\n and ecx, 0xFFFFF000\n or ecx, 3\n HYPERCALL UPDATE_VA_MAPPING, "
     "page, ecx, FLUSH_PAGE\n ANSWERED"},
    {"a directory that is its own page table",
     "mov eax, [first_directory]\n add eax, [machine_base]\n mov ecx, eax\n or ecx, 7\n add eax, 9 "
     "* 4\n mov [request], eax\n mov [request + 8], ecx\n MMU\n ANSWERED"},
    {"a 4-MiB page",
     "mov eax, [first_directory]\n add eax, [machine_base]\n add eax, 9 * 4\n mov [request], eax\n "
     "PUT request + 8, 0x87\n MMU\n ANSWERED"},
    {"the VMM's part of the directory",
     "mov eax, [first_directory]\n add eax, [machine_base]\n add eax, 1010 * 4\n mov [request], "
     "eax\n PUT request + 8, 0\n MMU\n ANSWERED"},
    {"a directory with the VMM's part made up",
     "mov dword [page + 1010 * 4], 0x87\n mov eax, page\n call make_page_read_only\n PUT request, "
     "PIN_L1_TABLE + 1\n PUT_FRAME request + 4, page\n HYPERCALL MMUEXT_OP, request, 1, 0, "
     "DOMAIN_SELF\n ANSWERED\n mov eax, [page + 1010 * 4]\n and eax, 4\n ANSWERED"},
    {"write to the VMM's memory as a page table",
     "PUT request, 0x101000\n PUT request + 8, 0\n MMU\n ANSWERED"},
    {"write to the other guest's memory as a page table",
     "mov eax, [machine_base]\n xor eax, 0x3000000\n mov [request], eax\n PUT request + 8, 0\n "
     "MMU\n ANSWERED"},
    {"write to its page table",
     "mov eax, [kernel_entry]\n and eax, 0xFFFFF000\n sub eax, [machine_base]\n mov dword [eax], "
     "0"},
    {"CR3 := the VMM",
     "PUT request, NEW_BASEPTR\n PUT request + 4, 0x101\n HYPERCALL MMUEXT_OP, request, 1, 0, "
     "DOMAIN_SELF\n ANSWERED"},
    {"CR3 := the other guest's directory",
     "PUT request, NEW_BASEPTR\n mov eax, [first_directory]\n add eax, [machine_base]\n xor eax, "
     "0x3000000\n shr eax, 12\n mov [request + 4], eax\n HYPERCALL MMUEXT_OP, request, 1, 0, "
     "DOMAIN_SELF\n ANSWERED"},
    {"CR3 := an empty directory",
     "mov eax, page\n call make_page_read_only\n PUT request, NEW_BASEPTR\n PUT_FRAME request + 4, "
     "page\n HYPERCALL MMUEXT_OP, request, 1, 0, DOMAIN_SELF\n ANSWERED"},
    {"the shared page as a page table",
     "mov eax, shared_info\n call make_page_read_only\n PUT request, PIN_L1_TABLE\n PUT_FRAME "
     "request + 4, shared_info\n HYPERCALL MMUEXT_OP, request, 1, 0, DOMAIN_SELF\n ANSWERED"},
    {"the shared page not mapped",
     "HYPERCALL UPDATE_VA_MAPPING, shared_info, 0, FLUSH_PAGE\n ANSWERED\n HYPERCALL XEN_VERSION, "
     "0\n ANSWERED"},
    {"its stack not mapped, then a fault",
     "mov eax, esp\n and eax, 0xFFFFF000\n HYPERCALL UPDATE_VA_MAPPING, eax, 0, FLUSH_PAGE\n ud2"},
    {"its code not mapped", "HYPERCALL UPDATE_VA_MAPPING, main, 0, FLUSH_PAGE"},
    {"INVLPG of the VMM",
     "PUT request, INVLPG_LOCAL\n PUT request + 4, VMM_TEXT\n HYPERCALL MMUEXT_OP, request, 1, 0, "
     "DOMAIN_SELF\n ANSWERED"},
    {"a guest with another number", "HYPERCALL MMU_UPDATE, request, 1, 0, 1\n ANSWERED"},

    // ---- instructions that are the VMM's
    {"MOV to CR0", "xor eax, eax\n mov cr0, eax"},
    {"MOV to CR3", "xor eax, eax\n mov cr3, eax"},
    {"MOV to CR3: a frame that it can write to", "mov eax, [machine_base]\n mov cr3, eax"},
    {"MOV to CR3: the VMM", "mov eax, 0x101000\n mov cr3, eax"},
    {"MOV to CR4", "xor eax, eax\n mov cr4, eax"},
    {"MOV to DR7", "mov eax, 0x402\n mov dr7, eax"},
    {"LIDT", "lidt [page]"},
    {"LGDT", "lgdt [page]"},
    {"WRMSR", "mov ecx, 0x176\n mov eax, VMM_TEXT\n wrmsr"},
    {"XSETBV", "xor ecx, ecx\n xsetbv"},
    {"VMXON", "vmxon [page]"},
    {"real HLT", "db 0xF4"},
    {"real CLI, then a loop", "db 0xFA\n jmp $"},
    {"the timer that is the VMM's clock", "mov al, 0x30\n out 0x43, al"},
    {"the interrupt controller", "mov al, 0xFF\n out 0x21, al"},
    {"reset the machine", "mov al, 0xFE\n out 0x64, al"},
    {"the serial port in a loop, then the end",
     "mov edx, 0x3FC\n mov al, 0x10\n out dx, al\n mov edx, 0x3FB\n mov al, 0x80\n out dx, al\n "
     "mov esp, 8\n ud2"},
    {"single steps through a hypercall",
     "db 0x9C\n or dword [esp], 0x100\n db 0x9D\n HYPERCALL XEN_VERSION, 0"},
    {"NT, then a real IRET", "db 0x9C\n or dword [esp], 0x4000\n db 0x9D\n db 0xCF"},
    {"NT, then a hypercall",
     "db 0x9C\n or dword [esp], 0x4000\n db 0x9D\n HYPERCALL XEN_VERSION, 0\n ANSWERED"},

    // ---- as much as there is of everything
    {"a batch of two thousand million",
     "HYPERCALL MMU_UPDATE, page, 0x7FFFFFFF, 0, DOMAIN_SELF\n ANSWERED"},
    {"a batch that begins with the VMM's mark",
     "HYPERCALL MMU_UPDATE, page, 0x80000001, VMM_TEXT, DOMAIN_SELF\n ANSWERED"},
    {"two thousand million hypercalls at once",
     "HYPERCALL MULTICALL, buffer, 0x7FFFFFFF\n ANSWERED"},
    {"a text of four thousand million bytes",
     "HYPERCALL CONSOLE_IO, CONSOLE_WRITE, 0xFFFFFFFF, 0xFFE000\n ANSWERED"},
    {"channels until there are none",
     ".next:\n PUT page, 0x7FF07FF0\n HYPERCALL EVENT_CHANNEL_OP, 6, page\n test eax, eax\n jz "
     ".next\n ANSWERED"},
    {"a channel to itself, used for ever",
     "PUT page, 0x7FF07FF0\n HYPERCALL EVENT_CHANNEL_OP, 6, page\n PUT page_2, 0\n PUT page_2 + 4, "
     "1\n HYPERCALL EVENT_CHANNEL_OP, 0, page_2\n mov ebp, 1000\n.next:\n HYPERCALL "
     "EVENT_CHANNEL_OP, 4, page + 4\n dec ebp\n jnz .next\n ANSWERED"},
    {"ports that do not exist",
     "PUT page, 0xFFFFFFFF\n HYPERCALL EVENT_CHANNEL_OP, 4, page\n ANSWERED\n HYPERCALL "
     "EVENT_CHANNEL_OP, 9, page\n ANSWERED\n PUT page, 1024\n HYPERCALL EVENT_CHANNEL_OP, 3, "
     "page\n ANSWERED"},
    {"the timer for ever",
     "mov ebp, 3000\n.next:\n HYPERCALL SET_TIMER_OP, 1, 0\n dec ebp\n jnz .next\n ANSWERED"},
    {"every bit of the shared page",
     "mov edi, shared_info\n mov ecx, PAGE_SIZE / 4\n mov eax, 0xFFFFFFFF\n cld\n rep stosd\n "
     "HYPERCALL XEN_VERSION, 0\n ANSWERED"},
    {"wait for what never comes", "HYPERCALL SCHED_OP, BLOCK\n ANSWERED"},
    {"yield for ever", ".next:\n HYPERCALL SCHED_OP, 0\n jmp .next"},
    {"loop with events masked", "INTERRUPTS_OFF\n jmp $", "watchdog=30"},
    {"faults for ever",
     ".next:\n mov dword [traps + 6 * 8 + 4], .next\n HYPERCALL SET_TRAP_TABLE, traps\n ud2"},
    {"it says that it crashed", "PUT page, 3\n HYPERCALL SCHED_OP, SHUTDOWN, page"},
};

}  // namespace

const std::vector<Attack>& paravirtual_attacks() { return table; }

std::string paravirtual_kernel_that(const Attack& attack) {
    return std::string("%include \"pv_frame.inc\"\n") + attack.body + "\nsection .text\n    ret\n";
}

}  // namespace ringside::isolation
