//! What this machine offers: its memory, where the operating system tells it in a file.

use std::fs;

/// Memory that a process may use, in bytes: the machine's, or its control group's if that is less. `None` where it
/// cannot be told.
pub fn memory_bytes() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_bytes(&text));
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [machine, group].into_iter().flatten().min()
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_meminfo() {
        assert_eq!(total_bytes("MemTotal:        8000000 kB\nMemFree:  1 kB\n"), Some(8_192_000_000));
        assert_eq!(total_bytes("MemFree:  1 kB\n"), None);
        assert_eq!(total_bytes("MemTotal: many kB\n"), None);
    }
}
