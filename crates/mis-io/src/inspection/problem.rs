//! What can be wrong with a data set.

use std::fmt;

use mis_core::SampleId;
use serde::Serialize;

/// Something that is wrong with a data set, and how to mend it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The case; none where it is the data set as a whole.
    pub case: Option<SampleId>,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What was expected and found, with the file.
    pub what: String,
}

/// Kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// A file that is missing, broken or of a kind that is not read.
    Unreadable,
    /// Image and labels, or channels, with other shapes or places.
    Lattice,
    /// Image and labels of one shape whose headers place them differently.
    Header,
    /// Label values that no class names.
    Labels,
    /// Values that are no numbers, or infinite.
    NotFinite,
    /// An image with one value throughout.
    Constant,
    /// Labels without a voxel that is not background.
    Unlabeled,
    /// The same image under two names.
    Duplicate,
    /// Voxels more than twice as large, or less than half as large, as is usual in the data set.
    Spacing,
    /// Axes that run to other directions than in most cases.
    Orientation,
    /// Another number of channels than in most cases.
    Channels,
    /// A class that no case has.
    MissingClass,
    /// Labels that no scan goes with.
    Stray,
}

impl ProblemKind {
    /// What to do about it.
    #[must_use]
    pub fn mend(self) -> &'static str {
        match self {
            Self::Unreadable => "restore the file, or leave the case out",
            Self::Lattice => "resample the labels onto the image",
            Self::Header => "if the voxels do correspond, read the data as `aligned`",
            Self::Labels => "name the values in the class table, or correct the labels",
            Self::NotFinite => "replace the values, or leave the case out",
            Self::Constant | Self::Unlabeled => "look at the case, and leave it out if it is empty",
            Self::Duplicate => "leave one of them out: a split would put one into both of its sides",
            Self::Spacing => "look at the header; if it is right, resample",
            Self::Orientation => "add the step `reorient` to the preprocessing",
            Self::Channels => "bring all cases to the same channels, or leave the case out",
            Self::MissingClass => "take the class out of the table, or add cases that have it",
            Self::Stray => "add the scan, or take the labels away",
        }
    }
}

impl ProblemKind {
    /// Whether a training on the data could not go on, or would learn from what is not there.
    #[must_use]
    pub fn stops_training(self) -> bool {
        match self {
            Self::Unreadable
            | Self::Lattice
            | Self::Header
            | Self::Labels
            | Self::NotFinite
            | Self::Channels
            | Self::MissingClass => true,
            Self::Constant
            | Self::Unlabeled
            | Self::Duplicate
            | Self::Spacing
            | Self::Orientation
            | Self::Stray => false,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(case) = &self.case {
            write!(f, "{case}: ")?;
        }
        write!(f, "{} ({})", self.what, self.kind.mend())
    }
}
