//! Fixed parameters against batchgeneratorsv2; `data-fixtures/augment_reference.py` says how the values were made.

use mis_augment::{Contrast, Gamma, GaussianBlur, Spatial, SpatialDraw};
use mis_core::interpolation::{Displacement, LabelOrder, Order, VoxelMap, Warp, gather, gather_labels};
use mis_core::{Affine, LabelMap, PatchLocation, Sample, Volume};
use ndarray::{Array3, Array4, s};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    shape: [usize; 3],
    rotation: Moved,
    elastic: Moved,
    gamma: Vec<Option<f32>>,
    gamma_inverted: Vec<Option<f32>>,
    contrast: Vec<Option<f32>>,
    contrast_in_range: Vec<Option<f32>>,
    blur: Vec<Option<f32>>,
}

#[derive(Deserialize)]
struct Moved {
    image: Vec<Option<f32>>,
    labels: String,
    #[serde(default)]
    step: usize,
    #[serde(default)]
    coefficients: Vec<Vec<f32>>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../../data-fixtures/augment_reference.json"))
        .expect("the reference is JSON")
}

fn sample([n_i, n_j, n_k]: [usize; 3]) -> Sample {
    let affine = Affine::from_spacing([1.0; 3]);
    let image = Array4::from_shape_fn((1, n_i, n_j, n_k), |(_, i, j, k)| {
        ((i * 31 + j * 17 + k * 7 + i * j * k) % 23) as f32
    });
    let labels = Array3::from_shape_fn((n_i, n_j, n_k), |(i, j, k)| ((i / 5 + j / 6 + k / 7) % 3) as u8);
    Sample {
        id: "a".into(),
        image: Volume::new(image, affine).expect("a volume"),
        labels: Some(LabelMap::new(labels, affine).expect("a label map")),
    }
}

/// The first planes, which the intensity transforms saw.
fn planes(shape: [usize; 3]) -> Sample {
    let Sample { id, image, .. } = sample(shape);
    let data = image.data().slice(s![.., ..6, .., ..]).to_owned();
    Sample { id, image: Volume::new(data, image.affine()).expect("a volume"), labels: None }
}

#[track_caller]
fn check(found: &[f32], expected: &[Option<f32>], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    let known = expected.iter().filter(|value| value.is_some()).count();
    assert!(known > 500, "only {known} values are known");
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        let Some(expected) = expected else { continue };
        assert!((found - expected).abs() <= tolerance, "value {n}: expected {expected}, found {found}");
    }
}

/// Where two classes have as good as the same share, either may win.
#[track_caller]
fn check_labels(found: &[u8], expected: &str, n_ties: usize) {
    assert_eq!(found.len(), expected.len());
    let known = found.iter().zip(expected.bytes()).filter(|(_, expected)| *expected != b'-');
    let differing = known.filter(|(found, expected)| **found != expected - b'0').count();
    assert!(differing <= n_ties, "{differing} labels differ");
}

#[test]
fn a_rotation_with_a_scale_is_batchgenerators() {
    let Reference { shape, rotation, .. } = reference();
    let draw = SpatialDraw { degrees: [10.0, -15.0, 20.0], scale: [1.1; 3], ..SpatialDraw::IDENTITY };
    let turned = Spatial::default().apply_drawn(&sample(shape), &PatchLocation::whole(shape), &draw);
    // Places in f32, off by up to 1e-6 in grid_sample's −1 to 1, times differences of 22 between voxels.
    check(turned.image.as_slice(), &rotation.image, 1e-3);
    check_labels(turned.labels.expect("labels").as_slice(), &rotation.labels, 2);
}

#[test]
fn an_elastic_field_moves_image_and_labels_as_batchgenerators_does() {
    let Reference { shape, elastic, .. } = reference();
    let coefficients = elastic.coefficients.try_into().expect("three axes");
    let field = Displacement::new(shape, [elastic.step; 3], coefficients);
    let map = VoxelMap::about([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0.0; 3], [0.0; 3]);
    let warp = Warp { map, displacement: Some(&field) };
    let sample = sample(shape);
    let mut bent = vec![0.0; shape.iter().product()];
    gather(sample.image.as_slice(), shape, &mut bent, shape, warp, Order::Linear, 0.0);
    // The dense field, smoothed by σ = 6 voxels, and the spline through each second voxel of it differ by up to 7e-4
    // voxels along each axis, over which this image changes by up to 22 a voxel.
    check(&bent, &elastic.image, 0.045);
    let mut labels = vec![0; bent.len()];
    let source = sample.labels.expect("labels");
    gather_labels(source.as_slice(), shape, &mut labels, shape, warp, LabelOrder::OneHotLinear);
    check_labels(&labels, &elastic.labels, 5);
}

#[test]
fn gamma_is_batchgenerators() {
    let reference = reference();
    for (invert, expected) in [(false, &reference.gamma), (true, &reference.gamma_inverted)] {
        let gamma = Gamma { invert, ..Gamma::default() };
        // Its deviation is the sample's, ours the population's; the ratio of before and after is the same.
        check(gamma.apply_drawn(planes(reference.shape), &[1.3]).image.as_slice(), expected, 1e-4);
    }
}

#[test]
fn contrast_is_batchgenerators() {
    let reference = reference();
    for (preserve_range, expected) in [(false, &reference.contrast), (true, &reference.contrast_in_range)] {
        let contrast = Contrast { preserve_range, ..Contrast::default() };
        check(contrast.apply_drawn(planes(reference.shape), &[1.2]).image.as_slice(), expected, 2e-5); // f32 rounding
    }
}

#[test]
fn blur_is_batchgenerators() {
    let reference = reference();
    let blurred = GaussianBlur::default().apply_drawn(planes(reference.shape), &[Some([0.6, 0.8, 1.0])]);
    // Our kernel ends at 4 σ: 4e-6 of 22 are missing on each of six sides.
    check(blurred.image.as_slice(), &reference.blur, 1e-3);
}
