//! What a scanner sees of a phantom.

use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, Sample, SampleId, SampleRng, Volume, sample_rng};
use rand::Rng as _;

use crate::anatomy::{Anatomy, KIDNEY, TUMOR};

/// The phantom of a number: scan in whole HU and its labels, the same on every machine.
///
/// Slices come first and from the head down, as in KiTS19; the lattice differs from case to case.
pub(crate) fn phantom(case: u64) -> Sample {
    let mut rng = sample_rng(SEED, 0, case);
    let anatomy = Anatomy::draw(&mut rng);
    let (n_slices, n_pixels) = (32 + 2 * rng.random_range(0..5_usize), 74 + 2 * rng.random_range(0..8_usize));
    let shape = [n_slices, n_pixels, n_pixels];
    // A field of 340 x 340 mm over 180 mm, in steps of a tenth of a mm.
    let slice = (1800.0 / n_slices as f64).ceil() / 10.0;
    let pixel = (3400.0 / n_pixels as f64).ceil() / 10.0;
    let half = |n: usize, step: f64| step * (n - 1) as f64 / 2.0;
    let affine = Affine::new([
        [0.0, 0.0, -pixel, half(shape[2], pixel)],
        [0.0, -pixel, 0.0, half(shape[1], pixel)],
        [-slice, 0.0, 0.0, half(shape[0], slice)],
        [0.0, 0.0, 0.0, 1.0],
    ])
    .expect("a voxel has a volume");

    let mut image = Array4::zeros((1, shape[0], shape[1], shape[2]));
    let mut labels = Array3::zeros(shape);
    for (index, label) in labels.indexed_iter_mut() {
        let (hounsfield, class) = voxel(&anatomy, &affine, index.into());
        let value = (hounsfield + 15.0 * noise(&mut rng)).round().clamp(-1024.0, 3071.0);
        image[(0, index.0, index.1, index.2)] = value as f32;
        *label = class;
    }
    Sample {
        id: SampleId(format!("case_{case:05}")),
        image: Volume::new(image, affine).expect("a phantom has voxels"),
        labels: Some(LabelMap::new(labels, affine).expect("a phantom has voxels")),
    }
}

const SEED: u64 = 2021;

/// Mean HU over a voxel, and the class that most of it belongs to.
fn voxel(anatomy: &Anatomy, affine: &Affine, index: [usize; 3]) -> (f64, u8) {
    let mut sum = 0.0;
    let mut counts = [0; 3];
    for part in 0..N_PARTS * N_PARTS * N_PARTS {
        let parts = [part / (N_PARTS * N_PARTS), part / N_PARTS % N_PARTS, part % N_PARTS];
        let at = std::array::from_fn(|axis| {
            index[axis] as f64 + (parts[axis] as f64 + 0.5) / N_PARTS as f64 - 0.5
        });
        let (hounsfield, class) = anatomy.at(affine.world(at));
        sum += hounsfield;
        counts[usize::from(class)] += 1;
    }
    let n_parts = counts.iter().sum::<usize>();
    let class =
        [TUMOR, KIDNEY].into_iter().find(|&class| 2 * counts[usize::from(class)] > n_parts).unwrap_or(0);
    (sum / n_parts as f64, class)
}

/// Points per voxel along each axis.
const N_PARTS: usize = 3;

/// Noise with variance 1, near enough to a normal distribution: a sum of eight uniform draws, which needs no function
/// whose last digit differs between machines.
fn noise(rng: &mut SampleRng) -> f64 {
    let sum: u32 = (0..2)
        .map(|_| rng.random::<u64>())
        .map(|bits| (0..4).map(|part| (bits >> (16 * part)) as u32 & 0xffff).sum::<u32>())
        .sum();
    // The variance of one draw from 0..1 is 1/12.
    (f64::from(sum) / 65536.0 - 4.0) * (12.0_f64 / 8.0).sqrt()
}
