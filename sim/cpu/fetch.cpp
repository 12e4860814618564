#include "sim/cpu/fetch.hpp"

#include "sim/cpu/bind_block.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu {
namespace {

constexpr size_t longest_block = 32;

void append(Block& block, const decode::Insn& insn) {
    block.bytes += insn.length;
    BoundInsn& b = block.insns.emplace_back();
    b.insn = insn;
    // In 64-bit mode, which alone has it, CS begins at 0.
    if (insn.base == decode::instruction_pointer) {
        b.insn.base = decode::no_register;
        const u64 from = block.linear + block.bytes;
        b.insn.displacement = i64((from + u64(insn.displacement)) & insn.address_mask);
    }
}

/// From memory, or from the ROM in its place.
u8 code_byte(const Exec& x, HostPhys at) {
    const dev::Rom& rom = x.board.rom();
    return rom.claims(at) ? rom.from(at)[0] : u8(x.ram.read(at, 1));
}

/// An instruction that crosses into the next page, as a block of its own that is not kept.
bool decode_crossing(Exec& x, LinAddr linear, HostPhys at, Block& block) {
    const u64 here = 4096 - (at.value & 0xfff);
    HostPhys next;
    const u64 mask = x.s.seg[decode::CS].linear_mask;
    if (!x.translate_fetch({(linear.value + here) & mask}, next)) return false;
    std::array<u8, decode::longest_instruction> bytes{};
    for (u64 n = 0; n < bytes.size(); ++n)
        bytes[n] = code_byte(x, {n < here ? at.value + n : next.value + (n - here)});
    const decode::Decoded d = x.code.memo.decode(bytes, block.bits);
    if (d.status != decode::Decoded::Ok) return x.fault(isa::Vector::GP, 0), false;
    append(block, d.insn);
    block.crosses_page = true;
    return true;
}

/// Decodes from `at` up to the end of its page; `linear` is the same place for a page crossing.
/// False after a fault.
bool decode_block(Exec& x, LinAddr linear, HostPhys at, const CodeMap* map, Block& block) {
    block.start = at.value;
    if (map) block.world = map->world_at(at), block.probe = map->probe_at(at);
    const HostPhys page_start{at.value & ~u64{0xfff}};
    const u8* page = x.board.rom().claims(page_start) ? x.board.rom().from(page_start).data()
                                                      : x.ram.page(at.value >> 12);
    static constexpr std::array<u8, 4096> floating_bus = [] {
        std::array<u8, 4096> ones{};
        ones.fill(0xff);
        return ones;
    }();
    if (!page) page = floating_bus.data();
    for (u64 offset = at.value & 0xfff; offset < 4096 && block.insns.size() < longest_block;) {
        const bool first = block.insns.empty();
        if (!first && map && map->probe_at({(at.value & ~u64{0xfff}) + offset}) >= 0) break;
        const decode::Decoded d =
            x.code.memo.decode({page + offset, std::min<size_t>(4096 - offset, 15)}, block.bits);
        if (d.status == decode::Decoded::NeedMore)
            return first ? decode_crossing(x, linear, at, block) : true;
        if (d.status == decode::Decoded::TooLong)
            return first ? (x.fault(isa::Vector::GP, 0), false) : true;
        append(block, d.insn);
        offset += d.insn.length;
        if (ends_block(d.insn)) break;
    }
    return true;
}

/// The block at `linear`, found or made; null after a fault.
Block* block_at(Exec& x, LinAddr linear, const CodeMap* map, CostOf cost, const void* costs) {
    HostPhys at;
    if (!x.translate_fetch(linear, at)) return nullptr;
    const unsigned bits = x.s.code_bits();
    if (Block* block = x.code.find(at.value, linear.value, bits)) return block;
    Block* const made = x.code.fresh();
    made->bits = u8(bits);
    made->linear = linear.value;
    if (!decode_block(x, linear, at, map, *made)) {
        x.code.release(made);
        return nullptr;
    }
    for (BoundInsn& b : made->insns) b.cycles = cost(costs, b.insn);
    bind_block(*made, x.sink != nullptr);
    if (made->crosses_page || !x.ram.contains(at)) return x.code.run_once(made);
    if (!x.code.has_code(at.value >> 12)) x.watch_code_page(at.value >> 12);
    return x.code.insert(made);
}

}  // namespace

Block* find_block(Exec& x, u64& context, const CodeMap* map, CostOf cost, const void* costs) {
    if (x.s.regs.rip > x.s.code_limit()) return x.fault(isa::Vector::GP, 0), nullptr;
    const LinAddr linear = x.s.code_address();
    Block* const block = block_at(x, linear, map, cost, costs);
    context = fetch_context(x);  // which a walk may have changed
    if (block && block->serial)
        x.code.last_entry_at(linear.value) = {linear.value, context, block->serial, block};
    return block;
}

}  // namespace ringside::cpu
