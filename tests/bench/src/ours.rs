//! The application itself: from choosing a context to its first rows, and to the whole data plane.
//!
//! Entry points: [`measure`] in the bench, [`read_and_tell`] in the process that it starts.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use meshlift_app::api::dto::{MeshEvent, WatchMesh};
use meshlift_bed::Bed;
use meshlift_scenarios::Operator;
use meshlift_scenarios::operator::Desk;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::wire::Counter;

/// The word by which the bench starts itself for one reading.
pub(crate) const WORD: &str = "read";
const LIMIT: Duration = Duration::from_mins(2);

/// One reading.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Ours {
    first_rows_us: u64,
    complete_us: u64,
    /// How much the most memory was above that before the context was opened.
    pub(crate) grown_kib: u64,
    /// Proxies that the window counts.
    pub(crate) proxies: usize,
}

impl Ours {
    pub(crate) fn first_rows(&self) -> Duration {
        Duration::from_micros(self.first_rows_us)
    }

    pub(crate) fn complete(&self) -> Duration {
        Duration::from_micros(self.complete_us)
    }
}

/// Reads the bed's mesh in a process of its own; through `wire`, if its bytes are counted.
pub(crate) async fn measure(bed: &Bed, data: &Path, wire: Option<&Counter>) -> Result<Ours> {
    let desk = Desk {
        kubeconfig: wire.map_or(bed.kubeconfig(), Counter::kubeconfig).to_owned(),
        context: crate::peers::context_of(bed)?,
        data: data.to_owned(),
        istioctls: Vec::new(),
        values: None,
    };
    let desk = serde_json::to_string(&desk).context("writing the desk")?;
    let program = std::env::current_exe().context("the bench's own path")?;
    let running = Command::new(program).args([WORD, &desk]).kill_on_drop(true).output();
    let ended = tokio::time::timeout(LIMIT, running).await.context("a reading took too long")?;
    let ended = ended.context("starting a reading")?;
    if !ended.status.success() {
        bail!("a reading failed: {}", String::from_utf8_lossy(&ended.stderr));
    }
    serde_json::from_slice(&ended.stdout).context("what a reading told")
}

/// Reads a mesh and prints its figures.
pub(crate) async fn read_and_tell(desk: &str) -> Result<()> {
    let desk: Desk = serde_json::from_str(desk).context("the desk")?;
    let context = desk.context.clone();
    let operator = Operator::start(desk).await?;
    let before = memory("VmRSS:")?;
    let begin = Instant::now();
    operator.open_context(&context).await?;
    let request = WatchMesh { watch_id: "bench".to_owned(), context };
    let mut events = std::pin::pin!(operator.app().mesh_watch(request).await?);
    let mut first_rows = None;
    let mut proxies = 0;
    let complete = loop {
        match events.next().await.context("the mesh's watch ended")? {
            MeshEvent::View { view } => proxies = view.proxies,
            MeshEvent::Rows { upserts, complete, .. } => {
                if !upserts.is_empty() {
                    first_rows.get_or_insert_with(|| begin.elapsed());
                }
                if complete {
                    break begin.elapsed();
                }
            }
            MeshEvent::Connection { connection } => {
                if let Some(problem) = connection.problem {
                    bail!("{}", problem.message);
                }
            }
        }
    };
    let ours = Ours {
        first_rows_us: micros(first_rows.context("no rows came")?),
        complete_us: micros(complete),
        grown_kib: memory("VmHWM:")?.saturating_sub(before),
        proxies: usize::try_from(proxies).unwrap_or_default(),
    };
    operator.close().await?;
    crate::say(&serde_json::to_string(&ours).context("writing the figures")?)
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// A line of this process's memory, in KiB.
fn memory(line: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading /proc")?;
    let figure = status.lines().find_map(|found| found.strip_prefix(line));
    let figure = figure.and_then(|rest| rest.split_whitespace().next());
    figure.and_then(|figure| figure.parse().ok()).with_context(|| format!("no {line} in /proc"))
}
