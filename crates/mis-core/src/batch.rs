//! What a network sees at one step.

use anyhow::{Result, ensure};
use ndarray::{ArrayView4, ArrayView5, Axis, Dim, Ix4, Ix5};

use crate::values::Values;
use crate::{Sample, SampleId, SharedValues};

/// Patches of one shape, stacked: images `(batch, channel, i, j, k)` and, for training, labels `(batch, i, j, k)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    images: Values<f32, Ix5>,
    labels: Option<Values<u8, Ix4>>,
    ids: Vec<SampleId>,
}

impl Batch {
    /// Stacks patches in their order. They must agree in channels and shape, and have labels all or none; the error
    /// names the case that differs.
    pub fn stack(patches: &[Sample]) -> Result<Self> {
        let Some(first) = patches.first() else { anyhow::bail!("batch must hold at least one patch") };
        for patch in patches {
            let (found, expected) = (patch.image.data().dim(), first.image.data().dim());
            ensure!(
                found == expected,
                "patch of {} has (channel, i, j, k) {found:?}, the batch's first, of {}, has {expected:?}",
                patch.id,
                first.id
            );
            ensure!(
                patch.labels.is_some() == first.labels.is_some(),
                "{} and {} must both have labels or both have none",
                first.id,
                patch.id
            );
        }
        let images: Vec<_> = patches.iter().map(|patch| patch.image.data()).collect();
        let labels: Vec<_> = patches.iter().filter_map(|patch| Some(patch.labels.as_ref()?.data())).collect();
        let labels =
            if labels.is_empty() { None } else { Some(Values::own(ndarray::stack(Axis(0), &labels)?)) };
        let ids = patches.iter().map(|patch| patch.id.clone()).collect();
        Ok(Self { images: Values::own(ndarray::stack(Axis(0), &images)?), labels, ids })
    }

    /// A batch whose images `(batch, channel, i, j, k)` and labels `(batch, i, j, k)` lie in shared memory, such as a
    /// mapped file; `ids` names the case of each patch.
    pub fn shared(
        images: SharedValues<f32>,
        labels: Option<SharedValues<u8>>,
        shape: [usize; 5],
        ids: Vec<SampleId>,
    ) -> Result<Self> {
        let [n, _, i, j, k] = shape;
        ensure!(n > 0 && ids.len() == n, "expected the names of {n} patches, found {}", ids.len());
        let labels = labels.map(|labels| Values::shared(labels, Dim([n, i, j, k]))).transpose()?;
        Ok(Self { images: Values::shared(images, Dim(shape))?, labels, ids })
    }

    /// Grey values, `(batch, channel, i, j, k)`, in standard layout.
    #[must_use]
    pub fn images(&self) -> ArrayView5<'_, f32> {
        self.images.view()
    }

    /// Class indices, `(batch, i, j, k)`, in standard layout; none where there is nothing to learn from.
    #[must_use]
    pub fn labels(&self) -> Option<ArrayView4<'_, u8>> {
        self.labels.as_ref().map(|labels| labels.view())
    }

    /// The case that each patch is of.
    #[must_use]
    pub fn ids(&self) -> &[SampleId] {
        &self.ids
    }

    /// Number of patches.
    #[must_use]
    pub fn n_patches(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Volume};
    use ndarray::Array4;

    fn patch(id: &str, shape: (usize, usize, usize, usize)) -> Sample {
        let image = Volume::new(Array4::ones(shape), Affine::from_spacing([1.0; 3])).unwrap();
        Sample { id: id.into(), image, labels: None }
    }

    #[test]
    fn patches_of_two_shapes_do_not_share_a_batch() {
        let error =
            Batch::stack(&[patch("a", (1, 4, 4, 4)), patch("b", (1, 4, 4, 5))]).unwrap_err().to_string();
        assert!(error.starts_with("patch of b has (channel, i, j, k) (1, 4, 4, 5)"), "{error}");
    }

    #[test]
    fn patches_are_stacked_in_their_order() {
        let batch = Batch::stack(&[patch("b", (2, 3, 4, 5)), patch("a", (2, 3, 4, 5))]).unwrap();
        assert_eq!(batch.images().dim(), (2, 2, 3, 4, 5));
        assert_eq!(batch.ids(), ["b".into(), "a".into()]);
    }
}
