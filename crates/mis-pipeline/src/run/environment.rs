//! What a run was made with.

use mis_models::tch::{self, Device};
use mis_train::Precision;
use serde::{Deserialize, Serialize};

/// What a run was made with: `environment.json` of its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of the framework.
    pub version: String,
    /// Git revision of its sources; empty where it was built without git.
    pub revision: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// Device that trained.
    pub device: String,
    /// Precision of its convolutions.
    #[serde(default)]
    pub precision: String,
    /// Threads of libtorch.
    pub threads: i32,
    /// Operating system and processor family.
    pub platform: String,
    /// The experiment's seed.
    pub seed: u64,
    /// SHA-256 over the data: see [`fingerprint`](crate::fingerprint).
    pub data_sha256: String,
}

impl Environment {
    /// This build on this machine.
    #[must_use]
    pub fn of_this_machine(device: Device, precision: Precision, seed: u64, data_sha256: String) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: env!("MIS_REVISION").to_owned(),
            libtorch: "2.13.0".to_owned(), // tch =0.26.0 builds with no other
            device: format!("{device:?}").to_lowercase(),
            precision: precision.resolve(device).to_string(),
            threads: tch::get_num_threads(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            seed,
            data_sha256,
        }
    }

    /// The facts as names and values, for reports.
    #[must_use]
    pub fn facts(&self) -> Vec<(String, String)> {
        let facts = [
            ("version", self.version.clone()),
            ("revision", self.revision.clone()),
            ("libtorch", self.libtorch.clone()),
            ("device", self.device.clone()),
            ("precision", self.precision.clone()),
            ("threads", self.threads.to_string()),
            ("platform", self.platform.clone()),
            ("seed", self.seed.to_string()),
            ("data sha-256", self.data_sha256.clone()),
        ];
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
