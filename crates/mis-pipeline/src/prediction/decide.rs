//! From probabilities to labels.

/// The label of each voxel from its probability in each channel: the most probable class, the lower one of two that are
/// as probable; or, of regions, the first class of the last region that has the voxel with ½ or more.
pub(crate) fn decide(channels: &[&[f32]], regions: Option<&[Vec<u8>]>, labels: &mut [u8]) {
    for (voxel, label) in labels.iter_mut().enumerate() {
        *label = match regions {
            Some(regions) => {
                let mut inside =
                    channels.iter().zip(regions).rev().filter(|(channel, _)| channel[voxel] >= 0.5);
                inside.next().map_or(0, |(_, classes)| classes[0])
            }
            None => {
                let mut best = (channels[0][voxel], 0);
                for (class, channel) in (1..=255_u8).zip(&channels[1..]) {
                    if channel[voxel] > best.0 {
                        best = (channel[voxel], class);
                    }
                }
                best.1
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(channels: &[&[f32]], regions: Option<&[Vec<u8>]>, expected: &[u8]) {
        let mut labels = vec![9; expected.len()];
        decide(channels, regions, &mut labels);
        assert_eq!(labels, expected);
    }

    #[test]
    fn nested_regions_give_the_class_of_the_innermost() {
        let channels: [&[f32]; 3] = [&[0.1, 0.9, 0.9, 0.9], &[0.2, 0.5, 0.1, 0.8], &[0.3, 0.1, 0.7, 0.6]];
        let nested = [vec![1, 2, 3], vec![2, 3], vec![3]];
        check(&channels, Some(&nested), &[0, 2, 3, 3]);
        check(&channels, None, &[2, 0, 0, 0]);
    }

    #[test]
    fn the_lower_class_wins_a_tie() {
        check(&[&[0.4, 0.2], &[0.4, 0.4], &[0.2, 0.4]], None, &[0, 1]);
    }
}
