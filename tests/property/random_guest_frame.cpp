// What surrounds the statements: handlers, set-up, functions, programs of ring 3, data.
#include "tests/property/random_guest_generator.hpp"

namespace ringside::property {

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

}  // namespace ringside::property
