//! Elastic fields against the theory of smoothed noise.

use mis_augment::{Elastic, ElasticDraw, Spatial, SpatialDraw, Strength};
use mis_core::interpolation::{Order, VoxelMap, Warp, gather};
use mis_core::{Affine, PatchLocation, Sample, Volume, sample_rng};
use ndarray::{Array3, Array4};

/// The displacements of a field along i, read as the places of an image whose values are its places.
fn displacement(draw: &ElasticDraw, shape: [usize; 3], across: Option<usize>, axis: usize) -> Array3<f32> {
    let field = draw.displacement(shape, across);
    const MARGIN: usize = 16;
    let wide = shape.map(|n| n + 2 * MARGIN);
    let ramp = Array3::from_shape_fn(wide, |(i, j, k)| [i, j, k][axis] as f32);
    let map =
        VoxelMap { matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], offset: [MARGIN as f64; 3] };
    let warp = Warp { map, displacement: Some(&field) };
    let mut out = vec![0.0; shape.iter().product()];
    gather(ramp.as_slice().expect("standard layout"), wide, &mut out, shape, warp, Order::Linear, f32::NAN);
    let places = Array3::from_shape_vec(shape, out).expect("one value per voxel");
    Array3::from_shape_fn(shape, |(i, j, k)| places[(i, j, k)] - ([i, j, k][axis] + MARGIN) as f32)
}

#[test]
fn deviation_and_correlation_are_those_of_smoothed_noise() {
    let (sigma, alpha, shape) = (4.6_f32, 100.0_f32, [48, 40, 44]);
    let spread = 2.0 * std::f64::consts::PI.sqrt() * f64::from(sigma);
    let expected_sd = f64::from(alpha) * (1.0_f64 / 3.0).sqrt() / spread.powf(1.5);
    let (mut squares, mut n) = (0.0, 0.0);
    let distances = [2, 5, 9];
    let mut products = [0.0; 3];
    for seed in 0..200 {
        let draw = ElasticDraw { sigma, strength: Strength::Alpha([alpha; 2]), seed };
        let field = displacement(&draw, shape, None, seed as usize % 3);
        for ((i, j, k), &value) in field.indexed_iter() {
            if i + 9 >= shape[0] || (i + j + k) % 3 != 0 {
                continue;
            }
            squares += f64::from(value).powi(2);
            n += 1.0;
            for (product, distance) in products.iter_mut().zip(distances) {
                *product += f64::from(value) * f64::from(field[(i + distance, j, k)]);
            }
        }
    }
    // A patch holds some 20 independent places, 200 of them 4000: 5 % is more than four standard errors.
    let sd = f64::sqrt(squares / n);
    assert!((sd / expected_sd - 1.0).abs() < 0.05, "deviation {sd}, expected {expected_sd}");
    for (product, distance) in products.iter().zip(distances) {
        let expected = (-(distance as f64).powi(2) / (4.0 * f64::from(sigma).powi(2))).exp();
        let found = product / squares;
        assert!((found - expected).abs() < 0.05, "correlation {found} at {distance}, expected {expected}");
    }
}

#[test]
fn the_largest_displacement_is_the_one_asked_for() {
    let shape = [40, 36, 44];
    for seed in 0..5 {
        let draw = ElasticDraw { sigma: 9.0, strength: Strength::Largest([7.0; 2]), seed };
        let largest = (0..3)
            .flat_map(|axis| displacement(&draw, shape, None, axis).into_iter().map(f32::abs))
            .fold(0.0, f32::max);
        // Nodes, where it is measured, lie up to one step outside the patch, and splines smooth their coefficients.
        assert!((3.5..=7.0).contains(&largest), "{largest}");
    }
}

#[test]
fn slices_move_alike_within_their_plane() {
    let shape = [6, 40, 44];
    let draw = ElasticDraw { sigma: 9.0, strength: Strength::Alpha([100.0; 2]), seed: 3 };
    assert!(displacement(&draw, shape, Some(0), 0).iter().all(|&value| value == 0.0));
    for axis in [1, 2] {
        let field = displacement(&draw, shape, Some(0), axis);
        assert!(field.iter().any(|value| value.abs() > 0.5), "slices move");
        for ((_, j, k), value) in field.indexed_iter() {
            assert!((value - field[(0, j, k)]).abs() < 1e-4); // f32 places up to 170
        }
    }
}

#[test]
fn a_bent_patch_is_read_from_the_scan_around_it() {
    // Constant but for what lies far outside the patch's reach: nothing of that comes in, and no border is seen.
    let data = Array4::from_shape_fn((1, 80, 80, 80), |(_, i, j, k)| {
        if [i, j, k].iter().all(|at| (15..65).contains(at)) { 1.0 } else { 5.0 }
    });
    let image = Volume::new(data, Affine::from_spacing([1.0; 3])).expect("a volume");
    let scan = Sample { id: "a".into(), image, labels: None };
    let elastic = Elastic { sigma: [9.0, 13.0], strength: Strength::Largest([5.0, 10.0]) };
    let spatial = Spatial { elastic, elastic_p: 1.0, rotation_p: 0.0, scale_p: 0.0, ..Spatial::default() };
    let at = PatchLocation { start: [26; 3], shape: [28; 3] };
    for order in [Order::Linear, Order::Cubic] {
        let spatial = Spatial { image: order, ..spatial };
        let draw = spatial.draw(at.shape, &mut sample_rng(1, 0, 0));
        assert_ne!(draw, SpatialDraw::IDENTITY);
        let patch = spatial.apply_drawn(&scan, &at, &draw);
        assert!(patch.image.as_slice().iter().all(|value| (value - 1.0).abs() < 1e-3));
    }
}
