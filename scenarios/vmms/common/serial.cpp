#include "scenarios/vmms/common/serial.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

void print(char c, u16 line) {
    while (!(cpu::in8(u16(line + uart::lsr)) & uart::lsr_empty)) {}
    cpu::out8(u16(line + uart::data), u8(c));
}

void print(const char* text, u16 line) {
    for (; *text; ++text) print(*text, line);
}

void print(Hex number, u16 line) {
    const bool wide = long_mode && u64(number.value) >> 32;
    for (int shift = wide ? 60 : 28; shift >= 0; shift -= 4)
        print("0123456789abcdef"[(number.value >> shift) & 0xf], line);
}

void print(u32 number, u16 line) {
    if (number >= 10) print(number / 10, line);
    print(char('0' + number % 10), line);
}

bool read_byte(u16 line, u8& byte) {
    const u8 status = cpu::in8(u16(line + uart::lsr));
    if (status == 0xff || !(status & uart::lsr_ready)) return false;  // all ones: no port is there
    byte = cpu::in8(u16(line + uart::data));
    return true;
}

void claim_line(u16 line) {
    cpu::out8(u16(line + uart::lcr), uart::lcr_dlab);
    cpu::out8(u16(line + uart::divisor_low), 1);
    cpu::out8(u16(line + uart::divisor_high), 0);
    cpu::out8(u16(line + uart::lcr), uart::lcr_8_bits);
    cpu::out8(u16(line + uart::ier), 0);
    cpu::out8(u16(line + uart::mcr), uart::mcr_dtr | uart::mcr_rts);
}

void end_machine(u8 value) {
    cpu::out32(port::debug_exit, value);
    for (;;) {
        cpu::cli();
        cpu::hlt();
    }
}

}  // namespace ringside::vmm
