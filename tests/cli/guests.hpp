// Small guests in text form, for the tests of the command line.
#pragma once
#include <string>

namespace ringside::test {

inline std::string guest(const std::string& body) {
    return "bits 32\n"
           "section .multiboot\n"
           "align 4\n"
           "dd 0x1BADB002, 0, -0x1BADB002\n"
           "section .text\n"
           "global start\n"
           "start:\n" +
           body;
}

/// Prints "hi" and a line end, then leaves with value 3.
inline std::string hello() {
    return guest(
        "mov dx, 0x3f8\n"
        "mov al, 'h'\nout dx, al\n"
        "mov al, 'i'\nout dx, al\n"
        "mov al, 10\nout dx, al\n"
        "mov eax, 3\nout 0xf4, eax\n"
        "hang: cli\nhlt\njmp hang\n");
}

inline std::string endless() { return guest("again: jmp again\n"); }
inline std::string halted() { return guest("cli\nhlt\n"); }
/// No IDT: the first fault becomes a triple fault.
inline std::string triple_fault() { return guest("lidt [none]\nud2\nalign 4\nnone: dd 0, 0\n"); }
inline std::string flood() {
    return guest("mov dx, 0x3f8\nmov al, 'x'\nagain: out dx, al\njmp again\n");
}
/// Legal, and nothing that we model.
inline std::string unmodelled() { return guest("fldpi\nhang: jmp hang\n"); }

}  // namespace ringside::test
