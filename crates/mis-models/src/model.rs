//! A network with its weights.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use tch::{Device, Tensor, nn};

use crate::{Architecture, ModelSpec, SegModel, seeded};

/// A network, its weights and what it was built for.
#[derive(Debug)]
pub struct Model {
    /// The network; its tensors are those of `store`.
    pub net: Box<dyn SegModel>,
    /// The weights and running statistics by name.
    pub store: nn::VarStore,
    /// What the network was built for.
    pub spec: ModelSpec,
}

/// Weights that do not fit a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsMismatch {
    /// The network has a weight that the file lacks.
    #[error("expected the weight {0}, found none of that name")]
    Missing(String),
    /// The file has a weight that the network lacks.
    #[error("found the weight {0}, which this network does not have")]
    Unknown(String),
    /// A weight has another shape.
    #[error("expected {name} of shape {expected:?}, found {found:?}")]
    Shape {
        /// The weight's name.
        name: String,
        /// Shape in the network.
        expected: Vec<i64>,
        /// Shape in the file.
        found: Vec<i64>,
    },
}

impl Model {
    /// Builds a network on a device with weights drawn from `seed`: the same weights for the same seed and version of
    /// libtorch.
    pub fn build(
        architecture: &dyn Architecture,
        spec: ModelSpec,
        device: Device,
        seed: u64,
    ) -> Result<Self> {
        ensure!(
            spec.n_channels > 0 && spec.n_classes > 1,
            "a network needs a channel and two classes, got {spec:?}"
        );
        // Drawn on the CPU whatever the device: its generator is the same everywhere.
        let mut store = nn::VarStore::new(Device::Cpu);
        let net = seeded(seed, || architecture.build(&store.root(), &spec))?;
        if device != Device::Cpu {
            store.set_device(device);
        }
        Ok(Self { net, store, spec })
    }

    /// All weights and running statistics by name, in the order of names.
    #[must_use]
    pub fn variables(&self) -> BTreeMap<String, Tensor> {
        self.store.variables().into_iter().collect()
    }

    /// What training changes by gradient, in the order of names.
    #[must_use]
    pub fn trainable(&self) -> Vec<(String, Tensor)> {
        self.variables().into_iter().filter(|(_, tensor)| tensor.requires_grad()).collect()
    }

    /// Number of weights, running statistics included.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        self.variables().values().map(Tensor::numel).sum()
    }

    /// Number of weights that training changes by gradient.
    #[must_use]
    pub fn n_trainable(&self) -> usize {
        self.trainable().iter().map(|(_, tensor)| tensor.numel()).sum()
    }

    /// Takes all weights from tensors of the same names and shapes. Nothing is changed unless all fit.
    pub fn set_weights(&mut self, weights: &BTreeMap<String, Tensor>) -> Result<(), WeightsMismatch> {
        let mut own = self.variables();
        if let Some(name) = weights.keys().find(|name| !own.contains_key(*name)) {
            return Err(WeightsMismatch::Unknown(name.clone()));
        }
        for (name, tensor) in &own {
            let Some(new) = weights.get(name) else { return Err(WeightsMismatch::Missing(name.clone())) };
            let (expected, found) = (tensor.size(), new.size());
            if expected != found {
                return Err(WeightsMismatch::Shape { name: name.clone(), expected, found });
            }
        }
        let _no_grad = tch::no_grad_guard();
        for (name, tensor) in &mut own {
            tensor.copy_(&weights[name]);
        }
        Ok(())
    }

    /// Says which side of a patch the network cannot take, with the next ones that it can.
    pub fn check_patch(&self, patch_size: [usize; 3]) -> Result<()> {
        let divisor = self.net.divisor();
        let axes = ["i", "j", "k"];
        for axis in 0..3 {
            let (side, divisor) = (patch_size[axis], divisor[axis]);
            ensure!(
                side > 0 && side.is_multiple_of(divisor),
                "patch side along {} must be a multiple of {divisor} for this network, got {side}: take {} or {}",
                axes[axis],
                (side / divisor).max(1) * divisor,
                (side / divisor + 1) * divisor
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dims, UNet};

    fn model(n_classes: usize) -> Model {
        let spec = ModelSpec { n_channels: 1, n_classes, dims: Dims::Three };
        Model::build(&UNet { depth: 2, base_channels: 2, ..UNet::default() }, spec, Device::Cpu, 0).unwrap()
    }

    #[test]
    fn a_side_that_does_not_fit_is_named_with_its_neighbours() {
        let error = model(2).check_patch([8, 30, 8]).unwrap_err().to_string();
        assert_eq!(
            error,
            "patch side along j must be a multiple of 4 for this network, got 30: take 28 or 32"
        );
        assert!(model(2).check_patch([8, 32, 4]).is_ok());
    }

    #[test]
    fn weights_of_another_class_count_are_refused_by_name_and_shape() {
        let error = model(2).set_weights(&model(3).variables()).unwrap_err();
        assert_eq!(error.to_string(), "expected out.bias of shape [2], found [3]");
    }
}
