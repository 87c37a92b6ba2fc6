//! CT scans simulated on real KiTS19 masks: real shapes and lattices where the images themselves cannot be had.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use mis::core::ndarray::Array4;
use mis::core::{LabelMap, SampleId, Volume, interpolation, sample_rng};
use mis::io::nifti::{self, VoxelType};
use rand::RngCore as _;

/// Standard deviation of a scanner's noise, in HU.
const NOISE: f32 = 15.0;

/// Makes `out/case_00000/imaging.nii.gz` for each `masks/case_00000/segmentation.nii.gz`, with the mask beside it; scans
/// that are there already are kept. Gives the number of cases, and tells of each scan that is made.
///
/// A voxel's value is its tissue's, blurred as by a scanner, plus noise; every scan follows from its mask and name alone.
/// It is no patient's image: Dice on it says that the pipeline works on the real lattices, not how good it is on CT.
pub fn simulate(masks: &Path, out: &Path, tell: impl Fn(&SampleId)) -> Result<usize> {
    let mut names = Vec::new();
    for entry in fs::read_dir(masks).with_context(|| format!("cannot read {}", masks.display()))? {
        let entry = entry?;
        if entry.path().join(MASK).is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "expected folders with {MASK} in {}, found none", masks.display());
    names.sort();
    for name in &names {
        let id = SampleId(name.clone());
        let (mask, case) = (masks.join(name).join(MASK), out.join(name));
        if case.join(IMAGE).is_file() && case.join(MASK).is_file() {
            continue;
        }
        tell(&id);
        let make = || -> Result<()> {
            let header = nifti::read_header(&mask)?;
            let labels = nifti::read_labels(&mask, None)?;
            nifti::write_labels(&case.join(MASK), &labels, Some(&header))?;
            let scan = ct(&labels, seed_of(name))?;
            nifti::write_volume_as(&case.join(IMAGE), &scan, Some(&header), VoxelType::I16)
        };
        make().with_context(|| name.clone())?;
    }
    Ok(names.len())
}

const IMAGE: &str = "imaging.nii.gz";
const MASK: &str = "segmentation.nii.gz";

/// The seed of a case's noise.
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// A scan for a mask with the slices along i: 1 is kidney, 2 is tumor.
fn ct(labels: &LabelMap, seed: u64) -> Result<Volume> {
    let shape @ [n_i, n_j, n_k] = labels.shape();
    let mut values = Vec::with_capacity(n_i * n_j * n_k);
    for (i, slice) in labels.as_slice().chunks_exact(n_j * n_k).enumerate() {
        let along = i as f32 / n_i as f32;
        values.extend(slice.iter().enumerate().map(|(at, &label)| match label {
            0 => around(along, (at / n_k) as f32 / n_j as f32, (at % n_k) as f32 / n_k as f32),
            1 => 175.0,
            _ => 95.0,
        }));
    }
    let mut values = interpolation::gaussian(&values, shape, [0.3, 0.7, 0.7]);
    for (slice, n) in values.chunks_exact_mut(n_j * n_k).zip(0..) {
        let mut rng = sample_rng(seed, 0, n);
        for value in slice {
            // The sum of four bytes: nearly normal, and the same on every machine.
            let sum: u32 = rng.next_u32().to_le_bytes().map(u32::from).iter().sum();
            *value = (*value + NOISE * (sum as f32 - 510.0) / 147.8).round().clamp(-1024.0, 3071.0);
        }
    }
    Volume::new(Array4::from_shape_vec((1, n_i, n_j, n_k), values)?, labels.affine())
}

/// HU of the tissue around the kidneys, at a place in the scan from 0 to 1 along each axis; rows run to the back.
fn around(along: f32, row: f32, column: f32) -> f32 {
    let inside = |middle: (f32, f32), radius: (f32, f32)| {
        ((row - middle.0) / radius.0).powi(2) + ((column - middle.1) / radius.1).powi(2) <= 1.0
    };
    let wave = (23.0 * row + 11.0 * along).sin() * (19.0 * column - 7.0 * along).sin();
    if !inside((0.51, 0.5), (0.33, 0.43)) {
        -1000.0 // air
    } else if inside((0.67, 0.5), (0.05, 0.055)) {
        if inside((0.67, 0.5), (0.042, 0.046)) { 260.0 } else { 600.0 } // vertebra
    } else if inside((0.585, 0.525), (0.024, 0.024)) {
        180.0 // aorta
    } else if !inside((0.51, 0.5), (0.28, 0.38)) {
        -100.0 // fat under the skin
    } else if inside((0.42, 0.28), (0.17, 0.15)) && along < 0.6 {
        110.0 // liver
    } else if inside((0.5, 0.76), (0.09, 0.07)) && along < 0.5 {
        120.0 // spleen
    } else if row > 0.6 {
        55.0 // muscle
    } else if wave > 0.3 {
        if wave > 0.9 { -850.0 } else { 35.0 } // bowel, and gas in it
    } else {
        -90.0 // fat among the organs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis::core::Affine;
    use mis::core::ndarray::Array3;

    #[test]
    fn a_scan_has_its_masks_lattice_its_tissues_values_and_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let (masks, out) = (folder.path().join("masks"), folder.path().join("out"));
        let inside = |at: usize| (20..30).contains(&at);
        let labels = Array3::from_shape_fn((8, 64, 64), |(_, j, k)| match (inside(j), k) {
            (true, 10..20) => 1,
            (true, 40..50) => 2,
            _ => 0,
        });
        let labels = LabelMap::new(labels, Affine::from_spacing([3.0, 0.8, 0.8])).unwrap();
        nifti::write_labels(&masks.join("case_00004").join(MASK), &labels, None).unwrap();
        let made = std::cell::Cell::new(0);
        for _ in 0..2 {
            assert_eq!(simulate(&masks, &out, |_| made.set(made.get() + 1)).unwrap(), 1);
        }
        assert_eq!(made.get(), 1);

        let scan = nifti::read_image(&out.join("case_00004").join(IMAGE)).unwrap();
        assert!(scan.geometry().check_same(&labels.geometry()).is_ok());
        let mean = |class: u8| {
            let of = labels.as_slice().iter().zip(scan.as_slice()).filter(|(label, _)| **label == class);
            let (n, sum) = of.fold((0.0, 0.0), |(n, sum), (_, value)| (n + 1.0, sum + value));
            sum / n
        };
        assert!(
            (130.0..185.0).contains(&mean(1)) && (70.0..110.0).contains(&mean(2)),
            "{} {}",
            mean(1),
            mean(2)
        );
        assert!(mean(0) < -400.0);
        let again = ct(&labels, seed_of("case_00004")).unwrap();
        assert_eq!(scan.as_slice(), again.as_slice(), "it is a function of its name");
    }
}
