// The host's own CPU as an oracle: runs 32-bit user code through the compatibility-mode segment
// that x86-64 Linux keeps at selector 0x23.
#pragma once
#include <array>
#include <memory>
#include <span>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::oracle {

/// Registers and the data page, before and after.
struct UserState {
    std::array<u32, 8> gpr{};
    u32 flags = 2;
    bool operator==(const UserState&) const = default;
};

enum class Ending : u8 { Completed, DivideError, OtherFault };

/// Where the code and the data of every trial lie, in both worlds.
inline constexpr u32 host_code_at = 0x20000000, host_data_at = 0x20010000,
                     host_stack_top = 0x20011f00;
inline constexpr u32 data_bytes = 0x2000;

class HostCpu {
  public:
    /// Null, with the reason in `why`, where the host cannot do it.
    static std::unique_ptr<HostCpu> open(std::string& why);
    ~HostCpu();
    HostCpu(const HostCpu&) = delete;
    HostCpu& operator=(const HostCpu&) = delete;

    std::span<u8> data();
    /// Runs `code` once from `state`; `state` and data() are what it left. After a fault the
    /// registers are meaningless.
    Ending run(std::span<const u8> code, UserState& state);

  private:
    HostCpu() = default;
};

}  // namespace ringside::oracle
