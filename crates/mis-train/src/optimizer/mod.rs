//! What moves the weights, with its state in the open so that it can be saved.

mod adam;
mod adam_w;
mod sgd_nesterov;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mis_models::tch::{self, Kind, Tensor};
use serde::{Deserialize, Serialize};

pub use adam::Adam;
pub use adam_w::AdamW;
pub use sgd_nesterov::SgdNesterov;

/// The optimizers that an experiment file can name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyOptimizer {
    /// Adam.
    Adam(Adam),
    /// Adam with weight decay apart from the gradient.
    AdamW(AdamW),
    /// Stochastic gradient descent with Nesterov momentum.
    SgdNesterov(SgdNesterov),
}
mis_core::named_choice!(AnyOptimizer);

impl AnyOptimizer {
    /// The learning rate that schedules start from.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Adam(adam) => adam.learning_rate,
            Self::AdamW(adam) => adam.learning_rate,
            Self::SgdNesterov(sgd) => sgd.learning_rate,
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let rate = self.learning_rate();
        ensure!(rate.is_finite() && rate > 0.0, "optimizer: learning-rate must be positive, got {rate}");
        match self {
            Self::Adam(adam) => adam.check(),
            Self::AdamW(adam) => adam.check(),
            Self::SgdNesterov(sgd) => sgd.check(),
        }
    }

    /// Names of the tensors kept per weight.
    fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::Adam(_) | Self::AdamW(_) => &["first-moment", "second-moment"],
            Self::SgdNesterov(_) => &["mean-gradient"],
        }
    }
}

impl From<Adam> for AnyOptimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl From<AdamW> for AnyOptimizer {
    fn from(adam: AdamW) -> Self {
        Self::AdamW(adam)
    }
}

impl From<SgdNesterov> for AnyOptimizer {
    fn from(sgd: SgdNesterov) -> Self {
        Self::SgdNesterov(sgd)
    }
}

/// An optimizer at work: the weights it moves, and what it remembers of each.
#[derive(Debug)]
pub(crate) struct Optimizer {
    rule: AnyOptimizer,
    weights: Vec<Weight>,
    n_steps: u64,
}

#[derive(Debug)]
struct Weight {
    name: String,
    tensor: Tensor,
    slots: Vec<Tensor>,
}

impl Optimizer {
    pub(crate) fn new(rule: &AnyOptimizer, weights: Vec<(String, Tensor)>) -> Self {
        let weight = |(name, tensor): (String, Tensor)| {
            let slots = rule.slots().iter().map(|_| tensor.zeros_like().set_requires_grad(false)).collect();
            Weight { name, tensor, slots }
        };
        Self { rule: rule.clone(), weights: weights.into_iter().map(weight).collect(), n_steps: 0 }
    }

    /// The gradient of a loss by each weight, in their order. A weight that the loss does not depend on has none.
    pub(crate) fn gradients(&self, loss: &Tensor) -> Result<Vec<Tensor>> {
        let weights: Vec<&Tensor> = self.weights().collect();
        // Unlike `backward` it neither keeps gradients between steps, to be zeroed and added to, nor copies them.
        Ok(Tensor::f_run_backward(&[loss], &weights, false, false)?)
    }

    /// The weights, in the order of their gradients.
    pub(crate) fn weights(&self) -> impl Iterator<Item = &Tensor> {
        self.weights.iter().map(|weight| &weight.tensor)
    }

    /// Moves each weight by its gradient.
    pub(crate) fn step(&mut self, gradients: Vec<Tensor>, learning_rate: f64) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        self.n_steps += 1;
        for (weight, mut gradient) in self.weights.iter_mut().zip(gradients) {
            if !gradient.defined() {
                continue;
            }
            let Weight { tensor, slots, .. } = weight;
            match &self.rule {
                AnyOptimizer::Adam(adam) => {
                    adam.step(tensor, &mut gradient, slots, self.n_steps, learning_rate)?;
                }
                AnyOptimizer::AdamW(adam) => {
                    adam.step(tensor, &mut gradient, slots, self.n_steps, learning_rate)?;
                }
                AnyOptimizer::SgdNesterov(sgd) => sgd.step(tensor, &mut gradient, slots, learning_rate)?,
            }
        }
        Ok(())
    }

    /// Steps so far.
    pub(crate) fn n_steps(&self) -> u64 {
        self.n_steps
    }

    /// What is remembered, by slot and weight.
    pub(crate) fn state(&self) -> BTreeMap<String, Tensor> {
        let names = self.rule.slots();
        let of = |weight: &Weight| -> Vec<_> {
            let named = names.iter().zip(&weight.slots);
            named.map(|(slot, tensor)| (format!("{slot}.{}", weight.name), tensor.shallow_clone())).collect()
        };
        self.weights.iter().flat_map(of).collect()
    }

    /// Takes up what was remembered after `n_steps`.
    pub(crate) fn restore(&mut self, state: &BTreeMap<String, Tensor>, n_steps: u64) -> Result<()> {
        for (name, mut own) in self.state() {
            let saved =
                state.get(&name).with_context(|| format!("checkpoint lacks the optimizer's {name}"))?;
            ensure!(saved.size() == own.size(), "optimizer's {name}: expected {:?}, found {:?}", own, saved);
            own.f_copy_(&saved.to_kind(Kind::Float))?;
        }
        self.n_steps = n_steps;
        Ok(())
    }
}

/// Scales gradients down to a common norm of at most `max_norm`; gives the norm before. One that is no number leaves
/// them as they are.
pub(crate) fn clip(gradients: &mut [Tensor], max_norm: f64) -> Result<f64> {
    let _no_grad = tch::no_grad_guard();
    let norms: Vec<Tensor> = gradients
        .iter()
        .filter(|gradient| gradient.defined())
        .map(Tensor::f_norm)
        .collect::<Result<_, _>>()?;
    if norms.is_empty() {
        return Ok(0.0);
    }
    let norm = Tensor::f_stack(&norms, 0)?.f_norm()?.f_double_value(&[])?;
    if norm > max_norm {
        for gradient in gradients.iter_mut().filter(|gradient| gradient.defined()) {
            let _ = gradient.f_mul_scalar_(max_norm / norm)?;
        }
    }
    Ok(norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_models::tch::Device;

    /// A weight of 2 numbers with the loss Σ w² / 2, whose gradient is w.
    fn steps(rule: AnyOptimizer, n: usize, max_norm: Option<f64>) -> Vec<f64> {
        let weight = Tensor::from_slice(&[3_f32, -4.0]).to_device(Device::Cpu).set_requires_grad(true);
        let mut optimizer = Optimizer::new(&rule, vec![("w".to_owned(), weight.shallow_clone())]);
        for _ in 0..n {
            let loss = weight.square().sum(Kind::Float) / 2.0;
            let mut gradients = optimizer.gradients(&loss).unwrap();
            if let Some(max_norm) = max_norm {
                clip(&mut gradients, max_norm).unwrap();
            }
            optimizer.step(gradients, rule.learning_rate()).unwrap();
        }
        Vec::<f64>::try_from(weight.detach().to_kind(Kind::Double)).unwrap()
    }

    #[track_caller]
    fn check(found: &[f64], expected: &[f64]) {
        // A few roundings of f32.
        assert!(
            found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-5),
            "{found:?}, expected {expected:?}"
        );
    }

    #[test]
    fn nesterov_momentum_follows_its_formula() {
        let (rate, mu, lambda) = (0.1, 0.9, 0.01);
        let rule = SgdNesterov { learning_rate: rate, momentum: mu, weight_decay: lambda };
        for (max_norm, factor) in [(None, [1.0, 1.0, 1.0]), (Some(2.5), [0.5, f64::NAN, f64::NAN])] {
            let (mut w, mut b) = ([3.0_f64, -4.0], [0.0_f64; 2]);
            for n in 1..=3 {
                let norm = (w[0] * w[0] + w[1] * w[1]).sqrt();
                let scale = max_norm.map_or(1.0, |max: f64| (max / norm).min(1.0));
                assert!(factor[n - 1].is_nan() || (scale - factor[n - 1]).abs() < 1e-12);
                for (w, b) in w.iter_mut().zip(&mut b) {
                    let g = scale * *w + lambda * *w;
                    *b = mu * *b + g;
                    *w -= rate * (g + mu * *b);
                }
                check(&steps(rule.clone().into(), n, max_norm), &w);
            }
        }
    }

    #[test]
    fn adam_moves_by_its_rate_at_first() {
        let adam = Adam { learning_rate: 0.1, ..Adam::default() };
        check(&steps(adam.into(), 1, None), &[2.9, -3.9]);
    }

    #[test]
    fn decay_takes_its_fraction_of_a_weight_and_leaves_the_gradient() {
        let (rate, decay) = (0.1, 0.5);
        let (adam_w, adam) = (
            AdamW { learning_rate: rate, weight_decay: decay, ..AdamW::default() },
            Adam { learning_rate: rate, epsilon: 1e-8, ..Adam::default() },
        );
        let moved = steps(adam.into(), 1, None);
        let expected: Vec<f64> =
            [3.0, -4.0].iter().zip(moved).map(|(w, moved)| moved - rate * decay * w).collect();
        check(&steps(adam_w.into(), 1, None), &expected);
    }

    #[test]
    fn momentum_of_one_or_more_is_an_error() {
        let error = AnyOptimizer::from(SgdNesterov { momentum: 1.0, ..SgdNesterov::default() }).check();
        assert_eq!(error.unwrap_err().to_string(), "sgd-nesterov: momentum must be in [0, 1), got 1");
    }
}
