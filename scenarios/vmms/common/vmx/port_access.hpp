// IN, OUT, INS and OUTS that left the guest. SDM 3C "Exit Qualification for I/O Instructions".
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// One access to a port; of a string instruction one element.
struct PortAccess {
    u16 port;
    u8 width;  ///< bytes: 1, 2, 4
    bool in;
    bool string;
    u32 value;  ///< what goes out, or what has come in
};

/// What the instruction wants. False if there is nothing for a device to do: it has raised a fault
/// in the guest, or it was a repetition of length zero.
bool begin_port_access(GuestCpu& guest, PortAccess& access);
/// The device is done: the value goes where it belongs, and the guest past the instruction, or to
/// the next round of its repetition.
void finish_port_access(GuestCpu& guest, const PortAccess& access);

}  // namespace ringside::vmm
