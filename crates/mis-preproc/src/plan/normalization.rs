//! How grey values of a channel are brought to the network.

use serde::{Deserialize, Serialize};

use crate::{CtNormalize, Fingerprint, MinMax, OnChannels, Step, ZScore};

/// What a channel's grey values are, which decides how they are normalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Hounsfield units: they mean the same in every scan.
    Ct,
    /// An MR sequence, or anything else whose scale differs from scan to scan.
    Other,
    /// A colour of a picture, 0 to 255.
    Rgb,
    /// Values that need nothing.
    Normalized,
}

impl ChannelKind {
    /// By nnU-Net's names of channels, whatever their case: `ct`; `nonorm`; `rgb_to_0_1`; all others by their own mean
    /// and deviation.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "ct" => Self::Ct,
            "nonorm" | "nonormalization" => Self::Normalized,
            "rgb_to_0_1" | "r" | "g" | "b" => Self::Rgb,
            _ => Self::Other,
        }
    }
}

/// One step for all channels where they are of one kind, else one for each.
pub(super) fn steps(kinds: &[ChannelKind], fingerprint: &Fingerprint) -> Vec<Step> {
    // Frames of zeros around most of the scans would set mean and deviation.
    let framed = fingerprint.relative_size_after_crop() < 0.75;
    let step = |channel: usize| -> Option<Step> {
        let values = &fingerprint.channels[channel];
        match kinds[channel] {
            ChannelKind::Ct => Some(
                CtNormalize {
                    min: values.percentile_00_5,
                    max: values.percentile_99_5,
                    mean: values.mean as f32,
                    sd: values.sd as f32,
                }
                .into(),
            ),
            ChannelKind::Other if framed => Some(ZScore::non_zero().into()),
            ChannelKind::Other => Some(ZScore::default().into()),
            ChannelKind::Rgb => Some(MinMax::to(0.0, 1.0).into()),
            ChannelKind::Normalized => None,
        }
    };
    let n_channels = kinds.len();
    let alike = kinds.iter().all(|kind| *kind == kinds[0]);
    if n_channels == 1 || (alike && kinds[0] != ChannelKind::Ct) {
        return step(0).into_iter().collect();
    }
    (0..n_channels)
        .filter_map(|channel| {
            let step = Box::new(step(channel)?);
            Some(OnChannels { channels: vec![channel], step }.into())
        })
        .collect()
}
