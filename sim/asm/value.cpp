// Sums of numbers, section addresses and registers.
#include "sim/asm/value.hpp"

#include <algorithm>

namespace ringside::assembler {
namespace {

/// Two's complement, as on the machine: a sum that wraps is no mistake here.
i64 wrap_add(i64 a, i64 b) { return static_cast<i64>(static_cast<u64>(a) + static_cast<u64>(b)); }
i64 wrap_mul(i64 a, i64 b) { return static_cast<i64>(static_cast<u64>(a) * static_cast<u64>(b)); }

}  // namespace

bool Value::has_registers() const {
    return std::any_of(terms.begin(), terms.end(),
                       [](const Term& t) { return t.kind == Term::reg; });
}

bool Value::is_address() const {
    return moves || std::any_of(terms.begin(), terms.end(),
                                [](const Term& t) { return t.kind == Term::section; });
}

u32 Value::lone_register() const {
    const bool lone = terms.size() == 1 && number == 0 && !moves && terms[0].kind == Term::reg &&
                      terms[0].times == 1;
    return lone ? terms[0].id : 0;
}

Value scaled(const Value& a, i64 factor) {
    Value out = a;
    out.number = wrap_mul(a.number, factor);
    for (Term& t : out.terms) t.times = wrap_mul(t.times, factor);
    std::erase_if(out.terms, [](const Term& t) { return t.times == 0; });
    return out;
}

Value operator+(const Value& a, const Value& b) {
    Value out = a;
    out.number = wrap_add(a.number, b.number);
    out.known = a.known && b.known;
    out.moves = a.moves || b.moves;
    for (const Term& add : b.terms) {
        const auto same = std::find_if(out.terms.begin(), out.terms.end(), [&](const Term& t) {
            return t.kind == add.kind && t.id == add.id;
        });
        if (same == out.terms.end())
            out.terms.push_back(add);
        else
            same->times = wrap_add(same->times, add.times);
    }
    std::erase_if(out.terms, [](const Term& t) { return t.times == 0; });
    return out;
}

Value operator-(const Value& a, const Value& b) { return a + scaled(b, -1); }

}  // namespace ringside::assembler
