//! A loss of your own: cross-entropy plus what the probabilities differ by between neighbours, so that predictions
//! become smooth.

use std::sync::Arc;

use mis::models::tch::{Device, Kind, Tensor};
use mis::models::{AnyLoss, CrossEntropy, DeepSupervision, Loss};

#[derive(Debug)]
struct Smooth {
    weight: f64,
}

impl Loss for Smooth {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let p = logits.softmax(1, Kind::Float); // (batch, class, i, j[, k])
        let last = p.size()[2] - 1;
        let step = p.narrow(2, 1, last) - p.narrow(2, 0, last);
        CrossEntropy::default().forward(logits, target) + step.abs().mean(Kind::Float) * self.weight
    }
}

fn main() {
    // What `Experiment::on(…).loss(…)` takes; it can stand wherever a loss can, such as under deep supervision.
    let loss = AnyLoss::Custom(Arc::new(Smooth { weight: 0.1 }));
    let logits = Tensor::randn([1, 2, 8, 8, 8], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let target = Tensor::zeros([1, 8, 8, 8], (Kind::Int64, Device::Cpu));
    let value = DeepSupervision::of(loss).forward(&logits, &target);
    value.backward();
    assert!(value.double_value(&[]).is_finite() && logits.grad().defined());
}
