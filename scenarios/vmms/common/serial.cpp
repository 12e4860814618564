#include "scenarios/vmms/common/serial.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {
namespace {

void put(char c) {
    using namespace isa::pc;
    while (!(cpu::in8(port::com1 + uart::lsr) & uart::lsr_empty)) {}
    cpu::out8(port::com1 + uart::data, u8(c));
}

}  // namespace

void print(const char* text) {
    for (; *text; ++text) put(*text);
}

void print(char c) { put(c); }

void print(Hex number) {
    for (int shift = 28; shift >= 0; shift -= 4)
        put("0123456789abcdef"[(number.value >> shift) & 0xf]);
}

void print(u32 number) {
    if (number >= 10) print(number / 10);
    put(char('0' + number % 10));
}

void end_run(u8 value) {
    cpu::out32(isa::pc::port::debug_exit, value);
    for (;;) {
        cpu::cli();
        cpu::hlt();
    }
}

}  // namespace ringside::vmm
