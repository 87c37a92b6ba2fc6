//! Powers of many values.

/// `base^exponent` for a base from 0 to 1 and a positive exponent, within 2e-6 of itself or 1e-25.
///
/// A handful of additions and multiplications that compilers turn into vector code, with the same result on every
/// machine; the platforms' own `powf` is neither.
#[inline]
pub(crate) fn power(base: f32, exponent: f32) -> f32 {
    exp2((exponent * log2(base)).max(-126.0))
}

/// Splits x = 2^e·m with m between √½ and √2; log2 m is a series in (m − 1)/(m + 1), 2e-8 off.
#[inline]
pub(crate) fn log2(x: f32) -> f32 {
    const SQRT_HALF: i32 = 0x3f35_04f3;
    let bits = x.to_bits() as i32;
    let e = (bits - SQRT_HALF) >> 23;
    let m = f32::from_bits((bits - (e << 23)) as u32);
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    e as f32 + s * 2.0 * std::f32::consts::LOG2_E * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0))))
}

/// Splits x into a whole number n and a rest within ±½; e^(rest·ln 2) is its Taylor series, 6e-9 off.
#[inline]
pub(crate) fn exp2(x: f32) -> f32 {
    // In a number of this size the last bit counts ones: adding it rounds, and n stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x + ROUND;
    let z = (x - (shifted - ROUND)) * std::f32::consts::LN_2;
    let series = 1.0 / 24.0 + z * (1.0 / 120.0 + z * (1.0 / 720.0 + z * (1.0 / 5040.0)));
    let fraction = 1.0 + z * (1.0 + z * (0.5 + z * (1.0 / 6.0 + z * series)));
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    fraction * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        for exponent in [0.3_f32, 0.7, 1.0, 1.3, 1.5, 3.0] {
            for n in 0..=100_000 {
                let base = n as f32 / 100_000.0;
                let (found, expected) = (power(base, exponent), f64::from(base).powf(f64::from(exponent)));
                let error = (f64::from(found) - expected).abs();
                // log2 is rounded at up to 17 in f32.
                assert!(
                    error <= 2e-6 * expected + 1e-11,
                    "{base}^{exponent}: expected {expected}, found {found}"
                );
            }
        }
    }

    #[test]
    fn zero_and_one_are_kept() {
        assert!(power(0.0, 0.7) < 1e-25);
        assert_eq!(power(1.0, 0.7), 1.0);
    }
}
