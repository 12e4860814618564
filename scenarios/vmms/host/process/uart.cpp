#include "scenarios/vmms/host/process/uart.hpp"

#include "scenarios/vmms/host/process/system.hpp"

namespace ringside::process {

using namespace isa::pc::uart;

/// "Interrupt Identification Register": the most urgent cause.
u8 Uart::cause() const {
    if ((ier_ & ier_received) && received_) return iir_received;
    if ((ier_ & ier_empty) && announce_empty_) return iir_empty;
    return none;
}

void Uart::advance(bool arrived) {
    more_ |= arrived;
    if (!more_ || received_ || (mcr_ & mcr_loop)) return;
    const u32 byte = call(abi::Call::read);
    more_ = byte != abi::nothing;
    if (!more_) return;
    data_ = u8(byte);
    received_ = true;
}

u8 Uart::in(u16 offset) {
    const bool divisor = lcr_ & lcr_dlab;
    switch (offset) {
        case data:
            if (divisor) return u8(divisor_);
            received_ = false;
            return data_;
        case ier: return divisor ? u8(divisor_ >> 8) : ier_;
        case iir: {
            const u8 now = cause();
            if (now == iir_empty) announce_empty_ = false;  // reading it takes it back
            return u8(now | (fifos_ ? iir_fifos : 0));
        }
        case lcr: return lcr_;
        case mcr: return mcr_;
        case lsr: return u8(lsr_empty | lsr_idle | (received_ ? lsr_ready : 0));
        case msr:
            // Looped back, the outputs are the inputs; else somebody listens.
            if (mcr_ & mcr_loop)
                return u8((mcr_ & mcr_rts ? msr_cts : 0) | (mcr_ & mcr_dtr ? msr_dsr : 0) |
                          (mcr_ & mcr_out1 ? msr_ri : 0) | (mcr_ & mcr_out2 ? msr_dcd : 0));
            return msr_cts | msr_dsr | msr_dcd;
        default: return scratch_;
    }
}

void Uart::out(u16 offset, u8 byte) {
    const bool divisor = lcr_ & lcr_dlab;
    switch (offset) {
        case data:
            if (divisor) {
                divisor_ = u16((divisor_ & 0xff00) | byte);
                break;
            }
            announce_empty_ = true;
            if (mcr_ & mcr_loop) {
                data_ = byte;
                received_ = true;
            } else {
                call(abi::Call::print, address(&byte), 1);
            }
            break;
        case ier:
            if (divisor) {
                divisor_ = u16((divisor_ & 0x00ff) | byte << 8);
                break;
            }
            if (byte & ~ier_ & ier_empty) announce_empty_ = true;
            ier_ = byte & 0x0f;
            break;
        case fcr:
            fifos_ = byte & fcr_enable;
            if (byte & fcr_clear_receive) received_ = false;
            break;
        case lcr: lcr_ = byte; break;
        case mcr: mcr_ = byte & 0x1f; break;
        case scratch: scratch_ = byte; break;
        default: break;  // the status registers are not written
    }
}

}  // namespace ringside::process
