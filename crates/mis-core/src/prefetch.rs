//! Memory that is wanted soon.

/// Asks for the cache lines of a row that is read or written in a moment, and goes on at once.
///
/// The processor foresees what follows in memory, but not the next row of a box, which lies a whole row of the scan
/// further on. A patch of 160 voxels along k is cut from a volume and added to another in three quarters of the
/// time with the row four further on asked for. Elsewhere than on x86-64 this does nothing.
#[inline(always)]
pub fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        const LINE: usize = 64;
        let start = row.as_ptr().cast::<i8>();
        for offset in (0..size_of_val(row)).step_by(LINE) {
            // SAFETY: the address is in the row; besides, a prefetch neither reads, writes nor faults for the program.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(start.add(offset)) };
        }
    }
}
