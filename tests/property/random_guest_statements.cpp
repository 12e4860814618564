// What any program does: compute, copy, branch, call, change its own code, fault.
#include "tests/property/random_guest_generator.hpp"

namespace ringside::property {

void Generator::arithmetic(unsigned) {
    static constexpr std::array<const char*, 7> two{"add", "sub", "and", "or",
                                                    "xor", "mov", "imul"};
    static constexpr std::array<const char*, 5> one{"inc", "dec", "not", "neg", "bswap"};
    static constexpr std::array<const char*, 5> shifts{"shl", "shr", "sar", "rol", "ror"};
    switch (random_.below(6)) {
        case 0: op(random_.pick(one), " ", reg()); break;
        case 1: op(random_.pick(shifts), " ", reg(), ", ", 1 + random_.below(30)); break;
        case 2: op(two[random_.below(6)], " ", reg(), ", ", hex()); break;
        case 3: op("lea ", reg(), ", [", reg(), " + ", reg(), " * 4 + ", hex(0xffff), "]"); break;
        case 4: op("xchg ", reg(), ", ", reg()); break;
        default: op(random_.pick(two), " ", reg(), ", ", reg()); break;
    }
}

void Generator::memory(unsigned) {
    static constexpr std::array<const char*, 5> ops{"add", "sub", "xor", "and", "or"};
    switch (random_.below(7)) {
        case 0: op("mov ", cell(), ", ", reg()); break;
        case 1: op("mov ", reg(), ", ", cell()); break;
        case 2: op(random_.pick(ops), " ", cell(), ", ", reg()); break;
        case 3: op(random_.pick(ops), " ", reg(), ", ", cell()); break;
        case 4: op("movzx ", reg(), ", byte ", cell(1)); break;
        case 5: op("movsx ", reg(), ", word ", cell(2)); break;
        default: {  // an address that is known only when it runs
            const char* index = reg();
            op("and ", index, ", ", data_bytes - 4);
            op("add ", reg(), ", [data + ", index, "]");
        }
    }
}

void Generator::carries(unsigned) {
    op("add ", reg(), ", ", reg());
    op("adc ", reg(), ", ", hex(0xff));
    op("cmp ", reg(), ", ", reg());
    op("sbb ", reg(), ", ", reg());
}

void Generator::multiply(unsigned) {
    if (random_.chance(50)) return op("mul ", reg());
    op("mov ecx, ", reg());
    op("or ecx, 1");
    op("xor edx, edx");
    op("div ecx");
}

void Generator::compare() {
    if (random_.chance(50))
        op("cmp ", reg(), ", ", hex());
    else
        op("test ", reg(), ", ", reg());
}

void Generator::set_condition(unsigned) {
    compare();
    op("set", random_.pick(conditions), " ", random_.pick(low_bytes));
    compare();
    op("cmov", random_.pick(conditions), " ", reg(), ", ", reg());
}

void Generator::stack(unsigned) {
    const char* r = reg();
    switch (random_.below(3)) {
        case 0:
            op("push ", r);
            op("pop ", reg());
            break;
        case 1:
            op("pusha");
            op("mov eax, [esp + ", 4 * random_.below(2), "]");
            op("call note");
            op("popa");
            break;
        default:
            op("push dword ", hex());
            op("xor [esp], ", r);
            op("pop ", reg());
    }
}

void Generator::string(unsigned) {
    static constexpr std::array<const char*, 5> ops{"rep movsb", "rep movsd", "rep stosd",
                                                    "rep stosb", "lodsd"};
    op("cld");
    op("mov esi, data + ", random_.below(1024));
    op("mov edi, data + ", 2048 + random_.below(1024));
    op("mov ecx, ", random_.below(64));
    op(random_.pick(ops));
}

void Generator::branch(unsigned depth) {
    const std::string skip = label(), end = label();
    compare();
    op("j", random_.pick(conditions), " ", skip);
    statement(depth + 1);
    op("jmp ", end);
    line(skip, ":");
    statement(depth + 1);
    line(end, ":");
}

void Generator::loop(unsigned depth) {
    const std::string again = label();
    if (random_.chance(50)) {
        op("push ebp");
        op("mov ebp, ", 2 + random_.below(6));
        line(again, ":");
        for (unsigned n = 0; n < 2; ++n) statement(depth + 1);
        op("dec ebp");
        op("jnz near ", again);
        op("pop ebp");
    } else {
        op("push ecx");
        op("mov ecx, ", 2 + random_.below(6));
        line(again, ":");
        op("push ecx");
        arithmetic(depth);
        memory(depth);
        op("pop ecx");
        op("loop ", again);
        op("pop ecx");
    }
}

void Generator::call(unsigned) { op("call function_", random_.below(function_count)); }

void Generator::indirect(unsigned depth) {
    const unsigned n = random_.below(function_count);
    switch (random_.below(3)) {
        case 0: op("call [function_table + ", 4 * n, "]"); break;
        case 1: {  // one of several, chosen by a value
            const char* r = reg();
            op("and ", r, ", ", function_count - 1);
            op("call [function_table + ", r, " * 4]");
            break;
        }
        default: {
            const std::string there = label();
            op("mov eax, ", there);
            op("jmp eax");
            arithmetic(depth);
            line(there, ":");
        }
    }
}

void Generator::self_modify(unsigned) {
    op("mov [patched + 1], ", reg());
    op("call patched");
}

/// The handler goes on at [resume].
void Generator::resume_after(const std::string& instruction) {
    const std::string after = label();
    op("mov dword [resume], ", after);
    op(instruction);
    line(after, ":");
}

void Generator::fault(unsigned) {
    static constexpr std::array<const char*, 5> faulting{"ud2", "mov ds, [beyond_the_gdt]",
                                                         "mov es, [task_selector]",
                                                         "mov ss, [null_selector]", "int3"};
    if (random_.chance(20)) {
        op("xor ecx, ecx");
        return resume_after("div ecx");
    }
    resume_after(random_.pick(faulting));
}

}  // namespace ringside::property
