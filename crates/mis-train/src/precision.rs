//! The precision that a network computes in.

use std::process::Command;
use std::{fmt, fs};

use mis_models::tch::{Device, Kind};
use serde::{Deserialize, Serialize};

/// The precision of a network's convolutions. Weights, sums, losses and merged predictions are `f32` in any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `bf16` where the processor or GPU is faster in it, else `f32`.
    #[default]
    Auto,
    /// 32-bit floating point.
    F32,
    /// Brain floating point: 8 bits of mantissa, the exponent of `f32`. About twice as fast on AMD's processors since
    /// Zen 4, Intel's with AMX, and GPUs since Ampere; it needs two thirds of the memory anywhere.
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

/// Whether a device is faster in bf16. Where it has no instructions for it, libtorch emulates them at a small part of the
/// speed of `f32`.
fn has_bf16(device: Device) -> bool {
    match device {
        Device::Cpu => cpu_has_bf16(),
        Device::Cuda(number) => cuda_capability(number).is_some_and(|capability| capability >= 8.0),
        _ => false,
    }
}

/// Intel's processors have twice the speed in bf16 by AMX alone: measured on one with AVX-512 BF16 but without AMX, bf16
/// is a quarter slower than `f32`. AMD's have it by AVX-512 BF16, since Zen 4. Elsewhere nothing was measured.
fn cpu_has_bf16() -> bool {
    let Ok(info) = fs::read_to_string("/proc/cpuinfo") else { return false };
    let of = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    };
    let has = |flag: &str| of("flags").split(' ').any(|found| found == flag);
    has("amx_bf16") || (of("vendor_id") == "AuthenticAMD" && has("avx512_bf16"))
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
