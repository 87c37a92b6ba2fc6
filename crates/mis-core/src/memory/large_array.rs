//! Memory for arrays as large as a scan.

/// From here on an array spans huge pages of 2 MiB enough to be worth a word to the system.
const LARGE: usize = 8 << 20;

/// This many zeros. A large array lies on huge pages where the system has them, and so is first written to far sooner.
///
/// A fresh array stops the program once for each page that is touched: 150 000 times for the class probabilities of a CT
/// on pages of 4 KiB, which in a virtual machine can take longer than all that is computed with them (measured on two
/// cores: 3.4 s of 3.9 s for 144 patches cut and added up; 0.8 s in all on huge pages). Linux has a program say where it
/// wants them.
///
/// ```
/// let values: Vec<f32> = mis_core::zeros(3);
/// assert_eq!(values, [0.0; 3]);
/// ```
#[must_use]
pub fn zeros<T: Clone + Default>(n: usize) -> Vec<T> {
    // The system hands out large memory as zeros, which nothing has touched yet.
    let values = vec![T::default(); n];
    ask_for_huge_pages(&values);
    values
}

/// Asks the system to map an array's memory, used or not, in huge pages. It is free not to.
fn ask_for_huge_pages<T>(values: &Vec<T>) {
    let n_bytes = values.capacity() * size_of::<T>();
    if n_bytes < LARGE {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        // Advice is about whole pages: those that lie wholly in the array, whose pages are at most this large.
        const PAGE: usize = 1 << 16;
        let start = values.as_ptr().cast::<u8>();
        let before = start.align_offset(PAGE);
        let whole = (n_bytes - before) / PAGE * PAGE;
        // SAFETY: the pages lie in memory that `values` owns, and the advice changes neither their contents nor who may
        // read and write them. An error means that the system has no huge pages, which changes nothing either.
        unsafe { libc::madvise(start.add(before).cast_mut().cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Where the memory of an array lies, so that its pages can be had while something else is at work in it.
///
/// Linux (from 5.14 on) puts pages in place when it is asked, and leaves what stands on them as it is; other systems do
/// so when each is first written to. Both cost the same time, but this can be spent on another thread.
///
/// ```
/// let mut values: Vec<u8> = mis_core::zeros(1 << 24);
/// let pages = mis_core::Pages::of(&values);
/// std::thread::scope(|scope| {
///     scope.spawn(|| pages.put_in_place());
///     values.fill(1);
/// });
/// assert!(values.iter().all(|&value| value == 1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    start: usize,
    n_bytes: usize,
}

impl Pages {
    /// Those of an array, used or not.
    #[must_use]
    pub fn of<T>(values: &Vec<T>) -> Self {
        Self { start: values.as_ptr().addr(), n_bytes: values.capacity() * size_of::<T>() }
    }

    /// Has the system put them in place. It is free not to.
    pub fn put_in_place(self) {
        #[cfg(target_os = "linux")]
        {
            const PAGE: usize = 1 << 16;
            let start = self.start.next_multiple_of(PAGE);
            let end = (self.start + self.n_bytes) / PAGE * PAGE;
            if start < end {
                // SAFETY: pages that are put in place keep what stands on them, whoever is at work there, and an address
                // that is not (or no longer) the program's is an error of the call, which changes nothing.
                unsafe {
                    libc::madvise(
                        std::ptr::without_provenance_mut(start),
                        end - start,
                        libc::MADV_POPULATE_WRITE,
                    )
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_array_is_zero_and_holds_what_is_written_to_it() {
        let n = LARGE / 4 + 12_345;
        let mut values: Vec<u32> = zeros(n);
        assert!(values.len() == n && values.iter().all(|&value| value == 0));
        values.iter_mut().zip(0..).for_each(|(value, idx)| *value = idx);
        assert!(values.iter().copied().eq(0..n as u32));
    }
}
