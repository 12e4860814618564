// The real interrupt controllers: a part of host.hpp.
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm::host {

using namespace isa::pc;

void initialize_interrupt_controllers() {
    cpu::out8(port::pic1_command, pic::icw1 | pic::icw1_icw4);
    cpu::out8(port::pic2_command, pic::icw1 | pic::icw1_icw4);
    cpu::out8(port::pic1_data, hardware_interrupt_base);
    cpu::out8(port::pic2_data, hardware_interrupt_base + 8);
    cpu::out8(port::pic1_data, 1u << irq::cascade);
    cpu::out8(port::pic2_data, irq::cascade);
    cpu::out8(port::pic1_data, pic::icw4_8086);
    cpu::out8(port::pic2_data, pic::icw4_8086);
    cpu::out8(port::pic1_data, u8(~(1u << irq::cascade)));
    cpu::out8(port::pic2_data, 0xff);
}

void set_irq_enabled(unsigned irq, bool enabled) {
    const u16 port = irq < 8 ? port::pic1_data : port::pic2_data;
    const u8 line = u8(1u << (irq & 7));
    const u8 mask = cpu::in8(port);
    cpu::out8(port, enabled ? mask & ~line : mask | line);
}

void end_of_interrupt(unsigned irq) {
    if (irq >= 8) cpu::out8(port::pic2_command, pic::end_of_interrupt);
    cpu::out8(port::pic1_command, pic::end_of_interrupt);
}

}  // namespace ringside::vmm::host
