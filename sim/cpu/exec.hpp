// The execution context of one run: what an instruction's body sees of the machine.
//
// After the first fault the context turns inert: registers become a throw-away copy, reads give 0,
// writes do nothing. So a body is written without looking for faults, as long as it changes state
// outside the registers and memory (segments, control registers) only after the last thing that
// can fault: such bodies ask `faulted()` first.
#pragma once
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "sim/cpu/code_cache.hpp"
#include "sim/cpu/debug.hpp"
#include "sim/cpu/host_lines.hpp"
#include "sim/cpu/pending.hpp"
#include "sim/cpu/segment_memo.hpp"
#include "sim/cpu/state.hpp"
#include "sim/dev/board.hpp"
#include "sim/isa/vectors.hpp"
#include "sim/timing/dynamic.hpp"
#include "sim/trace/event.hpp"

namespace ringside::cpu {

class Exec {
  public:
    Exec(State& state, mem::Ram& ram, dev::Board& board, HostLines& lines, CodeCache& code,
         trace::Sink* sink);

    State& s;
    mem::Ram& ram;
    dev::Board& board;
    CodeCache& code;
    trace::Sink* sink;  ///< may be null
    SegmentMemo segments;
    Registers* r;  ///< the live registers, or the throw-away copy after a fault
    Pending pending;
    const BoundInsn* current =
        nullptr;                 ///< the instruction being executed; null between instructions
    u64 start_rip = 0;           ///< its offset in CS
    Cycle now = 0;               ///< for devices and the time-stamp counter
    u64 retired = 0;             ///< instructions, for events
    bool all_sensitive = false;  ///< emit Sensitive events at CPL 0 too

    /// Where threaded code is (threaded.hpp). `current`, `now` and `retired` above are brought up
    /// to date for instructions that may look at them; the rest only counts block by block.
    struct Place {
        Block* block = nullptr;
        Cycle clock = 0;     ///< when it began, and what its instructions took beyond `cycles`
        u64 counted = 0;     ///< instructions retired before it
        Cycle deadline = 0;  ///< a block that would not be over before this is not begun
        Cycle latest = 0;    ///< the same, were no device to do anything before
        u64 context = 0;     ///< CodeCache::context of the running code, and its world
        u64 code_base = 0;   ///< base of the CS that the instruction was fetched from
        /// The code segment holds offsets with offset + code_bias <= code_limit: up to CS's limit,
        /// or, in 64-bit mode, the canonical ones.
        u64 code_bias = 0, code_limit = 0;
        u64 linear_mask = 0;  ///< of linear addresses
        u64 rip_mask = 0;     ///< of offsets in CS
        const BoundInsn* stopped_at =
            nullptr;  ///< after it the run loop must look; null: between blocks
        bool holds(u64 offset) const { return offset + code_bias <= code_limit; }
        /// A link that leads nowhere yet, for the run loop to fill if it comes to `rip` next.
        struct Missed {
            Link* link = nullptr;
            const Block* from = nullptr;  ///< whose link it is
            u64 serial = 0;               ///< of that block: a dropped one's links are not filled
            u64 rip = 0;
        } missed;
    } place;
    /// Host addresses of a fast shape's memory operand and stack slot.
    u8 *operand = nullptr, *stack_slot = nullptr;

    /// The offset in CS of what lies so many bytes into the running block.
    u64 rip_at(u64 offset) const {
        return (place.block->linear - place.code_base + offset) & place.rip_mask;
    }
    /// What happens next belongs to the instruction at CS:rip, whatever it loads CS with.
    void stand_at(u64 rip) {
        start_rip = rip;
        place.code_base = s.seg[decode::CS].origin;
        place.linear_mask = s.seg[decode::CS].linear_mask;
    }
    /// Where the instruction lies that runs, or would be next.
    LinAddr start_linear() const { return {(place.code_base + start_rip) & place.linear_mask}; }
    /// Before an instruction whose body may look at time, place or itself.
    void begin(const BoundInsn* i) {
        current = i;
        start_rip = rip_at(i->offset);
        now = place.clock + i->cycles_before;
        retired = place.counted + i->index;
        r->rip = rip_at(i->next_offset);
    }

    /// What the run loop must see to before the next instruction. One byte: a wider look at what
    /// was written in pieces would wait for them.
    struct Attention {
        bool stopped : 1 = false;        ///< `pending` says by what
        bool restarts : 1 = false;       ///< a REP instruction goes on with the next step
        bool block_ended : 1 = false;    ///< the rest of it must not run: mode or code changed
        bool board_touched : 1 = false;  ///< a device was accessed: deadlines may have moved
        bool shadow_set : 1 = false;     ///< interrupts are held back
        bool charged : 1 = false;        ///< `charges` says with what
        u8 unused : 2 = 0;
        bool any() const { return std::bit_cast<u8>(*this) != 0; }
        bool only_board() const {
            Attention only;
            only.board_touched = true;
            return std::bit_cast<u8>(*this) == std::bit_cast<u8>(only);
        }
    } attention;
    /// A device was read or written: deadlines may have moved. False when the run loop must look
    /// before the next instruction.
    bool goes_on_after_board() {
        place.deadline = std::min({board.next_event(), next_event(s), place.latest});
        const bool on = !board.wants_to_stop() && !board.interrupt_pending() &&
                        place.clock + place.block->cycles_before_last < place.deadline;
        attention.board_touched = !on;
        return on;
    }
    /// What happened that takes time of its own, to be added to.
    timing::Dynamic& charge() {
        attention.charged = true;
        return charges_;
    }
    const timing::Dynamic& charges() const { return charges_; }
    void forget_charges() {
        attention.charged = false;
        charges_ = {};
    }

    // --- faults and their like -----------------------------------------------------------------
    bool faulted() const { return r != &s.regs; }
    void fault(isa::Vector vector) { stop_with(Pending::fault(u8(vector))); }
    void fault(isa::Vector vector, u32 error_code) {
        stop_with(Pending::fault(u8(vector), error_code));
    }
    void page_fault(LinAddr linear, u32 error_code);
    void not_modelled(const char* what) { stop_with(Pending::unmodelled(what)); }
    void vm_exit(isa::ExitReason reason, u64 qualification = 0) {
        stop_with(Pending::exit(reason, qualification));
    }
    void software_interrupt(u8 vector, Pending::Kind kind);
    /// Keeps the first.
    void stop_with(const Pending& p);
    /// Makes the context live again: nothing is pending any more.
    void go_live();
    /// The same, and hands out what had stopped it.
    Pending take_pending() {
        const Pending p = pending;
        go_live();
        return p;
    }

    // --- registers -----------------------------------------------------------------------------
    template <unsigned W>
    u64 reg(u8 n) const {
        if constexpr (W == 1)
            return n >= decode::high_byte ? (r->gpr[n - decode::high_byte] >> 8) & 0xff
                                          : r->gpr[n] & 0xff;
        return r->gpr[n] & width_mask(W);
    }
    template <unsigned W>
    void set_reg(u8 n, u64 value) {
        if constexpr (W == 1) {
            if (n >= decode::high_byte)
                r->gpr[n - decode::high_byte] =
                    merge(r->gpr[n - decode::high_byte], value << 8, 0xff00);
            else
                r->gpr[n] = merge(r->gpr[n], value, 0xff);
        } else if constexpr (W == 2) {
            r->gpr[n] = merge(r->gpr[n], value, 0xffff);
        } else {
            r->gpr[n] = value & width_mask(W);
        }
    }
    u64 reg(u8 n, unsigned width) const { return r->gpr[n] & width_mask(width); }
    void set_reg(u8 n, unsigned width, u64 value) {
        r->gpr[n] = width == 2 ? merge(r->gpr[n], value, 0xffff) : value & width_mask(width);
    }
    void jump(u64 target, unsigned operand_size);
    /// A jump of the shape's width. Fast shapes have checked the target already.
    template <class F>
    void jump(u64 target) {
        if constexpr (F::fast)
            r->rip = target & width_mask(F::width);
        else
            jump(target, F::width);
    }

    // --- flags: the status flags may still be the operands of what set them (status.hpp) --------
    /// The whole word.
    u64 flags() {
        fold_status();
        return r->flags;
    }
    bool flag(u64 mask) {
        if (mask & isa::flags::status) fold_status();
        return r->flags & mask;
    }
    void set_flags(u64 value, u64 mask) {
        if (mask & isa::flags::status) fold_status();
        r->flags = merge(r->flags, value, mask);
    }
    /// All six status flags at once.
    [[gnu::always_inline]] void set_status(const Status& status) {
        if (status.kind() == Status::Known) {
            r->flags = merge(r->flags, status.a, isa::flags::status);
            r->status.tag = Status::Known;
        } else {
            // Word by word: copying the whole at once would wait for its parts to be stored.
            r->status.tag = status.tag;
            r->status.a = status.a;
            if (status.kind() != Status::Logic) r->status.b = status.b;
        }
    }
    void set_status(u64 flags) { set_status(Status::known(flags)); }
    /// The same where the shape says which of them will be read.
    template <class F>
    [[gnu::always_inline]] void set_status(const Status& status) {
        using isa::flags::CF;
        if constexpr (F::status == FlagsRead::All) {
            set_status(status);
        } else if constexpr (F::status == FlagsRead::Carry) {
            r->status.tag = Status::Carry;
            r->status.b = status.kind() == Status::Known ? status.a & CF : status.carry();
        }
    }
    bool carry() const {
        return r->status.kind() == Status::Known ? r->flags & isa::flags::CF : r->status.carry();
    }
    /// A condition by its number in the encoding.
    [[gnu::always_inline]] bool holds(u8 number) const {
        return condition(number, r->status, r->flags);
    }
    /// Makes the flags word right.
    void fold_status() {
        if (r->status.kind() == Status::Known) return;
        r->flags = merge(r->flags, r->status.flags(), isa::flags::status);
        r->status = {};
    }

    // --- memory --------------------------------------------------------------------------------
    u64 address(const decode::Insn& i) const {
        const u64 rest = r->gpr[i.index] * i.scale + u64(i.displacement);
        return (r->gpr[i.base] + rest) & i.address_mask;  // the base is what comes last
    }
    /// Where a memory operand lies on the host. False when the slow way must be taken: a fault, a
    /// miss, a device, code.
    template <unsigned W>
    [[gnu::always_inline]] bool host_for_read(decode::Seg seg, u64 offset, u8*& host) const {
        const Segment& g = s.seg[seg];
        if (offset >= g.read_room) [[unlikely]]
            return false;
        const u64 linear = g.origin + offset;
        const HostLine& line = set_->of(linear >> 12);
        host = line.at(linear);
        return line.read_page == (linear + W - 1) >> 12;
    }
    template <unsigned W>
    [[gnu::always_inline]] bool host_for_write(decode::Seg seg, u64 offset, u8*& host) const {
        const Segment& g = s.seg[seg];
        if (offset >= g.write_room) [[unlikely]]
            return false;
        const u64 linear = g.origin + offset;
        const HostLine& line = set_->of(linear >> 12);
        host = line.at(linear);
        return line.write_page == (linear + W - 1) >> 12;
    }
    template <unsigned W>
    u64 load(decode::Seg seg, u64 offset) {
        u8* host;
        if (host_for_read<W>(seg, offset, host)) [[likely]]
            return host_value<W>(host);
        return load_slowly(seg, offset, W);
    }
    template <unsigned W>
    void store(decode::Seg seg, u64 offset, u64 value) {
        u8* host;
        if (!faulted() && host_for_write<W>(seg, offset, host)) [[likely]]
            std::memcpy(host, &value, W);
        else
            store_slowly(seg, offset, W, value);
    }
    template <unsigned W>
    static u64 host_value(const u8* host) {
        u64 value = 0;
        std::memcpy(&value, host, W);
        return value;
    }
    /// With a width known only at run time: a copy of constant size each.
    static u64 host_value(const u8* host, unsigned width) {
        switch (width) {
            case 1: return host_value<1>(host);
            case 2: return host_value<2>(host);
            case 4: return host_value<4>(host);
            default: return host_value<8>(host);
        }
    }
    static void put_host_value(u8* host, unsigned width, u64 value) {
        switch (width) {
            case 1: std::memcpy(host, &value, 1); break;
            case 2: std::memcpy(host, &value, 2); break;
            case 4: std::memcpy(host, &value, 4); break;
            default: std::memcpy(host, &value, 8); break;
        }
    }
    u64 load(decode::Seg seg, u64 offset, unsigned width);
    void store(decode::Seg seg, u64 offset, unsigned width, u64 value);
    /// Raises what a later store there would raise: for read-modify-write and for instructions
    /// that must not do half their work.
    void probe_write(decode::Seg seg, u64 offset, unsigned width);

    /// Linear accesses without segmentation; `as_user` as U/S sees it. Descriptor tables and TSS:
    /// false, and `implicit`, as SMAP sees it.
    u64 read_linear(LinAddr linear, unsigned width, bool as_user, bool implicit = true) {
        if (faulted()) return 0;
        linear.value &= s.linear_mask(linear);
        const HostLine& line = line_set(as_user).of(linear.value >> 12);
        if (line.read_page == (linear.value + width - 1) >> 12) [[likely]]
            return host_value(line.at(linear.value), width);
        return read_by_walk(linear, width, as_user, implicit);
    }
    void write_linear(LinAddr linear, unsigned width, u64 value, bool as_user,
                      bool implicit = true) {
        if (faulted()) return;
        linear.value &= s.linear_mask(linear);
        const HostLine& line = line_set(as_user).of(linear.value >> 12);
        if (line.write_page == (linear.value + width - 1) >> 12) [[likely]]
            return put_host_value(line.at(linear.value), width, value);
        write_by_walk(linear, width, value, as_user, implicit);
    }
    /// As a debugger reads: nothing changes, unmapped bytes read as 0.
    u64 peek_linear(LinAddr linear, unsigned width) const;
    /// Eight bytes at an address after the guest's paging; false after an EPT violation.
    bool read_guest_physical(GuestPhys at, u64& value);
    /// Physical accesses by the CPU itself (VMCS regions).
    u64 read_physical(HostPhys at, unsigned width) const { return ram.read(at, width); }
    void write_physical(HostPhys at, unsigned width, u64 value);
    /// Where so many bytes lie on the host, if that is known and they lie in one page; else null,
    /// and read_linear and write_linear have to be asked.
    const u8* host_of_read(LinAddr linear, u64 bytes, bool as_user) {
        const HostLine& line = line_set(as_user).of(linear.value >> 12);
        return line.read_page == (linear.value + bytes - 1) >> 12 ? line.at(linear.value) : nullptr;
    }
    u8* host_of_write(LinAddr linear, u64 bytes, bool as_user) {
        const HostLine& line = line_set(as_user).of(linear.value >> 12);
        return line.write_page == (linear.value + bytes - 1) >> 12 ? line.at(linear.value)
                                                                   : nullptr;
    }
    /// Translates for a fetch; false after a fault.
    bool translate_fetch(LinAddr linear, HostPhys& out);

    // --- stack ---------------------------------------------------------------------------------
    unsigned stack_size() const { return s.seg[decode::SS].address_bytes; }
    u64 stack_pointer() const { return r->gpr[SP] & width_mask(stack_size()); }
    void set_stack_pointer(u64 value) { set_reg(SP, stack_size(), value); }
    void push(u64 value, unsigned width);
    u64 pop(unsigned width);
    /// The same with the shape's width; fast shapes have looked up the slot already.
    template <class F>
    void push(u64 value);
    template <class F>
    u64 pop();
    /// What stands at `offset` of the stack segment: the slot that a fast shape looked up.
    template <class F>
    u64 peek_stack(u64 offset);

    // --- operands by shape ---------------------------------------------------------------------
    template <class F, unsigned N>
    u64 read(const decode::Insn& i);
    template <class F, unsigned N>
    void write(const decode::Insn& i, u64 value);
    /// Reads an operand that will be written: a memory operand faults as the write would.
    template <class F, unsigned N>
    u64 modify(const decode::Insn& i);

    // --- mode changes --------------------------------------------------------------------------
    bool user() const { return s.cpl == 3; }
    void set_cpl(u8 cpl);
    /// To be called when CPL, EFLAGS.AC or CR0.AM may have changed.
    void choose_lines();
    /// SDM 3A "Interrupt 17—Alignment Check Exception (#AC)": #AC where it applies.
    void check_alignment(LinAddr linear, unsigned width);
    /// After CR0, CR3, CR4, EFER or EPT changes: forget host pointers.
    void paging_changed() {
        lines_.clear();
        code.forget_translations();
        end_block();
    }
    /// Drops what the TLB holds of one linear page. SDM 2A "INVLPG".
    void drop_translation(u64 page);
    /// Code was found in a page that had none: a host pointer for writing there would go past the
    /// watch on it.
    void watch_code_page(u64 frame) { lines_.drop_writes(ram.page(frame)); }
    void end_block() { attention.block_ended = true; }
    bool stepping = false;    ///< EFLAGS.TF was set before the instruction: it ends in a trap
    u64 breakpoints_met = 0;  ///< on data and ports, as B0–B3 of DR6
    /// To be called with breakpoints that an access met, if any.
    void meet_breakpoints(u64 hits) {
        if (hits) breakpoints_met |= hits, end_block();
    }
    /// Holds interrupts back until after the next instruction. Of two loads of SS one after the
    /// other only the first does. SDM 3A "Masking Exceptions and Interrupts When Switching Stacks".
    void hold_interrupts(Shadow why) {
        if (why == Shadow::MovSs && s.shadow == Shadow::MovSs) return;
        s.shadow = why, attention.shadow_set = true;
    }
    /// Where that instruction, or the next one, lies on the bus; all ones where nothing is mapped.
    HostPhys start_phys() const;

    void emit(trace::EventKind kind, u64 a = 0, u64 b = 0, u8 vector = 0);
    void emit(trace::Event event);

  private:
    void segment_fault(decode::Seg seg) {
        fault(seg == decode::SS ? isa::Vector::SS : isa::Vector::GP, 0);
    }
    /// The TLB's entry for the access, walked for if need be; null after a fault.
    const mem::TlbEntry* translate(LinAddr linear, mem::Access access, HostPhys& out);
    void leave_for_ept(const mem::Walk& w, LinAddr linear);
    const mem::TlbEntry* walk(LinAddr linear, mem::Access access, const mem::PagingMode& mode);
    /// May a host pointer stand for the entry? Not where SMAP, a breakpoint or the alignment check
    /// must look each time.
    bool may_hold_line(const mem::TlbEntry& e, bool as_user, u64 page) const {
        if ((aligned_only_ && as_user) || debug::watches_page(s, page)) return false;
        return as_user || !e.user || !(s.cr4 & isa::cr4::SMAP);
    }
    /// Alignment check and breakpoints of an access that paging allows. False after #AC.
    bool accept(LinAddr linear, unsigned width, mem::Access access);
    /// An entry for fetching goes or is pushed out: links between blocks rely on them.
    void forget_fetches();
    HostLineSet& line_set(bool as_user) {
        return aligned_only_ && as_user ? lines_.none : lines_.of(as_user);
    }
    /// Linear accesses that no host line serves; `linear` is masked.
    u64 read_by_walk(LinAddr linear, unsigned width, bool as_user, bool implicit);
    void write_by_walk(LinAddr linear, unsigned width, u64 value, bool as_user, bool implicit);
    u64 load_slowly(decode::Seg seg, u64 offset, unsigned width);
    void store_slowly(decode::Seg seg, u64 offset, unsigned width, u64 value);
    void refresh_lines();
    /// Within a page: from memory, or from what the board has there in its place.
    u64 load_bytes(HostPhys at, unsigned width);
    void store_bytes(HostPhys at, unsigned width, u64 value);
    /// The same in memory whose page holds decoded code.
    void store_over_code(HostPhys at, unsigned width, u64 value);

    HostLines& lines_;
    HostLineSet* set_;
    bool aligned_only_ = false;  ///< alignment is checked
    timing::Dynamic charges_;
    Registers scratch_;
};

}  // namespace ringside::cpu

#include "sim/cpu/operands.hpp"
