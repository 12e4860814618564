// What only a kernel does, or what shows a program where it runs.
#include "tests/property/random_guest_generator.hpp"

namespace ringside::property {

void Generator::interrupt_flag(unsigned) { op(random_.chance(50) ? "sti" : "cli"); }

void Generator::control_register(unsigned) {
    switch (random_.below(6)) {
        case 0:  // MP EM TS NE WP AM
            op("mov eax, cr0");
            op("xor eax, ", hex(0x5002e));
            op("mov cr0, eax");
            op("mov eax, cr0");
            break;
        case 1:
            op("mov cr2, ", reg());
            op("mov eax, cr2");
            break;
        case 2:
            op("mov eax, cr3");
            op("mov cr3, eax");
            break;
        case 3:  // TSD DE PGE
            op("mov eax, cr4");
            op("xor eax, ", hex(0x8c));
            op("mov cr4, eax");
            op("mov eax, cr4");
            break;
        case 4:
            op("clts");
            op("mov eax, cr0");
            break;
        default:
            op("mov eax, ", hex(0xe));
            op("or eax, 1");
            op("lmsw ax");
            op("mov eax, cr0");
    }
    op("call note");
}

void Generator::software_interrupt(unsigned) { op("int 0x3", random_.below(2) ? 0 : 3); }

void Generator::ports(unsigned) {
    op("mov eax, ", hex(0xff));
    switch (random_.below(4)) {
        case 0:  // the interrupt mask, with the timer off
            op("or eax, 1");
            op("out 0x21, al");
            op("mov eax, 0");
            op("in al, 0x21");
            break;
        case 1:
            op("mov edx, 0x5554");  // nobody there
            op("in eax, dx");
            break;
        case 2:
            op("mov edx, 0x5554");
            op("in ax, dx");
            break;
        default: op("out 0x80, al");
    }
    op("call note");
}

void Generator::string_ports(unsigned depth) {
    if (!options_.string_ports) return ports(depth);
    op("cld");
    op("mov ecx, ", 1 + random_.below(8));
    if (random_.chance(50)) {
        op("mov esi, data + ", random_.below(1024));
        op("mov edx, 0x80");
        op("rep outsb");
        op("mov eax, esi");
    } else {
        op("mov edi, data + ", random_.below(1024));
        op("mov edx, 0x5555");
        op("rep insb");
        op("mov eax, edi");
    }
    op("call note");
}

void Generator::descriptor_tables(unsigned) {
    static constexpr std::array<const char*, 5> ops{"lgdt [gdt_pointer]", "lidt [idt_pointer]",
                                                    "invlpg [data]", "wbinvd",
                                                    "lldt [null_selector]"};
    op(random_.pick(ops));
}

void Generator::segment_loads(unsigned) {
    switch (random_.below(5)) {
        case 0:
            op("mov eax, KERNEL_DATA");
            op("mov ss, eax");
            break;
        case 1:
            op("push dword KERNEL_DATA");
            op("pop ss");
            break;
        case 2:
            op("mov [far_pointer], esp");
            op("lss esp, [far_pointer]");
            break;
        case 3:
            op("mov eax, USER_DATA");
            op("mov fs, eax");
            op("mov eax, [fs:data + 16]");
            op("call note");
            break;
        default: op("les edi, [far_pointer]"); op("mov edi, ", hex());
    }
}

void Generator::far_transfer(unsigned) {
    const std::string there = label();
    switch (random_.below(4)) {
        case 0: op("jmp KERNEL_CODE:", there); break;
        case 1: op("call KERNEL_CODE:far_function"); break;
        case 2: op("call far [far_function_pointer]"); break;
        default:
            op("push dword KERNEL_CODE");
            op("push dword ", there);
            op("retf");
    }
    line(there, ":");
}

void Generator::model_specific(unsigned) {
    op("mov ecx, ", 0x175 + random_.below(2));
    op("mov eax, ", hex());
    op("xor edx, edx");
    op("wrmsr");
    op("xor eax, eax");
    op("rdmsr");
    op("call note");
}

void Generator::debug_register(unsigned) {
    const unsigned n = random_.below(4);
    op("mov eax, ", hex(0xffffff));
    op("mov dr", n, ", eax");
    op("mov eax, dr", n);
    op("call note");
    op("mov eax, dr7");
    op("call note");
}

void Generator::interrupted_region(unsigned depth) {
    op("cli");
    op("TIMER_LINE 0");
    op("sti");
    if (random_.chance(30)) op("hlt");
    for (unsigned n = 0; n < 3; ++n) statement(depth + 1);
    op("sti");
    if (random_.chance(50)) loop(depth + 1);
    op("cli");
    op("TIMER_LINE 1");
}

void Generator::paging(unsigned) {
    const unsigned page = random_.below(window_pages);
    const std::string entry = "[window_table_" + std::string(random_.chance(70) ? "a" : "b") +
                              " + " + std::to_string(4 * page) + "]";
    std::ostringstream large;
    large << "[0x" << std::hex << large_page + random_.below(0x1000) * 4 << "]";
    switch (random_.below(9)) {
        case 0:  // present, writable, user: in any combination
            op("mov dword ", entry, ", frames + ",
               4096 * random_.below(window_pages) + random_.below(8));
            op("invlpg [", window_address(page), "]");
            break;
        case 1:
        case 2: resume_after("mov eax, [" + window_address(page) + "]"); break;
        case 3: resume_after("mov [" + window_address(page) + "], eax"); break;
        case 4:  // what the walk left behind: P, RW, US, A, D
            op("mov eax, ", entry);
            op("and eax, 0x67");
            op("call note");
            break;
        case 5:
            op("mov eax, directory_", random_.chance(50) ? "a" : "b");
            op("mov cr3, eax");
            break;
        case 6:  // a string that may run into a fault halfway
            op("cld");
            op("mov esi, data");
            op("mov edi, ", window_address(page));
            op("add edi, 2048");
            op("mov ecx, 1024");
            resume_after("rep movsd");
            note("ecx");
            note("edi");
            break;
        case 7:
            op("add ", large.str(), ", ", reg());
            op("mov eax, ", large.str());
            break;
        default:  // off and on again
            op("mov eax, cr0");
            op("and eax, 0x7FFFFFFF");
            op("mov cr0, eax");
            op("add [frames + ", 4096 * random_.below(window_pages), "], ecx");
            op("or eax, 0x80000000");
            op("mov cr0, eax");
    }
}

void Generator::visit_ring_3(unsigned) { op("VISIT_RING_3 user_", random_.below(user_count)); }

/// They read or change privileged state and do not fault in ring 1.
void Generator::sensitive(unsigned) {
    static constexpr std::array<const char*, 6> selectors{"KERNEL_CODE", "KERNEL_DATA", "USER_CODE",
                                                          "USER_DATA",   "TASK_STATE",  "0x1000"};
    static constexpr std::array<const char*, 6> segments{"cs", "ds", "es", "ss", "fs", "gs"};
    switch (random_.below(9)) {
        case 0:
            op("pushf");
            op("pop eax");
            op("and eax, 0x3200");  // IF and IOPL
            break;
        case 1:
            op("pushf");
            op("xor dword [esp], 0x200");
            op("popf");
            break;
        case 2:
            op(random_.chance(50) ? "sgdt" : "sidt", " [table_seen]");
            op("movzx eax, word [table_seen]");
            op("add eax, [table_seen + 2]");
            break;
        case 3: op(random_.chance(50) ? "str" : "sldt", " eax"); break;
        case 4:
            op("smsw ax");
            op("and eax, 0xFFFF");
            break;
        case 5:
            op("xor eax, eax");
            op("mov ecx, ", random_.pick(selectors));
            if (random_.chance(50)) {
                op("lar eax, ecx");
                // Not the accessed bit, which QEMU's far transfers leave as it is, nor bits
                // 19:16, which the manual leaves undefined.
                op("and eax, 0xF0FE00");
            } else {
                op("lsl eax, ecx");
            }
            break;
        case 6:
            op("mov ecx, ", random_.pick(selectors));
            op(random_.chance(50) ? "verr" : "verw", " cx");
            op("setz al");
            break;
        case 7:
            op("push ", random_.pick(segments));
            op("pop eax");
            op("and eax, 0xFFFF");
            break;
        default: op("mov eax, ", random_.pick(segments));
    }
    op("call note");
}

}  // namespace ringside::property
