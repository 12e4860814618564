// The translator: a run of guest instructions becomes a block in the translation cache.
//
//   guest instruction          translation                                             kind
//   innocuous                  the same bytes                                          Ident
//   with prefix GS or CS       borrows FS for the access: GS and CS are the VMM's      Rewritten
//   jmp, jcc, loop             the same, to a continuation, later chained              Control
//   call                       pushes the *guest's* return address, jumps              Control
//   ret, jmp r/m, call r/m     looks the target up in a table                          Control
//   cli sti pushf popf         on the virtual IF in cache_data                         InCache
//   reads of CR0-4, LDTR, TR,  from the virtual registers in cache_data                InCache
//   push, mov r of a selector
//   in al and out of port 0x80 on the virtual port in cache_data                       InCache
//   a load or store that       INT: the VMM does it, byte-precise (adaptation.hpp)     Callout
//   keeps trapping
//   everything else            INT: the VMM does it                                    Callout
#pragma once
#include "scenarios/vmms/binary-translation/adaptation.hpp"
#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/translation_cache/code_cache.hpp"

namespace ringside::vmm {

class Emitter;

class Translator {
  public:
    static constexpr u32 most_instructions = 12;

    constexpr Translator(CodeCache& cache, const Adaptation& adaptation)
        : cache_(cache), adaptation_(adaptation) {}
    /// Empties the cache and writes the lookup routine at its start.
    void flush(Guest& guest);

    struct Result {
        Block* block = nullptr;
        Fault fault{};  ///< of fetching the first instruction
    };
    /// The block for `eip`: found, or translated now. `from`, if any, is the continuation that
    /// asked.
    Result block_for(Guest& guest, u32 eip, const Exit* from);
    /// A block of the one instruction at `eip`, to be run once: it comes back to the VMM after it,
    /// and its source may be written meanwhile.
    Result single_step_block(Guest& guest, u32 eip);
    /// The version of a block that is right for what adaptation knows now: found, or translated.
    /// The old one forwards to it. Null if the block is stale, or the cache had to be flushed.
    Block* retranslate(Guest& guest, Block& block);

  private:
    struct Source {
        Insn insns[most_instructions + 1];
        u32 count = 0;
        SourcePage pages[2];
        Fault fault{};
    };
    Source fetch(Guest& guest, u32 eip, u32 most) const;
    Block& write_block(u32 eip, const Source& source, const Exit* from, bool shadowed);
    void write_instruction(u32 eip, const Insn& insn, bool shadowed, bool simulated);
    void enter(Guest& guest, Block& block, const Source& source);
    /// Bit n: instruction n, the first being at `eip`, is to be simulated.
    u16 simulated(u32 eip, const Source& source) const;
    Kind write_sequence(Emitter& emit, Site& site, bool simulated);
    void write_branch(Emitter& emit, Site& site);
    void write_side_exit(Emitter& emit, u32 target);
    void write_final_exit(u32 target);

    CodeCache& cache_;
    const Adaptation& adaptation_;
};

/// No interrupt is taken between this instruction and the next. SDM 3A "Masking Exceptions and
/// Interrupts When Switching Stacks", SDM 2B "STI".
bool delays_interrupts(const Insn& insn);

}  // namespace ringside::vmm
