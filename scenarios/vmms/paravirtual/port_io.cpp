// #GP, then emulation: the slow way, kept for code that was not ported. Xen does the same.
#include "scenarios/vmms/paravirtual/port_io.hpp"

#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "scenarios/vmms/paravirtual/schedule.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::pv {
using vmm::Insn;
using vmm::Map;
using vmm::TrapFrame;

namespace {

constexpr u8 IN_immediate = 0xe4, OUT_immediate = 0xe6, IN_dx = 0xec, OUT_dx = 0xee;
constexpr u8 CLI_or_STI = 0xfa;
constexpr u8 wide = 1;  // the low bit of these opcodes: AX or EAX, not AL

/// The timer is not among them: it is the VMM's clock.
bool may_use(u16 port) {
    using namespace isa::pc::port;
    constexpr u16 open[] = {pic1_command, pic1_data,     pic2_command, pic2_data,
                            post_code,    debug_console, debug_exit};
    for (u16 one : open)
        if (port == one) return true;
    return port >= com1 && port < com1 + 8;
}

/// As much of an instruction at EIP as is mapped.
Insn fetch(const Domain& domain, u32 eip) {
    u8 code[Insn::max_length];
    u32 bytes = 0;
    while (bytes < sizeof code && read_guest(domain, code[bytes], eip + bytes)) ++bytes;
    return vmm::decode(code, bytes);
}

bool do_port_access(Domain& domain, TrapFrame& frame, const Insn& insn, bool in, bool dx) {
    using isa::pc::port::debug_exit;  // takes any width
    const unsigned width = !(insn.opcode & wide) ? 1 : insn.operand16 ? 2 : 4;
    const u16 port = dx ? u16(frame.edx) : u16(insn.immediate() & 0xff);
    for (unsigned i = 0; i < width; ++i)
        if (!may_use(u16(port + i)) && port != debug_exit) return false;
    domain.watchdog.saw_it_alive();
    if (!in && port == debug_exit) end_domain(domain, u8(frame.eax));
    if (in)
        frame.eax = u32(merge(frame.eax, domain.board.in(port, width), width_mask(width)));
    else
        domain.board.out(port, u32(frame.eax & width_mask(width)), width);
    return true;
}

}  // namespace

bool emulate_privileged(Domain& domain, TrapFrame& frame) {
    constexpr u8 kernel_ring = 1;
    if (frame.cpl() != kernel_ring || frame.error_code != 0) return false;
    const Insn insn = fetch(domain, frame.eip);
    if (insn.map != Map::OneByte || insn.rep || insn.lock) return false;

    bool done = false;
    switch (insn.opcode & ~wide) {
        case IN_immediate: done = do_port_access(domain, frame, insn, true, false); break;
        case OUT_immediate: done = do_port_access(domain, frame, insn, false, false); break;
        case IN_dx: done = do_port_access(domain, frame, insn, true, true); break;
        case OUT_dx: done = do_port_access(domain, frame, insn, false, true); break;
        // Accepted, and without effect. Honouring CLI would be worse: the POPF that ends the
        // section does not trap, so events would stay off for good. The guest has its mask for
        // this.
        case CLI_or_STI: done = true; break;
        default: break;
    }
    if (done) frame.eip += insn.length;
    return done;
}

}  // namespace ringside::pv
