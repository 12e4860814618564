// The four functions that the compiler may call on its own.
#include "scenarios/vmms/common/natural.hpp"

namespace {

using ringside::vmm::Natural;

/// What a string instruction takes: a whole register.
Natural address_of(const void* p) { return reinterpret_cast<ringside::u32>(p); }

}  // namespace

extern "C" {

// Words first: a string instruction costs by its iterations.

void* memcpy(void* to, const void* from, size_t bytes) {
    Natural d = address_of(to), s = address_of(from), words = bytes / 4, rest = bytes % 4;
    asm volatile("rep movsl" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
    asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(rest) : : "memory");
    return to;
}

void* memset(void* to, int byte, size_t bytes) {
    const ringside::u32 word = 0x01010101u * ringside::u8(byte);
    Natural d = address_of(to), words = bytes / 4, rest = bytes % 4;
    asm volatile("rep stosl" : "+D"(d), "+c"(words) : "a"(word) : "memory");
    asm volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(word) : "memory");
    return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
    auto* const d = static_cast<ringside::u8*>(to);
    auto* const s = static_cast<const ringside::u8*>(from);
    if (d <= s || d >= s + bytes) return memcpy(to, from, bytes);
    for (size_t i = bytes; i-- > 0;) *const_cast<volatile ringside::u8*>(d + i) = s[i];
    return to;
}

int memcmp(const void* a, const void* b, size_t bytes) {
    auto* const x = static_cast<const volatile ringside::u8*>(a);
    auto* const y = static_cast<const volatile ringside::u8*>(b);
    for (size_t i = 0; i < bytes; ++i) {
        const int difference = x[i] - y[i];
        if (difference) return difference;
    }
    return 0;
}
}
