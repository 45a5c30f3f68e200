//! The number of a bed, and what follows from it: a service range, a block of ports, a folder.
//!
//! Entry point: [`Slot::claim`]. A number is held by a lock on a file, which the system lets go when
//! the holder ends, however it ends.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

const SLOTS: u16 = 96;
const FIRST_PORT: u16 = 20_000;
const PORTS_PER_SLOT: u16 = 20;
/// A folder without a holder is somebody's evidence for this long, and a kept one for longer.
const LEFTOVER_AGE: Duration = Duration::from_mins(15);
const KEPT_AGE: Duration = Duration::from_hours(24);

/// What listens on one of a bed's own ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    EtcdClient,
    EtcdPeer,
    ApiServer,
    ControllerManager,
    Scheduler,
    Kwok,
}

impl Port {
    const ALL: [Self; 6] = [
        Self::EtcdClient,
        Self::EtcdPeer,
        Self::ApiServer,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Kwok,
    ];

    const fn offset(self) -> u16 {
        match self {
            Self::EtcdClient => 0,
            Self::EtcdPeer => 1,
            Self::ApiServer => 2,
            Self::ControllerManager => 3,
            Self::Scheduler => 4,
            Self::Kwok => 5,
        }
    }
}

/// A bed's number, held until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u16,
    directory: PathBuf,
    _lock: File,
}

impl Slot {
    /// Takes a free number. The search starts at a place of its own for each process, so that beds
    /// started together seldom meet, and a folder survives for a while after a failed test.
    pub(crate) fn claim() -> Result<Self> {
        let root = root()?;
        sweep(&root);
        let clock = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.subsec_micros());
        let first = u16::try_from((clock ^ process::id()) % u32::from(SLOTS)).unwrap_or(0);
        for step in 0..SLOTS {
            let number = (first + step) % SLOTS;
            if let Some(slot) = Self::take(&root, number)? {
                return Ok(slot);
            }
        }
        bail!("all {SLOTS} bed numbers are taken");
    }

    fn take(root: &Path, number: u16) -> Result<Option<Self>> {
        let Some(lock) = try_lock(&lock_path(root, number)) else {
            return Ok(None);
        };
        let directory = root.join(number.to_string());
        if directory.join("keep").exists() || !Port::ALL.iter().all(|&port| is_free(number, port)) {
            return Ok(None);
        }
        if directory.exists() {
            fs::remove_dir_all(&directory)
                .with_context(|| format!("clearing {}", directory.display()))?;
        }
        fs::create_dir_all(directory.join("logs"))
            .with_context(|| format!("creating {}", directory.display()))?;
        Ok(Some(Self { number, directory, _lock: lock }))
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn port(&self, port: Port) -> u16 {
        port_of(self.number, port)
    }

    /// The first two numbers of the service range. It must be a loopback range: the API server calls
    /// webhooks on `ClusterIP`s, and those calls must not leave this computer.
    pub(crate) fn network(&self) -> (u8, u8) {
        (127, u8::try_from(96 + self.number).unwrap_or(u8::MAX))
    }

    pub(crate) fn service_range(&self) -> String {
        let (a, b) = self.network();
        format!("{a}.{b}.0.0/16")
    }

    /// Says what to do where this user may not listen on the webhooks' port.
    pub(crate) fn may_serve_webhooks(&self) -> Result<()> {
        let (a, b) = self.network();
        TcpListener::bind((Ipv4Addr::new(a, b, 255, 254), 443)).map(drop).context(
            "istiod's webhooks listen on port 443 of a loopback address; as an ordinary user, \
             allow that first: sysctl net.ipv4.ip_unprivileged_port_start=443",
        )
    }

    /// Marks the folder so that no bed clears it within a day.
    pub(crate) fn keep(&self) -> std::io::Result<()> {
        fs::write(self.directory.join("keep"), "kept for a day\n")
    }
}

fn root() -> Result<PathBuf> {
    let user = rustix::process::getuid().as_raw();
    let root = std::env::temp_dir().join(format!("meshlift-bed-{user}"));
    fs::create_dir_all(&root).with_context(|| format!("creating {}", root.display()))?;
    Ok(root)
}

fn lock_path(root: &Path, number: u16) -> PathBuf {
    root.join(format!("{number}.lock"))
}

fn try_lock(path: &Path) -> Option<File> {
    let file = File::options().create(true).append(true).open(path).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

fn port_of(number: u16, port: Port) -> u16 {
    FIRST_PORT + number * PORTS_PER_SLOT + port.offset()
}

/// The last holder's API server may need a moment to end after its lock was let go.
fn is_free(number: u16, port: Port) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port_of(number, port))).is_ok()
}

/// Removes the folders of beds that ended without tidying up, for example by SIGKILL.
fn sweep(root: &Path) {
    for number in 0..SLOTS {
        let directory = root.join(number.to_string());
        let limit = if directory.join("keep").exists() { KEPT_AGE } else { LEFTOVER_AGE };
        let old = fs::metadata(&directory)
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| modified.elapsed().ok())
            .is_some_and(|age| age > limit);
        if old && let Some(_lock) = try_lock(&lock_path(root, number)) {
            // Best effort: the next start tries again.
            let _ = fs::remove_dir_all(&directory);
        }
    }
}
