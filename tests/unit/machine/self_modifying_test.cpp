// Code that writes code, its own included: what runs is what was last written, however the run is
// cut. Most writes change an immediate only, and then the decoded block goes on with the new one.
#include <doctest/doctest.h>

#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using machine::Machine;

namespace {

u64 edx_after(std::string_view text) {
    const Machine start = test::flat_machine(text);
    Machine whole = start, stepped = start;
    machine::Limits limits;
    limits.steps = 100'000;
    CHECK(machine::run(whole, limits, {}).reason == machine::Stop::Halted);
    while (stepped.steps < limits.steps)
        if (test::step(stepped).reason == machine::Stop::Halted) break;
    CHECK(whole == stepped);
    return whole.cpu.regs.gpr[cpu::DX];
}

}  // namespace

TEST_CASE("an immediate further on in the running block") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 100
    again:
        mov [patched + 1], ecx
    patched:
        mov eax, strict dword 0
        add edx, eax
        dec ecx
        jnz again
        hlt
    )") == 5050);
}

TEST_CASE("an immediate written in two pieces, and one that starts within it") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 3
    again:
        mov [patched + 1], cx
        mov [patched + 3], cx
        mov byte [patched + 2], 1
    patched:
        mov eax, strict dword 0
        add edx, eax
        dec ecx
        jnz again
        hlt
    )") == (0x30103u + 0x20102u + 0x10101u));
}

TEST_CASE("an address") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 3
    again:
        lea eax, [words + ecx * 4]
        mov [patched + 2], eax
    patched:
        add edx, [dword 0x1000]
        dec ecx
        jnz again
        hlt
        align 4
    words: dd 1, 10, 100, 1000
    )") == 1110);
}

TEST_CASE("the count of a shift, which may become 0") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 4
    again:
        lea eax, [ecx - 1]
        mov [patched + 2], al
        mov eax, 1
        cmp eax, eax            ; ZF
    patched:
        shl eax, strict byte 9
        jz kept                 ; not after a shift of 1
        add edx, eax
        jmp on
    kept:
        add edx, 1000           ; a count of 0 leaves the flags
    on: dec ecx
        jnz again
        hlt
    )") == 8 + 4 + 2 + 1000);
}

TEST_CASE("where a branch goes") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 4
    again:
        mov eax, ecx
        and eax, 1
        imul eax, eax, two - one
        mov [patched + 1], eax
    patched:
        jmp near one
    one:
        add edx, 1
        jmp on
    two:
        add edx, 100
    on: dec ecx
        jnz again
        hlt
    )") == 202);
}

TEST_CASE("another instruction of the same length") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 4
    again:
        mov al, cl
        and al, 1
        neg al
        and al, 0x28            ; 0x29 is SUB, 0x01 ADD
        or al, 1
        mov [patched], al
    patched:
        add edx, ecx
        dec ecx
        jnz again
        hlt
    )") == 4 - 3 + 2 - 1);
}

TEST_CASE("an instruction that writes its own immediate, which it has read before") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 3
    again:
        mov dword [$ + 6], 0x77     ; the immediate
        add edx, [again + 6]
        mov eax, [count]
        inc eax
        mov [count], eax
        mov [again + 6], eax
        dec ecx
        jnz again
        hlt
        times 4096 nop
    count: dd 0
    )") == 0x77 + 1 + 2);
}

TEST_CASE("the same bytes again") {
    CHECK(edx_after(R"(
        xor edx, edx
        mov ecx, 50
    again:
        mov byte [patched], 0x42    ; inc edx
    patched:
        inc edx
        dec ecx
        jnz again
        hlt
    )") == 50);
}
