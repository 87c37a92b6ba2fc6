//! Inner loops for the processor at hand.

/// Compiles a function twice, for any processor and for those with 256-bit vectors (AVX2), and takes what fits.
///
/// The two do the same operations in the same order, so that results are the same to the bit; no products are fused into
/// sums. For loops over rows or longer, where looking the processor up costs nothing.
///
/// ```
/// mis_core::vectorized! {
///     /// Doubles values.
///     fn double(values: &mut [f32]) {
///         values.iter_mut().for_each(|x| *x *= 2.0);
///     }
/// }
/// let mut values = [1.0, 2.0];
/// double(&mut values);
/// assert_eq!(values, [2.0, 4.0]);
/// ```
#[macro_export]
macro_rules! vectorized {
    ($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        fn $name($($arg: $type),*) {
            #[inline(always)]
            fn any($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) {
                    any($($arg),*);
                }

                if ::std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor was just asked for what the function was compiled for.
                    return unsafe { avx2($($arg),*) };
                }
            }
            any($($arg),*);
        }
    };
}
