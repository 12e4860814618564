// Decoding: Zydis and the internal form, with and without the memo.
#include <vector>

#include "sim/decode/memo.hpp"
#include "tests/bench/micro/machines.hpp"

using namespace ringside;

namespace {

const std::vector<u8>& code() {
    static const std::vector<u8> bytes = assembler::assemble_flat(R"(
        mov eax, [ebx + ecx * 4 + 8]
        add eax, 1000
        push ebp
        lea edi, [eax + 1]
        imul edx, eax, 7
        movzx esi, byte [edi]
        cmp eax, edx
        jne $ + 100
        rep movsd
        lock xadd [ebx], eax
        call $ + 1000
        ret
    )");
    return bytes;
}

/// Calls decode(bytes) for one instruction after the other.
template <class Decode>
void all(benchmark::State& state, Decode decode) {
    i64 count = 0;
    for (auto _ : state) {
        for (size_t at = 0; at < code().size(); ++count) {
            const decode::Decoded d = decode(std::span(code()).subspan(at));
            benchmark::DoNotOptimize(d);
            at += d.insn.length;
        }
    }
    state.SetItemsProcessed(count);
}

void decode_bytes(benchmark::State& state) {
    all(state, [](std::span<const u8> bytes) { return decode::decode(bytes, 32); });
}
BENCHMARK(decode_bytes);

void decode_remembered(benchmark::State& state) {
    decode::DecodeMemo memo;
    all(state, [&](std::span<const u8> bytes) { return memo.decode(bytes, 32); });
}
BENCHMARK(decode_remembered);

}  // namespace
