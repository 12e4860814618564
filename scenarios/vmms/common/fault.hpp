// An exception that an access or an emulated instruction raises in the guest, or none.
#pragma once
#include "scenarios/vmms/common/natural.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::vmm {

struct Fault {
    i16 vector = -1;
    u32 error_code = 0;
    Natural address = 0;  ///< of #PF: for CR2
    explicit operator bool() const { return vector >= 0; }
};
constexpr Fault fault(isa::Vector vector, u32 error_code = 0) {
    return {i16(vector), error_code, 0};
}
constexpr Fault page_fault(Natural address, u32 error_code) {
    return {i16(isa::Vector::PF), error_code, address};
}

}  // namespace ringside::vmm
