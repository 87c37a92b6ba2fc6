//! Folds side by side, a process for each device.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context as _, Result, bail};
use mis::pipeline::DeviceChoice;

/// Carries out the folds on several devices at once: this program is started once for each of them, with `args` and the
/// device's share of the folds, into one run folder. All are waited for; an error names the devices whose folds failed.
pub fn on_devices(devices: &[DeviceChoice], folds: &[usize], args: &[OsString], out: &Path) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut running: Vec<(DeviceChoice, Child)> = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        let share = folds.iter().skip(at).step_by(devices.len()).map(usize::to_string).collect::<Vec<_>>();
        if share.is_empty() {
            continue;
        }
        let mut command = Command::new(&program);
        command.args(args).args([
            "--device",
            &device.to_string(),
            "--folds",
            &share.join(","),
            "--resume",
            "--out",
        ]);
        let child = command.arg(out).stdout(std::process::Stdio::null()).spawn();
        running.push((*device, child.with_context(|| format!("cannot start folds {}", share.join(", ")))?));
    }
    let mut failed = Vec::new();
    for (device, mut child) in running {
        if !child.wait()?.success() {
            failed.push(device.to_string());
        }
    }
    if !failed.is_empty() {
        bail!("folds on {} failed: --resume goes on with them", failed.join(", "));
    }
    Ok(())
}
