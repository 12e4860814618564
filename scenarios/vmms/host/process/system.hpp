// The system calls, as functions. For code that runs in a process of the host.
#pragma once
#include "scenarios/vmms/host/system_calls.hpp"

namespace ringside::process {

inline u32 call(abi::Call number, u32 a = 0, u32 b = 0) {
    u32 result;
    asm volatile("int $0x80" : "=a"(result) : "0"(u32(number)), "b"(a), "c"(b) : "memory");
    return result;
}
static_assert(abi::vector == 0x80);

inline u32 address(const void* p) { return reinterpret_cast<u32>(p); }

inline u32 time() { return call(abi::Call::time); }
inline void sleep_until(u32 time) { call(abi::Call::sleep, time); }
inline void print(const char* text) {
    u32 length = 0;
    while (text[length]) ++length;
    call(abi::Call::print, address(text), length);
}
inline void run(abi::RunState& state) { call(abi::Call::run, address(&state)); }

}  // namespace ringside::process
