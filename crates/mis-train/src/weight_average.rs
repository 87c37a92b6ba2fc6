//! The mean of the weights over the last steps.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mis_models::tch::{self, Tensor};
use serde::{Deserialize, Serialize};

/// Validates and predicts with an exponential moving average of the weights, which is steadier than the weights of any
/// one step (Polyak & Juditsky 1992); training itself goes on with the weights as they are.
///
/// After step n (from 1) each weight and running statistic is taken up as `a ← d a + (1 − d) w` with
/// `d = min(decay, n / (n + 9))`, so that the first steps are soon forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightAverage {
    /// Memory of the average: about 1 / (1 − decay) steps.
    pub decay: f64,
}

impl Default for WeightAverage {
    fn default() -> Self {
        Self { decay: 0.999 }
    }
}

impl WeightAverage {
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(
            (0.0..1.0).contains(&self.decay),
            "train: average: decay must be in [0, 1), got {}",
            self.decay
        );
        Ok(())
    }
}

/// An average at work, beside the tensors that it is of.
#[derive(Debug)]
pub(crate) struct Averaged {
    rule: WeightAverage,
    tensors: Vec<(String, Pair)>,
}

#[derive(Debug)]
struct Pair {
    /// The model's own tensor.
    own: Tensor,
    other: Tensor,
}

impl Averaged {
    /// Begins with the weights as they are.
    pub(crate) fn new(rule: WeightAverage, variables: BTreeMap<String, Tensor>) -> Self {
        let _no_grad = tch::no_grad_guard();
        let pair = |(name, own): (String, Tensor)| {
            let other = own.detach().copy();
            (name, Pair { own, other })
        };
        Self { rule, tensors: variables.into_iter().map(pair).collect() }
    }

    /// Takes up the weights after step `n_steps`.
    pub(crate) fn update(&mut self, n_steps: u64) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let n = n_steps as f64;
        let share = 1.0 - self.rule.decay.min(n / (n + 9.0));
        for (_, Pair { own, other }) in &mut self.tensors {
            let _ = other.f_lerp_(own, share)?;
        }
        Ok(())
    }

    /// Puts the average into the model and keeps the weights that were there, to the bit; a second time, back.
    pub(crate) fn exchange(&mut self) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        for (_, Pair { own, other }) in &mut self.tensors {
            let was = own.detach().copy();
            own.f_copy_(other)?;
            other.f_copy_(&was)?;
        }
        Ok(())
    }

    /// What is kept beside the model's tensors, by name: the average, unless it is in the model.
    pub(crate) fn tensors(&self) -> BTreeMap<String, Tensor> {
        self.tensors.iter().map(|(name, pair)| (name.clone(), pair.other.shallow_clone())).collect()
    }

    /// Takes up an average from a checkpoint.
    pub(crate) fn restore(&mut self, saved: &BTreeMap<String, Tensor>) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        for (name, Pair { other, .. }) in &mut self.tensors {
            let saved = saved.get(name).with_context(|| format!("checkpoint lacks the average of {name}"))?;
            other.f_copy_(saved)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_follows_its_formula_and_changes_places_to_the_bit() {
        let mut own = Tensor::from_slice(&[1_f32, -2.0]);
        let variables = BTreeMap::from([("w".to_owned(), own.shallow_clone())]);
        let mut averaged = Averaged::new(WeightAverage { decay: 0.15 }, variables);
        let mut expected = [1.0_f64, -2.0];
        for n in 1..=3_u64 {
            let _ = own.f_add_scalar_(1.0).unwrap();
            averaged.update(n).unwrap();
            let decay = (n as f64 / (n as f64 + 9.0)).min(0.15); // 0.1, then 0.15
            for (mean, first) in expected.iter_mut().zip([1.0, -2.0]) {
                *mean = decay * *mean + (1.0 - decay) * (first + n as f64);
            }
        }
        let values = |tensor: &Tensor| Vec::<f32>::try_from(tensor).unwrap();
        averaged.exchange().unwrap();
        for (found, expected) in values(&own).into_iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        averaged.exchange().unwrap();
        assert_eq!(values(&own), [4.0, 1.0]);
    }
}
