//! Elastic deformation.

use anyhow::{Result, ensure};
use mis_core::interpolation::Displacement;
use mis_core::{SampleRng, sample_rng};
use ndarray::Array1;
use ndarray_rand::RandomExt as _;
use rand::Rng as _;
use rand_distr::Uniform;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::factor::{check_range, uniform};

/// A random smooth field of displacements: white noise, smoothed by a Gaussian.
///
/// Along each axis it is noise, uniform from −1 to 1 in each voxel, convolved with a Gaussian of standard deviation σ,
/// times the strength (Simard et al. 2003). It is made on a lattice of nodes about σ/2.25 voxels apart: noise there,
/// smoothed by a sampled Gaussian of variance σ² − step²/3, are the coefficients of a cubic B-spline, which adds the
/// missing step²/3. Deviation and correlation, `exp(−d²/4σ²)` at a distance `d`, are those of the dense field within a
/// few percent, up to the border of the patch, where dense fields with a border of zeros fade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Elastic {
    /// Lowest and highest σ, in voxels; the same along all axes.
    pub sigma: [f32; 2],
    /// How strong it is.
    pub strength: Strength,
}

/// How strong an elastic deformation is; the two numbers are the lowest and the highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// The factor α of batchgenerators and MIScnn on the smoothed noise. In 3-D the displacement has a deviation of
    /// `α·√⅓·(2√π·σ)^(−3/2)` voxels: 2.1 at α = 900 and σ = 11. In slices the power is −1.
    Alpha([f32; 2]),
    /// The largest displacement along any axis, in voxels, measured at the field's nodes (batchgeneratorsv2, for all
    /// axes together).
    Largest([f32; 2]),
}

impl Default for Elastic {
    /// MIScnn's: σ 9 to 13 voxels, α 0 to 900.
    fn default() -> Self {
        Self { sigma: [9.0, 13.0], strength: Strength::Alpha([0.0, 900.0]) }
    }
}

/// One draw of [`Elastic`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElasticDraw {
    /// Standard deviation of the Gaussian, 1 voxel or more.
    pub sigma: f32,
    /// The strength, of one value.
    pub strength: Strength,
    /// What the noise is made from.
    pub seed: u64,
}

impl Elastic {
    /// The deformation of one patch.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> ElasticDraw {
        let sigma = uniform(self.sigma, rng);
        let strength = match self.strength {
            Strength::Alpha(range) => Strength::Alpha([uniform(range, rng); 2]),
            Strength::Largest(range) => Strength::Largest([uniform(range, rng); 2]),
        };
        ElasticDraw { sigma, strength, seed: rng.random() }
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)?;
        ensure!(self.sigma[0] >= 1.0, "sigma must be 1 voxel or more, got {}", self.sigma[0]);
        match self.strength {
            Strength::Alpha(range) => check_range("alpha", range),
            Strength::Largest(range) => check_range("largest", range),
        }
    }
}

impl ElasticDraw {
    /// The field for a patch of this shape; with an axis across its slices all slices move alike, within their plane.
    #[must_use]
    pub fn displacement(&self, shape: [usize; 3], across: Option<usize>) -> Displacement {
        let step = ((self.sigma / 2.25) as usize).max(1);
        // One node for each slice would be more than a field that is the same in all slices has.
        let steps = std::array::from_fn(|axis| if Some(axis) == across { shape[axis] } else { step });
        let nodes = Displacement::nodes(shape, steps);
        let sigma = f64::from(self.sigma) / step as f64;
        let kernel = kernel((sigma * sigma - 1.0 / 3.0).sqrt());
        let n_axes = if across.is_some() { 2 } else { 3 };
        let mut coefficients: [Vec<f32>; 3] = [(); 3].map(|()| vec![0.0; nodes.iter().product()]);
        coefficients
            .par_iter_mut()
            .enumerate()
            .filter(|(axis, _)| Some(*axis) != across)
            .for_each(|(axis, out)| *out = smooth_noise(self.seed, axis as u64, nodes, across, &kernel));
        let factor = match self.strength {
            // A node stands for step^n_axes voxels, whose noise would average out by the root of their number.
            Strength::Alpha([alpha, _]) => alpha * (step as f32).powi(n_axes).sqrt().recip(),
            Strength::Largest([largest, _]) => {
                let found = coefficients.iter().flatten().fold(0.0_f32, |most, v| most.max(v.abs()));
                largest / found.max(f32::MIN_POSITIVE)
            }
        };
        coefficients.iter_mut().flatten().for_each(|v| *v *= factor);
        Displacement::new(shape, steps, coefficients)
    }
}

/// Noise of the nodes and of those around them that the kernel reaches, smoothed along all axes but `across`.
fn smooth_noise(seed: u64, axis: u64, nodes: [usize; 3], across: Option<usize>, kernel: &[f32]) -> Vec<f32> {
    let more = kernel.len() - 1;
    let mut shape: [usize; 3] =
        std::array::from_fn(|axis| if Some(axis) == across { 1 } else { nodes[axis] + more });
    let noise = Uniform::new_inclusive(-1.0_f32, 1.0).expect("a range");
    let mut rng = sample_rng(seed, 0, axis);
    let mut values = Array1::random_using(shape.iter().product::<usize>(), noise, &mut rng).to_vec();
    for axis in (0..3).filter(|&axis| Some(axis) != across) {
        let stride: usize = shape[axis + 1..].iter().product();
        let (from, to) = (shape[axis] * stride, nodes[axis] * stride);
        let mut smooth = vec![0.0; values.len() / from * to];
        for (out, values) in smooth.chunks_exact_mut(to).zip(values.chunks_exact(from)) {
            for (tap, weight) in kernel.iter().enumerate() {
                for (out, value) in out.iter_mut().zip(&values[tap * stride..]) {
                    *out += weight * value;
                }
            }
        }
        values = smooth;
        shape[axis] = nodes[axis];
    }
    if let Some(across) = across {
        let run: usize = nodes[across + 1..].iter().product();
        values = values.chunks_exact(run).flat_map(|run| run.repeat(nodes[across])).collect();
    }
    values
}

/// A sampled Gaussian that sums to 1 and reaches 4 σ to either side.
fn kernel(sigma: f64) -> Vec<f32> {
    let reach = (4.0 * sigma).ceil() as i32;
    let weights: Vec<f64> =
        (-reach..=reach).map(|at| (-0.5 * (f64::from(at) / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}
