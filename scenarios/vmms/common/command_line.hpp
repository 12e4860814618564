// The options that a VMM gets as words on its Multiboot command line: "vt-x.elf paging=shadow".
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

class CommandLine {
  public:
    explicit CommandLine(const char* text) : text_(text) {}

    /// Is the option `name` set to `other`, and not to `usual` as if it were not there? Stops the
    /// VMM with a sentence at any other value.
    bool choose(const char* name, const char* usual, const char* other) const;
    /// The decimal number that the option `name` is set to; `otherwise` if it is not there. Stops
    /// the VMM with a sentence at anything else.
    u32 number(const char* name, u32 otherwise) const;

  private:
    const char* value_of(const char* name) const;
    const char* text_;
};

}  // namespace ringside::vmm
