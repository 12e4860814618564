// Privileged instructions that a kernel was not ported for: #GP, then emulation. Slow, and so not
// for what is frequent. Done are IN, OUT, CLI, STI, CLTS, WBINVD and MOV with control registers.
// Xen also does MOV DR, MSRs, INS, OUTS, and CPUID behind a mark of its own: it does not trap.
#include "scenarios/vmms/common/port_instruction.hpp"
#include "scenarios/vmms/paravirtual/parts.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::pv {
using vmm::Insn;
using vmm::Map;

/// The timer is not among them: it is the VMM's clock.
static bool may_use(u16 port) {
    using namespace isa::pc::port;
    constexpr u16 open[] = {pic1_command, pic1_data,     pic2_command, pic2_data,
                            post_code,    debug_console, debug_exit};
    for (u16 one : open)
        if (port == one) return true;
    return port >= com1 && port < com1 + 8;
}

static bool port_access(Domain& domain, TrapFrame& frame, const vmm::PortAccess& access) {
    using isa::pc::port::debug_exit;  // takes any width
    const auto [port, width, out] = access;
    for (unsigned i = 0; i < width; ++i)
        if (!may_use(u16(port + i)) && port != debug_exit) return false;
    domain.watchdog.saw_it_alive();
    if (out && port == debug_exit) end_domain(domain, u8(frame.eax));
    if (out)
        domain.board.out(port, u32(frame.eax & width_mask(width)), width);
    else
        frame.eax = u32(merge(frame.eax, domain.board.in(port, width), width_mask(width)));
    return true;
}

/// The guest sees its own TS, its CR3 as a machine address, and CR2 as the shared page has it.
static bool read_control_register(Domain& domain, unsigned n, u32& value) {
    const u32 cr3 = domain.frames.machine_address(domain.directory);
    const u32 values[] = {vmm::cpu::cr0(), 0, domain.vcpu().cr2, cr3, vmm::cpu::cr4()};
    if (n == 1 || n > 4) return false;
    value = values[n];
    return true;
}

/// Of CR0 it may change TS, of CR4 nothing, and to CR3 goes a valid page directory.
static bool write_control_register(Domain& domain, unsigned n, u32 value) {
    switch (n) {
        case 0:
            if ((value ^ vmm::cpu::cr0()) & ~u32(isa::cr0::TS)) return false;
            set_task_switched(domain, value & isa::cr0::TS);
            return true;
        case 2: domain.vcpu().cr2 = value; return true;
        case 3: return use_directory(domain, domain.frames.frame_of(value)) == 0;
        case 4: return value == vmm::cpu::cr4();
        default: return false;
    }
}

static bool emulate(Domain& domain, TrapFrame& frame, const Insn& insn) {
    vmm::PortAccess access;
    if (vmm::is_port_instruction(insn, frame, access)) return port_access(domain, frame, access);
    // CLI and STI are accepted, and without effect. Honouring CLI would be worse: the POPF that
    // ends the section does not trap, so events would stay off for good. The guest has its mask for
    // this.
    if (insn.map == Map::OneByte) return insn.opcode == 0xfa || insn.opcode == 0xfb;
    if (insn.map != Map::Map0F) return false;
    switch (insn.opcode) {
        case 0x06: set_task_switched(domain, false); return true;  // CLTS
        case 0x09: return true;                                    // WBINVD: no device needs it
        case 0x20: return read_control_register(domain, insn.reg(), frame.general(insn.rm()));
        case 0x22: return write_control_register(domain, insn.reg(), frame.general(insn.rm()));
        default: return false;
    }
}

bool emulate_privileged(Domain& domain, TrapFrame& frame) {
    u8 code[Insn::max_length];
    u32 bytes = 0;  // as much of the instruction as is mapped
    while (bytes < sizeof code && read_guest(domain, code[bytes], frame.eip + bytes)) ++bytes;
    const Insn insn = vmm::decode(code, bytes);
    if (insn.rep || insn.lock || !emulate(domain, frame, insn)) return false;
    frame.eip += insn.length;
    return true;
}

}  // namespace ringside::pv
