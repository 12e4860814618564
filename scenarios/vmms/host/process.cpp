#include "scenarios/vmms/host/process.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/paging.hpp"

// host.ld: the addresses of these names are the numbers.
extern "C" ringside::u8 commpage_begin[], commpage_size[], process_text_physical[],
    process_text_size[], process_data_physical[], process_data_size[];

namespace ringside::kernel {

using namespace vmm;
using namespace isa::paging;

namespace {

constexpr u32 kernel_directory_entry = vmm_base >> 22;
alignas(4096) u32 first_kernel_table[1024];  // of FC000000 to FC3FFFFF

constexpr u16 user_code = selector::entry(5) | 3, user_data = selector::entry(6) | 3;

u32 number(const u8* symbol) { return reinterpret_cast<u32>(symbol); }

}  // namespace

void prepare_address_spaces() {
    for (u32 n = 0; n < 1024; ++n) first_kernel_table[n] = n * page | u32(P | RW);
    const u32 first = (number(commpage_begin) - vmm_base) / page;
    for (u32 n = 0; n < number(commpage_size) / page; ++n)
        first_kernel_table[first + n] = (first + n) * page | u32(P | US);
    vmm::host::page_directory()[kernel_directory_entry] =
        u32(physical_address(first_kernel_table) | P | RW | US);
    cpu::set_cr3(cpu::cr3());

    constexpr u32 below_kernel = vmm_base - 1, everything = 0xffffffff;
    // The commpage lies above: the limit of a process' code is the whole space, and page
    // protection keeps the kernel to itself.
    vmm::host::gdt()[user_code >> 3] =
        isa::segment32(0, everything, isa::access(3, isa::code_type));
    vmm::host::gdt()[user_data >> 3] =
        isa::segment32(0, below_kernel, isa::access(3, isa::data_type));
}

void create(Process& process, AddressSpace& space, const char* name, void (*entry)(u32),
            u32 argument) {
    if (number(process_data_size) > most_data) stop("the processes' data is too large");
    memcpy(space.data, at_physical(number(process_data_physical)), number(process_data_size));
    memcpy(space.directory, vmm::host::page_directory(), sizeof space.directory);
    space.directory[text_at >> 22] = u32(physical_address(space.table) | P | RW | US);
    const auto map = [&space](u32 linear, u32 physical, u32 bytes, u64 rights) {
        for (u32 n = 0; n < bytes; n += page)
            space.table[table_index(linear + n)] = (physical + n) | u32(P | US | rights);
    };
    map(text_at, number(process_text_physical), number(process_text_size), 0);
    map(data_at, physical_address(space.data), most_data, RW);
    map(stack_end - stack_size, physical_address(space.stack), stack_size, RW);

    process.name = name;
    process.space = &space;
    process.state = Process::State::ready;
    // As if it had been called: the argument, and a return address that leads nowhere.
    u32* const top = reinterpret_cast<u32*>(space.stack + stack_size);
    top[-1] = argument;
    TrapFrame& frame = process.frame;
    frame.esp = stack_end - 8;
    frame.eip = reinterpret_cast<u32>(entry);
    frame.cs = user_code;
    frame.ss = frame.ds = frame.es = user_data;
    frame.eflags = u32(isa::flags::fixed | isa::flags::IF);
}

namespace {

/// Do the bytes lie in the area of `size` bytes at `begin`?
bool within(u32 begin, u32 size, u32 linear, u32 bytes) {
    return linear >= begin && linear - begin <= size && bytes <= size - (linear - begin);
}

}  // namespace

u8* Process::writable(u32 linear, u32 bytes) const {
    constexpr u32 stack_begin = stack_end - stack_size;
    if (within(data_at, most_data, linear, bytes)) return space->data + (linear - data_at);
    if (within(stack_begin, stack_size, linear, bytes))
        return space->stack + (linear - stack_begin);
    return nullptr;
}

const u8* Process::readable(u32 linear, u32 bytes) const {
    if (within(text_at, number(process_text_size), linear, bytes))
        return at_physical(number(process_text_physical) + (linear - text_at));
    return writable(linear, bytes);
}

}  // namespace ringside::kernel
