//! From probabilities to labels.

use mis_core::{LabelMap, Volume, argmax};
use mis_models::Loss;

/// The label map of what a network trained by this loss predicts: the most probable class of each voxel, or, of regions,
/// the first class of the last region that has the voxel with ½ or more.
pub(crate) fn predicted_labels(loss: &dyn Loss, probabilities: &Volume) -> LabelMap {
    let mut labels = argmax(probabilities);
    if let Some(regions) = loss.regions() {
        let n = labels.as_slice().len();
        let masks = probabilities.as_slice().chunks_exact(n).zip(regions);
        let masks: Vec<(&[f32], u8)> = masks.map(|(mask, classes)| (mask, classes[0])).collect();
        for (voxel, label) in labels.as_slice_mut().iter_mut().enumerate() {
            let last = masks.iter().rev().find(|(mask, _)| mask[voxel] >= 0.5);
            *label = last.map_or(0, |&(_, class)| class);
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use mis_core::ndarray::Array4;
    use mis_models::{CrossEntropy, Regions};

    #[test]
    fn nested_regions_give_the_class_of_the_innermost() {
        let values = vec![0.1, 0.9, 0.9, 0.9, 0.2, 0.5, 0.1, 0.8, 0.3, 0.1, 0.7, 0.6]; // three regions of four voxels
        let values = Array4::from_shape_vec((3, 4, 1, 1), values).unwrap();
        let probabilities = Volume::new(values, Affine::from_spacing([1.0; 3])).unwrap();
        let nested = Regions::of(vec![vec![1, 2, 3], vec![2, 3], vec![3]], CrossEntropy::default());
        assert_eq!(predicted_labels(&nested, &probabilities).as_slice(), [0, 2, 3, 3]);
        let classes = predicted_labels(&CrossEntropy::default(), &probabilities);
        assert_eq!(classes.as_slice(), [2, 0, 0, 0]);
    }
}
