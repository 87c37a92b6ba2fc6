//! Weights as a file.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use tch::{Device, Kind, Tensor};

/// Tensors by name with what is told of them: a safetensors file in memory, on the CPU and in `f32`.
#[derive(Debug, Default)]
pub struct Weights {
    /// The tensors.
    pub tensors: BTreeMap<String, Tensor>,
    /// Texts by name, such as the architecture that the weights are of.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// Reads a safetensors file of floating-point tensors; bf16, f16 and f64 become `f32`. A file that is cut short or
    /// of another kind is an error that names it.
    pub fn read(path: &Path) -> Result<Self> {
        let read = || Self::from_bytes(&fs::read(path)?);
        read().with_context(|| format!("cannot read weights from {}", path.display()))
    }

    /// Writes a safetensors file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes()?;
        mis_core::write_atomically(path, |file| Ok(file.write_all(&bytes)?))
    }

    /// The tensors under other names: each as `name` says, and left out where it gives none.
    ///
    /// Two tensors of one new name are an error.
    pub fn renamed(self, name: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for (old, tensor) in self.tensors {
            if let Some(new) = name(&old) {
                let taken = tensors.insert(new.clone(), tensor);
                ensure!(taken.is_none(), "{old} and another tensor would both be named {new}");
            }
        }
        Ok(Self { tensors, metadata: self.metadata })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, head) = SafeTensors::read_metadata(bytes)?;
        let metadata =
            head.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
        let mut tensors = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes)?.tensors() {
            let tensor = to_tensor(&view).with_context(|| name.clone())?;
            tensors.insert(name, tensor);
        }
        Ok(Self { tensors, metadata })
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut data = Vec::new();
        for (name, tensor) in &self.tensors {
            ensure!(tensor.kind() == Kind::Float, "{name} must be f32 to be saved, is {:?}", tensor.kind());
            let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
            let mut values = vec![0.0_f32; tensor.numel()];
            tensor.f_copy_data(&mut values, tensor.numel())?;
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
            data.push((name, shape, bytes));
        }
        let views = data.iter().map(|(name, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
        });
        let views: Vec<_> = views.collect::<Result<_>>()?;
        let metadata: HashMap<String, String> = self.metadata.clone().into_iter().collect();
        Ok(safetensors::serialize(views, Some(metadata))?)
    }
}

fn to_tensor(view: &TensorView<'_>) -> Result<Tensor> {
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        other => bail!("expected floating-point numbers, found {other:?}"),
    };
    let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?.f_to_kind(Kind::Float)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights {
        let tensors = [
            ("a.weight", Tensor::from_slice(&[1.5_f32, -2.0, 0.0]).view([3, 1])),
            ("b", Tensor::from(7_f32)),
        ];
        Weights {
            tensors: tensors.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect(),
            metadata: BTreeMap::from([("architecture".to_owned(), "UNet".to_owned())]),
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        weights().write(&path).unwrap();
        let again = Weights::read(&path).unwrap();
        assert_eq!(again.tensors, weights().tensors);
        assert_eq!(again.metadata, weights().metadata);
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_that_names_it() {
        let bytes = weights().to_bytes().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.safetensors");
        for n in 0..bytes.len() {
            fs::write(&path, &bytes[..n]).unwrap();
            let error = Weights::read(&path).unwrap_err().to_string();
            assert!(error.contains("cut.safetensors"), "{error}");
        }
    }

    #[test]
    fn names_are_mapped_and_two_of_one_name_are_refused() {
        let renamed = weights().renamed(|name| name.strip_prefix("a.").map(str::to_owned)).unwrap();
        assert_eq!(renamed.tensors.keys().collect::<Vec<_>>(), ["weight"]);
        let error = weights().renamed(|_| Some("c".to_owned())).unwrap_err();
        assert_eq!(error.to_string(), "b and another tensor would both be named c");
    }

    #[test]
    fn halves_become_single_precision() {
        let bytes: Vec<u8> = [0x3f80_u16, 0xc000].iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::BF16, vec![2], &bytes).unwrap();
        let file = safetensors::serialize([("x", view)], None).unwrap();
        let read = Weights::from_bytes(&file).unwrap();
        assert_eq!(read.tensors["x"], Tensor::from_slice(&[1.0_f32, -2.0]));
    }
}
