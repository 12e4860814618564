// The four functions that the compiler may call on its own.
#include "sim/base/types.hpp"

extern "C" {

// Words first: a string instruction costs by its iterations.

void* memcpy(void* to, const void* from, size_t bytes) {
    void* const result = to;
    size_t words = bytes / 4, rest = bytes % 4;
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
    return result;
}

void* memset(void* to, int byte, size_t bytes) {
    void* const result = to;
    const ringside::u32 word = 0x01010101u * ringside::u8(byte);
    size_t words = bytes / 4, rest = bytes % 4;
    asm volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(word) : "memory");
    asm volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(word) : "memory");
    return result;
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
