//! Memory for a whole volume.

/// Zeros in large pages, where the system has them: a volume of 629 MB costs 154 000 page faults otherwise, 0.37 s of
/// a core.
pub(crate) fn zeros(n: usize) -> Vec<f32> {
    let zeros = vec![0.0; n];
    #[cfg(target_os = "linux")]
    ask_for_large_pages(&zeros);
    zeros
}

#[cfg(target_os = "linux")]
fn ask_for_large_pages(values: &[f32]) {
    const PAGE: usize = 4096;
    let start = values.as_ptr().cast_mut();
    let skipped = start.align_offset(PAGE); // in values
    if let Some(n) = values.len().checked_sub(skipped).filter(|n| n * size_of::<f32>() >= 1 << 22) {
        // SAFETY: the range lies in `values`, and the advice changes how its memory is laid out and nothing in it.
        let range = unsafe { start.add(skipped) }.cast();
        let advice = rustix::mm::Advice::LinuxHugepage;
        // SAFETY: as above. A system that does not take the advice goes on in small pages.
        let _ = unsafe { rustix::mm::madvise(range, n * size_of::<f32>(), advice) };
    }
}
