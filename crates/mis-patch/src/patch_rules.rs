//! Which patches of a grid training leaves out.

use mis_core::{PatchLocation, Sample};

use crate::{SkipBlank, SkipDark};

/// Which patches of a grid training leaves out; without rules, none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PatchRules {
    /// Those that teach nothing about the classes.
    pub blank: Option<SkipBlank>,
    /// Those of air.
    pub dark: Option<SkipDark>,
}

/// What the rules say of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    /// It is kept by chance.
    Blank,
    Drop,
}

impl PatchRules {
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// How often a blank patch is kept.
    pub(crate) fn keep_rate(&self) -> f64 {
        self.blank.map_or(0.0, |blank| blank.keep_rate)
    }

    pub(crate) fn judge(&self, sample: &Sample, at: &PatchLocation) -> Verdict {
        if self.dark.is_some_and(|rule| rule.is_dark(&sample.image, at)) {
            return Verdict::Drop;
        }
        match (&self.blank, &sample.labels) {
            (Some(rule), Some(labels)) if rule.is_blank(labels, at) => Verdict::Blank,
            _ => Verdict::Keep,
        }
    }
}
