//! Interpolation against SciPy and scikit-image; `reference/make.py` says how the values were made.

use std::collections::BTreeMap;

use mis_core::interpolation::{LabelOrder, Order, VoxelMap, gather, gather_labels, resize, resize_labels};

type Reference = BTreeMap<String, Vec<Option<f32>>>;

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/interpolation.json")).expect("the reference is JSON")
}

fn volume<T>(shape: [usize; 3], value: impl Fn(usize, usize, usize) -> T) -> Vec<T> {
    let mut values = Vec::new();
    for i in 0..shape[0] {
        for j in 0..shape[1] {
            values.extend((0..shape[2]).map(|k| value(i, j, k)));
        }
    }
    values
}

fn hashed(shape: [usize; 3]) -> Vec<f32> {
    volume(shape, |i, j, k| ((i * 31 + j * 17 + k * 7 + i * j * k) % 23) as f32)
}

fn blocks(shape: [usize; 3]) -> Vec<u8> {
    volume(shape, |i, j, k| ((i / 2 + j / 3 + k / 2) % 3) as u8)
}

#[track_caller]
fn check(found: &[f32], expected: &[Option<f32>], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        let Some(expected) = expected else { continue };
        assert!((found - expected).abs() <= tolerance, "value {n}: expected {expected}, found {found}");
    }
}

// f32 against SciPy's f64, values up to 23; the reference is rounded to 5 digits.
const TOLERANCE: f32 = 5e-5;

#[test]
fn resizing_equals_scipy_at_all_orders() {
    let reference = reference();
    for (order, name) in [(Order::Cubic, "cubic"), (Order::Linear, "linear"), (Order::Nearest, "nearest")] {
        let mut out = vec![0.0; 7 * 3 * 9];
        resize(&hashed([4, 5, 6]), [4, 5, 6], &mut out, [7, 3, 9], order);
        check(&out, &reference[name], TOLERANCE);
    }
}

#[test]
fn resized_labels_are_those_of_nnunet_wherever_a_class_has_half_a_voxel() {
    let reference = reference();
    let labels = blocks([6, 7, 8]);
    for (name, to) in [("labels_finer", [9, 11, 10]), ("labels_coarser", [3, 5, 4])] {
        let mut out = vec![9; to.iter().product()];
        resize_labels(&labels, [6, 7, 8], &mut out, to, LabelOrder::OneHotLinear);
        let differing = out
            .iter()
            .zip(&reference[name])
            .filter(|(found, expected)| Some(f32::from(**found)) != **expected);
        // Where no class has half a voxel the reference has background.
        let (total, differing) = (out.len(), differing.collect::<Vec<_>>());
        assert!(differing.iter().all(|(_, expected)| **expected == Some(0.0)), "{name}: {differing:?}");
        assert!(differing.len() * 20 < total, "{name}: {} of {total} differ", differing.len());
    }
}

#[test]
fn thin_labels_come_out_as_in_miscnn() {
    for (labels, expected) in [
        (vec![0, 0, 1, 1, 2, 2], vec![0, 0, 0, 1, 1, 1, 2, 2, 2]),
        (vec![0, 1, 2, 0, 1, 2], vec![0, 2, 0, 2]),
    ] {
        let mut out = vec![0; expected.len()];
        resize_labels(&labels, [1, 1, 6], &mut out, [1, 1, expected.len()], LabelOrder::OneHotLinear);
        assert_eq!(out, expected);
    }
}

#[test]
fn a_constant_volume_stays_constant_up_to_its_corners() {
    for order in [Order::Nearest, Order::Linear, Order::Cubic] {
        let mut out = vec![0.0; 10 * 3 * 14];
        resize(&[-1000.0; 5 * 6 * 7], [5, 6, 7], &mut out, [10, 3, 14], order);
        // Rounding of the spline's filter in f32; the other orders are exact.
        let tolerance = if order == Order::Cubic { 2e-3 } else { 0.0 };
        check(&out, &vec![Some(-1000.0); out.len()], tolerance);
    }
}

#[test]
fn a_lattice_of_one_voxel_along_an_axis_can_be_resized() {
    for order in [Order::Nearest, Order::Linear, Order::Cubic] {
        let mut out = vec![0.0; 2 * 3 * 4];
        resize(&[7.0], [1, 1, 1], &mut out, [2, 3, 4], order);
        check(&out, &[Some(7.0); 24], 1e-5);
    }
}

/// Angles 10, -15 and 20 degrees about axes 0, 1 and 2, scale 1.1, about the center.
fn rotation(shape: [usize; 3]) -> VoxelMap {
    let [(sa, ca), (sb, cb), (sc, cc)] =
        [10.0_f64, -15.0, 20.0].map(|degrees| degrees.to_radians().sin_cos());
    let matrix = [
        [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
        [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
        [-sb, cb * sa, cb * ca],
    ];
    let center = shape.map(|n| (n - 1) as f64 / 2.0);
    VoxelMap::about(matrix.map(|row| row.map(|v| 1.1 * v)), center, center)
}

#[test]
fn gathering_equals_scipy_inside_the_image() {
    let (reference, shape) = (reference(), [7, 8, 9]);
    for (order, name) in [(Order::Cubic, "rotated_cubic"), (Order::Linear, "rotated_linear")] {
        let mut out = vec![0.0; 7 * 8 * 9];
        gather(&hashed(shape), shape, &mut out, shape, &rotation(shape), order, 0.0);
        check(&out, &reference[name], TOLERANCE);
    }
}

#[test]
fn a_part_of_a_large_image_is_gathered_as_from_the_whole() {
    // The spline is fitted to the box around the patch alone: what lies farther off has faded.
    let (shape, to) = ([60, 50, 70], [8, 8, 8]);
    let image = hashed(shape);
    let map = VoxelMap { offset: [27.0, 20.0, 30.0], ..rotation(to) };
    let mut patch = vec![0.0; 512];
    gather(&image, shape, &mut patch, to, &map, Order::Cubic, 0.0);
    let mut all = vec![0.0; image.len()];
    gather(&image, shape, &mut all, shape, &map, Order::Cubic, 0.0);
    for i in 0..8 {
        for j in 0..8 {
            let row = &all[(i * 50 + j) * 70..][..8].iter().copied().map(Some).collect::<Vec<_>>();
            check(&patch[(i * 8 + j) * 8..][..8], row, 1e-4);
        }
    }
}

#[test]
fn whole_voxel_moves_are_exact_and_the_outside_is_filled() {
    let shape = [4, 5, 6];
    let (image, labels) = (hashed(shape), blocks(shape));
    let map =
        VoxelMap { matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], offset: [1.0, -2.0, 0.0] };
    let from = |i: usize, j: usize, k: usize| {
        (i + 1 < 4 && j >= 2).then(|| ((i + 1) * 5 + j.wrapping_sub(2)) * 6 + k)
    };
    for order in [Order::Nearest, Order::Linear, Order::Cubic] {
        let mut out = vec![0.0; image.len()];
        gather(&image, shape, &mut out, shape, &map, order, -7.0);
        let expected = volume(shape, |i, j, k| Some(from(i, j, k).map_or(-7.0, |at| image[at])));
        check(&out, &expected, if order == Order::Cubic { 1e-4 } else { 0.0 });
    }
    for order in [LabelOrder::Nearest, LabelOrder::OneHotLinear] {
        let mut out = vec![9; labels.len()];
        gather_labels(&labels, shape, &mut out, shape, &map, order);
        assert_eq!(out, volume(shape, |i, j, k| from(i, j, k).map_or(0, |at| labels[at])));
    }
}
