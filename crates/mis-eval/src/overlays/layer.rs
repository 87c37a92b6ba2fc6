//! What lies in color over an image.

use mis_core::IGNORE;

use super::class_color;

/// What lies in color over an image: for each voxel, by its offset in memory, no tint (0) or one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layer<'a> {
    /// The classes; their tints are the classes.
    Labels(&'a [u8]),
    /// Where a prediction and the truth agree and where not, as [`AGREEMENT`] and so on.
    Errors { prediction: &'a [u8], truth: &'a [u8] },
}

/// Both have the same foreground class.
pub(super) const AGREEMENT: u8 = 1;
/// The prediction has a class where the truth has background.
pub(super) const FALSE_POSITIVE: u8 = 2;
/// The prediction has background where the truth has a class.
pub(super) const FALSE_NEGATIVE: u8 = 3;
/// Both have a class, not the same.
pub(super) const OTHER_CLASS: u8 = 4;

/// Names and colors of the tints of errors, from [`AGREEMENT`] on: none is taken for the red and blue of the first classes.
pub(super) const ERRORS: [(&str, [u8; 3]); 4] = [
    ("true positive", [40, 200, 110]),
    ("false positive", [255, 150, 0]),
    ("false negative", [0, 205, 255]),
    ("other class", [235, 60, 220]),
];

impl Layer<'_> {
    pub(super) fn tint(&self, offset: usize) -> u8 {
        match *self {
            Self::Labels(labels) => match labels[offset] {
                IGNORE => 0,
                label => label,
            },
            Self::Errors { prediction, truth } => match (prediction[offset], truth[offset]) {
                (_, IGNORE) | (IGNORE, _) | (0, 0) => 0,
                (_, 0) => FALSE_POSITIVE,
                (0, _) => FALSE_NEGATIVE,
                (found, expected) if found == expected => AGREEMENT,
                _ => OTHER_CLASS,
            },
        }
    }

    pub(super) fn color(&self, tint: u8) -> [u8; 3] {
        match self {
            Self::Labels(_) => class_color(tint),
            Self::Errors { .. } => ERRORS[usize::from(tint - 1)].1,
        }
    }

    /// The tint of a pixel that stands for several voxels: the one that most of the tinted have, the higher of equals,
    /// however few they are, so that none is lost by making a picture smaller; agreement gives way to any error.
    pub(super) fn of_cell(&self, offsets: impl Iterator<Item = usize>) -> u8 {
        let mut tally: [(u8, u32); 8] = [(0, 0); 8];
        for offset in offsets {
            let tint = self.tint(offset);
            if tint == 0 {
                continue;
            }
            // A pixel that stands for voxels of more than eight classes forgets the ninth.
            if let Some(entry) = tally.iter_mut().find(|(known, n)| *known == tint || *n == 0) {
                *entry = (tint, entry.1 + 1);
            }
        }
        let errors = matches!(self, Self::Errors { .. });
        let weight = |&(tint, n): &(u8, u32)| (n > 0, !errors || tint != AGREEMENT, n, tint);
        tally.iter().copied().max_by_key(weight).map_or(0, |(tint, _)| tint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_what_prediction_and_truth_differ_in() {
        let prediction = [0, 1, 1, 0, 2, 2, 1, IGNORE];
        let truth = [0, 1, 0, 1, 1, 2, IGNORE, 1];
        let layer = Layer::Errors { prediction: &prediction, truth: &truth };
        let tints: Vec<_> = (0..8).map(|offset| layer.tint(offset)).collect();
        assert_eq!(tints, [0, AGREEMENT, FALSE_POSITIVE, FALSE_NEGATIVE, OTHER_CLASS, AGREEMENT, 0, 0]);
    }

    #[test]
    fn a_single_voxel_is_seen_in_the_pixel_that_stands_for_many() {
        let mut labels = vec![0; 100];
        labels[7] = 2;
        assert_eq!(Layer::Labels(&labels).of_cell(0..100), 2);
        labels[8..10].fill(1);
        assert_eq!(Layer::Labels(&labels).of_cell(0..100), 1);
        let truth = labels.clone();
        labels[50] = 1;
        let layer = Layer::Errors { prediction: &labels, truth: &truth };
        assert_eq!((layer.of_cell(0..100), layer.of_cell(0..50)), (FALSE_POSITIVE, AGREEMENT));
    }
}
