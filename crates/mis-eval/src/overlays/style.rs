//! How overlays look.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Plane, Window};

/// How overlays look, and how large they may become. The defaults fit most scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverlayStyle {
    /// Which values are black and which are white.
    pub window: Window,
    /// How much of a label's color lies over the image, 0 to 1.
    pub alpha: f32,
    /// Which slices are shown; without a choice the only one there is, else axial ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slices: Option<Plane>,
    /// Whether a further panel shows where prediction and truth agree and where not.
    pub errors: bool,
    /// The channel that is shown. A picture of three channels and one slice is shown in color.
    pub channel: usize,
    /// The longer side in pixels of an animation's panel, at most.
    pub max_side: usize,
    /// Slices of an animation, at most: where there are more, every so many of those around the labels are shown.
    pub max_frames: usize,
    /// Slices on a contact sheet, at most.
    pub tiles: usize,
    /// The longer side in pixels of a contact sheet's panel, at most.
    pub tile_side: usize,
    /// How long each slice of an animation is shown, in ms.
    pub frame_ms: u32,
}

impl Default for OverlayStyle {
    fn default() -> Self {
        Self {
            window: Window::Auto,
            alpha: 0.4,
            slices: None,
            errors: false,
            channel: 0,
            max_side: 256,
            max_frames: 60,
            tiles: 12,
            tile_side: 192,
            frame_ms: 150,
        }
    }
}

impl OverlayStyle {
    /// Says which value cannot be.
    pub fn check(&self) -> Result<()> {
        self.window.check()?;
        ensure!((0.0..=1.0).contains(&self.alpha), "alpha must be 0 to 1, got {}", self.alpha);
        for (name, side) in [("max-side", self.max_side), ("tile-side", self.tile_side)] {
            ensure!((16..=4096).contains(&side), "{name} must be 16 to 4096 pixels, got {side}");
        }
        for (name, n) in [("max-frames", self.max_frames), ("tiles", self.tiles)] {
            ensure!((1..=10_000).contains(&n), "{name} must be 1 to 10000, got {n}");
        }
        ensure!(
            (20..=60_000).contains(&self.frame_ms),
            "frame-ms must be 20 to 60000, got {}",
            self.frame_ms
        );
        Ok(())
    }
}
