// Port input and output. SDM 2 "IN", "OUT", "INS", "OUTS"; SDM 1 "I/O Privilege Level", "I/O
// Permission Bit Map".
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::ops {
namespace {

/// At CPL > IOPL the TSS's bitmap decides. False after #GP(0).
bool port_allowed(Exec& x, u16 port, unsigned width) {
    if (!x.s.protected_mode() || (!x.s.v8086() && x.s.cpl <= x.s.iopl())) return true;
    const Segment& tr = x.s.tr;
    const auto refuse = [&] { return x.fault(isa::Vector::GP, 0), false; };
    if (!tr.usable() || tr.type() != u8(isa::SystemType::TssBusy) || tr.limit < 103)
        return refuse();
    const u64 map = x.read_linear({tr.base + 102}, 2, false);
    const u64 at = map + port / 8;
    if (at + 1 > tr.limit) return refuse();
    const u64 bits = x.read_linear({tr.base + at}, 2, false) >> (port % 8);
    if (x.faulted()) return false;
    return (bits & (bit(width) - 1)) == 0 ? true : refuse();
}

void note_breakpoints(Exec& x, u16 port, unsigned width) {
    if (debug::any_enabled(x.s)) x.meet_breakpoints(debug::port_hits(x.s, port, width));
}
u64 input(Exec& x, u16 port, unsigned width) {
    const u64 value = x.board.in(port, width, x.now);
    x.attention.board_touched = true;
    note_breakpoints(x, port, width);
    if (x.sink) x.emit(trace::EventKind::PortRead, port, value);
    return value;
}
void output(Exec& x, u16 port, unsigned width, u64 value) {
    x.board.out(port, width, u32(value), x.now);
    x.attention.board_touched = true;
    note_breakpoints(x, port, width);
    if (!x.sink) return;
    x.emit(trace::EventKind::PortWrite, port, value);
    if (x.board.debug_exit()) x.emit(trace::EventKind::DebugExit, value);
}

bool may_access(Exec& x, const Insn& i, u16 port, bool in, bool string) {
    if (!port_allowed(x, port, i.width)) return false;
    if (x.s.vmx.non_root && vmx::io_exits(x.s, x.ram, port, i.width)) {
        // SDM 3C "Exit Qualification for I/O Instructions".
        const bool immediate = i.form == Form::RI || i.form == Form::IR;
        x.vm_exit(isa::ExitReason::IO_INSTRUCTION,
                  (i.width - 1) | (in ? bit(3) : 0) | (string ? bit(4) : 0) |
                      (i.rep || i.repne ? bit(5) : 0) | (immediate ? bit(6) : 0) | u64(port) << 16);
        return false;
    }
    return true;
}

u16 port_of(Exec& x, const Insn& i) {
    const bool immediate = i.form == Form::RI || i.form == Form::IR;
    return immediate ? u16(i.immediate & 0xff) : u16(x.reg<2>(DX));
}
void IN(Exec& x, const Insn& i) {
    const u16 port = port_of(x, i);
    if (!may_access(x, i, port, true, false)) return;
    const u64 value = input(x, port, i.width);
    if (i.width == 1)
        x.set_reg<1>(AX, value);
    else
        x.set_reg(AX, i.width, value);
}
void OUT(Exec& x, const Insn& i) {
    const u16 port = port_of(x, i);
    if (may_access(x, i, port, false, false)) output(x, port, i.width, x.reg(AX, i.width));
}

/// One element a step; REP goes on with the next.
template <bool in>
void string_port(Exec& x, const Insn& i) {
    const u64 mask = width_mask(i.address_size);
    const bool repeated = i.rep || i.repne;
    const u16 port = u16(x.reg<2>(DX));
    if (repeated && (x.r->gpr[CX] & mask) == 0) {
        port_allowed(x, port, i.width);  // privilege counts even where nothing is moved
        return;
    }
    const Gpr index = in ? DI : SI;
    const u64 at = x.r->gpr[index] & mask;
    if (!may_access(x, i, port, in, true)) {
        // SDM 3C "Information for VM Exits Due to Instruction Execution": the operand's address.
        const decode::Seg seg = in ? decode::ES : i.segment;
        if (x.pending.kind == Pending::VmExit)
            x.pending.guest_linear = x.s.seg[seg].linear(at).value;
        return;
    }
    if constexpr (in) {
        x.probe_write(decode::ES, at, i.width);
        if (!x.faulted()) x.store(decode::ES, at, i.width, input(x, port, i.width));
    } else {
        const u64 value = x.load(i.segment, at, i.width);
        if (!x.faulted()) output(x, port, i.width, value);
    }
    if (x.faulted()) return;
    x.set_reg(index, i.address_size, x.flag(isa::flags::DF) ? at - i.width : at + i.width);
    if (!repeated) return;
    const u64 left = (x.r->gpr[CX] - 1) & mask;
    x.set_reg(CX, i.address_size, left);
    if (left == 0) return;
    x.r->rip = x.start_rip;
    x.attention.restarts = true;
}

constexpr Binding table[] = {
    {isa::Op::IN, [](const Insn&) -> Handler { return IN; }},
    {isa::Op::OUT, [](const Insn&) -> Handler { return OUT; }},
    {isa::Op::INS, [](const Insn&) -> Handler { return string_port<true>; }},
    {isa::Op::OUTS, [](const Insn&) -> Handler { return string_port<false>; }},
};

}  // namespace

std::span<const Binding> ports() { return table; }

}  // namespace ringside::cpu::ops
