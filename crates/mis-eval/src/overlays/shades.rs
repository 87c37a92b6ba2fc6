//! Grey values and labels to colors.

/// How many steps there are from black to white, plain and under a tint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shades {
    plain: u16,
    tinted: u16,
    alpha: f32,
}

impl Shades {
    /// As many that they and the plain colors of `n_tints` tints, at most 64, are not more than 256: what a GIF can
    /// show as it is, without guesses and flicker from slice to slice, and a PNG in few bytes.
    pub(super) fn of_tints(n_tints: usize, alpha: f32) -> Self {
        let n_tints = n_tints as u16;
        let left = 256 - n_tints;
        // More greys than 64 are not told apart on a scan, and cost bytes.
        let tinted = (left - 64).checked_div(n_tints).unwrap_or(0).min(64);
        Self { plain: 64, tinted, alpha }
    }

    /// The color of a pixel without a tint; values go from 0, black, to 1.
    pub(super) fn plain(&self, color: [f32; 3]) -> [u8; 3] {
        color.map(|value| (stepped(value, self.plain) * 255.0).round() as u8)
    }

    /// The color of a pixel under a tint.
    pub(super) fn tinted(&self, color: [f32; 3], tint: [u8; 3]) -> [u8; 3] {
        std::array::from_fn(|n| {
            let below = stepped(color[n], self.tinted) * 255.0;
            (below + (f32::from(tint[n]) - below) * self.alpha).round() as u8
        })
    }
}

fn stepped(value: f32, n_steps: u16) -> f32 {
    let last = f32::from(n_steps.max(2) - 1);
    (value.clamp(0.0, 1.0) * last).round() / last
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_picture_with_any_number_of_tints_has_at_most_256_colors() {
        for n_tints in [0, 1, 2, 3, 7, 60, 64] {
            let shades = Shades::of_tints(n_tints, 0.4);
            let greys = || (0..=1000).map(|n| [n as f32 / 1000.0; 3]);
            let mut colors: BTreeSet<[u8; 3]> = greys().map(|grey| shades.plain(grey)).collect();
            for tint in (1..=64).take(n_tints).map(super::super::class_color) {
                colors.insert(tint);
                colors.extend(greys().map(|grey| shades.tinted(grey, tint)));
            }
            assert!(colors.len() <= 256, "{n_tints} tints give {} colors", colors.len());
        }
    }

    #[test]
    fn a_tint_lies_over_the_grey_by_its_share() {
        let shades = Shades::of_tints(1, 0.25);
        assert_eq!(shades.tinted([0.0; 3], [200, 100, 0]), [50, 25, 0]);
        assert_eq!(shades.tinted([1.0; 3], [255, 55, 55]), [255, 205, 205]);
        assert_eq!(shades.plain([0.0, 0.25, 1.0]), [0, 65, 255]); // 16 of 63 steps
    }
}
