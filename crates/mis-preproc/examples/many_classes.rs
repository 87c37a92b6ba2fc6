//! A label map of 104 classes on a CT of 512 × 512 × 400 voxels, made slab by slab, and the memory that it took.
//!
//!     cargo run --release -p mis-preproc --example many_classes

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result};
use mis_core::{Affine, Geometry, Volume};
use mis_preproc::{Pad, Resample, Step, label_map};
use ndarray::Array4;

const N_CLASSES: usize = 104;
const MEMORY: usize = 512 << 20;

fn main() -> Result<()> {
    let scan = Geometry { shape: [512, 512, 400], affine: Affine::from_spacing([0.8, 0.8, 1.0]) };
    let steps: [Step; 2] = [Resample::to([2.0; 3]).into(), Pad::divisible_by([16; 3]).into()];
    let resampled = Resample::to([2.0; 3]).lattice(&scan);
    let network = Pad::divisible_by([16; 3]).lattice(&resampled);

    // A network that sees a class in each of 104 slices, and is less and less sure away from it.
    let [i, j, k] = network.shape;
    let sure = |class: usize, i: usize| 1.0 / (1.0 + (class as f32 - i as f32 / 2.0).abs());
    let probabilities = Array4::from_shape_fn((N_CLASSES, i, j, k), |(class, i, ..)| sure(class, i));
    let probabilities = Volume::new(probabilities, network.affine)?;
    let output = size_of_val(probabilities.as_slice());

    let before = high_water_mark()?;
    let start = Instant::now();
    let labels = label_map(&steps, probabilities, &[scan, resampled], MEMORY)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("network's output      {:>8} MiB, {N_CLASSES} classes on {:?}", output >> 20, network.shape);
    println!("unstreamed, it would  {:>8} MiB on the scan", (N_CLASSES * scan.n_voxels() * 4) >> 20);
    println!("on top of the output  {:>8} MiB, the label map included", (high_water_mark()? - before) >> 10);
    println!("seconds               {seconds:>8.1}");
    println!("classes found         {:>8}", 1 + labels.as_slice().iter().max().context("no voxels")?);
    Ok(())
}

/// The most memory that the process has held, in KiB.
fn high_water_mark() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status").context("this example reads Linux's /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.context("no VmHWM")?.trim().trim_end_matches(" kB").trim().parse()?)
}
