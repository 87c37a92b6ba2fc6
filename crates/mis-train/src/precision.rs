//! The precision that a network computes in.

use std::fmt;
use std::process::Command;

use mis_models::tch::{Device, Kind};
use serde::{Deserialize, Serialize};

/// The precision of a network's convolutions. Weights, sums, losses and merged predictions are `f32` in any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `bf16` where the processor or GPU computes in it, else `f32`.
    #[default]
    Auto,
    /// 32-bit floating point.
    F32,
    /// Brain floating point: 8 bits of mantissa, the exponent of `f32`. About twice as fast on processors with
    /// AVX-512 BF16 and on GPUs since Ampere.
    Bf16,
}

impl Precision {
    /// `F32` or `Bf16`: what is meant on a device of this machine.
    #[must_use]
    pub fn resolve(self, device: Device) -> Self {
        match self {
            Self::Auto if has_bf16(device) => Self::Bf16,
            Self::Auto => Self::F32,
            chosen => chosen,
        }
    }

    /// The kind of tensor that a network on a device is given.
    pub(crate) fn kind(self, device: Device) -> Kind {
        match self.resolve(device) {
            Self::Bf16 => Kind::BFloat16,
            Self::Auto | Self::F32 => Kind::Float,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        })
    }
}

/// Whether a device multiplies bf16 numbers itself. Where it does not, libtorch emulates them at a small part of the
/// speed of `f32`.
fn has_bf16(device: Device) -> bool {
    match device {
        Device::Cpu => cpu_has_bf16(),
        Device::Cuda(number) => cuda_capability(number).is_some_and(|capability| capability >= 8.0),
        _ => false,
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_bf16() -> bool {
    // Every processor with AMX has it too.
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_bf16() -> bool {
    false
}

/// The compute capability of a GPU, which tch does not tell; none where the driver's own tool does not answer.
fn cuda_capability(number: usize) -> Option<f32> {
    let query = ["--query-gpu=compute_cap", "--format=csv,noheader", "--id"];
    let output = Command::new("nvidia-smi").args(query).arg(number.to_string()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_one_of_the_two_and_a_choice_stays() {
        assert_ne!(Precision::Auto.resolve(Device::Cpu), Precision::Auto);
        for chosen in [Precision::F32, Precision::Bf16] {
            assert_eq!(chosen.resolve(Device::Cpu), chosen);
        }
    }
}
