//! Memory that is freed and wanted again at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether [`keep_memory`] was called.
static KEPT: AtomicBool = AtomicBool::new(false);

/// Lets this process keep the memory that it frees for its next tensors and volumes. Call it once, before the first of
/// them.
///
/// A network makes and frees hundreds of tensors of tens of MiB at every step. glibc gives each back to the system, which
/// then clears and maps as many pages anew: 67 ms of 70 for joining two tensors of 67 MB, and a fifth to a third of
/// a whole training step or prediction on the CPU. What the process holds at its peak grows by a fifth to a third. Where
/// the C library is not glibc nothing changes.
pub fn keep_memory() {
    KEPT.store(true, Ordering::Relaxed);
    // No allocation is a mapping of its own, and the end of the heap is never given back (−1 is no limit).
    set(&[(Setting::MostMappings, 0), (Setting::TrimFrom, -1)]);
}

/// For as long as the guard lives, blocks of 32 MiB and more go back to the system when they are freed, although
/// [`keep_memory`] was called; where it was not nothing changes.
///
/// For training on patches of millions of voxels, whose tensors leave holes in the kept memory that the next ones do not
/// fit into: a step on two patches of 80 × 160 × 160 takes 7.6 GB instead of 9.9.
#[must_use = "memory is given back while the guard lives"]
#[derive(Debug)]
pub struct LargeMemoryGoesBack(());

impl LargeMemoryGoesBack {
    /// From here on.
    #[expect(clippy::new_without_default, reason = "a guard is asked for by name")]
    pub fn new() -> Self {
        if KEPT.load(Ordering::Relaxed) {
            // glibc's own number of mappings, and the largest size that it takes.
            set(&[(Setting::MostMappings, 65_536), (Setting::MapFrom, 32 << 20)]);
        }
        Self(())
    }
}

impl Drop for LargeMemoryGoesBack {
    fn drop(&mut self) {
        if KEPT.load(Ordering::Relaxed) {
            keep_memory();
        }
    }
}

/// A setting of glibc's allocator.
#[derive(Clone, Copy)]
enum Setting {
    MostMappings,
    MapFrom,
    TrimFrom,
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set(settings: &[(Setting, i32)]) {
    for &(setting, value) in settings {
        let name = match setting {
            Setting::MostMappings => libc::M_MMAP_MAX,
            Setting::MapFrom => libc::M_MMAP_THRESHOLD,
            Setting::TrimFrom => libc::M_TRIM_THRESHOLD,
        };
        // SAFETY: `mallopt` takes numbers alone and guards its state by malloc's own lock; the options are valid at any
        // time, and are about memory that is not in use, or blocks to come.
        unsafe {
            libc::mallopt(name, value);
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set(_settings: &[(Setting, i32)]) {}
