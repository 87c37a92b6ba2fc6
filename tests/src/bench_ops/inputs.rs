//! The files that operations are measured on.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis::core::ndarray::{Array, Array3, Axis, Dimension, Ix3};
use mis::core::{Affine, LabelMap, Sample, Volume};
use ndarray_npy::ReadableElement;

/// The folder of inputs: an abdominal CT with labels as NIfTI and `.npy`, and patches of it.
#[derive(Clone, Debug)]
pub struct Inputs {
    folder: PathBuf,
}

impl Inputs {
    /// The inputs in this folder, whose path must not depend on the current folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let folder = folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
        ensure!(
            folder.join("ct_image.npy").is_file(),
            "expected the inputs in {}, found no ct_image.npy there",
            folder.display()
        );
        Ok(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The CT in HU, without labels. Its stored integers become numbers piece by piece: held beside them they would count
    /// in the memory of what is measured.
    pub(super) fn scan(&self) -> Result<Sample> {
        let path = self.folder.join("ct_image.npy");
        let shape = self.array::<u8, Ix3>("ct_seg")?.raw_dim();
        let mut image = Array3::zeros(shape);
        let mut file = File::open(&path)?;
        // The integers are the end of the file, behind NumPy's header.
        file.seek(SeekFrom::End(-2 * image.len() as i64)).with_context(|| path.display().to_string())?;
        let mut bytes = [0; 1 << 16];
        for values in image.as_slice_mut().context("standard layout")?.chunks_mut(bytes.len() / 2) {
            let bytes = &mut bytes[..2 * values.len()];
            file.read_exact(bytes).with_context(|| path.display().to_string())?;
            for (value, stored) in values.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *value = f32::from(i16::from_le_bytes(*stored));
            }
        }
        Ok(Sample { id: "ct".into(), image: volume(image, ct_affine()?)?, labels: None })
    }

    /// The expert's labels of the CT.
    pub(super) fn truth(&self) -> Result<LabelMap> {
        LabelMap::new(self.array("ct_seg")?, ct_affine()?)
    }

    /// A prediction of these labels.
    pub(super) fn prediction(&self) -> Result<LabelMap> {
        LabelMap::new(self.array("labels_pred")?, ct_affine()?)
    }

    /// A patch of the normalized CT with its labels, by its name in the folder.
    pub(super) fn patch(&self, name: &str) -> Result<Sample> {
        let affine = Affine::from_spacing([3.0, 1.56, 1.56]);
        let image = volume(self.array(&format!("{name}_image"))?, affine)?;
        let labels = LabelMap::new(self.array(&format!("{name}_seg"))?, affine)?;
        Ok(Sample { id: name.into(), image, labels: Some(labels) })
    }

    /// An array by its name in the folder.
    pub(super) fn array<T: ReadableElement, D: Dimension>(&self, name: &str) -> Result<Array<T, D>> {
        let path = self.folder.join(name).with_extension("npy");
        ndarray_npy::read_npy(&path).with_context(|| path.display().to_string())
    }
}

fn volume(image: Array3<f32>, affine: Affine) -> Result<Volume> {
    Volume::new(image.insert_axis(Axis(0)), affine)
}

/// KiTS19's axes: slices from head to feet first, then rows, then columns.
fn ct_affine() -> Result<Affine> {
    let [slice, row, column] = [3.0, 0.78, 0.78];
    Affine::new([
        [0.0, 0.0, -column, 0.0],
        [0.0, -row, 0.0, 0.0],
        [-slice, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ])
}
