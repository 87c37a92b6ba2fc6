//! Regions that overlap.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::compared::IGNORED;
use super::{AnyLoss, Loss};
use crate::Output;

/// A loss of regions instead of classes: each output of the network is the sigmoid of a region of its own, and regions
/// may overlap, as whole tumor, tumor core and enhancing tumor do.
///
/// In a prediction a voxel is of the first class of the last region that has it with ½ or more, and background where
/// none has: `[[1, 2, 3], [2, 3], [3]]` nests three.
///
/// Without a list of regions each class is one, background included: sigmoid outputs for exclusive classes, as most of
/// MIScnn's networks have them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Regions {
    /// The class indices that make up each region; none makes each class a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<Vec<u8>>>,
    /// The loss on the regions.
    pub loss: Box<AnyLoss>,
}

impl Regions {
    /// A loss of these regions, each a list of class indices.
    pub fn of(regions: Vec<Vec<u8>>, loss: impl Into<AnyLoss>) -> Self {
        Self { regions: Some(regions), loss: Box::new(loss.into()) }
    }

    /// The regions as masks `(batch, region, space…)` of class indices `(batch, space…)`: 1 inside, 0 outside, −1
    /// where the class is [`IGNORED`].
    pub fn masks(&self, target: &Tensor, n_outputs: usize) -> Tensor {
        let unknown = target.eq(i64::from(IGNORED));
        let mask = |classes: &[u8]| {
            let mut inside = target.new_zeros(target.size(), (Kind::Bool, target.device()));
            for &class in classes {
                inside = inside.logical_or(&target.eq(i64::from(class)));
            }
            inside.to_kind(Kind::Float).masked_fill(&unknown, -1.0)
        };
        let masks: Vec<Tensor> = match &self.regions {
            Some(regions) => regions.iter().map(|classes| mask(classes)).collect(),
            None => (0..n_outputs).map(|class| mask(&[class as u8])).collect(),
        };
        Tensor::stack(&masks, 1)
    }
}

impl Loss for Regions {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.loss.forward(logits, &self.masks(target, logits.size()[1] as usize))
    }

    fn output(&self) -> Output {
        Output::Sigmoid
    }

    fn regions(&self) -> Option<&[Vec<u8>]> {
        self.regions.as_deref()
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        if let Some(regions) = &self.regions {
            ensure!(
                regions.len() == n_classes,
                "regions: expected one for each of the network's {n_classes} outputs, got {}",
                regions.len()
            );
            ensure!(
                regions.iter().all(|region| !region.is_empty()),
                "regions: each needs a class, got {regions:?}"
            );
        }
        ensure!(!self.loss.is_deep(), "regions: deep supervision goes around regions, not inside them");
        self.loss.check(n_classes).context("regions")
    }
}
