// Random user-mode sequences on the host's CPU and on ours: registers, flags and memory must be
// equal.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "sim/decode/text.hpp"
#include "tests/oracle/host_cpu.hpp"
#include "tests/oracle/random_code.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using oracle::Ending;

namespace {

constexpr u64 compared_flags = isa::flags::status | isa::flags::DF;
constexpr u32 trial_at = oracle::host_code_at + 0x100;

struct Trial {
    std::vector<u8> code;
    std::vector<decode::Insn> insns;
    std::string text;
};

Trial random_trial(std::mt19937_64& random) {
    Trial t;
    for (u64 n = 1 + random() % 3; n > 0; --n) {
        const oracle::RandomInsn r = oracle::random_instruction(random);
        if (const auto shown = decode::disassemble(r.bytes, trial_at, 32))
            t.text += shown->text + "; ";
        t.code.insert(t.code.end(), r.bytes.begin(), r.bytes.end());
        t.insns.push_back(r.insn);
    }
    return t;
}

oracle::UserState random_state(std::mt19937_64& random) {
    oracle::UserState s;
    for (u32& g : s.gpr) g = random() % 4 == 0 ? u32(random() % 5) - 2 : u32(random());
    s.gpr[1] = u32(random() % 3 == 0 ? random() % 40
                                     : random() & 0xffffff0f);  // ECX: REP counts stay small below
    s.gpr[4] = oracle::host_stack_top;
    s.gpr[5] = oracle::host_stack_top - 64;
    s.gpr[6] = oracle::host_data_at + 0x900 + u32(random() % 64);
    s.gpr[7] = oracle::host_data_at + 0xb00 + u32(random() % 64);
    s.flags = 2 | (u32(random()) & u32(compared_flags));
    return s;
}

/// The simulated side: the same addresses through one page table.
class Simulated {
  public:
    Simulated() : m_({.ram_bytes = 1 << 20, .profile = timing::find_profile("off")}) {
        m_.enter_multiboot(0, 0);
        test::stand_in_ring(m_, 3);
        constexpr u32 directory = 0x1000, table = 0x2000;
        test::put(m_, directory + 4 * (oracle::host_code_at >> 22), table | 7, 4);
        for (const u32 at :
             {oracle::host_code_at, oracle::host_data_at, oracle::host_data_at + 0x1000})
            test::put(m_, table + 4 * ((at >> 12) & 1023), physical(at) | 7, 4);
        m_.cpu.cr3 = directory;
        m_.cpu.cr0 |= isa::cr0::PG;
    }
    Ending run(std::span<const u8> code, size_t instructions, oracle::UserState& s,
               std::span<u8> data) {
        m_.poke({physical(trial_at)}, code);
        m_.poke({physical(oracle::host_data_at)}, data);
        for (unsigned n = 0; n < 8; ++n) m_.cpu.regs.gpr[n] = s.gpr[n];
        m_.cpu.regs.flags = s.flags;
        m_.cpu.regs.rip = trial_at;
        test::Events events;
        machine::Watch watch;
        watch.sink = &events;
        machine::Limits l;
        l.instructions = m_.instructions + instructions;
        l.steps = m_.steps + instructions * 1000;
        // There is no IDT: a fault ends in shutdown, its first vector tells which.
        machine::Machine kept = m_;
        const machine::Stop stop = machine::run(m_, l, watch);
        for (unsigned n = 0; n < 8; ++n) s.gpr[n] = u32(m_.cpu.regs.gpr[n]);
        s.flags = u32(m_.cpu.regs.flags);
        m_.ram.copy_out({physical(oracle::host_data_at)}, data);
        if (stop.reason == machine::Stop::Limit) return Ending::Completed;
        m_ = kept;
        last_stop = stop;
        return stop.reason == machine::Stop::Shutdown ? Ending::DivideError : Ending::OtherFault;
    }
    machine::Stop last_stop;

  private:
    static u32 physical(u32 at) {
        return at < oracle::host_data_at ? 0x10000 + (at - oracle::host_code_at)
                                         : 0x20000 + (at - oracle::host_data_at);
    }
    machine::Machine m_;
};

u64 trials_wanted() {
    const char* set = std::getenv("RINGSIDE_ORACLE_TRIALS");
    return set ? std::strtoull(set, nullptr, 10) : 150'000;
}

}  // namespace

TEST_CASE("random user-mode code does on the simulated CPU what it does on the host's") {
    std::string why;
    const auto host = oracle::HostCpu::open(why);
    REQUIRE_MESSAGE(host, "no host CPU to compare with: " << why);
    Simulated ours;
    std::mt19937_64 random(20261123);
    std::map<isa::Op, u64> seen;
    unsigned wrong = 0;
    for (u64 trial = 0; trial < trials_wanted() && wrong < 20; ++trial) {
        const Trial t = random_trial(random);
        const oracle::UserState before = random_state(random);
        bool repeats_long = false;
        u64 undefined = 0;
        for (const decode::Insn& i : t.insns) {
            repeats_long |= (i.rep || i.repne) && before.gpr[1] > 60;
            undefined |= oracle::undefined_flags(i, u8(before.gpr[1]));
            ++seen[i.op];
        }
        // A sequence may change ECX before a count, or ESI and EDI before a string: keep those to
        // one.
        bool string = false, by_cl = false;
        for (const decode::Insn& i : t.insns)
            string |= i.op >= isa::Op::MOVS && i.op <= isa::Op::CMPS, by_cl |= i.count_is_cl;
        if (repeats_long || ((string || by_cl) && t.insns.size() > 1)) continue;
        // SHLD and SHRD by more than the operand's width: the manual leaves the result undefined.
        if (undefined == isa::flags::status &&
            (t.insns[0].op == isa::Op::SHLD || t.insns[0].op == isa::Op::SHRD))
            continue;
        // Undefined flags of an early instruction must not be read by a later one.
        if (undefined && t.insns.size() > 1) continue;
        std::vector<u8> data(oracle::data_bytes);
        for (u8& b : data) b = u8(random());
        std::copy(data.begin(), data.end(), host->data().begin());
        oracle::UserState theirs = before, mine = before;
        const Ending host_ending = host->run(t.code, theirs);
        const Ending our_ending = ours.run(t.code, t.insns.size(), mine, data);
        bool same = host_ending == our_ending;
        if (same && host_ending == Ending::Completed) {
            same = theirs.gpr == mine.gpr &&
                   ((theirs.flags ^ mine.flags) & compared_flags & ~undefined) == 0 &&
                   std::equal(data.begin(), data.end(), host->data().begin());
        }
        if (same) continue;
        ++wrong;
        std::string detail;
        for (unsigned n = 0; n < 8; ++n)
            if (theirs.gpr[n] != mine.gpr[n])
                detail += " gpr" + std::to_string(n) + " " + std::to_string(theirs.gpr[n]) + "/" +
                          std::to_string(mine.gpr[n]);
        FAIL_CHECK("trial " << trial << ": " << t.text << " endings " << int(host_ending) << "/"
                            << int(our_ending) << " " << ours.last_stop.what << " flags differ "
                            << ((theirs.flags ^ mine.flags) & compared_flags & ~undefined)
                            << detail);
    }
    for (const auto& row : isa::rows_detail::table) {
        const bool user = (row.op >= isa::Op::MOV && row.op <= isa::Op::DAS) ||
                          (row.op >= isa::Op::MOVS && row.op <= isa::Op::CMPS) ||
                          (row.op >= isa::Op::CLC && row.op <= isa::Op::SAHF);
        // Their addresses come from registers or run past the page: the directed tests have them.
        const bool only_64 = row.op == isa::Op::MOVSXD || row.op == isa::Op::CDQE ||
                             row.op == isa::Op::CQO || row.op == isa::Op::CMPXCHG16B;
        if (!user || only_64 || row.op == isa::Op::XLAT || row.op == isa::Op::POPA ||
            row.op == isa::Op::MOVBE)
            continue;
        CHECK_MESSAGE(seen[row.op] > 0, std::string(row.name) << " was never tried");
    }
}
