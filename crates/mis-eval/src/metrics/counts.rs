//! How many voxels of a class two label maps share.

use mis_core::LabelMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Voxels of one class by what the prediction and the truth say of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Of the class in both.
    pub true_positives: u64,
    /// Of the class in the prediction alone.
    pub false_positives: u64,
    /// Of the class in the truth alone.
    pub false_negatives: u64,
    /// Of the class in neither.
    pub true_negatives: u64,
}

impl Counts {
    /// Voxels of the class in the prediction.
    #[must_use]
    pub fn n_prediction(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// Voxels of the class in the truth.
    #[must_use]
    pub fn n_truth(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// All voxels of the label maps but those that the truth leaves open.
    #[must_use]
    pub fn n_voxels(&self) -> u64 {
        self.n_prediction() + self.false_negatives + self.true_negatives
    }
}

/// The counts of all 256 classes that a label map can name, in one pass over both.
///
/// # Panics
/// Where the shapes differ.
#[must_use]
pub fn count(prediction: &LabelMap, truth: &LabelMap) -> Vec<Counts> {
    count_by_plane(prediction, truth).0
}

/// The counts of all classes, and the planes of prediction and truth that may hold each.
pub(crate) fn count_by_plane(
    prediction: &LabelMap,
    truth: &LabelMap,
) -> (Vec<Counts>, ClassPlanes, ClassPlanes) {
    assert_eq!(prediction.shape(), truth.shape(), "prediction and truth must have one shape");
    let [_, n_j, n_k] = truth.shape();
    let n_voxels = truth.as_slice().len() as u64;
    let planes_at_once = (TASK / (n_j * n_k)).max(1);
    let task = planes_at_once * n_j * n_k;
    let parts = prediction.as_slice().par_chunks(task).zip(truth.as_slice().par_chunks(task));
    let tallied: Vec<_> = parts
        .map(|(prediction, truth)| {
            let mut tallies = Box::new([Tally::default(); 256]);
            for (prediction, truth) in prediction.chunks(BLOCK).zip(truth.chunks(BLOCK)) {
                tally_block(prediction, truth, &mut tallies);
            }
            tallies
        })
        .collect();
    let mut sum = [Tally::default(); 256];
    for tallies in &tallied {
        sum.iter_mut().zip(tallies.iter()).for_each(|(sum, part)| sum.add(*part));
    }
    let counts = |tally: &Tally| Counts {
        true_positives: tally.both,
        false_positives: tally.prediction - tally.both,
        false_negatives: tally.truth - tally.both,
        true_negatives: n_voxels - (tally.prediction + tally.truth - tally.both),
    };
    let planes = |of: fn(&Tally) -> u64| {
        let held = tallied.iter().map(|tallies| {
            let mut held = [0_u64; 4];
            let classes = tallies.iter().enumerate().filter(|(_, tally)| of(tally) > 0);
            classes.for_each(|(class, _)| held[class / 64] |= 1 << (class % 64));
            held
        });
        ClassPlanes { planes_at_once, held: held.collect() }
    };
    (sum.iter().map(counts).collect(), planes(|tally| tally.prediction), planes(|tally| tally.truth))
}

/// Which planes of a label map may hold a class.
#[derive(Debug)]
pub(crate) struct ClassPlanes {
    planes_at_once: usize,
    /// The classes, a bit each, of so many planes at a time.
    held: Vec<[u64; 4]>,
}

impl ClassPlanes {
    /// False where no voxel of the plane is of the class.
    pub(crate) fn may_hold(&self, plane: usize, class: u8) -> bool {
        let held = &self.held[plane / self.planes_at_once];
        held[usize::from(class / 64)] >> (class % 64) & 1 == 1
    }
}

/// Voxels of one rayon task, or one plane where that is larger.
const TASK: usize = 64 * BLOCK;
/// Voxels whose classes are looked up together: few blocks hold more than one or two classes.
const BLOCK: usize = 128 * LANES;
/// Voxels compared at once; each lane counts in a byte, at most once per step of a block.
const LANES: usize = 32;

#[derive(Clone, Copy, Default)]
struct Tally {
    both: u64,
    prediction: u64,
    truth: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.both += other.both;
        self.prediction += other.prediction;
        self.truth += other.truth;
    }
}

fn tally_block(prediction: &[u8], truth: &[u8], tallies: &mut [Tally; 256]) {
    let smallest = |labels: &[u8]| labels.iter().copied().fold(u8::MAX, u8::min);
    let largest = |labels: &[u8]| labels.iter().copied().fold(0, u8::max);
    let first = smallest(prediction).min(smallest(truth));
    let last = largest(prediction).max(largest(truth));
    if first == last {
        let n = truth.len() as u64;
        tallies[first as usize].add(Tally { both: n, prediction: n, truth: n });
        return;
    }
    for class in first..=last {
        tallies[class as usize].add(tally_class(prediction, truth, class));
    }
}

fn tally_class(prediction: &[u8], truth: &[u8], class: u8) -> Tally {
    let (predictions, prediction_rest) = prediction.as_chunks::<LANES>();
    let (truths, truth_rest) = truth.as_chunks::<LANES>();
    let (mut both, mut in_prediction, mut in_truth) = ([0_u8; LANES], [0_u8; LANES], [0_u8; LANES]);
    for (prediction, truth) in predictions.iter().zip(truths) {
        for lane in 0..LANES {
            let (p, t) = (u8::from(prediction[lane] == class), u8::from(truth[lane] == class));
            both[lane] = both[lane].wrapping_add(p & t);
            in_prediction[lane] = in_prediction[lane].wrapping_add(p);
            in_truth[lane] = in_truth[lane].wrapping_add(t);
        }
    }
    let sum = |lanes: [u8; LANES]| lanes.iter().map(|&n| u64::from(n)).sum();
    let mut tally = Tally { both: sum(both), prediction: sum(in_prediction), truth: sum(in_truth) };
    for (&p, &t) in prediction_rest.iter().zip(truth_rest) {
        tally.both += u64::from(p == class && t == class);
        tally.prediction += u64::from(p == class);
        tally.truth += u64::from(t == class);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::{random, row};

    #[test]
    fn counts_are_those_of_a_voxel_by_voxel_loop() {
        for (shape, n_classes) in [([3, 50, 77], 3), ([1, 1, 5], 2), ([40, 90, 90], 5), ([2, 64, 64], 200)] {
            let (prediction, truth) = (random(shape, n_classes, 1), random(shape, n_classes, 2));
            let counts = count(&prediction, &truth);
            for class in 0..=u8::MAX {
                let mut expected = Counts::default();
                for (&p, &t) in prediction.as_slice().iter().zip(truth.as_slice()) {
                    *match (p == class, t == class) {
                        (true, true) => &mut expected.true_positives,
                        (true, false) => &mut expected.false_positives,
                        (false, true) => &mut expected.false_negatives,
                        (false, false) => &mut expected.true_negatives,
                    } += 1;
                }
                assert_eq!(counts[class as usize], expected, "class {class}");
            }
        }
    }

    #[test]
    fn a_block_of_one_class_is_counted_whole() {
        let (ones, twos) = (row(&[1; 5000]), row(&[2; 5000]));
        assert_eq!(count(&ones, &ones)[1], Counts { true_positives: 5000, ..Counts::default() });
        assert_eq!(count(&ones, &twos)[2], Counts { false_negatives: 5000, ..Counts::default() });
    }
}
