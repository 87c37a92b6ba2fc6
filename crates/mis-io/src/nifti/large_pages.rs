//! Memory in large pages.

use std::ops::{Deref, DerefMut};

use anyhow::Result;
use memmap2::MmapMut;

/// Bytes that start as zeros, in pages of 2 MB where the system has them.
///
/// A voxel file of 105 MB takes 26 000 ordinary pages, which cost the system up to 70 ms to hand out, and inflating all
/// of it takes 190 ms.
pub(super) struct LargePages {
    memory: MmapMut,
    len: usize,
}

impl LargePages {
    pub(super) fn zeros(len: usize) -> Result<Self> {
        let memory = MmapMut::map_anon(len.max(1))?;
        // A wish: a system that cannot fulfil it says so, and has handed out ordinary pages.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(Self { memory, len })
    }
}

impl Deref for LargePages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl DerefMut for LargePages {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.len]
    }
}
