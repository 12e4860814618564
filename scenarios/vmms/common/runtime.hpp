// memcpy and its kin: there is no C library in here.
#pragma once
#include "sim/base/types.hpp"

extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int byte, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
int memcmp(const void* a, const void* b, size_t bytes);
}
