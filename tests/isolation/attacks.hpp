// What a hostile guest may try: bodies of `main` of kernels that are built like native ones, each with what must come
// of it under the VMMs for unchanged guests.
#pragma once
#include <string>
#include <vector>

namespace ringside::isolation {

struct Attack {
    const char* name;
    const char* body;  ///< what follows `main:`; faults go on at the label that EXPECT_FAULT names
};

const std::vector<Attack>& attacks();

/// NASM text: a kernel with that body. It prints "refused" if the attack ended in an exception that the kernel got,
/// "went through" if nothing happened.
std::string kernel_that(const Attack& attack);

/// The same for the paravirtual VMM. Such a kernel also prints what hypercalls answered.
const std::vector<Attack>& paravirtual_attacks();
std::string paravirtual_kernel_that(const Attack& attack);

}  // namespace ringside::isolation
