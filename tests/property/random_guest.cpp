#include "tests/property/random_guest.hpp"

#include <array>
#include <sstream>
#include <vector>

namespace ringside::property {
namespace {

/// SplitMix64. Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
class Random {
  public:
    explicit Random(u64 seed) : state_(seed) {}
    u32 word() {
        u64 z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return u32((z ^ (z >> 31)) >> 16);
    }
    unsigned below(unsigned n) { return word() % n; }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class T, size_t N>
    const T& pick(const std::array<T, N>& from) {
        return from[below(N)];
    }

  private:
    u64 state_;
};

// ESP is the stack, EBP counts loops; the others are for the random code.
constexpr std::array<const char*, 6> registers{"eax", "ebx", "ecx", "edx", "esi", "edi"};
constexpr std::array<const char*, 4> low_bytes{"al", "bl", "cl", "dl"};
constexpr std::array<const char*, 10> conditions{"z",  "nz", "c",  "nc", "s",
                                                 "ns", "l",  "ge", "le", "a"};

constexpr unsigned data_bytes = 4096;
constexpr unsigned window_pages = 16;
constexpr u32 window = 0x40000000;      // pages that come and go
constexpr u32 large_page = 0x80000000;  // one of 4 MiB

class Generator {
  public:
    Generator(u64 seed, const RandomGuestOptions& options) : random_(seed), options_(options) {}

    std::string text() {
        prologue();
        line("main:");
        line("    call set_up");
        for (const char* r : registers) op("mov ", r, ", ", hex());
        for (unsigned n = 0; n < options_.statements; ++n) statement(0);
        line("    jmp finish");
        functions();
        user_programs();
        data();
        return out_.str();
    }

  private:
    using Maker = void (Generator::*)(unsigned depth);

    // ---- writing

    template <class... Parts>
    void line(const Parts&... parts) {
        (out_ << ... << parts) << '\n';
    }
    template <class... Parts>
    void op(const Parts&... parts) {
        line("    ", parts...);
    }

    std::string label() { return "L" + std::to_string(labels_++); }
    const char* reg() { return random_.pick(registers); }
    std::string hex(u32 mask = 0xffffffff) {
        std::ostringstream text;
        text << "0x" << std::hex << (random_.word() & mask);
        return text.str();
    }
    std::string cell(unsigned bytes = 4) {
        return "[data + " + std::to_string(random_.below((data_bytes - 64) / bytes) * bytes) + "]";
    }
    std::string window_address(unsigned page) {
        std::ostringstream text;
        text << "0x" << std::hex << window + page * 4096 + random_.below(1020);
        return text.str();
    }
    void note(const char* r) {
        if (std::string(r) != "eax") op("xchg eax, ", r);
        op("call note");
        if (std::string(r) != "eax") op("xchg eax, ", r);
    }

    // ---- statements. Each leaves the stack as it was, and no undefined flag or register is looked
    // at.

    void statement(unsigned depth) {
        static constexpr std::array ordinary{
            &Generator::arithmetic,    &Generator::arithmetic,  &Generator::memory,
            &Generator::memory,        &Generator::carries,     &Generator::multiply,
            &Generator::set_condition, &Generator::stack,       &Generator::string,
            &Generator::branch,        &Generator::loop,        &Generator::call,
            &Generator::indirect,      &Generator::self_modify, &Generator::fault};
        static constexpr std::array privileged{
            &Generator::interrupt_flag,     &Generator::control_register,
            &Generator::software_interrupt, &Generator::ports,
            &Generator::descriptor_tables,  &Generator::segment_loads,
            &Generator::far_transfer,       &Generator::model_specific,
            &Generator::string_ports};
        if (depth < 2 && random_.chance(40)) {
            const unsigned which = random_.below(10);
            if (which == 0 && options_.timer) return interrupted_region(depth);
            if (which <= 2 && options_.paging) return paging(depth);
            if (which == 3 && options_.user_mode) return visit_ring_3(depth);
            if (which <= 5 && options_.sensitive) return sensitive(depth);
            if (which == 6 && options_.debug_registers) return debug_register(depth);
            return (this->*random_.pick(privileged))(depth);
        }
        (this->*random_.pick(ordinary))(depth);
    }

    void arithmetic(unsigned) {
        static constexpr std::array<const char*, 7> two{"add", "sub", "and", "or",
                                                        "xor", "mov", "imul"};
        static constexpr std::array<const char*, 5> one{"inc", "dec", "not", "neg", "bswap"};
        static constexpr std::array<const char*, 5> shifts{"shl", "shr", "sar", "rol", "ror"};
        switch (random_.below(6)) {
            case 0: op(random_.pick(one), " ", reg()); break;
            case 1: op(random_.pick(shifts), " ", reg(), ", ", 1 + random_.below(30)); break;
            case 2: op(two[random_.below(6)], " ", reg(), ", ", hex()); break;
            case 3:
                op("lea ", reg(), ", [", reg(), " + ", reg(), " * 4 + ", hex(0xffff), "]");
                break;
            case 4: op("xchg ", reg(), ", ", reg()); break;
            default: op(random_.pick(two), " ", reg(), ", ", reg()); break;
        }
    }

    void memory(unsigned) {
        static constexpr std::array<const char*, 5> ops{"add", "sub", "xor", "and", "or"};
        switch (random_.below(7)) {
            case 0: op("mov ", cell(), ", ", reg()); break;
            case 1: op("mov ", reg(), ", ", cell()); break;
            case 2: op(random_.pick(ops), " ", cell(), ", ", reg()); break;
            case 3: op(random_.pick(ops), " ", reg(), ", ", cell()); break;
            case 4: op("movzx ", reg(), ", byte ", cell(1)); break;
            case 5: op("movsx ", reg(), ", word ", cell(2)); break;
            default: {  // an address that is known only when it runs
                const char* index = reg();
                op("and ", index, ", ", data_bytes - 4);
                op("add ", reg(), ", [data + ", index, "]");
            }
        }
    }

    void carries(unsigned) {
        op("add ", reg(), ", ", reg());
        op("adc ", reg(), ", ", hex(0xff));
        op("cmp ", reg(), ", ", reg());
        op("sbb ", reg(), ", ", reg());
    }

    void multiply(unsigned) {
        if (random_.chance(50)) return op("mul ", reg());
        op("mov ecx, ", reg());
        op("or ecx, 1");
        op("xor edx, edx");
        op("div ecx");
    }

    void compare() {
        if (random_.chance(50))
            op("cmp ", reg(), ", ", hex());
        else
            op("test ", reg(), ", ", reg());
    }

    void set_condition(unsigned) {
        compare();
        op("set", random_.pick(conditions), " ", random_.pick(low_bytes));
        compare();
        op("cmov", random_.pick(conditions), " ", reg(), ", ", reg());
    }

    void stack(unsigned) {
        const char* r = reg();
        switch (random_.below(3)) {
            case 0:
                op("push ", r);
                op("pop ", reg());
                break;
            case 1:
                op("pusha");
                op("mov eax, [esp + ", 4 * random_.below(2), "]");
                op("call note");
                op("popa");
                break;
            default:
                op("push dword ", hex());
                op("xor [esp], ", r);
                op("pop ", reg());
        }
    }

    void string(unsigned) {
        static constexpr std::array<const char*, 5> ops{"rep movsb", "rep movsd", "rep stosd",
                                                        "rep stosb", "lodsd"};
        op("cld");
        op("mov esi, data + ", random_.below(1024));
        op("mov edi, data + ", 2048 + random_.below(1024));
        op("mov ecx, ", random_.below(64));
        op(random_.pick(ops));
    }

    void branch(unsigned depth) {
        const std::string skip = label(), end = label();
        compare();
        op("j", random_.pick(conditions), " ", skip);
        statement(depth + 1);
        op("jmp ", end);
        line(skip, ":");
        statement(depth + 1);
        line(end, ":");
    }

    void loop(unsigned depth) {
        const std::string again = label();
        if (random_.chance(50)) {
            op("push ebp");
            op("mov ebp, ", 2 + random_.below(6));
            line(again, ":");
            for (unsigned n = 0; n < 2; ++n) statement(depth + 1);
            op("dec ebp");
            op("jnz near ", again);
            op("pop ebp");
        } else {
            op("push ecx");
            op("mov ecx, ", 2 + random_.below(6));
            line(again, ":");
            op("push ecx");
            arithmetic(depth);
            memory(depth);
            op("pop ecx");
            op("loop ", again);
            op("pop ecx");
        }
    }

    void call(unsigned) { op("call function_", random_.below(function_count)); }

    void indirect(unsigned depth) {
        const unsigned n = random_.below(function_count);
        switch (random_.below(3)) {
            case 0: op("call [function_table + ", 4 * n, "]"); break;
            case 1: {  // one of several, chosen by a value
                const char* r = reg();
                op("and ", r, ", ", function_count - 1);
                op("call [function_table + ", r, " * 4]");
                break;
            }
            default: {
                const std::string there = label();
                op("mov eax, ", there);
                op("jmp eax");
                arithmetic(depth);
                line(there, ":");
            }
        }
    }

    void self_modify(unsigned) {
        op("mov [patched + 1], ", reg());
        op("call patched");
    }

    /// The handler goes on at [resume].
    void resume_after(const std::string& instruction) {
        const std::string after = label();
        op("mov dword [resume], ", after);
        op(instruction);
        line(after, ":");
    }

    void fault(unsigned) {
        static constexpr std::array<const char*, 5> faulting{"ud2", "mov ds, [beyond_the_gdt]",
                                                             "mov es, [task_selector]",
                                                             "mov ss, [null_selector]", "int3"};
        if (random_.chance(20)) {
            op("xor ecx, ecx");
            return resume_after("div ecx");
        }
        resume_after(random_.pick(faulting));
    }

    void interrupt_flag(unsigned) { op(random_.chance(50) ? "sti" : "cli"); }

    void control_register(unsigned) {
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

    void software_interrupt(unsigned) { op("int 0x3", random_.below(2) ? 0 : 3); }

    void ports(unsigned) {
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

    void string_ports(unsigned depth) {
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

    void descriptor_tables(unsigned) {
        static constexpr std::array<const char*, 5> ops{"lgdt [gdt_pointer]", "lidt [idt_pointer]",
                                                        "invlpg [data]", "wbinvd",
                                                        "lldt [null_selector]"};
        op(random_.pick(ops));
    }

    void segment_loads(unsigned) {
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

    void far_transfer(unsigned) {
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

    void model_specific(unsigned) {
        op("mov ecx, ", 0x175 + random_.below(2));
        op("mov eax, ", hex());
        op("xor edx, edx");
        op("wrmsr");
        op("xor eax, eax");
        op("rdmsr");
        op("call note");
    }

    void debug_register(unsigned) {
        const unsigned n = random_.below(4);
        op("mov eax, ", hex(0xffffff));
        op("mov dr", n, ", eax");
        op("mov eax, dr", n);
        op("call note");
        op("mov eax, dr7");
        op("call note");
    }

    void interrupted_region(unsigned depth) {
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

    void paging(unsigned) {
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

    void visit_ring_3(unsigned) { op("VISIT_RING_3 user_", random_.below(user_count)); }

    /// They read or change privileged state and do not fault in ring 1.
    void sensitive(unsigned) {
        static constexpr std::array<const char*, 6> selectors{
            "KERNEL_CODE", "KERNEL_DATA", "USER_CODE", "USER_DATA", "TASK_STATE", "0x1000"};
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

    // ---- what surrounds the random code

    void prologue();
    void functions();
    void user_programs();
    void data();

    static constexpr unsigned function_count = 8;  // a power of two
    static constexpr unsigned user_count = 6;

    std::ostringstream out_;
    Random random_;
    RandomGuestOptions options_;
    unsigned labels_ = 0;
};

void Generator::functions() {
    for (unsigned n = 0; n < function_count; ++n) {
        line("function_", n, ":");
        for (unsigned i = 0; i < 4; ++i) {
            arithmetic(2);
            memory(2);
        }
        set_condition(2);
        line(n % 3 == 2 ? "    ret 0" : "    ret");
    }
}

void Generator::user_programs() {
    static constexpr std::array<const char*, 10> forbidden{
        "cli",          "sti",         "hlt",          "mov eax, cr0",
        "mov cr3, eax", "in al, 0x21", "out 0x21, al", "lgdt [gdt_pointer]",
        "int 0x32",     "clts"};
    for (unsigned n = 0; n < user_count; ++n) {
        line("user_", n, ":");
        for (unsigned i = 0; i < 6; ++i) {
            arithmetic(2);
            memory(2);
            switch (random_.below(4)) {
                case 0: resume_after(random_.pick(forbidden)); break;
                case 1: op("int 0x30"); break;
                case 2:
                    if (options_.paging)
                        resume_after("mov [" + window_address(random_.below(window_pages)) +
                                     "], edx");
                    break;
                default: set_condition(2);
            }
        }
        op("int 0x31");
    }
}

void Generator::prologue() {
    line("; A guest made from a seed by tests/property/random_guest.cpp.");
    line("bits 32");
    if (options_.paging) line("%define PAGING");
    line(R"(%include "common/guest.inc"
%include "common/tick.inc"

; The timer's line in the interrupt mask: 0 lets it through.
%macro TIMER_LINE 1
    push eax
    mov al, 0xFE | %1
    out 0x21, al
    pop eax
%endmacro

; Runs a program in ring 3 until it says INT 0x31.
%macro VISIT_RING_3 1
    cli
    pusha
    mov dword [user_return], %%back
    mov [user_stack_of_kernel], esp
    mov eax, USER_DATA
    mov ds, eax
    mov es, eax
    push dword USER_DATA
    push dword user_stack_top
    push dword 2
    push dword USER_CODE
    push dword %1
    iret
%%back:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    popa
%endmacro

section .text
; eax goes into the trail. Keeps the registers, not the flags.
note:
    push eax
    xor eax, [trail]
    imul eax, eax, 0x01000193
    rol eax, 7
    mov [trail], eax
    pop eax
    ret

; Exceptions note what they were given, and go on at [resume].
on_exception_without_code:
    push dword [esp]
    mov dword [esp + 4], 0
on_exception:                       ; vector, error code, EIP, CS, EFLAGS
    push eax
    mov eax, [esp + 4]
    call note
    mov eax, [esp + 8]
    call note
    movzx eax, word [esp + 16]
    call note
    mov eax, [esp + 20]
    and eax, 0x3200                 ; IF, IOPL
    call note
    cmp dword [esp + 4], 14
    jne .resume
    mov eax, cr2
    call note
.resume:
    mov eax, [resume]
    mov [esp + 12], eax
    pop eax
    add esp, 8
    iret

%macro EXCEPTION 2
on_exception_%1:
    push dword %1
    jmp %2
%endmacro
    EXCEPTION 0, on_exception_without_code
    EXCEPTION 3, on_exception_without_code
    EXCEPTION 6, on_exception_without_code
    EXCEPTION 11, on_exception
    EXCEPTION 13, on_exception
    EXCEPTION 14, on_exception

; INT 0x30 and 0x33: calls that look at their frame.
on_call:
    push eax
    movzx eax, word [esp + 8]
    call note
    mov eax, [esp + 12]
    and eax, 0x3200
    call note
    pop eax
    add eax, ecx
    xor ebx, eax
    iret

; INT 0x31: ring 3 is done.
on_back:
    mov esp, [user_stack_of_kernel]
    jmp [user_return]

patched:
    mov eax, 0x12345678
    xor ecx, eax
    ret

far_function:
    xor edx, 0x55AA
    retf

set_up:
    call tick_init
    TIMER_LINE 1
    mov eax, interrupt_stack_top
    call task_state_init
    lgdt [gdt_pointer]
    mov eax, TASK_STATE
    ltr ax
    SET_GATE 0, on_exception_0, GATE_KERNEL
    SET_GATE 3, on_exception_3, GATE_USER
    SET_GATE 6, on_exception_6, GATE_KERNEL
    SET_GATE 11, on_exception_11, GATE_KERNEL
    SET_GATE 13, on_exception_13, GATE_KERNEL
    SET_GATE 14, on_exception_14, GATE_KERNEL
    SET_GATE 0x30, on_call, GATE_USER
    SET_GATE 0x31, on_back, GATE_USER
    SET_GATE 0x32, on_call, GATE_KERNEL
    SET_GATE 0x33, on_call, 0x8F00      ; a trap gate
    mov ecx, data_words
    mov eax, 1
.fill:
    imul eax, eax, 1664525
    add eax, 1013904223
    mov [data - 4 + ecx * 4], eax
    dec ecx
    jnz .fill
%ifdef PAGING
    mov ecx, 1023
.identity:
    mov eax, ecx
    shl eax, 12
    or eax, 7
    mov [low_table + ecx * 4], eax
    dec ecx
    jns .identity
    mov ecx, 15
.window:
    mov eax, ecx
    shl eax, 12
    add eax, frames + 7
    mov [window_table_a + ecx * 4], eax
    mov ebx, ecx
    neg ebx
    and eax, ~2                     ; b: the other way round, and read-only
    mov [window_table_b + 15 * 4 + ebx * 4], eax
    dec ecx
    jns .window
    mov dword [directory_a], low_table + 7
    mov dword [directory_b], low_table + 7
    mov dword [directory_a + 4 * 256], window_table_a + 7
    mov dword [directory_b + 4 * 256], window_table_b + 7
    mov dword [directory_a + 4 * 512], 0x400083     ; 4 MiB at 4 MiB
    mov dword [directory_b + 4 * 512], 0x400083
    mov eax, cr4
    or eax, 0x10                    ; PSE
    mov cr4, eax
    mov eax, directory_a
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000
    mov cr0, eax
%endif
    ret

; The registers as they are, then a digest of memory.
finish:
    cli
    mov [observations.eax], eax
    mov [observations.ebx], ebx
    mov [observations.ecx], ecx
    mov [observations.edx], edx
    mov [observations.esi], esi
    mov [observations.edi], edi
    mov eax, [trail]
    mov [observations.trail], eax
    mov ecx, data_words
    xor eax, eax
.digest:
    xor eax, [data - 4 + ecx * 4]
    imul eax, eax, 0x01000193
    rol eax, 5
    dec ecx
    jnz .digest
%ifdef PAGING
    mov ecx, 16 * 1024
.frames:
    xor eax, [frames - 4 + ecx * 4]
    imul eax, eax, 0x01000193
    rol eax, 5
    dec ecx
    jnz .frames
%endif
    mov [observations.memory], eax
    REPORT "eax", [observations.eax]
    REPORT "ebx", [observations.ebx]
    REPORT "ecx", [observations.ecx]
    REPORT "edx", [observations.edx]
    REPORT "esi", [observations.esi]
    REPORT "edi", [observations.edi]
    REPORT "trail", [observations.trail]
    REPORT "memory", [observations.memory]
    EXIT 0
)");
}

void Generator::data() {
    line("\nsection .data\nalign 4\nfunction_table:");
    for (unsigned n = 0; n < function_count; ++n) op("dd function_", n);
    line(R"(far_pointer:            dd 0
                        dw KERNEL_DATA, 0
far_function_pointer:   dd far_function
                        dw KERNEL_CODE, 0
table_seen:             dw 0
                        dd 0
                        dw 0
beyond_the_gdt:         dw 0x1238
task_selector:          dw TASK_STATE
null_selector:          dw 0, 0
trail:                  dd 0
resume:                 dd 0
user_return:            dd 0
user_stack_of_kernel:   dd 0
observations:
.eax:       dd 0
.ebx:       dd 0
.ecx:       dd 0
.edx:       dd 0
.esi:       dd 0
.edi:       dd 0
.trail:     dd 0
.memory:    dd 0
.end:

section .bss
alignb 4096)");
    line("data_words  equ ", data_bytes / 4);
    line("data:       resb ", data_bytes);
    if (options_.paging)
        line(R"(frames:         resb 16 * 4096
directory_a:    resb 4096
directory_b:    resb 4096
low_table:      resb 4096
window_table_a: resb 4096
window_table_b: resb 4096)");
    line(R"(            resb 2048
user_stack_top:
            resb 2048
interrupt_stack_top:)");
}

}  // namespace

std::string random_guest(u64 seed, const RandomGuestOptions& options) {
    return Generator(seed, options).text();
}

}  // namespace ringside::property
