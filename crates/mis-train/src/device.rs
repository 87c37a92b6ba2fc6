//! Where a network computes.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use mis_models::tch::{self, Cuda, Device};
use serde::{Deserialize, Serialize};

/// Where a network computes: `"auto"`, `"cpu"` or `"cuda:0"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl DeviceChoice {
    /// What the process of this number on this machine takes: where the choice was left open, one GPU after the other.
    #[must_use]
    pub fn of_rank(self, local_rank: usize) -> Self {
        match self {
            Self::Auto if Cuda::is_available() => {
                Self::Cuda(local_rank % (Cuda::device_count().max(1) as usize))
            }
            chosen => chosen,
        }
    }

    /// The device that is meant; an error where this machine or this libtorch lacks it.
    pub fn resolve(self) -> Result<Device> {
        match self {
            Self::Auto => Ok(Device::cuda_if_available()),
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => {
                let n = if Cuda::is_available() { Cuda::device_count() } else { 0 };
                ensure!(
                    (number as i64) < n,
                    "device cuda:{number} is not there: libtorch sees {n} GPUs (cargo xtask setup --cuda brings the \
                     libtorch that sees them)"
                );
                Ok(Device::Cuda(number))
            }
        }
    }
}

impl DeviceChoice {
    /// What a user should be told of a choice that was left open: why it comes to the CPU.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Auto if Cuda::is_available() => None,
            Self::Auto if !tch::utils::has_cuda() => Some(
                "computing on the CPU: this libtorch is built without CUDA (cargo xtask setup --cuda brings one with it)",
            ),
            Self::Auto => Some("computing on the CPU: libtorch sees no GPU"),
            Self::Cpu | Self::Cuda(_) => None,
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => match name.strip_prefix("cuda:").and_then(|number| number.parse().ok()) {
                Some(number) => Ok(Self::Cuda(number)),
                None => bail!("expected the device \"auto\", \"cpu\" or \"cuda:0\", got {name:?}"),
            },
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = anyhow::Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}
