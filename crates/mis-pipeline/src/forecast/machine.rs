//! The memory of this process and of the machine, where the system tells it: on Linux.

use std::fs;

/// Bytes that a program may take without pushing others out: of the machine, or of what holds the process to less.
pub(crate) fn available() -> Option<u64> {
    let free = line("/proc/meminfo", "MemAvailable:")?;
    let number = |path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let group = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    Some(group.map_or(free, |(max, taken)| free.min(max.saturating_sub(taken))))
}

/// What takes memory, for a sentence of one process or of several on this machine.
pub(crate) fn who(one: &str, n_processes: usize) -> String {
    match n_processes {
        1 => format!("{one} takes"),
        n => format!("each of the {n} processes on this machine takes"),
    }
}

/// Bytes of memory that this process holds.
pub(crate) fn held() -> Option<u64> {
    line("/proc/self/status", "VmRSS:")
}

/// The most that it has held since [`forget_peak`].
pub(crate) fn peak() -> Option<u64> {
    line("/proc/self/status", "VmHWM:")
}

/// Takes what is held now as the most so far; none where the system does not allow it.
pub(crate) fn forget_peak() -> Option<()> {
    fs::write("/proc/self/clear_refs", "5").ok()
}

/// A line of a file of the kernel's, `name   123 kB`, in bytes.
fn line(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
