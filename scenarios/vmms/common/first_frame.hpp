// The registers with which a guest starts whose kernel runs at ring 1.
#pragma once
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

/// As a Multiboot loader leaves them, one ring further out.
inline TrapFrame first_frame(const LoadedGuest& loaded) {
    TrapFrame frame{};
    frame.cs = selector::boot_code;
    frame.ds = frame.es = frame.fs = frame.gs = frame.ss = selector::boot_data;
    frame.eip = loaded.entry;
    frame.eax = loaded.eax;
    frame.ebx = loaded.ebx;
    frame.eflags = VCpu::real_eflags(0);
    return frame;
}

}  // namespace ringside::vmm
