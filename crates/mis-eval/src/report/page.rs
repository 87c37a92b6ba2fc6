//! What a report's page shows beside its scores.

use anyhow::Result;

use super::TellingCase;
use crate::overlays::png;
use crate::{Overlay, OverlayStyle, Plot};

/// What a report's page shows beside its scores.
#[derive(Clone, Debug, Default)]
pub struct PageParts {
    /// Plots, such as of losses and of class frequencies.
    pub plots: Vec<Plot>,
    /// Cases with pictures.
    pub cases: Vec<CasePicture>,
    /// The experiment's file.
    pub experiment: Option<String>,
}

/// A case with a picture of it.
#[derive(Clone, Debug)]
pub struct CasePicture {
    pub(super) case: TellingCase,
    pub(super) png: Vec<u8>,
    pub(super) size: [u32; 2],
    pub(super) animation: Option<Animation>,
}

#[derive(Clone, Debug)]
pub(super) enum Animation {
    /// The bytes of the file, in the page.
    Within(Vec<u8>),
    /// Where the file lies beside the page.
    Beside(String),
}

impl CasePicture {
    /// A case with the [`sheet`](Overlay::sheet) of its slices.
    pub fn new(case: TellingCase, overlay: &Overlay<'_>, style: &OverlayStyle) -> Result<Self> {
        let sheet = overlay.sheet(style)?;
        Ok(Self { case, png: png(&sheet)?, size: sheet.dimensions().into(), animation: None })
    }

    /// With an animation that goes along in the page, to be opened by whoever wants to see it.
    #[must_use]
    pub fn with_animation(self, gif: Vec<u8>) -> Self {
        Self { animation: Some(Animation::Within(gif)), ..self }
    }

    /// With an animation in a file whose path is as seen from the page.
    #[must_use]
    pub fn with_animation_beside(self, path: String) -> Self {
        Self { animation: Some(Animation::Beside(path)), ..self }
    }
}
