//! Signals that were ignored before this process installed handlers, as `nohup` does with SIGHUP and a script with the SIGINT
//! of its background jobs. A signal handler would undo this setting.

use std::fs;

use tokio::signal::unix::SignalKind;

/// The file in which the Linux kernel shows the state of this process.
const STATUS: &str = "/proc/self/status";
/// The line with the mask of ignored signals, as a hexadecimal number. Bit 0 is signal 1.
const IGNORED: &str = "SigIgn:";

/// The set of signals that were ignored when the set was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IgnoredSignals(u64);

impl IgnoredSignals {
    /// Reads the set of ignored signals. The set is empty if `/proc/self/status` cannot be read or has no mask, for example on
    /// macOS.
    pub(crate) fn read() -> Self {
        Self::of(&fs::read_to_string(STATUS).unwrap_or_default())
    }

    fn of(status: &str) -> Self {
        let line = status.lines().find_map(|line| line.strip_prefix(IGNORED));
        let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        Self(mask.unwrap_or_default())
    }

    /// Returns true if the signal was ignored when the set was read.
    pub(crate) fn contains(self, signal: SignalKind) -> bool {
        let bit =
            u32::try_from(signal.as_raw_value()).ok().and_then(|number| number.checked_sub(1));
        bit.and_then(|bit| self.0.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_the_kernel_is_read() {
        let ignored =
            IgnoredSignals::of("Name:\tfh\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n");
        assert!(ignored.contains(SignalKind::hangup()));
        assert!(ignored.contains(SignalKind::pipe()));
        assert!(!ignored.contains(SignalKind::interrupt()));
        for nothing in ["", "SigIgn:\tx\n", "SigCgt:\tffffffffffffffff\n"] {
            assert!(!IgnoredSignals::of(nothing).contains(SignalKind::hangup()), "{nothing}");
        }
        let all = IgnoredSignals::of("SigIgn:\tffffffffffffffff");
        assert!(!all.contains(SignalKind::from_raw(65)) && !all.contains(SignalKind::from_raw(0)));
    }
}
