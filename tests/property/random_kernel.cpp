#include "tests/property/random_kernel.hpp"

#include <array>
#include <sstream>

#include "tests/property/random.hpp"

namespace ringside::property {
namespace {

/// What comes before the random part: traps, a window of pages that come and go, a page of ring 3.
constexpr const char* before = R"(
bits 32
%include "common/multiboot.inc"
%include "common/probe.inc"
%include "ringlet/layout.inc"
%ifdef PARAVIRT
%include "ringlet/paravirt.inc"
%else
%include "ringlet/native.inc"
%endif

WINDOW equ 0x40000000               ; 16 pages; entry n of the table is at `table_a + 4 * n`, or table_b
USER_PAGE equ WINDOW + 16 * PAGE
USER_STACK equ WINDOW + 18 * PAGE

section .bss
alignb PAGE
directory_a: resb PAGE
directory_b: resb PAGE
table_a: resb PAGE
table_b: resb PAGE
frames: resb 16 * PAGE
user_stack: resb PAGE
user_page: resb PAGE
data: resb PAGE
boot_stack: resb PAGE
boot_stack_top:
ticks: resd 1
trail: resd 1
resume: resd 1
stack_at_visit: resd 1

section .data
align 4
trap_table:
    db 0, TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_divide_error
    db 6, TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_undefined
    db 13, TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_protection
    db 14, TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_page_fault
    db 0x30, 3 | TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_call
    db 0x80, 3
    dw KERNEL_CODE
    dd on_call
    db 0x32, 3 | TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_resume_at
    db 0x31, 3 | TRAP_MASKS_INTERRUPTS
    dw KERNEL_CODE
    dd on_end_of_visit
    dd 0, 0

section .text

; eax goes into the trail. Keeps every register.
note:
    push eax
    xor eax, [trail]
    imul eax, eax, 0x01000193
    rol eax, 7
    mov [trail], eax
    pop eax
    ret

%macro EXCEPTION 2                  ; name, vector: without an error code
%1:
    push dword 0
    push dword %2
    jmp on_exception
%endmacro
    EXCEPTION on_divide_error, 0
    EXCEPTION on_undefined, 6
on_protection:
    push dword 13
    jmp on_exception
on_page_fault:
    push dword 14
on_exception:                       ; vector, error code, EIP, CS, EFLAGS
    push eax
    mov eax, [esp + 4]
    call note
    mov eax, [esp + 8]
    call note
    mov eax, [esp + 16]
    and eax, 2                      ; from ring 3?
    call note
    cmp dword [esp + 4], 14
    jne .resume
    READ_FAULT_ADDRESS eax
    call note
.resume:
    mov eax, [resume]
    mov [esp + 12], eax
    pop eax
    add esp, 8
    RETURN_FROM_TRAP

on_timer:
    push eax
    inc dword [ticks]
    TIMER_DONE
    pop eax
    RETURN_FROM_TRAP

on_call:
    add eax, ecx
    call note
    RETURN_FROM_TRAP

on_resume_at:                       ; ring 3 cannot write to [resume]
    mov [resume], eax
    RETURN_FROM_TRAP

on_end_of_visit:
    mov esp, [stack_at_visit]
    ret

; Runs the program at eax (an address that ring 3 knows) until it says INT 0x31.
visit_ring_3:
    INTERRUPTS_OFF
    pusha
    mov ebx, USER_DATA
    mov ds, ebx
    mov es, ebx
    push dword .back
    mov [stack_at_visit], esp
    push dword USER_DATA
    push dword USER_STACK
    push dword EFLAGS_IF | 2
    push dword USER_CODE
    push eax
    RETURN_FROM_TRAP
.back:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    popa
    ret

; Waits for a tick, if interrupts are on, but not for ever. Keeps every register.
wait_for_tick:
    pusha
    mov edx, [ticks]
    mov ecx, 100000
.again:
    cmp edx, [ticks]
    loope .again
    popa
    ret

; MAP directory or table entry, what, rights: changes eax, edx.
%macro MAP 3
    mov edx, %2
    MACHINE_ADDRESS edx
    or edx, %3
    mov eax, %1
    UPDATE_PTE eax, edx
%endmacro

; The same window for both, seen from the other end in the second.
%macro BUILD_ADDRESS_SPACE 2        ; directory, table
    mov eax, %2
    PAGE_TABLE_READY eax, 1
    MAP %2 + 16 * 4, user_page, 5
    MAP %2 + 17 * 4, user_stack, 7
    mov eax, %1
    PAGE_TABLE_READY eax, 2
    KERNEL_ENTRY edx
    mov eax, %1
    UPDATE_PTE eax, edx
    MAP %1 + (WINDOW >> 22) * 4, %2, 7
%endmacro

global start
start:
    MACHINE_START
    LOAD_TRAP_TABLE trap_table
    LOAD_TASK boot_stack_top - 2048
    PAGING_ON
%ifndef PARAVIRT
    mov eax, cr0
    or eax, 1 << 16                 ; WP: a read-only page is one for the kernel too
    mov cr0, eax
%endif
    mov esi, user_text              ; the programs of ring 3, where they can see them
    mov edi, user_page
    mov ecx, PAGE / 4
    cld
    rep movsd
    BUILD_ADDRESS_SPACE directory_a, table_a
    BUILD_ADDRESS_SPACE directory_b, table_b
    mov eax, directory_a
    SET_PAGE_TABLE eax
    TIMER_INIT on_timer
    mov eax, 1
    mov ebx, 2
    mov ecx, 3
    mov edx, 4
    mov esi, 5
    mov edi, 6
)";

constexpr const char* after = R"(
    INTERRUPTS_OFF
    call note
    mov eax, ebx
    call note
    mov eax, ecx
    call note
    mov eax, edx
    call note
    mov ecx, PAGE / 4
.digest_data:
    mov eax, [data - 4 + ecx * 4]
    call note
    loop .digest_data
    mov ecx, 16 * PAGE / 4
.digest_frames:
    mov eax, [frames - 4 + ecx * 4]
    call note
    loop .digest_frames
    PRINT "trail "
    mov eax, [trail]
    call serial_hex
    PRINT 10
    EXIT 0

align 16
user_text:
)";

constexpr std::array<const char*, 6> registers{"eax", "ebx", "ecx", "edx", "esi", "edi"};
constexpr unsigned programs = 4;

class Generator {
  public:
    Generator(u64 seed) : random_(seed) {}

    std::string text(unsigned statements) {
        out_ << before;
        for (unsigned n = 0; n < statements; ++n) statement(0);
        out_ << after;
        for (unsigned n = 0; n < programs; ++n) program(n);
        out_ << "times PAGE - ($ - user_text) db 0\n";
        return out_.str();
    }

  private:
    template <class... Parts>
    void op(const Parts&... parts) {
        out_ << "    ";
        (out_ << ... << parts) << '\n';
    }
    std::string label() { return "L" + std::to_string(labels_++); }
    const char* reg() { return random_.pick(registers); }
    std::string cell() { return "[data + " + std::to_string(random_.below(1000) * 4) + "]"; }
    unsigned window_page() { return random_.below(16); }
    std::string window(unsigned page) {
        return "[WINDOW + " + std::to_string(page * 4096 + random_.below(1000) * 4) + "]";
    }

    void statement(unsigned depth) {
        switch (random_.below(depth < 3 ? 14 : 7)) {
            case 0:
            case 1:
            case 2: arithmetic(); break;
            case 3: op("mov ", cell(), ", ", reg()); break;
            case 4: op("add ", reg(), ", ", cell()); break;
            case 5: op("mov eax, ", reg()), op("call note"); break;
            case 6: interrupts(); break;
            case 7: branch(depth); break;
            case 8: loop(depth); break;
            case 9: critical_section(depth); break;
            case 10: change_page(); break;
            case 11: touch_page(); break;
            case 12: fault(); break;
            default: visit_or_switch(); break;
        }
    }

    void arithmetic() {
        static constexpr std::array<const char*, 7> two{"add", "sub",  "xor", "and",
                                                        "or",  "imul", "mov"};
        static constexpr std::array<const char*, 4> one{"inc", "neg", "not", "bswap"};
        if (random_.below(4) == 0) return op(random_.pick(one), " ", reg());
        if (random_.below(3) == 0) return op("mov ", reg(), ", ", random_.below(0x7fffffff));
        op(random_.pick(two), " ", reg(), ", ", reg());
    }

    void interrupts() {
        switch (random_.below(4)) {
            case 0: op("INTERRUPTS_ON"); break;
            case 1: op("INTERRUPTS_OFF"); break;
            case 2: op("call wait_for_tick"); break;
            default: op("READ_INTERRUPT_FLAG eax"), op("call note"); break;
        }
    }

    void branch(unsigned depth) {
        static constexpr std::array<const char*, 6> conditions{"z", "nz", "c", "s", "l", "a"};
        const std::string skip = label();
        op("cmp ", reg(), ", ", reg());
        op("j", random_.pick(conditions), " near ", skip);
        statement(depth + 1);
        out_ << skip << ":\n";
    }

    void loop(unsigned depth) {
        const std::string again = label();
        op("push ebp");
        op("mov ebp, ", 2 + random_.below(4));
        out_ << again << ":\n";
        statement(depth + 1);
        statement(depth + 1);
        op("dec ebp");
        op("jnz near ", again);
        op("pop ebp");
    }

    void critical_section(unsigned depth) {
        op("INTERRUPTS_OFF_SAVE");
        statement(depth + 1);
        op("INTERRUPTS_OFF");
        op("INTERRUPTS_RESTORE");
    }

    /// Rights: none, or present with or without W and U.
    void change_page() {
        const unsigned page = window_page();
        op("push eax");
        op("push edx");
        op("INTERRUPTS_OFF_SAVE");  // the updates are collected: a handler must not find half of
                                    // one
        op("MAP table_", "ab"[random_.below(2)], " + ", page * 4, ", frames + ",
           window_page() * 4096, ", ", random_.below(8));
        op("mov eax, WINDOW + ", page * 4096);
        op("INVALIDATE_PAGE eax");
        op("INTERRUPTS_RESTORE");
        op("pop edx");
        op("pop eax");
    }

    /// It may not be there, or not be writable: then the handler goes on behind.
    void resume_after(const std::string& instruction) {
        const std::string there = label();
        op("mov dword [resume], ", there);
        op(instruction);
        out_ << there << ":\n";
    }

    void touch_page() {
        const std::string where = window(window_page());
        if (random_.below(2))
            resume_after("mov " + where + ", " + reg());
        else
            resume_after(std::string("xor ") + reg() + ", " + where);
    }

    void fault() {
        if (random_.below(2)) return resume_after("ud2");
        op("xor ecx, ecx");
        resume_after("div ecx");
    }

    void visit_or_switch() {
        if (random_.below(3)) {
            op("push eax");
            op("mov eax, USER_PAGE + program_", random_.below(programs), " - user_text");
            op("call visit_ring_3");
            op("pop eax");
        } else {
            op("push eax");
            op("mov eax, directory_", "ab"[random_.below(2)]);
            op("SET_PAGE_TABLE eax");
            op("pop eax");
        }
    }

    /// In ring 3, only registers, system calls, the window and what is forbidden.
    void program(unsigned n) {
        // As bytes: some assemblers' macros give these mnemonics another meaning.
        static constexpr std::array<const char*, 6> forbidden{
            "db 0xFA", "db 0xFB", "db 0xF4", "mov eax, cr3", "in al, dx", "int 0x82"};
        out_ << "program_" << n << ":\n";
        for (unsigned i = 0; i < 8; ++i) {
            switch (random_.below(5)) {
                case 0: op("int 0x80"); break;
                case 1: op("int 0x30"); break;
                case 2: ring_3_fault(random_.pick(forbidden)); break;
                case 3:
                    ring_3_fault(std::string("mov ") + reg() + ", " + window(window_page()));
                    break;
                default: arithmetic(); break;
            }
        }
        op("int 0x31");
    }

    void ring_3_fault(const std::string& instruction) {
        const std::string there = label();
        op("push eax");
        op("mov eax, USER_PAGE + ", there, " - user_text");
        op("int 0x32");
        op("pop eax");
        op(instruction);
        out_ << there << ":\n";
    }

    Random random_;
    std::ostringstream out_;
    unsigned labels_ = 0;
};

}  // namespace

std::string random_kernel(u64 seed, unsigned statements) {
    return Generator(seed).text(statements);
}

}  // namespace ringside::property
