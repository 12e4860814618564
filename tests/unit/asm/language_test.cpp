// The language around the instructions: each text gives the same bytes as under NASM.
#include <doctest/doctest.h>

#include "sim/asm/assembler.hpp"
#include "tests/unit/asm/nasm.hpp"

using namespace ringside;

namespace {

struct Row {
    const char* name;
    const char* text;
};

const Row rows[] = {
    {"labels and local labels", R"(
start: jmp .a
.a: nop
other: jmp .a
.a: jmp start.a
 dd start, start.a, other.a, other.a - start
alone:
 dd alone
nocolon dd nocolon
)"},
    {"jumps grow only as far as they must", R"(
a: jmp c
 times 120 nop
b: jz d
 times 125 nop
c: jmp a
 jmp b
 loop c
d: call a
 jmp short d
)"},
    {"jumps at the edge of the short form", R"(
 jmp x
 times 127 nop
x: jmp y
 times 128 nop
y: jmp $-126
 jmp $-127
)"},
    {"data of every width", R"(
 db 1, -1, 255, 'a', "abc", 0
 dw 1, -1, 'a', 'ab', 'abc', 0x1234
 dd 1, 'abcd', 'abcde', -1, 0xffffffff
 dq 1, 0x123456789abcdef0, 'abcdefgh', -2
 dd 1.5, -2.25, 3.0e5
 dq 1.5, -0.1
 db `a\n\t\x41\0`, 10
 db "", 0
)"},
    {"equ, and equ before its parts", R"(
size equ end - begin
begin: db "hello"
end: db size, size * 2, size / 2
one equ 1
two equ one + one
 dd two, later
later equ two * 3
)"},
    {"times with expressions", R"(
 db 1
 times 16-($-$$) db 0xcc
x: times 3 dw x, $
 times 2 jmp x
 times 3 jmp $
 times 0 db 1
)"},
    {"a boot sector", R"(
bits 16
org 0x7c00
 xor ax, ax
 mov si, text
 mov [0x500], dl
 jmp 0:next
next: lodsb
 lgdt [table]
 mov eax, cr0
 hlt
text: db "hi", 0
table: dw 5
 dd text
 times 510-($-$$) db 0
 dw 0xaa55
)"},
    {"operators and their precedence", R"(
 dd 1 + 2 * 3 - 4, (1 + 2) * 3, 7 / 2, 7 % 4, -7 // 2, -7 %% 4
 dd 1 << 4 | 1, 0xff & 0x0f ^ 3, ~0, -(-5), !0, !7
 dd 1 << 2 + 1, 16 >> 1 << 1, 5 > 3, 3 >= 4, 2 == 2, 2 != 2, 1 <> 2, 1 < 2
 dd 1 && 0, 1 || 0, 1 ^^ 1, 1 | 2 == 2, 5 <=> 3
 dd 1 ? 2 : 3, 0 ? 2 : 3
 dd 'a', 'ab' + 1, 0x10, 10h, 0q17, 17q, 17o, 1100b, 0b11, 1_000, $0ff, 0d9
 dq 1 << 40, -1 >> 60, -16 >>> 2
)"},
    {"sections go one behind the other", R"(
section .data
a: dd b, a
section .text
 mov eax, [a]
 mov ebx, c
section .rodata
b: db "x"
section .text
 mov ecx, b
section .bss
c: resd 4
d: resb 1
section .data
 dd c, d, d - c
)"},
    {"align and alignb", R"(
 db 1
 align 4
 db 2
 align 8, db 0
 db 3
 align 16
x: dd x
section .bss
 resb 1
 alignb 8
y: resw 3
section .data
 dd y
)"},
    {"single-line macros", R"(
%define ONE 1
%define TWICE(x) ((x) * 2)
%define SUM(a, b) (a + b)
%define NAME value
%define EMPTY
%xdefine NOW ONE
%define ONE 3
%idefine lower 5
 db ONE, NOW, TWICE(4), SUM(TWICE(1), ONE), LOWER, Lower EMPTY
NAME: dd value
%undef ONE
ONE equ 9
 db ONE
%define SELF SELF
SELF: db 1
%define A B
%define B 7
 db A
%define REG(n) e %+ n %+ x
 mov REG(a), REG(b)
%define reg(n) e%+n
 mov reg(ax), reg(dx)
)"},
    {"assign counts", R"(
%assign i 0
%rep 5
 db i, i * i
%assign i i + 1
%endrep
%assign big 1 << 4
 db big
%rep 10
%if i > 8
%exitrep
%endif
 db i
%assign i i+1
%endrep
)"},
    {"multi-line macros", R"(
%macro put 1
 db %1
%endmacro
%macro put 2
 db %1, %2, 0xee
%endmacro
%macro loop_for 2
 mov ecx, %1
%%again: dec ecx
 %2
 jnz %%again
%endmacro
 put 1
 put 2, 3
 loop_for 5, nop
 loop_for 6, {add eax, ebx}
%macro many 1-*
 db %0
%rep %0
 db %1
%rotate 1
%endrep
%endmacro
 many 1
 many 1, 2, 3
%macro def 1-3 7, 8
 db %1, %2, %3
%endmacro
 def 1
 def 1, 2
 def 1, 2, 3
%macro text 1+
 db %1, 0
%endmacro
 text "a, b", 10, 'c'
%macro two 2+
 db %1, %2
%endmacro
 two 1, 2, 3, 4
%macro none 0
 nop
%endmacro
 none
lab: none
lab2 none
 dd lab, lab2
%imacro Mixed 0
 db 77
%endmacro
 MIXED
)"},
    {"parameters make parts of names", R"(
%macro isr 1
isr%1: push dword %1
isr_%1_end: db 0x%1
 dd isr%1, isr_%1_end
%endmacro
 isr 3
 isr 14
%macro jump_not 2
 j%-1 %2
 j%+1 %2
%endmacro
x: jump_not e, x
 jump_not nc, x
%macro ranges 3
 db %{1:2}, %{2:3}
%endmacro
 ranges 1, 2, 3
)"},
    {"macros in macros", R"(
%macro inner 2
 db %1, %2
%endmacro
%macro outer 2
 inner %2, %1
 inner %1, 5
%%x: dd %%x
%endmacro
 outer 1, 2
 outer 3, 4
%macro maker 1
%macro made_%1 0
 db 42
%endmacro
%endmacro
 maker a
 made_a
)"},
    {"conditions", R"(
%define YES
%ifdef YES
 db 1
%else
 db 2
%endif
%ifndef YES
 db 3
%elifdef NO
 db 4
%else
 db 5
%endif
%if 1 + 1 == 3
 db 6
%elif 2 > 1
 db 7
%elif 1
 db 8
%else
 db 9
%endif
%ifidn abc, abc
 db 10
%endif
%ifidni ABC, abc
 db 11
%endif
%ifnidn a, b
 db 12
%endif
%macro kind 1
%ifnum %1
 db 13
%elifstr %1
 db 14
%elifid %1
 db 15
%else
 db 16
%endif
%endmacro
 kind 5
 kind "x"
 kind eax
 kind [eax]
%ifmacro kind 1
 db 17
%endif
%if 0
%if 1
 db 18
%else
 db 19
%endif
 this is never read %nonsense 'unclosed
%endif
value equ 4
%if value == 4
 db 20
%endif
%macro opt 0-1
%ifempty %1
 db 21
%else
 db %1
%endif
%endmacro
 opt
 opt 22
)"},
    {"contexts", R"(
%macro repeat 0
%push repeat
%$begin:
%endmacro
%macro until 1
 j%-1 %$begin
%pop
%endmacro
 repeat
 nop
 repeat
 dec eax
 until z
 until e
)"},
    {"strings of the preprocessor", R"(
%strlen n 'hello'
 db n
%strcat s "ab", 'cd'
 db s
%substr t 'abcdef' 2
 db t
%substr u 'abcdef' 2, 3
 db u
%substr v 'abcdef' 3, -2
 db v
%defstr w name
 db w
)"},
    {"structures", R"(
struc point
.x: resd 1
.y: resd 1
.flags: resb 3
endstruc
 mov eax, [ebx + point.y]
 dd point_size, point.flags
p: istruc point
 at point.x, dd 5
 at point.flags, db 1, 2
iend
 dd p
absolute 0x100
q: resw 2
r: resb 1
section .text
 dd q, r
)"},
    {"continued lines and comments", "a: dd 1, \\\n 2, \\\n 3 ; 4, \\\n dd 5 ; it's a comment\n"},
    {"rows of dos line ends", "mov eax, 5\r\nnop ; x\r\nx: dd x\r\n"},
    {"prefixes and segments", R"(
 rep movsd
 lock xadd [fs:ebx], eax
 es mov eax, [ebx]
 o16 pushf
 mov ax, [cs:x]
x: a16 lodsd
)"},
    {"addresses as immediates keep their size", R"(
 push x
 mov al, y - x
 add eax, y - x
 add eax, x
 cmp dword [x], y - x
 mov dword [x + 4], x
 mov byte [ebx + y - x], 1
 mov eax, [ebx + x]
x: nop
y: mov eax, [x + ecx * 4]
)"},
    {"the place and its line", "%define here __LINE__\n db here\n\n db __LINE__\n"},
    {"the same section again", R"(
%macro into_data 1
[section .data]
 db %1
__SECT__
%endmacro
section .text
 nop
 into_data 5
 nop
)"},
    {"dup and question marks", " db 3 dup (1, 2)\n dw 2 dup (0)\n db 2 dup (1, 2 dup (3))\n"},
    {"sixty-four bits", R"(
bits 64
default rel
 mov rax, [x]
 lea rdi, [x]
 mov rax, x
 mov eax, [abs x]
 call x
 jmp [x]
 mov qword [x], 5
x: dq x
)"},
};

}  // namespace

TEST_CASE("every part of the language gives NASM's bytes") {
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            const std::string text = std::string("bits 32\n") + row.text;
            assembler::Options options;
            options.format = assembler::Format::flat;
            const auto outcome = assembler::assemble({"text", text}, options);
            for (const Diagnostic& d : outcome.diagnostics) FAIL_CHECK(d.text());
            CHECK(outcome.ok());
            if (!outcome.ok()) continue;
            const std::vector<u8> expected = testing::nasm_text(text);
            const auto& ours = outcome.assembly->bytes;
            size_t same = 0;
            while (same < ours.size() && same < expected.size() && ours[same] == expected[same])
                ++same;
            INFO("first different byte at ", same, ", ", ours.size(), " bytes, NASM ",
                 expected.size());
            CHECK((ours == expected));
        }
    }
}
