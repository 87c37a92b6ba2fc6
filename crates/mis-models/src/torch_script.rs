//! Networks from TorchScript files.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, TrainableCModule, nn};

use crate::{Architecture, Dims, ModelSpec, SegModel};

/// A network that PyTorch wrote as TorchScript (`torch.jit.script(net).save(path)`), for prediction or fine-tuning.
///
/// Its weights are those of the file and move with the model from then on. It takes images `(batch, channel, i, j[, k])`
/// and gives logits of the same extent; it runs in the mode, training or evaluation, that it was saved in, and in `f32`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TorchScript {
    /// The file.
    pub path: PathBuf,
    /// What every side of an input is a multiple of, along i, j and k.
    pub divisor: [usize; 3],
}

impl Architecture for TorchScript {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let path = || format!("torch-script {}", self.path.display());
        ensure!(self.path.is_file(), "{}: expected a file, found none", path());
        ensure!(
            self.divisor.iter().all(|&n| n > 0),
            "{}: divisor must be positive, got {:?}",
            path(),
            self.divisor
        );
        let module = TrainableCModule::load(&self.path, vs / "script").with_context(path)?;
        let mut divisor = self.divisor;
        if spec.dims == Dims::Two {
            divisor[2] = 1;
        }
        let net = ScriptModel { module, divisor };
        // What the file takes and gives can be seen only by asking it.
        let _no_grad = tch::no_grad_guard();
        let space = divisor.map(|n| n as i64);
        let size = [&[1, spec.n_channels as i64], &space[..spec.dims.n_axes()]].concat();
        let logits = net.module.forward_ts(&[Tensor::zeros(&size, (tch::Kind::Float, vs.device()))]);
        let logits = logits.with_context(|| format!("{}: it does not take images {size:?}", path()))?;
        let expected = [&[1, spec.n_classes as i64], &size[2..]].concat();
        ensure!(
            logits.size() == expected,
            "{}: expected logits {expected:?} of images {size:?}, found {:?}",
            path(),
            logits.size()
        );
        Ok(Box::new(net))
    }
}

#[derive(Debug)]
struct ScriptModel {
    module: TrainableCModule,
    divisor: [usize; 3],
}

impl nn::ModuleT for ScriptModel {
    fn forward_t(&self, images: &Tensor, _train: bool) -> Tensor {
        let logits = self.module.forward_ts(&[images.to_kind(tch::Kind::Float)]);
        logits.expect("a network that took a patch takes another")
    }
}

impl SegModel for ScriptModel {
    fn divisor(&self) -> [usize; 3] {
        self.divisor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use tch::{CModule, Device, Kind};

    /// A file whose network gives the image and its negative.
    fn file(folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("net.pt");
        let image = Tensor::zeros([1, 1, 4, 4], (Kind::Float, Device::Cpu));
        let mut net = |inputs: &[Tensor]| vec![Tensor::cat(&[inputs[0].shallow_clone(), -&inputs[0]], 1)];
        CModule::create_by_tracing("Net", "forward", &[image], &mut net).unwrap().save(&path).unwrap();
        path
    }

    fn build(path: PathBuf, n_classes: usize) -> Result<Model> {
        let script = TorchScript { path, divisor: [4; 3] };
        Model::build(&script, ModelSpec { n_channels: 1, n_classes, dims: Dims::Two }, Device::Cpu, 0)
    }

    #[test]
    fn a_network_from_a_file_gives_logits() {
        let folder = tempfile::tempdir().unwrap();
        let model = build(file(&folder), 2).unwrap();
        assert_eq!(model.net.divisor(), [4, 4, 1]);
        let images = Tensor::randn([1, 1, 4, 4], (Kind::Float, Device::Cpu));
        let logits = model.net.forward_t(&images, false);
        assert_eq!(logits, Tensor::cat(&[images.shallow_clone(), -images], 1));
    }

    #[test]
    fn a_file_of_another_class_count_or_kind_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", build(file(&folder), 3).unwrap_err());
        assert!(
            error.contains("net.pt: expected logits [1, 3, 4, 4]") && error.contains("found [1, 2, 4, 4]"),
            "{error}"
        );
        let broken = folder.path().join("broken.pt");
        std::fs::write(&broken, b"PK").unwrap();
        assert!(format!("{:#}", build(broken, 2).unwrap_err()).contains("broken.pt"));
        let error = build(folder.path().join("none.pt"), 2).unwrap_err().to_string();
        assert!(error.contains("none.pt: expected a file, found none"), "{error}");
    }
}
