#include "tests/property/random_guest.hpp"

#include "tests/property/random_guest_generator.hpp"

namespace ringside::property {

std::string Generator::text() {
    prologue();
    line("main:");
    line("    call set_up");
    for (const char* r : registers) op("mov ", r, ", ", hex());
    for (unsigned n = 0; n < options_.statements; ++n) statement(0);
    line("    jmp finish");
    functions();
    user_programs();
    data();
    return out_.str();
}

void Generator::statement(unsigned depth) {
    static constexpr std::array ordinary{
        &Generator::arithmetic,    &Generator::arithmetic,  &Generator::memory,
        &Generator::memory,        &Generator::carries,     &Generator::multiply,
        &Generator::set_condition, &Generator::stack,       &Generator::string,
        &Generator::branch,        &Generator::loop,        &Generator::call,
        &Generator::indirect,      &Generator::self_modify, &Generator::fault};
    static constexpr std::array privileged{
        &Generator::interrupt_flag, &Generator::control_register,  &Generator::software_interrupt,
        &Generator::ports,          &Generator::descriptor_tables, &Generator::segment_loads,
        &Generator::far_transfer,   &Generator::model_specific,    &Generator::string_ports};
    if (depth < 2 && random_.chance(40)) {
        const unsigned which = random_.below(10);
        if (which == 0 && options_.timer) return interrupted_region(depth);
        if (which <= 2 && options_.paging) return paging(depth);
        if (which == 3 && options_.user_mode) return visit_ring_3(depth);
        if (which <= 5 && options_.sensitive) return sensitive(depth);
        if (which == 6 && options_.debug_registers) return debug_register(depth);
        return (this->*random_.pick(privileged))(depth);
    }
    (this->*random_.pick(ordinary))(depth);
}

std::string random_guest(u64 seed, const RandomGuestOptions& options) {
    return Generator(seed, options).text();
}

}  // namespace ringside::property
