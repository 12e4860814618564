// How tests/property/random_guest.hpp makes its guests. One file writes the ordinary statements,
// one the privileged and sensitive ones, one what surrounds them.
#pragma once
#include <array>
#include <sstream>
#include <string>

#include "tests/property/random.hpp"
#include "tests/property/random_guest.hpp"

namespace ringside::property {

// ESP is the stack, EBP counts loops; the others are for the random code.
inline constexpr std::array<const char*, 6> registers{"eax", "ebx", "ecx", "edx", "esi", "edi"};
inline constexpr std::array<const char*, 4> low_bytes{"al", "bl", "cl", "dl"};
inline constexpr std::array<const char*, 10> conditions{"z",  "nz", "c",  "nc", "s",
                                                        "ns", "l",  "ge", "le", "a"};

inline constexpr unsigned data_bytes = 4096;
inline constexpr unsigned window_pages = 16;
inline constexpr u32 window = 0x40000000;      // pages that come and go
inline constexpr u32 large_page = 0x80000000;  // one of 4 MiB

class Generator {
  public:
    Generator(u64 seed, const RandomGuestOptions& options) : random_(seed), options_(options) {}

    std::string text();

  private:
    using Maker = void (Generator::*)(unsigned depth);

    // ---- writing

    template <class... Parts>
    void line(const Parts&... parts) {
        (out_ << ... << parts) << '\n';
    }
    template <class... Parts>
    void op(const Parts&... parts) {
        line("    ", parts...);
    }

    std::string label() { return "L" + std::to_string(labels_++); }
    const char* reg() { return random_.pick(registers); }
    std::string hex(u32 mask = 0xffffffff) {
        std::ostringstream text;
        text << "0x" << std::hex << (random_.word() & mask);
        return text.str();
    }
    std::string cell(unsigned bytes = 4) {
        return "[data + " + std::to_string(random_.below((data_bytes - 64) / bytes) * bytes) + "]";
    }
    std::string window_address(unsigned page) {
        std::ostringstream text;
        text << "0x" << std::hex << window + page * 4096 + random_.below(1020);
        return text.str();
    }
    void note(const char* r) {
        if (std::string(r) != "eax") op("xchg eax, ", r);
        op("call note");
        if (std::string(r) != "eax") op("xchg eax, ", r);
    }

    // ---- statements. Each leaves the stack as it was, and no undefined flag or register is looked
    // at.

    void statement(unsigned depth);
    void arithmetic(unsigned);
    void memory(unsigned);
    void carries(unsigned);
    void multiply(unsigned);
    void compare();
    void set_condition(unsigned);
    void stack(unsigned);
    void string(unsigned);
    void branch(unsigned depth);
    void loop(unsigned depth);
    void call(unsigned);
    void indirect(unsigned depth);
    void self_modify(unsigned);
    void resume_after(const std::string& instruction);
    void fault(unsigned);

    // ---- statements that a VMM has to do with

    void interrupt_flag(unsigned);
    void control_register(unsigned);
    void software_interrupt(unsigned);
    void ports(unsigned);
    void string_ports(unsigned depth);
    void descriptor_tables(unsigned);
    void segment_loads(unsigned);
    void far_transfer(unsigned);
    void model_specific(unsigned);
    void debug_register(unsigned);
    void interrupted_region(unsigned depth);
    void paging(unsigned);
    void visit_ring_3(unsigned);
    void sensitive(unsigned);

    // ---- what surrounds the random code

    void prologue();
    void functions();
    void user_programs();
    void data();

    static constexpr unsigned function_count = 8;  // a power of two
    static constexpr unsigned user_count = 6;

    std::ostringstream out_;
    Random random_;
    RandomGuestOptions options_;
    unsigned labels_ = 0;
};

}  // namespace ringside::property
