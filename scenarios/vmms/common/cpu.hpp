// The instructions that C++ has no word for. Each function is the instruction of its name.
#pragma once
#include "scenarios/vmms/common/natural.hpp"

namespace ringside::vmm::cpu {

inline u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u16 in16(u16 port) {
    u16 value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u32 in32(u16 port) {
    u32 value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
inline void out16(u16 port, u16 value) { asm volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
inline void out32(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }

inline Natural cr0() {
    Natural v;
    asm volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}
inline Natural cr2() {
    Natural v;
    asm volatile("mov %%cr2, %0" : "=r"(v));
    return v;
}
inline Natural cr3() {
    Natural v;
    asm volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}
inline Natural cr4() {
    Natural v;
    asm volatile("mov %%cr4, %0" : "=r"(v));
    return v;
}
inline void set_cr0(Natural v) { asm volatile("mov %0, %%cr0" ::"r"(v) : "memory"); }
inline void set_cr2(Natural v) { asm volatile("mov %0, %%cr2" ::"r"(v)); }
inline void set_cr3(Natural v) { asm volatile("mov %0, %%cr3" ::"r"(v) : "memory"); }
inline void set_cr4(Natural v) { asm volatile("mov %0, %%cr4" ::"r"(v) : "memory"); }
inline void invlpg(Natural linear) { asm volatile("invlpg (%0)" ::"r"(linear) : "memory"); }

/// MOV from and to DRn. n is 0..3, 6 or 7.
inline Natural debug_register(unsigned n) {
    Natural v;
    switch (n) {
        case 0: asm volatile("mov %%dr0, %0" : "=r"(v)); break;
        case 1: asm volatile("mov %%dr1, %0" : "=r"(v)); break;
        case 2: asm volatile("mov %%dr2, %0" : "=r"(v)); break;
        case 3: asm volatile("mov %%dr3, %0" : "=r"(v)); break;
        case 6: asm volatile("mov %%dr6, %0" : "=r"(v)); break;
        default: asm volatile("mov %%dr7, %0" : "=r"(v)); break;
    }
    return v;
}
inline void set_debug_register(unsigned n, Natural v) {
    switch (n) {
        case 0: asm volatile("mov %0, %%dr0" ::"r"(v)); break;
        case 1: asm volatile("mov %0, %%dr1" ::"r"(v)); break;
        case 2: asm volatile("mov %0, %%dr2" ::"r"(v)); break;
        case 3: asm volatile("mov %0, %%dr3" ::"r"(v)); break;
        case 6: asm volatile("mov %0, %%dr6" ::"r"(v)); break;
        default: asm volatile("mov %0, %%dr7" ::"r"(v)); break;
    }
}

inline u64 rdtsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return u64(high) << 32 | low;
}
inline u64 rdmsr(u32 msr) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return u64(high) << 32 | low;
}
inline void wrmsr(u32 msr, u64 v) {
    asm volatile("wrmsr" ::"c"(msr), "a"(u32(v)), "d"(u32(v >> 32)));
}
inline void cpuid(u32 leaf, u32 subleaf, u32& eax, u32& ebx, u32& ecx, u32& edx) {
    asm volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(leaf), "c"(subleaf));
}
inline void cpuid(u32 leaf, u32& eax, u32& ebx, u32& ecx, u32& edx) {
    cpuid(leaf, 0, eax, ebx, ecx, edx);
}

/// The operand of LGDT and LIDT.
struct [[gnu::packed]] TablePointer {
    u16 limit;
    Natural base;
};
inline void lgdt(const TablePointer& p) { asm volatile("lgdt %0" ::"m"(p) : "memory"); }
inline void lidt(const TablePointer& p) { asm volatile("lidt %0" ::"m"(p) : "memory"); }
inline void ltr(u16 selector) { asm volatile("ltr %0" ::"r"(selector)); }
inline void lldt(u16 selector) { asm volatile("lldt %0" ::"r"(selector)); }

inline void clts() { asm volatile("clts"); }
inline void cli() { asm volatile("cli" ::: "memory"); }
/// STI; HLT: no interrupt is lost between the two. SDM 2B "STI".
inline void wait_for_interrupt() { asm volatile("sti; hlt; cli" ::: "memory"); }
inline void hlt() { asm volatile("hlt" ::: "memory"); }

}  // namespace ringside::vmm::cpu
