//! What moves the weights, with its state in the open so that it can be saved.

mod adam;
mod sgd_nesterov;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mis_models::tch::{self, Kind, Tensor};
use serde::{Deserialize, Serialize};

pub use adam::Adam;
pub use sgd_nesterov::SgdNesterov;

/// The optimizers that an experiment file can name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyOptimizer {
    /// Adam, with decoupled weight decay AdamW.
    Adam(Adam),
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
            Self::SgdNesterov(sgd) => sgd.learning_rate,
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let rate = self.learning_rate();
        ensure!(rate.is_finite() && rate > 0.0, "optimizer: learning-rate must be positive, got {rate}");
        Ok(())
    }

    /// Names of the tensors kept per weight.
    fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::Adam(_) => &["first-moment", "second-moment"],
            Self::SgdNesterov(_) => &["momentum"],
        }
    }
}

impl From<Adam> for AnyOptimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
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

    pub(crate) fn zero_gradients(&mut self) {
        for weight in &mut self.weights {
            weight.tensor.zero_grad();
        }
    }

    /// Scales all gradients down to a common norm of at most `max_norm`.
    pub(crate) fn clip_gradients(&mut self, max_norm: f64) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let norms: Vec<Tensor> = self
            .weights
            .iter()
            .map(|weight| weight.tensor.grad())
            .filter(Tensor::defined)
            .map(|g| g.norm())
            .collect();
        if norms.is_empty() {
            return Ok(());
        }
        let norm = Tensor::f_stack(&norms, 0)?.norm().f_double_value(&[])?;
        if norm > max_norm {
            for weight in &self.weights {
                let mut gradient = weight.tensor.grad();
                if gradient.defined() {
                    let _ = gradient.f_mul_scalar_(max_norm / norm)?;
                }
            }
        }
        Ok(())
    }

    /// Moves each weight by its gradient.
    pub(crate) fn step(&mut self, learning_rate: f64) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        self.n_steps += 1;
        for weight in &mut self.weights {
            let gradient = weight.tensor.grad();
            if gradient.defined() {
                match &self.rule {
                    AnyOptimizer::Adam(adam) => {
                        adam.step(
                            &mut weight.tensor,
                            &gradient,
                            &mut weight.slots,
                            self.n_steps,
                            learning_rate,
                        )?;
                    }
                    AnyOptimizer::SgdNesterov(sgd) => {
                        sgd.step(&mut weight.tensor, &gradient, &mut weight.slots, learning_rate)?;
                    }
                }
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
