//! Numbers of bytes as text.

use std::fmt;

/// A number of bytes in the largest unit of which there is one: `3.2 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut value, mut unit) = (self.0 as f64 / 1024.0, "KiB");
        for larger in ["MiB", "GiB", "TiB"] {
            if value >= 1024.0 {
                (value, unit) = (value / 1024.0, larger);
            }
        }
        write!(f, "{value:.1} {unit}")
    }
}
