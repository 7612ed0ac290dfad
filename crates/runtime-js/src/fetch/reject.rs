//! The kernel's error as the guest may see it: the one place where the one becomes the other.

use crate::outbound::Rejection;
use egret_egress::Error;

/// Takes the guest's face of the error; the reason stays in the kernel's audit event.
pub(super) fn reject(error: &Error) -> Rejection {
    Rejection {
        code: error.code().as_str(),
        message: error.guest_message().to_owned(),
        retryable: error.retryable(),
        retry_after: error.retry_after(),
        phase: error.phase(),
        hop: error.hop(),
    }
}
