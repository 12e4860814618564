// What stopped an instruction before its end, to be dealt with at the end of the step.
#pragma once
#include "sim/isa/vectors.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::cpu {

struct Pending {
    enum Kind : u8 {
        None,
        Fault,                        ///< the instruction is taken back, then delivered
        SoftwareInterrupt,            ///< INT n
        SoftwareException,            ///< INT3, INTO
        PrivilegedSoftwareException,  ///< INT1
        VmExit,                       ///< leaves non-root operation, the instruction taken back
        VmEntry,                      ///< VMLAUNCH or VMRESUME passed its basic checks
        TripleFault,
        NotModelled,
    } kind = None;
    u8 vector = 0;
    bool has_error_code = false;
    u32 error_code = 0;
    isa::ExitReason reason{};
    u64 qualification = 0;
    u32 interruption_info = 0, interruption_error = 0;  ///< VM exits by events
    u64 guest_linear = 0, guest_physical = 0;           ///< EPT violations
    u64 cr2 = 0;                                        ///< #PF
    u64 debug = 0;                                      ///< #DB: what it is for, in DR6's format
    const char* what = nullptr;                         ///< NotModelled

    static Pending fault(u8 vector) {
        Pending p;
        p.kind = Fault, p.vector = vector;
        return p;
    }
    static Pending fault(u8 vector, u32 error_code) {
        Pending p = fault(vector);
        p.has_error_code = true, p.error_code = error_code;
        return p;
    }
    static Pending debug_fault(u64 what) {
        Pending p = fault(u8(isa::Vector::DB));
        p.debug = what;
        return p;
    }
    static Pending unmodelled(const char* what) {
        Pending p;
        p.kind = NotModelled, p.what = what;
        return p;
    }
    static Pending exit(isa::ExitReason reason, u64 qualification) {
        Pending p;
        p.kind = VmExit, p.reason = reason, p.qualification = qualification;
        return p;
    }
};

}  // namespace ringside::cpu
