// What a hostile guest may try, one thing at a time.
#pragma once
#include <string>
#include <vector>

namespace ringside::isolation {

struct Attack {
    const char* name;
    const char* body;  ///< instructions, with what frame.inc, pv_frame.inc or long_frame.inc define
    const char* vmm_options = "";
};

const std::vector<Attack>& attacks();

/// NASM text: a kernel that is built like a native one and does that. It prints "refused" if the
/// attack ended in an exception that the kernel got, "went through" if nothing happened.
std::string kernel_that(const Attack& attack);

/// The same for the paravirtual VMM. Such a kernel also prints what hypercalls answered.
const std::vector<Attack>& paravirtual_attacks();
std::string paravirtual_kernel_that(const Attack& attack);

/// And for the VMM of 64-bit guests.
const std::vector<Attack>& long_attacks();
std::string long_kernel_that(const Attack& attack);

}  // namespace ringside::isolation
