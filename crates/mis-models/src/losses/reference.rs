//! Losses on the formula input of MIScnn's reference values, and their gradients against finite differences.

use tch::{Device, Kind, Tensor};

use super::{CrossEntropy, DiceCrossEntropy, DiceOver, Loss, SoftDice, Tversky};

/// Batch 2, 3 classes, a grid of 4 × 3 or 4 × 3 × 5: labels (b + x + 2y + 3z) mod 3, logits
/// sin(1 + b + 2x + 3y + 5z + 7c).
fn reference_input(n_z: Option<i64>) -> (Tensor, Tensor) {
    let (mut logits, mut labels) = (Vec::new(), Vec::new());
    let cells =
        || (0..4).flat_map(|x| (0..3).flat_map(move |y| (0..n_z.unwrap_or(1)).map(move |z| (x, y, z))));
    for b in 0..2_i64 {
        labels.extend(cells().map(|(x, y, z)| (b + x + 2 * y + 3 * z) % 3));
        for c in 0..3 {
            logits.extend(
                cells().map(|(x, y, z)| ((1 + b + 2 * x + 3 * y + 5 * z + 7 * c) as f64).sin() as f32),
            );
        }
    }
    let space: Vec<i64> = [4, 3].into_iter().chain(n_z).collect();
    let shape = |front: &[i64]| [front, &space].concat();
    (Tensor::from_slice(&logits).reshape(shape(&[2, 3])), Tensor::from_slice(&labels).reshape(shape(&[2])))
}

#[track_caller]
fn check(loss: &dyn Loss, in_2d: f64, in_3d: f64) {
    for (n_z, expected) in [(None, in_2d), (Some(5), in_3d)] {
        let (logits, target) = reference_input(n_z);
        let value = loss.forward(&logits, &target).double_value(&[]);
        assert!((value - expected).abs() < 1e-5, "{loss:?}: expected {expected}, found {value}");
    }
}

#[test]
fn losses_have_the_values_of_miscnn() {
    check(&SoftDice::default(), 1.0 - 0.290_659, 1.0 - 0.332_616);
    check(&DiceCrossEntropy::default(), 2.009_448, 1.841_357);
    // The mean over the batch of MIScnn's value per patch.
    check(&Tversky::default(), (2.066_860 + 2.189_190) / 2.0, (1.999_077 + 2.005_226) / 2.0);
    check(&CrossEntropy {}, 2.009_448 - (1.0 - 0.290_659), 1.841_357 - (1.0 - 0.332_616));
}

#[test]
fn gradients_agree_with_finite_differences() {
    let losses: [&dyn Loss; 5] = [
        &Tversky { alpha: 0.3, beta: 0.7, smooth: 1e-6 },
        &SoftDice { over: DiceOver::Batch, ..SoftDice::foreground() },
        &SoftDice::default(),
        &CrossEntropy {},
        &DiceCrossEntropy::default(),
    ];
    for loss in losses {
        let (logits, target) = reference_input(Some(5));
        let logits = logits.set_requires_grad(true);
        loss.forward(&logits, &target).backward();
        let gradient = logits.grad();
        let _no_grad = tch::no_grad_guard();
        for index in [[0, 0, 0, 0, 0], [1, 2, 3, 2, 4], [0, 1, 2, 1, 3]] {
            // Values near 1 in f32: steps of 1e-2 leave 1e-5 of rounding in the quotient.
            let step = 1e-2;
            let nudged = |by: f64| {
                let nudge = Tensor::zeros_like(&logits);
                let place: Vec<Tensor> = index.iter().map(|&i| Tensor::from_slice(&[i])).collect();
                let place: Vec<Option<&Tensor>> = place.iter().map(Some).collect();
                let nudge = nudge.index_put(&place, &Tensor::from_slice(&[by as f32]), false);
                loss.forward(&(&logits + nudge), &target).double_value(&[])
            };
            let expected = (nudged(step) - nudged(-step)) / (2.0 * step);
            let found = gradient.double_value(&index);
            assert!(
                (found - expected).abs() < 5e-5,
                "{loss:?} at {index:?}: expected {expected}, found {found}"
            );
        }
    }
}

#[test]
fn a_patch_of_background_alone_has_a_finite_loss_and_gradient() {
    for loss in [&Tversky::default() as &dyn Loss, &DiceCrossEntropy::default(), &SoftDice::foreground()] {
        let logits =
            (Tensor::ones([1, 3, 4, 4, 4], (Kind::Float, Device::Cpu)) * 50.0).set_requires_grad(true);
        let target = Tensor::zeros([1, 4, 4, 4], (Kind::Int64, Device::Cpu));
        let value = loss.forward(&logits, &target);
        value.backward();
        assert!(value.double_value(&[]).is_finite(), "{loss:?}");
        assert!(logits.grad().isfinite().all().int64_value(&[]) == 1, "{loss:?}");
    }
}
