//! An experiment as a file.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize as _;
use toml::Deserializer;

use super::file_chain::FileChain;
use super::merged::merged;
use crate::Experiment;

impl Experiment {
    /// Reads an experiment file. Paths are relative to the folder of the file that they stand in; an error names file,
    /// line, column and the names that would have fitted.
    ///
    /// A file may extend another by `extends = "base.toml"`: it then says what it has otherwise. Tables are merged key by
    /// key, and lists and single values replaced; so is a choice, such as that of a network, where its name is another.
    pub fn read(path: &Path) -> Result<Self> {
        let chain = FileChain::read(path)?;
        let table = merged(&chain)?;
        Self::deserialize(Deserializer::from(table)).map_err(|error| chain.located(&error))
    }

    /// The experiment as the text of its file. Steps, losses and networks of one's own cannot be written.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).context("cannot write the experiment as a file")
    }

    /// The text of its file with relative paths as from this folder.
    pub(crate) fn to_toml_from(&self, folder: &Path) -> Result<String> {
        let chain = FileChain::of_text(folder.join("experiment.toml"), self.to_toml()?);
        let resolved = Self::deserialize(Deserializer::from(merged(&chain)?));
        resolved.map_err(|error| chain.located(&error))?.to_toml()
    }
}
