//! The experiments that the benchmark knows by name.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mis::pipeline::Experiment;
use mis::prelude::UNet;

/// An experiment that the benchmark knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// The embedded phantoms with a small network: minutes on two cores
    Phantom,
    /// The same for three epochs: whether all works, in a minute
    Quick,
    /// Every value of the paper's KiTS19 notebook: days on a GPU
    Paper,
    /// The paper's experiment at a quarter of its width for 40 steps, on CT scans simulated on real KiTS19 masks
    Simulated,
}

impl Preset {
    /// Its name on the command line and in folders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Phantom => "phantom",
            Self::Quick => "quick",
            Self::Paper => "paper",
            Self::Simulated => "simulated",
        }
    }

    /// Its experiment, from the file that `mis cv` takes too.
    pub fn experiment(self) -> Result<Experiment> {
        let file = match self {
            Self::Phantom | Self::Quick => "phantom.toml",
            Self::Paper | Self::Simulated => "kits19.toml",
        };
        let mut experiment = Experiment::read(&workspace().join("crates/mis/examples").join(file))?;
        match self {
            Self::Phantom | Self::Paper => {}
            Self::Quick => {
                experiment.train.epochs = 3;
                experiment.train.validate_every = 3;
            }
            Self::Simulated => {
                experiment.model = UNet { base_channels: 8, ..UNet::default() }.into();
                experiment.train.epochs = 4;
                experiment.train.steps_per_epoch = Some(10);
                experiment.train.validate_every = 4;
            }
        }
        Ok(experiment)
    }
}

/// The folder of the workspace that this was built in.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_kits::completeness::papers_cases;
    use mis::core::SampleId;

    #[test]
    fn the_papers_file_takes_the_papers_cases() {
        let experiment = Preset::Paper.experiment().unwrap();
        let all = (0..210).map(|case| SampleId(format!("case_{case:05}"))).collect();
        let taken: Vec<String> = experiment.cases.select(all).into_iter().map(|id| id.0).collect();
        assert_eq!(taken, papers_cases());
    }

    #[test]
    fn the_simulated_experiment_differs_from_the_papers_in_width_and_length_alone() {
        let toml = |preset: Preset| preset.experiment().unwrap().to_toml().unwrap();
        let (paper, simulated) = (toml(Preset::Paper), toml(Preset::Simulated));
        let differing: Vec<&str> =
            simulated.lines().filter(|line| !paper.lines().any(|other| other == *line)).collect();
        let names: Vec<&str> = differing.iter().filter_map(|line| line.split(" = ").next()).collect();
        assert_eq!(names, ["base-channels", "epochs", "steps-per-epoch", "validate-every"]);
    }
}
