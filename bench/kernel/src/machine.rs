//! The machine: what it is, which CPU a process has, how many files it may hold.

use anyhow::Result;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::fs;

/// Pins the calling thread, and what it starts from now on, to one CPU. A machine with a single CPU has number 0 for all.
pub fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu.min(cpus() - 1));
    Ok(sched_setaffinity(None, &set)?)
}

/// Raises the number of files to what the system allows: five peers hold up to 512 connections each.
pub fn allow_many_files() -> Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?)
}

/// The machine in one line.
pub fn describe() -> String {
    let memory = field("/proc/meminfo", "MemTotal").and_then(|total| total.split(' ').next()?.parse::<f64>().ok());
    let memory = memory.map_or_else(String::new, |kib| format!(", {:.0} GiB", kib / f64::from(1 << 20)));
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{} × {model}{memory}, Linux {}", cpus(), rustix::system::uname().release().to_string_lossy())
}

/// How busy the machine is with everything, ourselves included: the average of a minute. Ratios stand some of it, absolute
/// numbers none.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

/// CPUs of the machine, whatever this process is pinned to.
fn cpus() -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines().filter(|line| line.starts_with("processor")).count().max(1)
}

/// The value behind the first `name:` of a file of the kernel.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}
