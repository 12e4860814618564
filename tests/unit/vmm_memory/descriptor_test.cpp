// A descriptor that the guest's kernel changes by an ordinary store: whoever loads its selector
// next gets the new one.
#include "tests/unit/vmm_memory/everywhere.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// Loads `selector`, whose base changes from one word to the other, in the kernel and in an
/// application, and says what each sees at offset 0.
const char* const changes = R"(
main:
    mov eax, esp
    call task_state_init
    mov esi, gdt
    mov edi, big_gdt
    mov ecx, (gdt.end - gdt) / 4
    cld
    rep movsd
    lgdt [big_gdt_pointer]
    mov eax, TASK_STATE
    ltr ax
    SET_GATE 0x30, from_application, GATE_USER
    mov eax, first
    call point_at
    mov eax, 0x3B
    mov es, eax                 ; it has been used before
    mov eax, second
    call point_at
    mov eax, 0x3B
    mov es, eax
    mov eax, [es:0]
    mov [seen], eax
    mov eax, first
    call point_at
    mov [back], esp
    push dword USER_DATA
    push dword application_stack
    push dword 2
    push dword USER_CODE
    push dword application
    iret
application:
    mov eax, 0x3B
    mov es, eax
    mov eax, [es:0]
    int 0x30
from_application:
    mov ecx, KERNEL_DATA
    mov ds, ecx
    mov es, ecx
    mov [seen + 4], eax
    mov esp, [back]
    REPORT "kernel", [seen]
    REPORT "application", [seen + 4]
    ret

; The base of the entry for 2Bh is eax, by plain stores.
point_at:
    mov [big_gdt + 0x3A], ax
    shr eax, 16
    mov [big_gdt + 0x3C], al
    mov [big_gdt + 0x3F], ah
    mov word [big_gdt + 0x38], 0xFFFF
    mov byte [big_gdt + 0x3D], 0xF2
    mov byte [big_gdt + 0x3E], 0xCF
    ret

section .data
align 4
first: dd 0x11111111
second: dd 0x22222222
seen: dd 0, 0
back: dd 0
    dw 0
big_gdt_pointer:
    dw 16 * 8 - 1
    dd big_gdt
section .bss
alignb 4096
big_gdt: resb 4096
    resb 4096
application_stack:
section .text
)";

}  // namespace

TEST_CASE("a descriptor that the kernel has changed is what kernel and application load") {
    const WrittenGuest guest(changes);
    CHECK(guest.native().serial == "kernel = 22222222\napplication = 11111111\n");
    same_under(shadowing_vmms, guest);
    same_under(ept_vmms, guest);
}
