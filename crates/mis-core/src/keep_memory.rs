//! Memory that is freed and wanted again at once.

/// Lets this process keep the memory that it frees for its next tensors and volumes. Call it once, before the first of
/// them.
///
/// A network makes and frees hundreds of tensors of tens of MiB at every step. glibc gives each back to the system, which
/// then clears and maps as many pages anew: 67 ms of 70 for joining two tensors of 67 MB, and a fifth to a third of
/// a whole training step or prediction on the CPU. What the process holds at its peak grows by a fifth to a third. Where
/// the C library is not glibc nothing changes.
pub fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `mallopt` takes numbers alone and guards its state by malloc's own lock; both options are valid at any
        // time, and are about memory that is not in use.
        unsafe {
            // No allocation is a mapping of its own, and the end of the heap is never given back (−1 is no limit).
            libc::mallopt(libc::M_MMAP_MAX, 0);
            libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
        }
    }
}
