// Intel 8259A data sheet, "Initialization Command Words", "Operation Command Words".
#include "scenarios/vmms/common/virtual_pic.hpp"

#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

void VirtualPic::Chip::command(u8 byte) {
    if (byte & pic::icw1) {
        *this = Chip{};
        masked = 0;
        init_step = 2;
        needs_icw4 = byte & pic::icw1_icw4;
    } else if (byte & pic::ocw3) {
        if (byte & (pic::ocw3_poll | pic::ocw3_special_valid))
            stop("not modelled: poll and special mask mode of the guest's interrupt controller");
        if (byte & pic::ocw3_read) read_in_service = byte & pic::ocw3_isr;
    } else if (byte & pic::ocw2_rotate) {
        stop("not modelled: rotating priorities of the guest's interrupt controller");
    } else if (byte & pic::ocw2_eoi) {
        const u8 highest = u8(in_service & -in_service);
        in_service &= u8(~(byte & pic::ocw2_specific ? 1u << (byte & pic::ocw2_level) : highest));
    }
}

void VirtualPic::Chip::data(u8 byte) {
    switch (init_step) {
        case 2:
            vector_base = byte & pic::icw2_base;
            init_step = 3;
            break;
        case 3:
            init_step = needs_icw4 ? 4 : 0;
            break;  // which line the chips share is fixed in a PC
        case 4:
            auto_eoi = byte & pic::icw4_auto_eoi;
            init_step = 0;
            break;
        default: masked = byte;
    }
}

int VirtualPic::Chip::best() const {
    if (!(requested & ~masked)) return -1;
    for (int line = 0; line < 8; ++line) {
        if (in_service & (1u << line)) return -1;
        if (requested & ~masked & (1u << line)) return line;
    }
    return -1;
}

void VirtualPic::Chip::take(unsigned line) {
    requested &= u8(~(1u << line));
    if (!auto_eoi) in_service |= u8(1u << line);
}

void VirtualPic::update_cascade() {
    const u8 line = u8(1u << irq::cascade);
    if (slave_.best() >= 0)
        master_.requested |= line;
    else
        master_.requested &= u8(~line);
}

u8 VirtualPic::in(u16 port) {
    const Chip& chip = port < port::pic2_command ? master_ : slave_;
    if (port & 1) return chip.masked;
    return chip.read_in_service ? chip.in_service : chip.requested;
}

void VirtualPic::out(u16 port, u8 byte) {
    Chip& chip = port < port::pic2_command ? master_ : slave_;
    if (port & 1)
        chip.data(byte);
    else
        chip.command(byte);
    update_cascade();
}

void VirtualPic::raise(unsigned irq) {
    (irq < 8 ? master_ : slave_).requested |= u8(1u << (irq & 7));
    update_cascade();
}

bool VirtualPic::open(unsigned irq) const {
    VirtualPic tried = *this;
    tried.raise(irq);
    return tried.pending();
}

u8 VirtualPic::acknowledge() {
    const unsigned line = unsigned(master_.best());
    master_.take(line);
    if (line != irq::cascade) return u8(master_.vector_base + line);
    const unsigned slave_line = unsigned(slave_.best());
    slave_.take(slave_line);
    update_cascade();
    return u8(slave_.vector_base + slave_line);
}

}  // namespace ringside::vmm
