// The four functions that the compiler may call on its own.
#include "sim/base/types.hpp"

extern "C" {

void* memcpy(void* to, const void* from, size_t bytes) {
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}

void* memset(void* to, int byte, size_t bytes) {
    void* const result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
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
