#include "sim/cpu/fetch.hpp"

#include "sim/cpu/guard.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu {
namespace {

using isa::Op;

constexpr size_t longest_block = 32;

/// Instructions that go somewhere else or whose successor must be looked at anew.
bool ends_block(const decode::Insn& i) {
    if (i.undefined || i.op == Op::Unknown) return true;
    return (i.op >= Op::JMP && i.op <= Op::RET) || (i.op >= Op::CALL_FAR && i.op <= Op::IRET) ||
           i.op == Op::HLT || i.op == Op::UD2 || i.op == Op::MOV_TO_CR || i.op == Op::STI ||
           i.op == Op::POPF;
}

BoundInsn bind(const decode::Insn& insn) {
    BoundInsn b;
    b.insn = insn;
    b.body = ops::bind(insn);
    if (!insn.undefined && insn.row().guarded()) b.inner = b.body, b.body = guarded;
    return b;
}

void append(Block& block, decode::Insn insn) {
    block.bytes += insn.length;
    // RIP-relative: from the block's start, which decode::block_start holds when it runs.
    if (insn.base == decode::block_start) insn.displacement += block.bytes;
    block.insns.push_back(bind(insn));
}

/// An instruction that crosses into the next page, as a block of its own that is not kept.
std::unique_ptr<Block> crossing(Exec& x, LinAddr linear, HostPhys at, unsigned bits,
                                std::unique_ptr<Block> block) {
    const u64 here = 4096 - (at.value & 0xfff);
    HostPhys next;
    const u64 mask = x.s.seg[decode::CS].linear_mask;
    if (!x.translate_fetch({(linear.value + here) & mask}, next)) return nullptr;
    std::array<u8, decode::longest_instruction> bytes{};
    for (u64 n = 0; n < bytes.size(); ++n)
        bytes[n] = u8(x.ram.read({n < here ? at.value + n : next.value + (n - here)}, 1));
    const decode::Decoded d = decode::decode(bytes, bits);
    if (d.status != decode::Decoded::Ok) return x.fault(isa::Vector::GP, 0), nullptr;
    append(*block, d.insn);
    block->crosses_page = true;
    return block;
}

}  // namespace

std::unique_ptr<Block> decode_block(Exec& x, LinAddr linear, HostPhys at, unsigned bits,
                                    const CodeMap* map) {
    auto block = std::make_unique<Block>();
    block->start = at.value;
    if (map) block->world = map->world_at(at), block->probe = map->probe_at(at);
    const u8* page = x.ram.page(at.value >> 12);
    static constexpr std::array<u8, 4096> floating_bus = [] {
        std::array<u8, 4096> ones{};
        ones.fill(0xff);
        return ones;
    }();
    if (!page) page = floating_bus.data();
    for (u64 offset = at.value & 0xfff; offset < 4096 && block->insns.size() < longest_block;) {
        if (!block->insns.empty() && map && map->probe_at({(at.value & ~u64{0xfff}) + offset}) >= 0)
            break;
        const decode::Decoded d =
            decode::decode({page + offset, std::min<size_t>(4096 - offset, 15)}, bits);
        if (d.status == decode::Decoded::NeedMore) {
            if (block->insns.empty()) return crossing(x, linear, at, bits, std::move(block));
            break;
        }
        if (d.status == decode::Decoded::TooLong) {
            if (block->insns.empty()) return x.fault(isa::Vector::GP, 0), nullptr;
            break;
        }
        append(*block, d.insn);
        offset += d.insn.length;
        if (ends_block(d.insn)) break;
    }
    return block;
}

}  // namespace ringside::cpu
