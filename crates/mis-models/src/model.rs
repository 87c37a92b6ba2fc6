//! A network with its weights.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, ensure};
use tch::{Device, Tensor, nn};

use crate::{Architecture, ModelSpec, SegModel, Weights, seeded};

/// A network, its weights and what it was built for.
#[derive(Debug)]
pub struct Model {
    /// The network; its tensors are those of `store`.
    pub net: Box<dyn SegModel>,
    /// The weights and running statistics by name.
    pub store: nn::VarStore,
    /// What the network was built for.
    pub spec: ModelSpec,
    /// The architecture and its hyperparameters as text.
    pub architecture: String,
}

/// Weights that do not fit a network: everything that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct WeightsMismatch {
    /// Weights of the network that the file lacks.
    pub missing: Vec<String>,
    /// Weights of the file that the network lacks.
    pub unknown: Vec<String>,
    /// Weights of another shape.
    pub shapes: Vec<ShapeMismatch>,
}

/// A weight of another shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// The weight's name.
    pub name: String,
    /// Shape in the network.
    pub expected: Vec<i64>,
    /// Shape in the file.
    pub found: Vec<i64>,
}

impl WeightsMismatch {
    fn between(own: &BTreeMap<String, Tensor>, new: &BTreeMap<String, Tensor>) -> Self {
        let without = |of: &BTreeMap<String, Tensor>, other: &BTreeMap<String, Tensor>| {
            of.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
        };
        let shapes = own.iter().filter_map(|(name, tensor)| {
            let (expected, found) = (tensor.size(), new.get(name)?.size());
            (expected != found).then(|| ShapeMismatch { name: name.clone(), expected, found })
        });
        Self { missing: without(own, new), unknown: without(new, own), shapes: shapes.collect() }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unknown.is_empty() && self.shapes.is_empty()
    }
}

impl fmt::Display for WeightsMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = |s: &ShapeMismatch| format!("{} of shape {:?}, found {:?}", s.name, s.expected, s.found);
        let shapes: Vec<String> = self.shapes.iter().map(shape).collect();
        let mut parts = Vec::new();
        for (what, names) in [
            ("expected ", &shapes),
            ("found no weight ", &self.missing),
            ("found, and not in this network, ", &self.unknown),
        ] {
            let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            match names.len() {
                0 => {}
                1..=3 => parts.push(format!("{what}{shown}")),
                n => parts.push(format!("{what}{shown} and {} more", n - 3)),
            }
        }
        f.write_str(&parts.join("; "))
    }
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
            spec.n_channels > 0 && spec.n_classes > 0,
            "a network needs a channel and an output, got {spec:?}"
        );
        // Drawn on the CPU whatever the device: its generator is the same everywhere.
        let mut store = nn::VarStore::new(Device::Cpu);
        let net = seeded(seed, || architecture.build(&store.root(), &spec))?;
        if device != Device::Cpu {
            store.set_device(device);
        }
        Ok(Self { net, store, spec, architecture: format!("{architecture:?}") })
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

    /// Whether in training too what the network says of a patch does not depend on the others of its batch: of the
    /// networks here all without batch norm, whose running statistics are variables that training does not change by
    /// gradient.
    #[must_use]
    pub fn patches_are_apart(&self) -> bool {
        !self.net.mixes_patches() && self.n_trainable() == self.n_parameters()
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
        let mismatch = WeightsMismatch::between(&self.variables(), weights);
        if !mismatch.is_empty() {
            return Err(mismatch);
        }
        self.copy_fitting(weights);
        Ok(())
    }

    /// Takes the weights that fit by name and shape and leaves the others as they were drawn, to be trained anew: for
    /// fine-tuning to other classes or channels. Gives what did not fit; an error where nothing did.
    pub fn set_fitting_weights(&mut self, weights: &BTreeMap<String, Tensor>) -> Result<WeightsMismatch> {
        let own = self.variables();
        let mismatch = WeightsMismatch::between(&own, weights);
        ensure!(
            mismatch.missing.len() + mismatch.shapes.len() < own.len(),
            "none of {} weights fits this network: {mismatch}",
            weights.len()
        );
        self.copy_fitting(weights);
        Ok(mismatch)
    }

    fn copy_fitting(&mut self, weights: &BTreeMap<String, Tensor>) {
        let _no_grad = tch::no_grad_guard();
        for (name, mut tensor) in self.variables() {
            if let Some(new) = weights.get(&name).filter(|new| new.size() == tensor.size()) {
                tensor.copy_(new);
            }
        }
    }

    /// The weights with what they are of, ready to be written: the network and what it was built for as texts.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let ModelSpec { n_channels, n_classes, dims } = self.spec;
        let texts = [
            ("architecture", self.architecture.clone()),
            ("channels", n_channels.to_string()),
            ("classes", n_classes.to_string()),
            ("dims", dims.n_axes().to_string()),
        ];
        Weights {
            tensors: self.variables(),
            metadata: texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
        }
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
        assert_eq!(
            error.to_string(),
            "expected out.bias of shape [2], found [3], out.weight of shape [2, 2, 1, 1, 1], found [3, 2, 1, 1, 1]"
        );
        let mut fewer = model(2).variables();
        let moved = fewer.remove("out.bias").unwrap();
        fewer.insert("head.bias".to_owned(), moved);
        let error = model(2).set_weights(&fewer).unwrap_err();
        assert_eq!(error.to_string(), "found no weight out.bias; found, and not in this network, head.bias");
    }

    #[test]
    fn fine_tuning_takes_what_fits_and_leaves_the_rest_as_drawn() {
        let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
        let unet = UNet { depth: 2, base_channels: 2, ..UNet::default() };
        let mut tuned = Model::build(&unet, spec, Device::Cpu, 1).unwrap();
        let drawn = tuned.variables()["out.weight"].copy();
        let mismatch = tuned.set_fitting_weights(&model(2).variables()).unwrap();
        assert_eq!(
            mismatch.shapes.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            ["out.bias", "out.weight"]
        );
        assert_eq!(tuned.variables()["bottom.0.conv.weight"], model(2).variables()["bottom.0.conv.weight"]);
        assert_eq!(tuned.variables()["out.weight"], drawn);
        let error = tuned.set_fitting_weights(&BTreeMap::from([("x".to_owned(), drawn)])).unwrap_err();
        assert!(
            error.to_string().starts_with("none of 1 weights fits this network: found no weight"),
            "{error}"
        );
    }
}
