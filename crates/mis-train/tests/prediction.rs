//! What a sliding window says of a scan: the same whole and plane by plane, and of its mirror images.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use mis_core::ndarray::{Array4, Axis, s};
use mis_core::{Affine, Volume, sample_rng};
use mis_models::tch::{self, Device};
use mis_models::{Dims, Model, ModelSpec, Norm, UNet};
use mis_patch::{MergeWeights, PatchGrid, Placement};
use mis_train::{MirroredViews, SlidingWindow, predict, predict_mean, predict_planes};
use rand::Rng as _;

fn network(seed: u64) -> Model {
    tch::set_num_threads(1);
    let unet = UNet { depth: 2, base_channels: 4, norm: Norm::Instance, ..UNet::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    Model::build(&unet, spec, Device::Cpu, seed).unwrap()
}

fn scan(shape: [usize; 3]) -> Volume {
    let rng = &mut sample_rng(8, 0, 0);
    let [i, j, k] = shape;
    let data = Array4::from_shape_simple_fn((1, i, j, k), || rng.random_range(-1.0_f32..1.0));
    Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap()
}

#[test]
fn planes_shown_on_the_way_are_those_of_the_whole_prediction() {
    let (one, other) = (network(1), network(2));
    let image = scan([27, 10, 12]);
    for (overlap, batch_size, n_kept) in [(0, 1, 0), (4, 2, 3), (6, 5, 40)] {
        let grid = PatchGrid { patch_size: [8; 3], overlap: [overlap, 2, 2] };
        let window = SlidingWindow { batch_size, ..SlidingWindow::over(grid) };
        let whole = predict_mean(&[&one, &other], &image, &window).unwrap();
        let mut taken = Array4::from_elem(whole.data().dim(), f32::NAN);
        predict_planes(&[&one, &other], &image, &window, &mut |planes| {
            let end = planes.first + planes.values.len_of(Axis(1));
            taken.slice_mut(s![.., planes.first..end, .., ..]).assign(&planes.values);
            end.saturating_sub(n_kept)
        })
        .unwrap();
        assert_eq!(taken.view(), whole.data());
    }
}

#[test]
fn all_mirror_images_of_a_patch_together_know_no_side() {
    let network = network(3);
    let image = scan([12, 8, 10]);
    // Patches stand where those of the mirrored scan do.
    let grid = PatchGrid { patch_size: [8; 3], overlap: [4, 0, 6] };
    let window = SlidingWindow {
        merge: MergeWeights::Mean,
        placement: Placement::EvenlySpread,
        ..SlidingWindow::over(grid)
    };
    let largest_difference = |window: &SlidingWindow, axis: usize| {
        let flipped = |volume: &Volume| {
            let mut data = volume.data();
            data.invert_axis(Axis(axis + 1));
            Volume::new(data.as_standard_layout().into_owned(), volume.affine()).unwrap()
        };
        let straight = flipped(&predict(&network, &image, window).unwrap());
        let mirrored = predict(&network, &flipped(&image), window).unwrap();
        let pairs = straight.as_slice().iter().zip(mirrored.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let mirrors = [[true, false, true], [true; 3]].map(|axes| MirroredViews { axes });
    for mirror in mirrors {
        let window = SlidingWindow { mirror, ..window.clone() };
        for axis in 0..3 {
            let difference = largest_difference(&window, axis);
            assert_eq!(difference < 1e-5, mirror.axes[axis], "{mirror:?}, axis {axis}: {difference}");
        }
    }
}
