//! A scan and what is to be seen on it.

use anyhow::{Context as _, Result, ensure};
use mis_core::{IGNORE, LabelMap, Volume};

use super::layer::Layer;
use super::{OverlayStyle, SliceView};

/// A scan with label maps to be looked at: written as an animation through its slices
/// ([`write_gif`](Self::write_gif)), or as a contact sheet of those that matter ([`write_sheet`](Self::write_sheet)).
///
/// Panels stand side by side: the truth, the prediction, and where they differ if the style asks for it. Volumes of any
/// orientation are shown as radiologists see them, see [`Plane`](super::Plane), with square pixels whatever the spacing.
/// A 2-D image is a volume of one slice.
#[derive(Clone, Copy, Debug)]
pub struct Overlay<'a> {
    /// What stands above the pictures.
    pub title: &'a str,
    /// The scan.
    pub image: &'a Volume,
    /// Its labels: the prediction where there is a truth too.
    pub labels: &'a LabelMap,
    /// The expert's labels.
    pub truth: Option<&'a LabelMap>,
    /// Names of the classes, background first; a class without a name is shown by its number.
    pub classes: &'a [String],
}

impl<'a> Overlay<'a> {
    /// Says what cannot be shown together: other lattices, a channel that there is not, values that cannot be.
    pub(super) fn check(&self, style: &OverlayStyle) -> Result<()> {
        style.check()?;
        let scan = self.image.geometry();
        scan.check_same(&self.labels.geometry()).context("the labels do not lie on the image's lattice")?;
        if let Some(truth) = self.truth {
            scan.check_same(&truth.geometry()).context("the truth does not lie on the image's lattice")?;
        }
        ensure!(!style.errors || self.truth.is_some(), "errors are shown against a truth: none is given");
        let n = self.image.n_channels();
        ensure!(style.channel < n, "expected a channel below {n}, got {}", style.channel);
        Ok(())
    }

    /// The panels by their names, from the left.
    pub(super) fn panels(&self, style: &OverlayStyle) -> Vec<(&'static str, Layer<'a>)> {
        let prediction = self.labels.as_slice();
        let Some(truth) = self.truth else { return vec![("labels", Layer::Labels(prediction))] };
        let truth = truth.as_slice();
        let mut panels = vec![("truth", Layer::Labels(truth)), ("prediction", Layer::Labels(prediction))];
        if style.errors {
            panels.push(("errors", Layer::Errors { prediction, truth }));
        }
        panels
    }

    /// The channels that are shown: one in grey, or three in color of a picture.
    pub(super) fn channels(&self, style: &OverlayStyle, view: &SliceView) -> Vec<usize> {
        let in_color = self.image.n_channels() == 3 && view.n_slices() == 1 && style.channel == 0;
        if in_color { vec![0, 1, 2] } else { vec![style.channel] }
    }

    /// Whether a voxel, by its offset in memory, has a label in any map.
    pub(super) fn is_labelled(&self, offset: usize) -> bool {
        let has_label = |map: &LabelMap| !matches!(map.as_slice()[offset], 0 | IGNORE);
        has_label(self.labels) || self.truth.is_some_and(has_label)
    }

    /// Whether the maps differ in a voxel.
    pub(super) fn is_wrong(&self, offset: usize) -> bool {
        let found = self.labels.as_slice()[offset];
        self.truth.is_some_and(|truth| {
            let expected = truth.as_slice()[offset];
            expected != found && expected != IGNORE && found != IGNORE
        })
    }

    /// The classes that occur, background left out, in their order.
    pub(super) fn classes_shown(&self) -> Vec<u8> {
        let mut occurs = [false; 256];
        for map in [Some(self.labels), self.truth].into_iter().flatten() {
            map.as_slice().iter().for_each(|&label| occurs[usize::from(label)] = true);
        }
        (1..IGNORE).filter(|&class| occurs[usize::from(class)]).collect()
    }

    /// The box around all labels, from its first voxel to the one after its last; the whole lattice without a label.
    pub(super) fn labelled_box(&self) -> [[usize; 3]; 2] {
        let shape = self.image.shape();
        let [_, n_j, n_k] = shape;
        let (mut from, mut to) = (shape, [0; 3]);
        for row in 0..shape[0] * n_j {
            let offsets = row * n_k..(row + 1) * n_k;
            let Some(first) = offsets.clone().find(|&offset| self.is_labelled(offset)) else { continue };
            let last = offsets.rev().find(|&offset| self.is_labelled(offset)).unwrap_or(first);
            for (axis, low, high) in [
                (0, row / n_j, row / n_j),
                (1, row % n_j, row % n_j),
                (2, first - row * n_k, last - row * n_k),
            ] {
                from[axis] = from[axis].min(low);
                to[axis] = to[axis].max(high + 1);
            }
        }
        if to == [0; 3] { [[0; 3], shape] } else { [from, to] }
    }
}
